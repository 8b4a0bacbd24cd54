#include "protocol/policy/document.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"

namespace {

using policy::Kind;
using policy::parse;

std::string refusal(std::string_view text, Kind kind = Kind::managed) {
  const auto document = parse(text, kind);
  return document ? "" : document.error().message;
}

// A managed policy with one statement that allows sns:Publish, with members put in the place of its
// own.
std::string with(std::string_view members) {
  return R"({"Version":"2012-10-17","Statement":{)" + std::string(members) + "}}";
}

constexpr std::string_view kSyntax = "Syntax errors in policy.";

TEST(PolicyDocument, ScalarsAndListsOfOneAreTheSame) {
  const auto a = parse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}})",
      Kind::managed);
  const auto b = parse(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:Publish"],"Resource":["*"]}]})",
      Kind::managed);
  ASSERT_TRUE(a && b);
  EXPECT_EQ((*a)->statements.size(), 1u);
  EXPECT_EQ((*a)->statements[0].actions[0].text(), (*b)->statements[0].actions[0].text());
  EXPECT_EQ((*a)->statements[0].resources[0].text(), (*b)->statements[0].resources[0].text());
}

TEST(PolicyDocument, GrammarFaultsAreSyntaxErrors) {
  for (
      const std::string& text : {
          std::string("sns:Publish"),
          std::string("[]"),
          std::string(R"({"Version":"2012-10-17"})"),
          std::string(R"({"Version":"2012-10-17","Statement":[]})"),
          std::string(R"({"Version":"2012-10-17","Statement":["x"]})"),
          std::string(
              R"({"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"),
          std::string(
              R"({"Version":"2012-10-17","Comment":"","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"),
          std::string(
              R"({"Version":"2012-10-17","Id":7,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"),
          with(R"("Effect":"Maybe","Action":"*","Resource":"*")"),
          with(R"("Action":"*","Resource":"*")"),
          with(R"("Effect":"Allow","Action":"*","NotAction":"*","Resource":"*")"),
          with(R"("Effect":"Allow","Action":"*","Resource":"*","NotResource":[])"),
          with(R"("Effect":"Allow","Action":{},"Resource":"*")"),
          with(R"("Effect":"Allow","Action":"*","Resource":["*",1])"),
          with(R"("Effect":"Allow","Action":"*","Resource":"*","Condition":[])"),
          with(R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":"x"}})"),
          with(
              R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"aws:username":"x"}})"),
          with(
              R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":{}}})"),
          with(R"("Effect":"Allow","Effect":"Allow","Action":"*","Resource":"*")"),
          with(R"("effect":"Allow","Action":"*","Resource":"*")"),
      }) {
    EXPECT_EQ(refusal(text), kSyntax) << text;
  }
}

TEST(PolicyDocument, AnUnknownOperatorWithNothingBelowItPasses) {
  EXPECT_EQ(
      refusal(with(R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"Whatever":{}})")),
      "");
}

TEST(PolicyDocument, ManagedPoliciesNeedTheNewVersion) {
  constexpr std::string_view kOld =
      R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
  EXPECT_EQ(refusal(kOld), "Policy document must be version 2012-10-17 or greater.");
  EXPECT_EQ(refusal(kOld, Kind::identity), "");
}

TEST(PolicyDocument, IdentityPoliciesHaveNoPrincipal) {
  EXPECT_EQ(refusal(with(R"("Effect":"Allow","Action":"*","Resource":"*","Principal":"*")")),
            "Policy document should not specify a principal.");
}

TEST(PolicyDocument, LegacyParsingMindsCaseDatesAndShortArns) {
  constexpr std::string_view kLegacy = "The policy failed legacy parsing";
  EXPECT_EQ(refusal(with(R"("Effect":"ALLOW","Action":"*","Resource":"*")")), kLegacy);
  EXPECT_EQ(refusal(with(R"("Effect":"Allow","Action":"*","Resource":"arn:aws:sns::topic")")),
            kLegacy);
  EXPECT_EQ(refusal(with(R"("Effect":"Allow","Action":"*","NotResource":"arn:aws::::topic")")),
            kLegacy);
  EXPECT_EQ(
      refusal(with(
          R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}})")),
      kLegacy);
  EXPECT_EQ(
      refusal(with(
          R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01"}})")),
      "");
}

