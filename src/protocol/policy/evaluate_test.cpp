#include "protocol/policy/evaluate.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"
#include "protocol/pass_role.h"

namespace {

using policy::Decision;
using policy::Naming;
using policy::Outcome;
using policy::Policy;
using policy::PolicyType;
using policy::Request;
using policy::Who;

constexpr std::string_view kTopic = "arn:aws:sns:us-east-1:111111111111:t";

Who user() {
  return {.type = Who::Type::user,
          .account = "111111111111",
          .arn = "arn:aws:iam::111111111111:user/ann",
          .unique_id = "AIDA0"};
}
Who session() {
  return {.type = Who::Type::role_session,
          .account = "111111111111",
          .arn = "arn:aws:sts::111111111111:assumed-role/worker/s1",
          .role_arn = "arn:aws:iam::111111111111:role/worker",
          .unique_id = "AROA0:s1"};
}
Policy made(PolicyType type, const std::string& statements) {
  const auto value = json::parse(R"({"Version":"2012-10-17","Statement":)" + statements + "}");
  const auto document = policy::read(*value);
  EXPECT_TRUE(document) << document.error().message;
  return {.type = type, .id = "p", .document = *document};
}
const std::string kAllow = R"([{"Effect":"Allow","Action":"sns:*","Resource":"*"}])";
const std::string kDeny = R"([{"Effect":"Deny","Action":"sns:Publish","Resource":"*"}])";
const std::string kOther = R"([{"Effect":"Allow","Action":"sqs:*","Resource":"*"}])";
std::string granting(std::string_view principal) {
  return R"([{"Effect":"Allow","Principal":)" + std::string(principal) +
         R"(,"Action":"SNS:Publish","Resource":"*"}])";
}

Decision ask(const Who& who, const std::vector<Policy>& policies,
             std::string_view account = "111111111111") {
  static std::vector<Policy> kept;
  kept = policies;
  return policy::evaluate({.who = who,
                           .action = "sns:Publish",
                           .resource = std::string(kTopic),
                           .resource_account = std::string(account)},
                          kept);
}
std::string reason(const Who& who, const std::vector<Policy>& policies,
                   std::string_view account = "111111111111") {
  const Request request{.who = who,
                        .action = "sns:Publish",
                        .resource = std::string(kTopic),
                        .resource_account = std::string(account)};
  const Decision decision = policy::evaluate(request, policies);
  return decision.allowed() ? "allowed" : policy::denial_reason(request, decision);
}

TEST(Evaluate, IdentityPoliciesAllowOrNothingDoes) {
  EXPECT_EQ(reason(user(), {made(PolicyType::identity, kAllow)}), "allowed");
  EXPECT_EQ(reason(user(), {}), "because no identity-based policy allows the SNS:Publish action");
  EXPECT_EQ(reason(user(), {made(PolicyType::identity, kOther)}),
            "because no identity-based policy allows the SNS:Publish action");
}

TEST(Evaluate, AnExplicitDenyWinsWhereverItStands) {
  const Policy allow = made(PolicyType::identity, kAllow);
  EXPECT_EQ(reason(user(), {allow, made(PolicyType::identity, kDeny)}),
            "with an explicit deny in an identity-based policy");
  EXPECT_EQ(reason(user(), {allow, made(PolicyType::boundary, kDeny)}),
            "with an explicit deny in a permissions boundary");
  EXPECT_EQ(reason(session(), {allow, made(PolicyType::session, kDeny)}),
            "with an explicit deny in a session policy");
  const Policy resource = made(
      PolicyType::resource, R"([{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}])");
  EXPECT_EQ(reason(user(), {allow, resource}), "with an explicit deny in a resource-based policy");
  // Root is not spared.
  EXPECT_EQ(reason({.type = Who::Type::root,
                    .account = "111111111111",
                    .arn = "arn:aws:iam::111111111111:root"},
                   {resource}),
            "with an explicit deny in a resource-based policy");
}

TEST(Evaluate, BoundaryAndSessionMustAllowToo) {
  const Policy allow = made(PolicyType::identity, kAllow);
  EXPECT_EQ(reason(user(), {allow, made(PolicyType::boundary, kAllow)}), "allowed");
  EXPECT_EQ(reason(user(), {allow, made(PolicyType::boundary, kOther)}),
            "because no permissions boundary allows the SNS:Publish action");
  EXPECT_EQ(reason(session(), {allow, made(PolicyType::session, kOther)}),
            "because no session policy allows the SNS:Publish action");
  // A boundary grants nothing by itself.
  EXPECT_EQ(reason(user(), {made(PolicyType::boundary, kAllow)}),
            "because no identity-based policy allows the SNS:Publish action");
}

TEST(Evaluate, AResourcePolicyGrantsInItsOwnAccount) {
  const Policy narrow = made(PolicyType::boundary, kOther);
  const Policy exact =
      made(PolicyType::resource, granting(R"({"AWS":"arn:aws:iam::111111111111:user/ann"})"));
  EXPECT_EQ(reason(user(), {exact, narrow}), "allowed");
  const Policy of_session =
      made(PolicyType::resource,
           granting(R"({"AWS":"arn:aws:sts::111111111111:assumed-role/worker/s1"})"));
  EXPECT_EQ(reason(session(), {of_session, narrow, made(PolicyType::session, kOther)}), "allowed");
  // By its role, boundary and session still limit.
  const Policy of_role =
      made(PolicyType::resource, granting(R"({"AWS":"arn:aws:iam::111111111111:role/worker"})"));
  EXPECT_EQ(reason(session(), {of_role}), "allowed");
  EXPECT_EQ(reason(session(), {of_role, narrow}),
            "because no permissions boundary allows the SNS:Publish action");
  EXPECT_EQ(reason(session(), {of_role, made(PolicyType::session, kOther)}),
            "because no session policy allows the SNS:Publish action");
  // By the account, its identity policies decide.
  for (const char* account :
       {R"({"AWS":"111111111111"})", R"({"AWS":"arn:aws:iam::111111111111:root"})"}) {
    const Policy of_account = made(PolicyType::resource, granting(account));
    EXPECT_EQ(reason(user(), {of_account}),
              "because no identity-based policy allows the SNS:Publish action");
    EXPECT_EQ(reason(user(), {of_account, made(PolicyType::identity, kAllow)}), "allowed");
  }
}

TEST(Evaluate, AcrossAccountsBothSidesMustAllow) {
  const Policy allow = made(PolicyType::identity, kAllow);
  const Policy grant = made(PolicyType::resource, granting(R"({"AWS":"111111111111"})"));
  EXPECT_EQ(reason(user(), {allow}, "222222222222"),
            "because no resource-based policy allows the SNS:Publish action");
  EXPECT_EQ(reason(user(), {grant}, "222222222222"),
            "because no identity-based policy allows the SNS:Publish action");
  EXPECT_EQ(reason(user(), {allow, grant}, "222222222222"), "allowed");
  EXPECT_EQ(reason(user(), {made(PolicyType::resource, granting("\"*\""))}, "222222222222"),
            "because no identity-based policy allows the SNS:Publish action");
  const Who root{
      .type = Who::Type::root, .account = "111111111111", .arn = "arn:aws:iam::111111111111:root"};
  EXPECT_EQ(reason(root, {}), "allowed");
  EXPECT_EQ(reason(root, {}, "222222222222"),
            "because no resource-based policy allows the SNS:Publish action");
  EXPECT_EQ(reason(root, {grant}, "222222222222"), "allowed");
}

TEST(Evaluate, ServicesAndStrangersLiveByTheResourcePolicyAlone) {
  const Who service{
      .type = Who::Type::service, .account = "111111111111", .arn = "events.amazonaws.com"};
  EXPECT_EQ(reason(service, {}), "because no resource-based policy allows the SNS:Publish action");
  EXPECT_EQ(reason(service,
                   {made(PolicyType::resource, granting(R"({"Service":"events.amazonaws.com"})"))}),
            "allowed");
  EXPECT_EQ(reason(service, {made(PolicyType::resource,
                                  granting(R"({"Service":"events.us-east-1.amazonaws.com"})"))}),
            "allowed");
  EXPECT_NE(reason(service,
                   {made(PolicyType::resource, granting(R"({"Service":"states.amazonaws.com"})"))}),
            "allowed");
  EXPECT_NE(reason(service, {made(PolicyType::resource, granting(R"({"AWS":"111111111111"})"))}),
            "allowed");
  EXPECT_EQ(reason({}, {made(PolicyType::resource, granting("\"*\""))}), "allowed");
  EXPECT_NE(reason({}, {made(PolicyType::resource, granting(R"({"AWS":"111111111111"})"))}),
            "allowed");
}

TEST(Evaluate, NotPrincipalSparesWhomItLists) {
  const std::string deny =
      R"([{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111111111111:user/ann"]},"Action":"*","Resource":"*"}])";
  const Policy allow = made(PolicyType::identity, kAllow);
  EXPECT_EQ(reason(user(), {allow, made(PolicyType::resource, deny)}), "allowed");
  EXPECT_EQ(reason(session(), {allow, made(PolicyType::resource, deny)}),
            "with an explicit deny in a resource-based policy");
}

