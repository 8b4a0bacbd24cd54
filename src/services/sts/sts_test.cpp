#include "services/sts/sts.h"

#include <gtest/gtest.h>

#include "protocol/policy/principal_id.h"
#include "services/recorded_cases.h"
#include "services/test_world.h"

namespace {

using json::Value;
using protocol::Principal;

struct Sts : ::testing::Test {
  Sts() {
    sts.load();
    sts.start();
  }
  services::TestWorld world;
  sts::Sts sts{world.kit};

  std::string refusal(std::string_view operation, std::string_view params) {
    const auto answer = world.call("sts", operation, params);
    return answer ? "" : answer.error().code + ": " + answer.error().message;
  }
  Value assume(std::string_view more = "") {
    return *world.call(
        "sts", "AssumeRole",
        R"({"RoleArn":"arn:aws:iam::111111111111:role/a/worker","RoleSessionName":"s1")" +
            std::string(more) + "}");
  }
};

TEST_F(Sts, TellsWhoCalls) {
  const Value root = *world.call("sts", "GetCallerIdentity", "{}");
  EXPECT_EQ(root, json::object({{"UserId", "000000000000"},
                                {"Account", "000000000000"},
                                {"Arn", "arn:aws:iam::000000000000:root"}}));
  const auto session = Principal::role_session("arn:aws:iam::111111111111:role/worker", "s1");
  const Value role = *world.call(session, "sts", "GetCallerIdentity", Value::object());
  EXPECT_EQ(role.text("Arn"), "arn:aws:sts::111111111111:assumed-role/worker/s1");
  EXPECT_TRUE(role.text("UserId").starts_with("AROA") && role.text("UserId").ends_with(":s1"));
}

TEST_F(Sts, ASessionIsItsRoleUntilItEnds) {
  const Value answer = assume(R"(,"DurationSeconds":900)");
  EXPECT_EQ(answer["AssumedRoleUser"].text("Arn"),
            "arn:aws:sts::111111111111:assumed-role/worker/s1");
  EXPECT_FALSE(answer.find("PackedPolicySize"));
  const Value& keys = answer["Credentials"];
  EXPECT_EQ(keys["Expiration"].as_int64(), world.loop.clock().now().ms / 1000 + 900);
  const auto found = sts.find(keys.text("AccessKeyId"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, keys.text("SecretAccessKey"));
  EXPECT_EQ(found->session_token, keys.text("SessionToken"));
  EXPECT_EQ(found->principal.type, Principal::Type::assumed_role);
  EXPECT_EQ(found->principal.role_arn, "arn:aws:iam::111111111111:role/a/worker");
  EXPECT_EQ(found->principal.account, "111111111111");
  EXPECT_FALSE(sts.find("ASIA0000000000000000"));
}

TEST_F(Sts, SessionsOutliveTheProcessAndAreForgottenADayAfterTheirEnd) {
  const std::string key(assume(R"(,"DurationSeconds":900)")["Credentials"].text("AccessKeyId"));
  protocol::Registry second(world.loop, world.random);
  services::Kit kit{world.loop,   world.store, world.random,   second,     world.http,
                    world.sealer, "",          "000000000000", "us-east-1"};
  sts::Sts again(kit);
  again.load();
  const auto found = again.find(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::111111111111:assumed-role/worker/s1");
  world.loop.run_for(3'600'000);
  EXPECT_TRUE(sts.find(key));  // expired, and known to be
  world.loop.run_for(86'400'000);
  EXPECT_FALSE(sts.find(key));
  EXPECT_TRUE(world.loop.idle());
}

TEST_F(Sts, AServiceThatOnlyActsAsTheRoleLeavesNothingBehind) {
  const auto assume_as = [&](std::string_view service) {
    auto call = world.registry.internal(
        Principal::aws_service(service, "111111111111"), "us-east-1", "sts", "AssumeRole",
        *json::parse(
            R"({"RoleArn":"arn:aws:iam::111111111111:role/worker","RoleSessionName":"s1"})"));
    return std::string((*world.run(call))["Credentials"].text("AccessKeyId"));
  };
  EXPECT_FALSE(sts.find(assume_as("states.amazonaws.com")));
  EXPECT_TRUE(sts.find(assume_as("ecs-tasks.amazonaws.com")));
}

TEST_F(Sts, RequestsAreChecked) {
  EXPECT_EQ(refusal("AssumeRole", R"({"RoleArn":"arn:aws:iam::1:","RoleSessionName":"s1"})")
                .substr(0, 47),
            "ValidationError: 1 validation error detected: V");
  EXPECT_EQ(
      refusal("AssumeRole", R"({"RoleArn":"arn:aws:iam::111111111111:","RoleSessionName":"s1"})"),
      "ValidationError: arn:aws:iam::111111111111: is invalid");
  EXPECT_EQ(refusal("AssumeRole",
                    R"({"RoleArn":"arn:aws:iam::111111111111:user/x","RoleSessionName":"s1"})"),
            "AccessDenied: User: arn:aws:iam::000000000000:root is not authorized to perform: "
            "sts:AssumeRole on resource: arn:aws:iam::111111111111:user/x");
  const std::string role =
      R"({"RoleArn":"arn:aws:iam::111111111111:role/worker","RoleSessionName":"s1",)";
  EXPECT_EQ(
      refusal("AssumeRole", role + R"("Tags":[{"Key":"a","Value":"1"},{"Key":"A","Value":"2"}]})"),
      "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case "
      "insensitive.");
  EXPECT_EQ(refusal("AssumeRole", role + R"("TransitiveTagKeys":["a"]})"),
            "InvalidParameterValue: The specified transitive tag key must be included in the "
            "requested tags.");
  EXPECT_EQ(refusal("AssumeRole", role + R"("Policy":"{}"})"),
            "MalformedPolicyDocumentException: Syntax errors in policy.");
  EXPECT_EQ(refusal("DecodeAuthorizationMessage", R"({"EncodedMessage":"abc"})").substr(0, 35),
            "InvalidAuthorizationMessageExceptio");
}

TEST_F(Sts, ChainedSessionsAreShortAndInheritTransitiveTags) {
  const Value first = assume(
      R"(,"Tags":[{"Key":"Team","Value":"x"},{"Key":"Own","Value":"y"}],"TransitiveTagKeys":["Team"])");
  const Principal session = sts.find(first["Credentials"].text("AccessKeyId"))->principal;
  const auto again = [&](std::string_view more) {
    return world.call(
        session, "sts", "AssumeRole",
        *json::parse(R"({"RoleArn":"arn:aws:iam::222222222222:role/other","RoleSessionName":"s2")" +
                     std::string(more) + "}"));
  };
  const Value second = *again("");
  const auto tags = sts.find(second["Credentials"].text("AccessKeyId"))->principal.session_tags;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].name, "Team");
  EXPECT_EQ(again(R"(,"DurationSeconds":3601)").error().message,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.");
  EXPECT_EQ(
      again(R"(,"Tags":[{"Key":"team","Value":"z"}],"TransitiveTagKeys":["team"])").error().message,
      "One of the specified transitive tag keys can't be set because it conflicts with a "
      "transitive tag key from the calling session.");
}

TEST_F(Sts, UsersAndFederatedUsersGetTemporaryKeys) {
  const Value root = *world.call("sts", "GetSessionToken", "{}");
  const auto found = sts.find(root["Credentials"].text("AccessKeyId"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.type, Principal::Type::root);
  EXPECT_EQ(*found->expires - world.loop.clock().now(), 3'600'000);
  EXPECT_EQ(world.call(found->principal, "sts", "GetSessionToken", Value::object()).error().message,
            "Cannot call GetSessionToken with session credentials");
  const Value federated = *world.call("sts", "GetFederationToken", R"({"Name":"guest"})");
  EXPECT_EQ(federated["FederatedUser"],
            json::object({{"FederatedUserId", "000000000000:guest"},
                          {"Arn", "arn:aws:sts::000000000000:federated-user/guest"}}));
  EXPECT_EQ(sts.find(federated["Credentials"].text("AccessKeyId"))->principal.type,
            Principal::Type::federated_user);
}

TEST_F(Sts, AccessKeysTellTheirAccount) {
  for (const char* account : {"000000000000", "000000000001", "123456789012", "999999999999"}) {
    const std::string id = policy::access_key_id(world.random, "AKIA", account);
    EXPECT_EQ(id.size(), 20u);
    EXPECT_EQ(*world.call("sts", "GetAccessKeyInfo", R"({"AccessKeyId":")" + id + "\"}"),
              json::object({{"Account", account}}))
        << id;
  }
  // Known from AWS's own example keys.
  EXPECT_EQ(policy::account_of_access_key("ASIAQNZGKIQY56JQ7WML"), "029608264753");
  EXPECT_FALSE(policy::account_of_access_key("test"));
}

TEST_F(Sts, AnswersAsRecorded) {
  const auto cases = recorded::load("sts");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  for (const Value& one : cases) {
    const auto outcome = recorded::run_case(world.registry, world.loop, one);
    EXPECT_TRUE(outcome.passed()) << outcome.text();
  }
}

// As an upstream call of a state machine asks.
struct Lending : Sts {
  Value lend(std::string_view role, std::string_view session) {
    auto made = world.registry.internal(Principal::role_session(role, session), "us-east-1", "sts", "RoleSessionCredentials", Value::object());
    const auto answer = world.run(made);
    EXPECT_TRUE(answer);
    return answer ? *answer : Value();
  }
};

TEST_F(Lending, ASessionThatSignsIsItsRoleAndTheSameUntilNearItsEnd) {
  const Value first = lend("arn:aws:iam::111111111111:role/worker", "s1");
  EXPECT_TRUE(first.text("AccessKeyId").starts_with("ASIA"));
  EXPECT_EQ(policy::account_of_access_key(first.text("AccessKeyId")), "111111111111");
  EXPECT_EQ(lend("arn:aws:iam::111111111111:role/worker", "s1"), first);
  EXPECT_NE(lend("arn:aws:iam::111111111111:role/worker", "s2"), first);
  EXPECT_NE(lend("arn:aws:iam::111111111111:role/other", "s1"), first);
  const auto found = sts.find(first.text("AccessKeyId"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::111111111111:assumed-role/worker/s1");
  EXPECT_EQ(found->session_token, first.text("SessionToken"));
  EXPECT_TRUE(found->principal.user_id.ends_with(":s1"));
  world.loop.run_for(56 * 60'000);
  EXPECT_NE(lend("arn:aws:iam::111111111111:role/worker", "s1"), first) << "it would end within five minutes";
  EXPECT_TRUE(sts.find(first.text("AccessKeyId"))) << "what was signed with it is under way";
  world.loop.run_for(5 * 60'000);
  lend("arn:aws:iam::111111111111:role/worker", "s3");
  EXPECT_FALSE(sts.find(first.text("AccessKeyId")));
}

TEST_F(Lending, AreBoundedAndTheOldestGoesFirst) {
  const Value first = lend("arn:aws:iam::111111111111:role/worker", "s");
  for (int i = 0; i < 10'000; ++i) lend("arn:aws:iam::111111111111:role/worker", std::to_string(i));
  EXPECT_FALSE(sts.find(first.text("AccessKeyId")));
  EXPECT_TRUE(sts.find(lend("arn:aws:iam::111111111111:role/worker", "9999").text("AccessKeyId")));
}

TEST_F(Lending, NoClientIsLentAnything) {
  const auto session = Principal::role_session("arn:aws:iam::111111111111:role/worker", "s1");
  const auto answer = world.call(session, "sts", "RoleSessionCredentials", Value::object());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "UnknownOperationException");
}

}  // namespace
