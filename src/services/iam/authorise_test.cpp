#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/iam/iam.h"
#include "services/test_world.h"

namespace {

using json::Value;
using protocol::Need;
using protocol::Principal;

const std::string kAccount = "000000000000";
constexpr std::string_view kTopic = "arn:aws:sns:us-east-1:000000000000:t";

struct Authorise : ::testing::Test {
  explicit Authorise(auth::Mode mode = auth::Mode::enforce) : iam(world.kit, mode) {
    iam.load();
    world.registry.set_authoriser(&iam);
  }
  services::TestWorld world;
  iam::Iam iam;

  void good(std::string_view operation, const Value& params) {
    const auto answer = world.call(Principal::root(kAccount), "iam", operation, params);
    ASSERT_TRUE(answer) << operation << ": " << answer.error().message;
  }
  static Value policy(std::string_view statements) {
    return R"({"Version":"2012-10-17","Statement":)" + std::string(statements) + "}";
  }
  void make_role(std::string_view name,
                 std::string_view principal = R"({"Service":"states.amazonaws.com"})") {
    good("CreateRole",
         json::object({{"RoleName", name},
                       {"AssumeRolePolicyDocument",
                        policy(R"([{"Effect":"Allow","Principal":)" + std::string(principal) +
                               R"(,"Action":"sts:AssumeRole"}])")}}));
  }
  void put_role_policy(std::string_view role, std::string_view statements) {
    good("PutRolePolicy",
         json::object(
             {{"RoleName", role}, {"PolicyName", "p"}, {"PolicyDocument", policy(statements)}}));
  }
  Principal make_user(const std::string& name, std::string_view statements = "") {
    good("CreateUser", json::object({{"UserName", name}}));
    if (!statements.empty())
      good("PutUserPolicy",
           json::object(
               {{"UserName", name}, {"PolicyName", "p"}, {"PolicyDocument", policy(statements)}}));
    Principal p;
    p.type = Principal::Type::user;
    p.account = kAccount;
    p.arn = "arn:aws:iam::000000000000:user/" + name;
    return p;
  }
  static Principal session(std::string_view role) {
    return Principal::role_session("arn:aws:iam::000000000000:role/" + std::string(role), "s1");
  }
  // "" when allowed, else the message.
  std::string ask(const Principal& who, std::string_view service, const Need& need,
                  const Value& params = Value::object()) {
    const auto call = world.registry.internal(who, "us-east-1", service, "X", params);
    const Status status = world.registry.authorise(call, need);
    return status ? "" : status.error().message;
  }
  std::string publish(const Principal& who, const Value& topic_policy = {}) {
    return ask(who, "sns",
               {.action = "sns:Publish",
                .resources = {std::string(kTopic)},
                .resource_policy = topic_policy});
  }
};
struct AuditMode : Authorise {
  AuditMode() : Authorise(auth::Mode::audit) {}
};

TEST_F(Authorise, RolesMayWhatTheirPoliciesSay) {
  make_role("worker");
  const std::string denied =
      "User: arn:aws:sts::000000000000:assumed-role/worker/s1 is not authorized to perform: "
      "SNS:Publish on resource: " +
      std::string(kTopic) + " because no identity-based policy allows the SNS:Publish action";
  EXPECT_EQ(publish(session("worker")), denied);
  put_role_policy("worker",
                  R"([{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:*:*:t"}])");
  EXPECT_EQ(publish(session("worker")), "");
  good("DeleteRolePolicy", json::object({{"RoleName", "worker"}, {"PolicyName", "p"}}));
  good("AttachRolePolicy",
       json::object(
           {{"RoleName", "worker"}, {"PolicyArn", "arn:aws:iam::aws:policy/AmazonSNSFullAccess"}}));
  EXPECT_EQ(publish(session("worker")), "");
  good("PutRolePermissionsBoundary",
       json::object({{"RoleName", "worker"},
                     {"PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}}));
  EXPECT_TRUE(publish(session("worker"))
                  .ends_with("because no permissions boundary allows the SNS:Publish action"));
  // Somebody who says to be a role that there is not.
  EXPECT_NE(publish(session("nobody")), "");
}

TEST_F(Authorise, SessionPoliciesLimit) {
  make_role("worker");
  put_role_policy("worker", R"([{"Effect":"Allow","Action":"*","Resource":"*"}])");
  Principal limited = session("worker");
  limited.session_policy = *json::parse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}})");
  EXPECT_TRUE(
      publish(limited).ends_with("because no session policy allows the SNS:Publish action"));
}

