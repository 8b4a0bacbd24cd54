// STS and IAM together, in the mode enforce: who gets into which role, and what the session may
// then.
#include <gtest/gtest.h>

#include "services/iam/iam.h"
#include "services/recorded_cases.h"
#include "services/sts/sts.h"
#include "services/test_world.h"

namespace {

using json::Value;
using protocol::Principal;

struct WithIam : ::testing::Test {
  explicit WithIam(auth::Mode mode = auth::Mode::enforce) : iam(world.kit, mode) {
    iam.load(), sts.load();
    iam.also_ask(sts.credentials());
    world.registry.set_authoriser(&iam);
  }
  services::TestWorld world;
  iam::Iam iam;
  sts::Sts sts{world.kit};

  static std::string document(std::string_view statements) {
    return R"({"Version":"2012-10-17","Statement":)" + std::string(statements) + "}";
  }
  static std::string trusting(std::string_view principal, std::string_view condition = "{}",
                              std::string_view actions = R"("sts:AssumeRole")") {
    return R"([{"Effect":"Allow","Principal":)" + std::string(principal) + R"(,"Action":)" +
           std::string(actions) + R"(,"Condition":)" + std::string(condition) + "}]";
  }
  void good(std::string_view operation, const Value& params,
            const std::string& account = "000000000000") {
    const auto answer = world.call(Principal::root(account), "iam", operation, params);
    ASSERT_TRUE(answer) << operation << ": " << answer.error().message;
  }
  void make_role(std::string_view name, const std::string& trust,
                 const std::string& account = "000000000000") {
    good("CreateRole",
         json::object({{"RoleName", name}, {"AssumeRolePolicyDocument", document(trust)}}),
         account);
  }
  // A user, by its key.
  Principal make_user(const std::string& name, std::string_view statements = "",
                      const std::string& account = "000000000000") {
    good("CreateUser", json::object({{"UserName", name}}), account);
    if (!statements.empty()) {
      good("PutUserPolicy",
           json::object(
               {{"UserName", name}, {"PolicyName", "p"}, {"PolicyDocument", document(statements)}}),
           account);
    }
    const auto key = world.call(Principal::root(account), "iam", "CreateAccessKey",
                                json::object({{"UserName", name}}));
    return iam.find((*key)["AccessKey"].text("AccessKeyId"))->principal;
  }
  Result<Value> assume(const Principal& who, std::string_view role, std::string_view more = "",
                       std::string_view account = "000000000000") {
    return world.call(
        who, "sts", "AssumeRole",
        *json::parse(R"({"RoleArn":"arn:aws:iam::)" + std::string(account) + ":role/" +
                     std::string(role) + R"(","RoleSessionName":"s1")" + std::string(more) + "}"));
  }
};
struct Audited : WithIam {
  Audited() : WithIam(auth::Mode::audit) {}
};

const std::string kMayAssume = R"([{"Effect":"Allow","Action":"sts:*","Resource":"*"}])";

TEST_F(WithIam, TheTrustPolicyLetsIn) {
  make_role("by-name", trusting(R"({"AWS":"arn:aws:iam::000000000000:user/ann"})"));
  make_role("by-account", trusting(R"({"AWS":"000000000000"})"));
  const Principal ann = make_user("ann"), bob = make_user("bob", kMayAssume);
  EXPECT_TRUE(assume(ann, "by-name"));
  EXPECT_FALSE(assume(bob, "by-name"));
  // By the account it takes a right of one's own as well.
  EXPECT_FALSE(assume(ann, "by-account"));
  EXPECT_TRUE(assume(bob, "by-account"));
  // A role that there is not reads like one that does not trust.
  EXPECT_EQ(assume(ann, "missing").error().message,
            "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: sts:AssumeRole "
            "on resource: arn:aws:iam::000000000000:role/missing");
  EXPECT_EQ(assume(ann, "by-account").error().code, "AccessDenied");
  EXPECT_EQ(assume(ann, "by-account").error().http_status, 403);
}

TEST_F(WithIam, AcrossAccountsBothSidesMustAllow) {
  make_role("shared", trusting(R"({"AWS":"arn:aws:iam::111111111111:root"})"));
  const Principal may = make_user("may", kMayAssume, "111111111111"),
                  may_not = make_user("not", "", "111111111111");
  EXPECT_TRUE(assume(may, "shared"));
  EXPECT_FALSE(assume(may_not, "shared"));
  make_role("own", trusting(R"({"AWS":"000000000000"})"));
  EXPECT_FALSE(assume(may, "own"));
}

TEST_F(WithIam, ConditionsOfTheTrustPolicy) {
  make_role("external",
            trusting(R"({"AWS":"*"})", R"({"StringEquals":{"sts:ExternalId":"secret"}})"));
  const Principal ann = make_user("ann");
  EXPECT_FALSE(assume(ann, "external"));
  EXPECT_FALSE(assume(ann, "external", R"(,"ExternalId":"guess")"));
  EXPECT_TRUE(assume(ann, "external", R"(,"ExternalId":"secret")"));

  make_role("tagged", trusting(R"({"AWS":"*"})"));
  EXPECT_FALSE(assume(ann, "tagged", R"(,"Tags":[{"Key":"team","Value":"x"}])"));
  make_role("taggable", trusting(R"({"AWS":"*"})", "{}", R"(["sts:AssumeRole","sts:TagSession"])"));
  EXPECT_TRUE(assume(ann, "taggable", R"(,"Tags":[{"Key":"team","Value":"x"}])"));
  EXPECT_FALSE(assume(ann, "taggable", R"(,"SourceIdentity":"me")"));
}

