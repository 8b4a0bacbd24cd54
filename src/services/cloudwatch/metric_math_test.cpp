#include "services/cloudwatch/metric_math.h"

#include <gtest/gtest.h>

namespace {

using cloudwatch::Expression;
using cloudwatch::Series;
using Points = std::map<int64_t, double>;

const std::map<std::string, Expression::Operand> kKnown = {
    {"m1", Series{.id = "m1", .points = {{0, 10}, {60, 20}, {180, 40}}}},
    {"m2", Series{.id = "m2", .points = {{0, 2}, {60, 0}, {180, 8}}}},
};

Result<Expression::Operand> evaluate(std::string_view text) {
  auto parsed = Expression::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->evaluate({.known = kKnown, .from = 0, .to = 240});
}
Points points(std::string_view text) {
  const auto value = evaluate(text);
  if (!value || !std::holds_alternative<Series>(*value)) return {{-1, -1}};
  return std::get<Series>(*value).points;
}
double number(std::string_view text) {
  const auto value = evaluate(text);
  return value && std::holds_alternative<double>(*value) ? std::get<double>(*value) : -12345;
}

TEST(MetricMath, OperatorsBindAsInSchool) {
  EXPECT_EQ(number("1 + 2 * 3 ^ 2 - -4 / 2"), 21);
  EXPECT_EQ(number("(1 + 2) * 3"), 9);
  EXPECT_EQ(number("2 > 1 AND 0 == 1 OR 3 != 3"), 0);
}

TEST(MetricMath, SeriesAreCombinedWhereBothHaveData) {
  EXPECT_EQ(points("m1 + 1"), (Points{{0, 11}, {60, 21}, {180, 41}}));
  // Division by zero leaves no datapoint.
  EXPECT_EQ(points("m1 / m2"), (Points{{0, 5}, {180, 5}}));
}

TEST(MetricMath, AFunctionOfAListGoesAcrossItsSeries) {
  EXPECT_EQ(points("SUM([m1, m2])"), (Points{{0, 12}, {60, 20}, {180, 48}}));
  EXPECT_EQ(points("MAX(METRICS())"), (Points{{0, 10}, {60, 20}, {180, 40}}));
  EXPECT_EQ(points("AVG(METRICS(\"m2\"))"), (Points{{0, 2}, {60, 0}, {180, 8}}));
}

TEST(MetricMath, AFunctionOfASeriesGivesANumber) {
  EXPECT_EQ(number("SUM(m1)"), 70);
  EXPECT_EQ(number("MIN(m2)"), 0);
  EXPECT_EQ(number("PERIOD(m1)"), 60);
}

TEST(MetricMath, GapsAreFilled) {
  EXPECT_EQ(points("FILL(m1, 0)"), (Points{{0, 10}, {60, 20}, {120, 0}, {180, 40}}));
  EXPECT_EQ(points("FILL(m1, REPEAT)"), (Points{{0, 10}, {60, 20}, {120, 20}, {180, 40}}));
  EXPECT_EQ(points("FILL(m1, LINEAR)"), (Points{{0, 10}, {60, 20}, {120, 30}, {180, 40}}));
}

TEST(MetricMath, ChangesAndConditions) {
  EXPECT_EQ(points("DIFF(m1)"), (Points{{60, 10}, {180, 20}}));
  EXPECT_EQ(points("RATE(m1)"), (Points{{60, 10.0 / 60}, {180, 20.0 / 120}}));
  EXPECT_EQ(points("IF(m1 > 15, m1, 0)"), (Points{{0, 0}, {60, 20}, {180, 40}}));
}

TEST(MetricMath, WhatIsNotThereIsRefused) {
  for (const char* text : {"m3 + 1", "SEARCH('x', 'Sum')", "1 +", "(m1", "m1 m2", "FILL(m1)", "\"a\"", "ANOMALY_DETECTION_BAND(m1)"}) {
    EXPECT_FALSE(evaluate(text)) << text;
  }
  EXPECT_FALSE(evaluate(std::string(100'000, '(')));
  EXPECT_FALSE(evaluate(std::string(100'000, '-')));
}

}  // namespace