TEST_F(Authorise, ASessionEndsWithItsRole) {
  make_role("worker");
  put_role_policy("worker", R"([{"Effect":"Allow","Action":"*","Resource":"*"}])");
  Principal old = session("worker");
  old.user_id = "AROA00000000000000000:s1";
  EXPECT_NE(publish(old), "");
  const auto role = world.call("iam", "GetRole", R"({"RoleName":"worker"})");
  old.user_id = std::string((*role)["Role"].text("RoleId")) + ":s1";
  EXPECT_EQ(publish(old), "");
}

TEST_F(Authorise, ANeedWithoutAResourceIsOneOnAll) {
  const Principal ann = make_user("ann");
  EXPECT_NE(ask(ann, "sns", {.action = "sns:ListTopics"}), "");
}

TEST_F(Authorise, UsersAndTheirGroups) {
  const Principal ann = make_user("ann");
  EXPECT_NE(publish(ann), "");
  good("CreateGroup", json::object({{"GroupName", "g"}}));
  good("PutGroupPolicy",
       json::object({{"GroupName", "g"},
                     {"PolicyName", "p"},
                     {"PolicyDocument",
                      policy(R"([{"Effect":"Allow","Action":"sns:*","Resource":"*"}])")}}));
  good("AddUserToGroup", json::object({{"GroupName", "g"}, {"UserName", "ann"}}));
  EXPECT_EQ(publish(ann), "");
  good("PutUserPolicy",
       json::object(
           {{"UserName", "ann"},
            {"PolicyName", "no"},
            {"PolicyDocument", policy(R"([{"Effect":"Deny","Action":"sns:*","Resource":"*"}])")}}));
  EXPECT_TRUE(publish(ann).ends_with("with an explicit deny in an identity-based policy"));
}

TEST_F(Authorise, ErrorsAreWordedByTheService) {
  const Principal ann = make_user("ann");
  const auto code = [&](std::string_view service, std::string_view action) {
    const auto call = world.registry.internal(ann, "us-east-1", service, "X", Value::object());
    return world.registry.authorise(call, {.action = std::string(action), .resources = {"*"}})
        .error()
        .code;
  };
  EXPECT_EQ(code("sns", "sns:Publish"), "AuthorizationErrorException");
  EXPECT_EQ(code("ecs", "ecs:RunTask"), "AccessDeniedException");
  EXPECT_EQ(code("iam", "iam:GetRole"), "AccessDenied");
  EXPECT_EQ(code("ec2", "ec2:DescribeVpcs"), "UnauthorizedOperation");
}

TEST_F(Authorise, WithoutTheRightNothingIsLearnt) {
  const Principal ann = make_user("ann");
  make_role("worker");
  for (const char* name : {"worker", "missing", "not a name"}) {
    const auto answer = world.call(ann, "iam", "GetRole", json::object({{"RoleName", name}}));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "AccessDenied") << name;
  }
  EXPECT_EQ(
      world.call(ann, "iam", "GetRole", json::object({{"RoleName", "worker"}})).error().message,
      "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: iam:GetRole on "
      "resource: arn:aws:iam::000000000000:role/worker "
      "because no identity-based policy allows the iam:GetRole action");
}

