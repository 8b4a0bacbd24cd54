// Stacks from their first request to their last: made, changed, undone, removed, and across a crash.
#include <gtest/gtest.h>

#include <algorithm>

#include "services/cloudformation/test_server.h"

namespace cloudformation {
namespace {

constexpr std::string_view kTopicAndQueue = R"(
Parameters:
  Shown: {Type: String, Default: first}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !Ref Shown}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Topic
Outputs:
  Both: {Value: !Sub "${Topic.TopicName} ${Queue.Arn}"}
)";

// A queue after a function whose maker does not answer.
constexpr std::string_view kFunction = R"(
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn, Code: {ZipFile: x}}
  Queue: {Type: AWS::SQS::Queue, DependsOn: Function}
)";

size_t place(const std::vector<std::string>& events, std::string_view event) {
  return static_cast<size_t>(std::ranges::find(events, event) - events.begin());
}

TEST(Stacks, AreMadeInOrderAndRemovedInReverse) {
  store::MemoryStore store;
  TestServer server(store);
  const auto made = server.create("s", kTopicAndQueue);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(server.status("s"), "CREATE_COMPLETE");
  EXPECT_NE(server.output("s", "Both").find(" arn:aws:sqs:us-east-1:000000000000:s-Queue-"), std::string::npos);
  (void)server.call("cloudformation", "DeleteStack", R"({"StackName": "s"})");
  const std::string id(made->text("StackId"));
  EXPECT_EQ(server.status(id), "DELETE_COMPLETE");
  const auto events = server.events(id);
  EXPECT_LT(place(events, "Topic CREATE_COMPLETE"), place(events, "Queue CREATE_IN_PROGRESS"));
  EXPECT_LT(place(events, "Queue DELETE_COMPLETE"), place(events, "Topic DELETE_IN_PROGRESS"));
  EXPECT_EQ((*server.call("sns", "ListTopics", "{}"))["Topics"].size(), 0u);
}

TEST(Stacks, AFailedResourceTakesTheOthersAway) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.create("s", R"(
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Rule:
    Type: AWS::Events::Rule
    DependsOn: Topic
    Properties: {EventPattern: {source: [x]}, EventBusName: nowhere}
)"));
  EXPECT_EQ(server.status("s"), "ROLLBACK_COMPLETE");
  const auto events = server.events("s");
  EXPECT_LT(place(events, "s ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Rule]. Rollback requested by user."), events.size());
  EXPECT_EQ((*server.call("sns", "ListTopics", "{}"))["Topics"].size(), 0u);
}

TEST(Stacks, AnUpdateChangesOrReplacesAndNothingIsRefused) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.create("s", kTopicAndQueue));
  ASSERT_EQ(server.status("s"), "CREATE_COMPLETE");
  const std::string topic(server.resource("s", "Topic").text("PhysicalResourceId"));

  const auto same = server.update("s", kTopicAndQueue);
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().message, "No updates are to be performed.");

  ASSERT_TRUE(server.update("s", kTopicAndQueue, *json::parse(R"({"Parameters": [{"ParameterKey": "Shown", "ParameterValue": "second"}]})")));
  EXPECT_EQ(server.status("s"), "UPDATE_COMPLETE");
  EXPECT_EQ(server.resource("s", "Topic").text("PhysicalResourceId"), topic);

  std::string named(kTopicAndQueue);
  named.replace(named.find("{DisplayName"), 1, "{TopicName: other, ");
  ASSERT_TRUE(server.update("s", named));
  EXPECT_EQ(server.status("s"), "UPDATE_COMPLETE");
  EXPECT_EQ(server.resource("s", "Topic").text("PhysicalResourceId"), "arn:aws:sns:us-east-1:000000000000:other");
  EXPECT_EQ((*server.call("sns", "ListTopics", "{}"))["Topics"].size(), 1u);
}

TEST(Stacks, AFailedUpdateIsUndone) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.create("s", kTopicAndQueue));
  ASSERT_EQ(server.status("s"), "CREATE_COMPLETE");
  const std::string topic(server.resource("s", "Topic").text("PhysicalResourceId"));
  std::string broken(kTopicAndQueue);
  broken.replace(broken.find("{DisplayName"), 1, "{TopicName: other, ");
  broken.replace(broken.find("DependsOn: Topic"), 16, "DependsOn: Topic\n    Properties: {VisibilityTimeout: 999999}");
  ASSERT_TRUE(server.update("s", broken));
  EXPECT_EQ(server.status("s"), "UPDATE_ROLLBACK_COMPLETE") << testing::PrintToString(server.events("s"));
  EXPECT_EQ(server.resource("s", "Topic").text("PhysicalResourceId"), topic);
  EXPECT_EQ((*server.call("sns", "ListTopics", "{}"))["Topics"].size(), 1u);
}

TEST(Stacks, ADeploymentGoesOnAfterACrash) {
  store::MemoryStore store;
  std::string role;
  {
    TestServer server(store);
    server.lambda = [](const protocol::Call&, protocol::Reply&) { return false; };
    ASSERT_TRUE(server.create("s", kFunction));
    server.loop.run_for(1000);
    EXPECT_EQ(server.stack("s").text("StackStatus"), "CREATE_IN_PROGRESS");
    EXPECT_EQ(server.lambda_calls, std::vector<std::string>{"CreateFunction"});
    role = server.resource("s", "Role").text("PhysicalResourceId");
  }
  TestServer again(store, TestServer::Others::lambda, {1'700'000'100'000});
  EXPECT_EQ(again.status("s"), "CREATE_COMPLETE");
  EXPECT_EQ(again.resource("s", "Role").text("PhysicalResourceId"), role);
  EXPECT_FALSE(again.resource("s", "Queue").text("PhysicalResourceId").empty());
  EXPECT_EQ((*again.call("iam", "ListRoles", "{}"))["Roles"].size(), 1u);
}