TEST_F(WithIam, ServicesAreLetInByName) {
  make_role(
      "machine",
      trusting(
          R"({"Service":"states.amazonaws.com"})",
          R"({"ArnLike":{"aws:SourceArn":"arn:aws:states:*:*:stateMachine:*"},"StringEquals":{"aws:SourceAccount":"000000000000"}})"));
  const auto service = [&](std::string_view name, std::string_view source) {
    auto call = world.registry.internal(
        Principal::aws_service(name, "000000000000", source), "us-east-1", "sts", "AssumeRole",
        *json::parse(
            R"({"RoleArn":"arn:aws:iam::000000000000:role/machine","RoleSessionName":"s1"})"));
    return world.run(call).has_value();
  };
  EXPECT_TRUE(
      service("states.amazonaws.com", "arn:aws:states:us-east-1:000000000000:stateMachine:m"));
  EXPECT_FALSE(service("states.amazonaws.com", "arn:aws:sns:us-east-1:000000000000:t"));
  EXPECT_FALSE(service("states.amazonaws.com", ""));
  EXPECT_FALSE(
      service("ecs-tasks.amazonaws.com", "arn:aws:states:us-east-1:000000000000:stateMachine:m"));
}

TEST_F(WithIam, TheSessionMayWhatTheRoleMayWithinItsPolicies) {
  make_role("reader", trusting(R"({"AWS":"*"})"));
  good("AttachRolePolicy",
       json::object(
           {{"RoleName", "reader"}, {"PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}));
  const Principal ann = make_user("ann");
  const auto session = [&](std::string_view more) {
    return iam.find((*assume(ann, "reader", more))["Credentials"].text("AccessKeyId"))->principal;
  };
  const auto lists = [&](const Principal& who, std::string_view operation) {
    return world.call(who, "iam", operation, Value::object()).has_value();
  };
  EXPECT_TRUE(lists(session(""), "ListRoles"));
  EXPECT_EQ((*world.call(session(""), "sts", "GetCallerIdentity", Value::object())).text("Arn"),
            "arn:aws:sts::000000000000:assumed-role/reader/s1");
  const Principal narrow = session(
      R"(,"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:ListUsers\",\"Resource\":\"*\"}}")");
  EXPECT_TRUE(lists(narrow, "ListUsers"));
  EXPECT_FALSE(lists(narrow, "ListRoles"));
  // Managed session policies add to the inline one; together they still only limit.
  const Principal wide =
      session(R"(,"PolicyArns":[{"arn":"arn:aws:iam::aws:policy/AdministratorAccess"}])");
  EXPECT_TRUE(lists(wide, "ListRoles"));
  EXPECT_FALSE(world.call(wide, "iam", "CreateGroup", json::object({{"GroupName", "g"}})));
  // Gone with its role.
  good("DetachRolePolicy",
       json::object(
           {{"RoleName", "reader"}, {"PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}));
  EXPECT_FALSE(lists(wide, "ListRoles"));
}

TEST_F(WithIam, TheRolesLongestSessionHolds) {
  make_role("worker", trusting(R"({"AWS":"*"})"));
  const Principal ann = make_user("ann");
  EXPECT_EQ(assume(ann, "worker", R"(,"DurationSeconds":7200)").error().message,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  good("UpdateRole", *json::parse(R"({"RoleName":"worker","MaxSessionDuration":7200})"));
  EXPECT_TRUE(assume(ann, "worker", R"(,"DurationSeconds":7200)"));
}

TEST_F(Audited, ARoleThatWasNeverMadeIsAccepted) {
  const auto answer = assume(Principal::root("000000000000"), "never");
  ASSERT_TRUE(answer);
  EXPECT_TRUE((*answer)["AssumedRoleUser"].text("AssumedRoleId").starts_with("AROA"));
  EXPECT_EQ(iam.decisions().denials(), 1u);
  EXPECT_EQ(iam.decisions()[0].reason,
            "because no role trust policy allows the sts:AssumeRole action");
}

TEST_F(Audited, IamAnswersAsRecorded) {
  const auto cases = recorded::load("iam");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  int compared = 0, stopped = 0;
  for (const Value& one : cases) {
    // These need CloudFormation.
    if (one.text("folder").starts_with("resource_providers")) continue;
    services::TestWorld fresh;
    iam::Iam own(fresh.kit, auth::Mode::audit);
    sts::Sts temporary(fresh.kit);
    own.load(), temporary.load();
    own.also_ask(temporary.credentials());
    fresh.registry.set_authoriser(&own);
    // Names that the recording was given by another server, which names service-linked roles
    // otherwise.
    std::optional<Value> renamed;
    const Value& first = one["calls"][0];
    if (first.text("operation") == "CreateServiceLinkedRole") {
      std::vector<Value> calls(one["calls"].items().begin(), one["calls"].items().end());
      for (Value& call : calls) {
        if (call["params"].find("RoleName"))
          call = call.with("params", call["params"].with("RoleName", "{{1.Role.RoleName}}"));
      }
      renamed = one.with("calls", Value::array(std::move(calls)));
    }
    recorded::World world{.registry = fresh.registry, .loop = fresh.loop};
    world.principal_of = [&](std::string_view key) -> std::optional<Principal> {
      const auto found = own.find(key);
      return found ? std::optional(found->principal) : std::nullopt;
    };
    auto outcome = recorded::run_case(world, renamed ? *renamed : one);
    // Two of the recorded roles had been in use for long.
    std::erase_if(outcome.mismatches,
                  [](const std::string& mismatch) { return mismatch.contains(".RoleLastUsed."); });
    EXPECT_TRUE(outcome.passed()) << outcome.text();
    compared += outcome.compared;
    stopped += !outcome.unsupported.empty();
  }
  EXPECT_GT(compared, 100);
  EXPECT_EQ(stopped, 0);
}

}  // namespace