TEST(Evaluate, ComplementsAreAllTheRest) {
  EXPECT_EQ(reason(user(), {made(PolicyType::identity,
                                 R"([{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}])")}),
            "allowed");
  EXPECT_NE(reason(user(), {made(PolicyType::identity,
                                 R"([{"Effect":"Allow","NotAction":"SNS:*","Resource":"*"}])")}),
            "allowed");
  EXPECT_EQ(
      reason(user(),
             {made(PolicyType::identity,
                   R"([{"Effect":"Allow","Action":"*","NotResource":"arn:aws:sqs:*:*:*"}])")}),
      "allowed");
  EXPECT_NE(
      reason(user(),
             {made(PolicyType::identity,
                   R"([{"Effect":"Allow","Action":"*","NotResource":"arn:aws:sns:*:*:t"}])")}),
      "allowed");
}

TEST(Evaluate, ResourcesArePartsNotJustText) {
  const auto with = [](std::string_view resource) {
    return reason(user(), {made(PolicyType::identity,
                                R"([{"Effect":"Allow","Action":"sns:Publish","Resource":")" +
                                    std::string(resource) + "\"}]")});
  };
  EXPECT_EQ(with("arn:aws:sns:*:*:t"), "allowed");
  EXPECT_EQ(with("arn:aws:sns:us-*:111111111111:?"), "allowed");
  EXPECT_EQ(with("arn:aws:sns:*"), "allowed");
  EXPECT_NE(with("arn:aws:s*:111111111111:t"), "allowed");
  EXPECT_NE(with("arn:aws:sns:us-east-1:111111111111:T"), "allowed");
  EXPECT_NE(with("arn:aws:sns:us-east-1:111111111111:t2"), "allowed");
}