TEST(Stacks, ATypeWhoseServiceIsNotThereIsRefused) {
  store::MemoryStore store;
  TestServer server(store, TestServer::Others::none);
  const auto made = server.create("s", kFunction);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "Template format error: Unrecognized resource types: [AWS::Lambda::Function]");
}

TEST(Stacks, RolesTakeACapability) {
  store::MemoryStore store;
  TestServer server(store);
  const auto made = server.create("s", kFunction, *json::parse(R"({"Capabilities": []})"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "Requires capabilities : [CAPABILITY_IAM]");
}

TEST(Stacks, ALogGroupNeedsNoTags) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.create("s", "Resources: {Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}}"));
  EXPECT_EQ(server.status("s"), "CREATE_COMPLETE");
}

TEST(ChangeSets, TellWhatWillChangeAndCarryItOut) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.with_template("CreateChangeSet", "s", kTopicAndQueue, *json::parse(R"({"ChangeSetName": "one", "ChangeSetType": "CREATE"})")));
  EXPECT_EQ(server.stack("s").text("StackStatus"), "REVIEW_IN_PROGRESS");
  const auto shown = server.call("cloudformation", "DescribeChangeSet", R"({"StackName": "s", "ChangeSetName": "one"})");
  ASSERT_TRUE(shown);
  EXPECT_EQ((*shown)["Changes"].size(), 2u);
  ASSERT_TRUE(server.call("cloudformation", "ExecuteChangeSet", R"({"StackName": "s", "ChangeSetName": "one"})"));
  EXPECT_EQ(server.status("s"), "CREATE_COMPLETE");

  ASSERT_TRUE(server.with_template("CreateChangeSet", "s", kTopicAndQueue, *json::parse(R"({"ChangeSetName": "two"})")));
  const auto none = server.call("cloudformation", "DescribeChangeSet", R"({"StackName": "s", "ChangeSetName": "two"})");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->text("Status"), "FAILED");
  EXPECT_FALSE(server.call("cloudformation", "ExecuteChangeSet", R"({"StackName": "s", "ChangeSetName": "two"})"));
}

TEST(Templates, AreRefusedInAwsWords) {
  store::MemoryStore store;
  TestServer server(store);
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{}", "Template format error: At least one Resources member must be defined."},
      {"Resources: {A: {Properties: {}}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
      {"Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: A}}", "Circular dependency between resources: [A, B]"},
      {"Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref X}}}",
       "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"},
      {"Parameters: {P: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic}}", "Parameters: [P] must have values"},
      {"Resources: {A: {Type: No::Such::Type}}", "Template format error: Unrecognized resource types: [No::Such::Type]"},
  };
  for (const auto& [body, text] : cases) {
    const auto made = server.create("s", body);
    ASSERT_FALSE(made) << body;
    EXPECT_EQ(made.error().message, text);
  }
}

TEST(Templates, FunctionsNest) {
  store::MemoryStore store;
  TestServer server(store);
  ASSERT_TRUE(server.create("s", R"(
Parameters: {Stage: {Type: String, Default: prod}}
Mappings: {Sizes: {prod: {Parts: [a, b]}, test: {Parts: [c, d]}}}
Conditions: {Live: !Equals [!Ref Stage, prod]}
Resources: {Topic: {Type: AWS::SNS::Topic}, Never: {Type: AWS::SNS::Topic, Condition: Dead}}
Outputs:
  Chosen: {Value: !Join ["-", [!Select [1, !FindInMap [Sizes, !Ref Stage, Parts]], !If [Live, live, dead], !Select [0, !Split ["|", "x|y"]]]]}
  Literal: {Value: !Sub ["${a}${!b}", {a: !Ref AWS::Region}]}
)").has_value() == false);  // a condition that is not there
  ASSERT_TRUE(server.create("s", R"(
Parameters: {Stage: {Type: String, Default: prod}}
Mappings: {Sizes: {prod: {Parts: [a, b]}, test: {Parts: [c, d]}}}
Conditions: {Live: !Equals [!Ref Stage, prod], Dead: !Not [{Condition: Live}]}
Resources: {Topic: {Type: AWS::SNS::Topic}, Never: {Type: AWS::SNS::Topic, Condition: Dead}}
Outputs:
  Chosen: {Value: !Join ["-", [!Select [1, !FindInMap [Sizes, !Ref Stage, Parts]], !If [Live, live, dead], !Select [0, !Split ["|", "x|y"]]]]}
  Literal: {Value: !Sub ["${a}${!b}", {a: !Ref AWS::Region}]}
)"));
  EXPECT_EQ(server.status("s"), "CREATE_COMPLETE");
  EXPECT_EQ(server.output("s", "Chosen"), "b-live-x");
  EXPECT_EQ(server.output("s", "Literal"), "us-east-1${b}");
  EXPECT_TRUE(server.resource("s", "Never").is_null());
}

}  // namespace
}  // namespace cloudformation