TEST_F(Authorise, ConditionsSeeTheRequest) {
  const auto may = [&](const std::string& name, std::string_view condition, const Need& need,
                       const Value& params = Value::object()) {
    const Principal who =
        make_user(name, R"([{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" +
                            std::string(condition) + "}]");
    return ask(who, "sns", need, params).empty();
  };
  const Need plain{.action = "sns:Publish", .resources = {std::string(kTopic)}};
  EXPECT_TRUE(may(
      "a",
      R"({"StringEquals":{"aws:RequestedRegion":"us-east-1","aws:username":"a","aws:PrincipalAccount":"000000000000"}})",
      plain));
  EXPECT_TRUE(may(
      "b",
      R"({"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/b"},"DateGreaterThan":{"aws:CurrentTime":"2023-01-01T00:00:00Z"}})",
      plain));
  EXPECT_FALSE(may("c", R"({"StringEquals":{"aws:ResourceAccount":"111111111111"}})", plain));
  EXPECT_TRUE(may(
      "d",
      R"({"StringEquals":{"aws:RequestTag/team":"x"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}})",
      plain, *json::parse(R"({"tags":[{"key":"team","value":"x"}]})")));
  Need pass{.action = "iam:PassRole", .resources = {"arn:aws:iam::000000000000:role/r"}};
  pass.context.push_back({"iam:PassedToService", "states.amazonaws.com"});
  EXPECT_TRUE(may("e", R"({"StringEquals":{"iam:PassedToService":"states.amazonaws.com"}})", pass));
  EXPECT_FALSE(
      may("f", R"({"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}})", pass));
}

TEST_F(Authorise, PrincipalTagsAndVariables) {
  make_role("worker");
  good("TagRole",
       json::object({{"RoleName", "worker"},
                     {"Tags", json::array({json::object({{"Key", "topic"}, {"Value", "t"}})})}}));
  put_role_policy(
      "worker",
      R"([{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:*:*:${aws:PrincipalTag/topic}"}])");
  EXPECT_EQ(publish(session("worker")), "");
  Principal tagged = session("worker");
  tagged.session_tags.push_back({"topic", "other"});
  EXPECT_NE(publish(tagged), "");
}

TEST_F(Authorise, ServicesNeedTheResourcesPolicy) {
  const auto events = Principal::aws_service("events.amazonaws.com", kAccount,
                                             "arn:aws:events:us-east-1:000000000000:rule/r");
  EXPECT_TRUE(
      publish(events).ends_with("because no resource-based policy allows the SNS:Publish action"));
  const auto topic_policy = [](std::string_view arn) {
    return *json::parse(
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"SNS:Publish","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":")" +
        std::string(arn) + "\"}}}]}");
  };
  EXPECT_EQ(publish(events, topic_policy("arn:aws:events:*:*:rule/r")), "");
  EXPECT_NE(publish(events, topic_policy("arn:aws:events:*:*:rule/other")), "");
}

TEST_F(Authorise, ServicesDoTheirOwnBusinessInTheirOwnAccount) {
  const auto ecs = Principal::aws_service("ecs.amazonaws.com", kAccount);
  EXPECT_EQ(ask(ecs, "events",
                {.action = "events:PutEvents",
                 .resources = {"arn:aws:events:us-east-1:000000000000:event-bus/default"}}),
            "");
  EXPECT_NE(ask(ecs, "events",
                {.action = "events:PutEvents",
                 .resources = {"arn:aws:events:us-east-1:111111111111:event-bus/default"}}),
            "");
  EXPECT_NE(
      ask(ecs, "sqs",
          {.action = "sqs:SendMessage", .resources = {"arn:aws:sqs:us-east-1:000000000000:q"}}),
      "");
}

TEST_F(Authorise, FederatedUsersMayWhatBothAllow) {
  const Principal ann = make_user("ann", R"([{"Effect":"Allow","Action":"sns:*","Resource":"*"}])");
  Principal guest;
  guest.type = Principal::Type::federated_user;
  guest.account = kAccount;
  guest.arn = "arn:aws:sts::000000000000:federated-user/guest";
  guest.role_arn = ann.arn;
  EXPECT_NE(publish(guest), "");
  guest.session_policy = *json::parse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})");
  EXPECT_EQ(publish(guest), "");
  guest.role_arn = "arn:aws:iam::000000000000:root";
  EXPECT_EQ(publish(guest), "");
}