TEST(PolicyDocument, ResourcesAreArnsOrAll) {
  const auto resource = [](std::string_view text) {
    return refusal(
        with(R"("Effect":"Allow","Action":"sns:*","Resource":")" + std::string(text) + "\""));
  };
  EXPECT_EQ(resource("topic"), "Resource topic must be in ARN format or \"*\".");
  EXPECT_EQ(resource(""), "Resource  must be in ARN format or \"*\".");
  EXPECT_EQ(resource("arn:moon:sns:us-east-1:1:t"),
            "Partition \"moon\" is not valid for resource \"arn:moon:sns:us-east-1:1:t\".");
  EXPECT_EQ(resource("arn::sns:a:b:c:d:e"),
            "Partition \"\" is not valid for resource \"arn::sns:a:b:c:d:e\".");
  EXPECT_EQ(resource("sns:topic"),
            "Partition \"topic\" is not valid for resource \"arn:topic:*:*:*:*\".");
  EXPECT_EQ(resource("arn:aws"),
            "Resource vendor must be fully qualified and cannot contain regexes.");
  EXPECT_EQ(resource("arn:aws:iam:us-east-1:1:role/x"),
            "IAM resource arn:aws:iam:us-east-1:1:role/x cannot contain region information.");
  EXPECT_TRUE(
      resource("arn:aws:iam::1:thing")
          .starts_with(
              "IAM resource path must either be \"*\" or start with user/, federated-user/"));
  EXPECT_EQ(resource("arn:aws:sns"), "");
  EXPECT_EQ(resource("arn:aws:s3:::${aws:PrincipalTag/team, 'none:at:all'}/*"), "");
}

TEST(PolicyDocument, ActionsNameTheirService) {
  const auto action = [](std::string_view text) {
    return refusal(
        with(R"("Effect":"Allow","Resource":"*","Action":")" + std::string(text) + "\""));
  };
  EXPECT_EQ(action("Publish"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(action("sns:Publish:Now"), "Actions/Condition can contain only one colon.");
  EXPECT_EQ(action("s n s:Publish"), "Vendor s n s is not valid");
  EXPECT_EQ(action("*"), "");
  EXPECT_EQ(refusal(with(R"("Effect":"Allow","Resource":"*")")),
            "Policy statement must contain actions.");
  EXPECT_EQ(refusal(with(R"("Effect":"Allow","Action":"sns:Publish")")),
            "Policy statement must contain resources.");
}

TEST(PolicyDocument, StatementIdsAreUniqueAndPlain) {
  constexpr std::string_view kTwo =
      R"({"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},)"
      R"({"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]})";
  EXPECT_EQ(refusal(kTwo), "Statement IDs (SID) in a single policy must be unique.");
  EXPECT_TRUE(refusal(with(R"("Sid":"not-plain","Effect":"Allow","Action":"*","Resource":"*")"))
                  .starts_with("Statement IDs (SID) must be alpha-numeric"));
}

TEST(PolicyDocument, TrustPoliciesSayWhoAndNotWhat) {
  const auto trust = [](std::string_view text) { return refusal(text, Kind::trust); };
  EXPECT_EQ(
      trust(
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]})"),
      "");
  EXPECT_EQ(trust("{"), "This policy contains invalid Json");
  EXPECT_EQ(trust(R"({"version":"2012-10-17"})"), "Unknown field version");
  EXPECT_EQ(trust(R"({"Statement":[]})"), "Could not parse the policy: Statement is empty!");
  EXPECT_EQ(
      trust(
          R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}})"),
      "Has prohibited field Resource");
  EXPECT_EQ(trust(R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})"),
            "Missing required field Principal");
  EXPECT_EQ(trust(R"({"Statement":{"Principal":"*","Action":"sts:AssumeRole"}})"),
            "Missing required field Effect");
  EXPECT_EQ(trust(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sns:Publish"}})"),
            "AssumeRole policy may only specify STS AssumeRole actions.");
  EXPECT_EQ(
      trust(
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"bob"},"Action":"sts:AssumeRole"}})"),
      "Invalid principal in policy: \"AWS\":\"bob\"");
  EXPECT_EQ(
      trust(
          R"({"Statement":{"Effect":"Allow","Principal":{"Service":"states"},"Action":"sts:AssumeRole"}})"),
      "Invalid principal in policy: \"SERVICE\":\"states\"");
}

TEST(PolicyDocument, PositionsAreThoseOfTheSimulator) {
  const auto one = parse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sns:*","Resource":"*"}})",
      Kind::identity);
  ASSERT_TRUE(one);
  EXPECT_EQ((*one)->statements[0].start.column, 38);
  EXPECT_EQ((*one)->statements[0].end.column, 87);
  const auto two = parse(
      "{\n \"Statement\": [\n  {\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"},\n"
      "  {\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\"}\n ]}",
      Kind::identity);
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ((*two)->statements[0].start.line, 2);
  EXPECT_EQ((*two)->statements[0].start.column, 16);
  EXPECT_EQ((*two)->statements[0].end.line, 3);
  EXPECT_EQ((*two)->statements[1].start.line, 3);
  EXPECT_EQ((*two)->statements[1].end.line, 4);
}

TEST(PolicyDocument, ContextKeysComeOnceEach) {
  const auto document = parse(
      with(
          R"("Effect":"Allow","Action":"sns:*","Resource":"arn:aws:sns:*:*:${aws:username}",)"
          R"("Condition":{"StringEquals":{"AWS:Username":"x","aws:PrincipalTag/a":"${aws:userid}"}})"),
      Kind::identity);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(policy::context_keys(**document),
            (std::vector<std::string>{"aws:username", "aws:PrincipalTag/a", "aws:userid"}));
}

}  // namespace
