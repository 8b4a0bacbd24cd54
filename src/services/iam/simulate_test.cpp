#include <gtest/gtest.h>

#include "services/iam/iam.h"
#include "services/test_world.h"

namespace {

using json::Value;

struct Simulate : ::testing::Test {
  Simulate() { iam.load(); }
  services::TestWorld world;
  iam::Iam iam{world.kit, auth::Mode::audit};

  static Value policy(std::string_view statements) {
    return R"({"Version":"2012-10-17","Statement":)" + std::string(statements) + "}";
  }
  Result<Value> ask(std::string_view operation, const Value& params) {
    return world.call(protocol::Principal::root("000000000000"), "iam", operation, params);
  }
  std::vector<Value> results(const Value& params,
                             std::string_view operation = "SimulateCustomPolicy") {
    const auto answer = ask(operation, params);
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return {};
    return {(*answer)["EvaluationResults"].items().begin(),
            (*answer)["EvaluationResults"].items().end()};
  }
};

TEST_F(Simulate, OneResultForEachActionAndResource) {
  const auto all = results(json::object(
      {{"PolicyInputList",
        json::array({policy(
            R"([{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:*:*:a"}])")})},
       {"ActionNames", json::array({"sns:Publish", "sns:Subscribe"})},
       {"ResourceArns", json::array({"arn:aws:sns:us-east-1:000000000000:a",
                                     "arn:aws:sns:us-east-1:000000000000:b"})}}));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].text("EvalDecision"), "allowed");
  EXPECT_EQ(all[0].text("EvalResourceName"), "arn:aws:sns:us-east-1:000000000000:a");
  EXPECT_EQ(all[0]["ResourceSpecificResults"][0].text("EvalResourceDecision"), "allowed");
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(all[static_cast<size_t>(i)].text("EvalDecision"), "implicitDeny");
    EXPECT_EQ(all[static_cast<size_t>(i)]["MatchedStatements"].size(), 0u);
  }
  EXPECT_EQ(all[3].text("EvalActionName"), "sns:Subscribe");
}

TEST_F(Simulate, TellsTheStatementsAsAwsDoes) {
  const auto all = results(*json::parse(
      R"({"PolicyInputList":["{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"dynamodb:*\",\"Resource\":\"*\"}}"],"ActionNames":["dynamodb:CreateBackup"]})"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].text("EvalResourceName"), "*");
  EXPECT_FALSE(all[0].find("ResourceSpecificResults"));
  const Value& match = all[0]["MatchedStatements"][0];
  EXPECT_EQ(match.text("SourcePolicyId"), "PolicyInputList.1");
  EXPECT_EQ(match.text("SourcePolicyType"), "IAM Policy");
  EXPECT_EQ(match["StartPosition"], json::object({{"Line", 1}, {"Column", 38}}));
}

TEST_F(Simulate, ADenyIsExplicit) {
  const auto all = results(json::object(
      {{"PolicyInputList",
        json::array({policy(R"([{"Effect":"Allow","Action":"*","Resource":"*"}])"),
                     policy(R"([{"Effect":"Deny","Action":"sns:*","Resource":"*"}])")})},
       {"ActionNames", json::array({"sns:Publish"})}}));
  EXPECT_EQ(all[0].text("EvalDecision"), "explicitDeny");
  ASSERT_EQ(all[0]["MatchedStatements"].size(), 1u);
  EXPECT_EQ(all[0]["MatchedStatements"][0].text("SourcePolicyId"), "PolicyInputList.2");
}

