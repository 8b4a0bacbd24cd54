#include "protocol/policy/condition.h"

#include <gtest/gtest.h>

namespace {

using policy::Context;

// One test against a context in which the key has these values; nothing: the key is absent.
bool holds(std::string_view op, std::vector<std::string> wanted,
           std::optional<Context::Values> values) {
  const auto name = policy::OperatorName::parse(op);
  if (!name) return ADD_FAILURE() << op, false;
  std::vector<policy::Pattern> patterns;
  for (const std::string& one : wanted) patterns.emplace_back(one, policy::Variables::expanded);
  Context context;
  context.set("aws:username", "ann*");
  if (values) context.set("AWS:Key", *values);
  return policy::Condition(*name, "aws:key", std::move(patterns)).holds(context);
}
const std::optional<Context::Values> kAbsent;
Context::Values one(std::string value) { return {std::move(value)}; }

TEST(Condition, TextsAndTheirOpposites) {
  EXPECT_TRUE(holds("StringEquals", {"a", "b"}, one("b")));
  EXPECT_FALSE(holds("StringEquals", {"a*"}, one("ab")));
  EXPECT_TRUE(holds("StringNotEquals", {"a", "b"}, one("c")));
  EXPECT_FALSE(holds("StringNotEquals", {"a", "b"}, one("b")));
  EXPECT_TRUE(holds("StringEqualsIgnoreCase", {"ABC"}, one("abc")));
  EXPECT_FALSE(holds("StringNotEqualsIgnoreCase", {"ABC"}, one("abc")));
  EXPECT_TRUE(holds("StringLike", {"a*c?"}, one("abbcd")));
  EXPECT_FALSE(holds("StringLike", {"A*"}, one("abc")));
  EXPECT_TRUE(holds("StringNotLike", {"a*"}, one("bc")));
  EXPECT_TRUE(holds("StringLike", {"?"}, one("é")));
}

TEST(Condition, MissingKeys) {
  EXPECT_FALSE(holds("StringEquals", {"a"}, kAbsent));
  EXPECT_TRUE(holds("StringNotEquals", {"a"}, kAbsent));
  EXPECT_TRUE(holds("StringEqualsIfExists", {"a"}, kAbsent));
  EXPECT_FALSE(holds("StringEqualsIfExists", {"a"}, one("b")));
  EXPECT_TRUE(holds("Null", {"true"}, kAbsent));
  EXPECT_FALSE(holds("Null", {"true"}, one("x")));
  EXPECT_TRUE(holds("Null", {"false"}, one("x")));
  EXPECT_FALSE(holds("NumericLessThan", {"5"}, kAbsent));
}

TEST(Condition, SeveralValues) {
  EXPECT_TRUE(holds("ForAllValues:StringEquals", {"a", "b"}, Context::Values{"a", "b"}));
  EXPECT_FALSE(holds("ForAllValues:StringEquals", {"a", "b"}, Context::Values{"a", "c"}));
  EXPECT_TRUE(holds("ForAllValues:StringEquals", {"a"}, kAbsent));
  EXPECT_TRUE(holds("ForAllValues:StringEquals", {"a"}, Context::Values{}));
  EXPECT_TRUE(holds("ForAnyValue:StringEquals", {"a"}, Context::Values{"x", "a"}));
  EXPECT_FALSE(holds("ForAnyValue:StringEquals", {"a"}, kAbsent));
  EXPECT_FALSE(holds("ForAnyValue:StringNotEquals", {"a"}, kAbsent));
  EXPECT_TRUE(holds("ForAnyValue:StringNotEquals", {"a"}, Context::Values{"a", "b"}));
  EXPECT_FALSE(holds("ForAllValues:StringNotLike", {"a*"}, Context::Values{"b", "ab"}));
}

TEST(Condition, NumbersDatesAndTruth) {
  EXPECT_TRUE(holds("NumericEquals", {"1.0"}, one("1")));
  EXPECT_TRUE(holds("NumericLessThanEquals", {"10"}, one("10")));
  EXPECT_FALSE(holds("NumericGreaterThan", {"10"}, one("9.5")));
  EXPECT_FALSE(holds("NumericEquals", {"ten"}, one("10")));
  EXPECT_TRUE(holds("NumericNotEquals", {"10"}, one("11")));
  EXPECT_TRUE(holds("DateLessThan", {"2030-01-01T00:00:00Z"}, one("2029-12-31T23:59:59Z")));
  EXPECT_TRUE(holds("DateGreaterThan", {"2020"}, one("2020-01-01T00:00:01Z")));
  EXPECT_TRUE(holds("DateEquals", {"1700000000"}, one("2023-11-14T22:13:20Z")));
  EXPECT_FALSE(holds("DateGreaterThanEquals", {"tomorrow"}, one("2023-11-14T22:13:20Z")));
  EXPECT_TRUE(holds("Bool", {"true"}, one("True")));
  EXPECT_FALSE(holds("Bool", {"true"}, kAbsent));
  EXPECT_TRUE(holds("BoolIfExists", {"true"}, kAbsent));
  EXPECT_TRUE(holds("BinaryEquals", {"QmluYXJ5"}, one("QmluYXJ5")));
  EXPECT_FALSE(holds("BinaryEquals", {"no"}, one("no")));
}

TEST(Condition, Addresses) {
  EXPECT_TRUE(holds("IpAddress", {"203.0.113.0/24"}, one("203.0.113.77")));
  EXPECT_FALSE(holds("IpAddress", {"203.0.113.0/25"}, one("203.0.113.177")));
  EXPECT_TRUE(holds("IpAddress", {"2001:db8::/33"}, one("2001:db8:7fff::1")));
  EXPECT_FALSE(holds("IpAddress", {"2001:db8::/33"}, one("2001:db8:8000::1")));
  EXPECT_TRUE(holds("IpAddress", {"0.0.0.0/0"}, one("8.8.8.8")));
  EXPECT_FALSE(holds("IpAddress", {"0.0.0.0/0"}, one("::1")));
  EXPECT_TRUE(holds("NotIpAddress", {"10.0.0.0/8"}, one("11.0.0.1")));
  EXPECT_FALSE(holds("IpAddress", {"10.0.0.0/99"}, one("10.0.0.1")));
}

TEST(Condition, ArnsPartByPart) {
  EXPECT_TRUE(holds("ArnLike", {"arn:aws:sns:*:1:t*"}, one("arn:aws:sns:us-east-1:1:topic")));
  EXPECT_TRUE(holds("ArnEquals", {"arn:aws:iam::1:role/*"}, one("arn:aws:iam::1:role/a/b")));
  EXPECT_FALSE(holds("ArnLike", {"arn:aws:*:topic"}, one("arn:aws:sns:us-east-1:1:other")));
  EXPECT_FALSE(holds("ArnLike", {"arn:aws:s*:1:t"}, one("arn:aws:sns:us-east-1:1:t")));
  EXPECT_TRUE(holds("ArnNotLike", {"arn:aws:sns:*:1:*"}, one("arn:aws:sqs:us-east-1:1:q")));
}

TEST(Condition, Variables) {
  EXPECT_TRUE(holds("StringEquals", {"${aws:username}"}, one("ann*")));
  EXPECT_TRUE(holds("StringLike", {"x/${aws:username}/*"}, one("x/ann*/y")));
  // A star that a variable brings is a star and no wildcard.
  EXPECT_FALSE(holds("StringLike", {"${aws:username}"}, one("anna")));
  EXPECT_TRUE(holds("StringLike", {"a${*}b"}, one("a*b")));
  EXPECT_FALSE(holds("StringLike", {"a${*}b"}, one("axb")));
  EXPECT_TRUE(holds("StringEquals", {"${aws:PrincipalTag/team, 'none'}"}, one("none")));
  EXPECT_FALSE(holds("StringEquals", {"${aws:PrincipalTag/team}"}, one("")));
  EXPECT_TRUE(holds("StringNotEquals", {"${aws:PrincipalTag/team}"}, one("x")));
}

TEST(Condition, OperatorNames) {
  EXPECT_TRUE(policy::OperatorName::parse("ForAnyValue:StringLikeIfExists"));
  EXPECT_FALSE(policy::OperatorName::parse("ForAnyValue::StringLike"));
  EXPECT_FALSE(policy::OperatorName::parse("stringequals"));
  EXPECT_FALSE(policy::OperatorName::parse("NullIfExists"));
}

}  // namespace