TEST(Evaluate, RequiredResourcePoliciesLetNobodyInByThemselves) {
  Request request{.who = user(),
                  .action = "sts:AssumeRole",
                  .resource = "arn:aws:iam::111111111111:role/r",
                  .resource_account = "111111111111",
                  .resource_policy_required = true};
  const auto trust = [](std::string_view principal) {
    return made(PolicyType::resource, R"([{"Effect":"Allow","Principal":)" +
                                          std::string(principal) +
                                          R"(,"Action":"sts:AssumeRole"}])");
  };
  const Policy right = made(PolicyType::identity,
                            R"([{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}])");
  std::vector<Policy> policies = {right, trust(R"({"AWS":"arn:aws:iam::111111111111:user/bob"})")};
  const Decision stranger = policy::evaluate(request, policies);
  EXPECT_FALSE(stranger.allowed());
  EXPECT_EQ(policy::denial_reason(request, stranger),
            "because no role trust policy allows the sts:AssumeRole action");
  EXPECT_EQ(policy::denial_text(request, stranger),
            "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: sts:AssumeRole "
            "on resource: arn:aws:iam::111111111111:role/r");
  policies = {trust(R"({"AWS":"arn:aws:iam::111111111111:user/ann"})")};
  EXPECT_TRUE(policy::evaluate(request, policies).allowed());
  policies = {trust(R"({"AWS":"111111111111"})")};
  EXPECT_FALSE(policy::evaluate(request, policies).allowed());
  policies.push_back(right);
  EXPECT_TRUE(policy::evaluate(request, policies).allowed());
}

TEST(Evaluate, TellsWhatMatchedAndWhatWasMissing) {
  const Policy conditional = made(
      PolicyType::identity,
      R"([{"Sid":"No","Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:x":"true"}}},)"
      R"({"Sid":"If","Effect":"Allow","Action":"sns:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},)"
      R"({"Sid":"Yes","Effect":"Allow","Action":"sns:*","Resource":"arn:aws:sns:*:*:t"}])");
  const Decision decision = ask(user(), {conditional});
  ASSERT_TRUE(decision.allowed());
  ASSERT_EQ(decision.matched.size(), 1u);
  EXPECT_EQ(decision.matched[0].get().sid, "Yes");
  EXPECT_EQ(decision.matched[0].statement, 2u);
  EXPECT_EQ(decision.missing_context, std::vector<std::string>{"aws:SecureTransport"});
}

TEST(Evaluate, DenialsReadAsTheServiceWordsThem) {
  const auto text = [](std::string_view action, std::string_view resource) {
    const Request request{
        .who = session(), .action = std::string(action), .resource = std::string(resource)};
    return policy::denial_text(request, policy::evaluate(request, {}));
  };
  const std::string user =
      "User: arn:aws:sts::111111111111:assumed-role/worker/s1 is not authorized to perform: ";
  EXPECT_EQ(text("sns:Publish", kTopic),
            user + "SNS:Publish on resource: " + std::string(kTopic) +
                " because no identity-based policy allows the SNS:Publish action");
  EXPECT_EQ(text("ecs:RunTask", "arn:x"),
            user +
                "ecs:RunTask on resource: arn:x because no identity-based policy allows the "
                "ecs:RunTask action");
  EXPECT_EQ(text("sqs:SendMessage", "arn:x"),
            user +
                "sqs:sendmessage on resource: arn:x because no identity-based policy allows the "
                "sqs:sendmessage action");
  EXPECT_TRUE(text("ec2:DescribeVpcs", "*")
                  .starts_with("You are not authorized to perform this operation. User: "));
}

TEST(PassRole, IsANeedOfTheCaller) {
  const protocol::Need need = protocol::pass_role("arn:aws:iam::1:role/r", "states.amazonaws.com");
  EXPECT_EQ(need.action, "iam:PassRole");
  EXPECT_EQ(need.resources, std::vector<std::string>{"arn:aws:iam::1:role/r"});
  EXPECT_EQ(need.context.at(0).name, "iam:PassedToService");
  EXPECT_FALSE(protocol::passable("arn:aws:iam::222222222222:role/r", "111111111111"));
  EXPECT_TRUE(protocol::passable("arn:aws:iam::111111111111:role/r", "111111111111"));
}

}  // namespace