TEST_F(Simulate, MissingKeysAreNamedAndGivenOnesUsed) {
  const Value one = policy(
      R"([{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"NumericLessThan":{"s3:max-keys":"10"}}}])");
  Value params = json::object({{"PolicyInputList", json::array({one})},
                               {"ActionNames", json::array({"s3:ListBucket"})},
                               {"ResourceArns", json::array({"arn:aws:s3:::ann/x"})}});
  auto all = results(params);
  EXPECT_EQ(all[0].text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(all[0]["MissingContextValues"], json::array({"aws:username", "s3:max-keys"}));
  EXPECT_EQ(all[0]["ResourceSpecificResults"][0]["MissingContextValues"],
            json::array({"aws:username", "s3:max-keys"}));
  params = params.with(
      "ContextEntries",
      *json::parse(
          R"([{"ContextKeyName":"AWS:UserName","ContextKeyType":"string","ContextKeyValues":["ann"]},
                                                          {"ContextKeyName":"s3:max-keys","ContextKeyType":"numeric","ContextKeyValues":["5"]}])"));
  all = results(params);
  EXPECT_EQ(all[0].text("EvalDecision"), "allowed");
  EXPECT_EQ(all[0]["MissingContextValues"].size(), 0u);
  EXPECT_EQ((*ask("GetContextKeysForCustomPolicy",
                  json::object({{"PolicyInputList", json::array({one})}})))["ContextKeyNames"],
            json::array({"aws:username", "s3:max-keys"}));
}

TEST_F(Simulate, BoundariesAndResourcePolicies) {
  const Value allow = policy(R"([{"Effect":"Allow","Action":"sns:*","Resource":"*"}])");
  auto all = results(json::object(
      {{"PolicyInputList", json::array({allow})},
       {"ActionNames", json::array({"sns:Publish"})},
       {"PermissionsBoundaryPolicyInputList",
        json::array({policy(R"([{"Effect":"Allow","Action":"sqs:*","Resource":"*"}])")})}}));
  EXPECT_EQ(all[0].text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(all[0]["PermissionsBoundaryDecisionDetail"],
            json::object({{"AllowedByPermissionsBoundary", false}}));

  Value params = json::object(
      {{"PolicyInputList",
        json::array({policy(R"([{"Effect":"Allow","Action":"sqs:*","Resource":"*"}])")})},
       {"ActionNames", json::array({"sns:Publish"})},
       {"ResourceArns", json::array({"arn:aws:sns:us-east-1:000000000000:t"})},
       {"ResourcePolicy",
        policy(
            R"([{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ann"},"Action":"sns:Publish","Resource":"*"}])")}});
  EXPECT_EQ(ask("SimulateCustomPolicy", params).error().code, "InvalidInputException");
  params = params.with("CallerArn", "arn:aws:iam::000000000000:user/ann");
  all = results(params);
  EXPECT_EQ(all[0].text("EvalDecision"), "allowed");
  EXPECT_EQ(all[0]["MatchedStatements"][0].text("SourcePolicyId"), "ResourcePolicy");
  EXPECT_EQ(all[0]["EvalDecisionDetails"],
            json::object({{"IAM Policy", "implicitDeny"}, {"Resource Policy", "allowed"}}));
  // Of another account both must allow.
  all = results(params.with("CallerArn", "arn:aws:iam::111111111111:user/ann"));
  EXPECT_EQ(all[0].text("EvalDecision"), "implicitDeny");
}

TEST_F(Simulate, PrincipalsWithAllTheirPolicies) {
  ASSERT_TRUE(ask("CreateUser", json::object({{"UserName", "ann"}})));
  ASSERT_TRUE(ask("CreateGroup", json::object({{"GroupName", "g"}})));
  ASSERT_TRUE(ask("AddUserToGroup", json::object({{"UserName", "ann"}, {"GroupName", "g"}})));
  ASSERT_TRUE(
      ask("PutUserPolicy",
          json::object({{"UserName", "ann"},
                        {"PolicyName", "own"},
                        {"PolicyDocument",
                         policy(R"([{"Effect":"Allow","Action":"sns:*","Resource":"*"}])")}})));
  ASSERT_TRUE(ask("AttachGroupPolicy",
                  json::object({{"GroupName", "g"},
                                {"PolicyArn", "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}})));
  const auto all = results(
      json::object(
          {{"PolicySourceArn", "arn:aws:iam::000000000000:user/ann"},
           {"ActionNames", json::array({"sns:Publish", "sqs:SendMessage", "s3:GetObject"})}}),
      "SimulatePrincipalPolicy");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].text("EvalDecision"), "allowed");
  EXPECT_EQ(all[0]["MatchedStatements"][0].text("SourcePolicyId"), "own");
  EXPECT_GT(all[0]["MatchedStatements"][0]["StartPosition"]["Column"].as_int64(), 1);
  EXPECT_EQ(all[1].text("EvalDecision"), "allowed");
  EXPECT_EQ(all[1]["MatchedStatements"][0].text("SourcePolicyId"), "AmazonSQSFullAccess");
  EXPECT_EQ(all[2].text("EvalDecision"), "implicitDeny");
  EXPECT_EQ(ask("SimulatePrincipalPolicy",
                json::object({{"PolicySourceArn", "arn:aws:iam::000000000000:user/bob"},
                              {"ActionNames", json::array({"sns:Publish"})}}))
                .error()
                .code,
            "NoSuchEntityException");
}

TEST_F(Simulate, ResultsComeInPages) {
  Value params =
      json::object({{"PolicyInputList",
                     json::array({policy(R"([{"Effect":"Allow","Action":"*","Resource":"*"}])")})},
                    {"ActionNames", json::array({"a:x", "a:y", "a:z"})},
                    {"MaxItems", 2}});
  const Value first = *ask("SimulateCustomPolicy", params);
  EXPECT_EQ(first["EvaluationResults"].size(), 2u);
  EXPECT_EQ(first["IsTruncated"], Value(true));
  const Value second = *ask("SimulateCustomPolicy", params.with("Marker", first["Marker"]));
  EXPECT_EQ(second["EvaluationResults"][0].text("EvalActionName"), "a:z");
}

}  // namespace