// spec/iam.md 7: the sample project's role, and what the lack of each of its four statements
// denies.
TEST_F(Authorise, TheSamplesPolicyIsExactlyEnough) {
  const std::string statements[] = {
      R"({"Effect":"Allow","Action":["sns:Publish"],"Resource":["arn:aws:sns:us-east-1:000000000000:t"]})",
      R"({"Effect":"Allow","Action":["ecs:RunTask"],"Resource":["arn:aws:ecs:us-east-1:000000000000:task-definition/app:1"]})",
      R"({"Effect":"Allow","Action":["ecs:StopTask","ecs:DescribeTasks"],"Resource":"*"})",
      R"({"Effect":"Allow","Action":["events:PutTargets","events:PutRule","events:DescribeRule"],"Resource":["arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForECSTaskRule"]})",
  };
  struct Use {
    std::string_view service, action, resource;
    size_t statement;
  };
  const std::string rule =
      "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForECSTaskRule";
  const Use uses[] = {
      {"sns", "sns:Publish", kTopic, 0},
      {"ecs", "ecs:RunTask", "arn:aws:ecs:us-east-1:000000000000:task-definition/app:1", 1},
      {"ecs", "ecs:StopTask", "arn:aws:ecs:us-east-1:000000000000:task/c/1", 2},
      {"ecs", "ecs:DescribeTasks", "arn:aws:ecs:us-east-1:000000000000:task/c/1", 2},
      {"events", "events:PutTargets", rule, 3},
      {"events", "events:PutRule", rule, 3},
      {"events", "events:DescribeRule", rule, 3},
  };
  make_role("sample");
  for (size_t missing = 0; missing <= 4; ++missing) {
    std::string list;
    for (size_t i = 0; i < 4; ++i) {
      if (i != missing) list += (list.empty() ? "" : ",") + statements[i];
    }
    put_role_policy("sample", "[" + list + "]");
    for (const Use& use : uses) {
      const std::string message =
          ask(session("sample"), use.service,
              {.action = std::string(use.action), .resources = {std::string(use.resource)}});
      EXPECT_EQ(message.empty(), use.statement != missing)
          << missing << " " << use.action << " " << message;
      if (use.statement == missing)
        EXPECT_TRUE(message.contains("because no identity-based policy allows the")) << message;
    }
    // Nothing beside it.
    EXPECT_NE(ask(session("sample"), "ecs",
                  {.action = "ecs:RunTask",
                   .resources = {"arn:aws:ecs:us-east-1:000000000000:task-definition/app:2"}}),
              "");
    EXPECT_NE(ask(session("sample"), "iam",
                  {.action = "iam:PassRole", .resources = {"arn:aws:iam::000000000000:role/task"}}),
              "");
  }
}

TEST_F(AuditMode, DecidesAndRefusesNothing) {
  EXPECT_EQ(publish(session("never-made")), "");
  ASSERT_EQ(iam.decisions().denials(), 1u);
  const iam::LoggedDecision& last = iam.decisions()[0];
  EXPECT_EQ(last.who, "arn:aws:sts::000000000000:assumed-role/never-made/s1");
  EXPECT_EQ(last.action, "sns:Publish");
  EXPECT_EQ(last.resource, kTopic);
  EXPECT_FALSE(last.refused);
  EXPECT_EQ(last.reason, "because no identity-based policy allows the SNS:Publish action");
  make_role("worker");
  put_role_policy("worker", R"([{"Sid":"Tell","Effect":"Allow","Action":"sns:*","Resource":"*"}])");
  publish(session("worker"));
  EXPECT_EQ(iam.decisions()[0].policy, "p");
  EXPECT_EQ(iam.decisions()[0].statement, "Tell");
  EXPECT_EQ(iam.decisions().denials(), 1u);
}

TEST_F(AuditMode, RemembersOnlyTheLast) {
  for (size_t i = 0; i < iam::DecisionLog::kKept + 5; ++i) publish(session(fmt::format("x{}", i)));
  ASSERT_EQ(iam.decisions().size(), iam::DecisionLog::kKept);
  EXPECT_TRUE(iam.decisions()[0].who.contains(fmt::format("/x{}/", iam::DecisionLog::kKept + 4))) << "the newest";
  EXPECT_TRUE(iam.decisions()[iam::DecisionLog::kKept - 1].who.contains("/x5/")) << "the oldest";
}

}  // namespace
