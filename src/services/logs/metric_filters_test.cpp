#include <gtest/gtest.h>

#include "services/cloudwatch/cloudwatch.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/logs.h"
#include "services/test_world.h"

namespace {

using json::Value;

TEST(FilterPattern, JsonTermsCompareWhatIsThere) {
  const std::string_view message = R"({"level":"warn","took":31,"on":{"queue":"q1"}})";
  for (const std::string_view passes : {R"({ $.level = "warn" })", "{ $.took = * }", "{ $.took > 30 && $.on.queue = q* }", R"({ $.none = 1 || $.level = "w*" })", "{ $.none != 1 }", "warn 31", "?none ?warn"}) {
    EXPECT_TRUE(logs::passes_filter(passes, message)) << passes;
  }
  for (const std::string_view fails : {"{ $.none = * }", "{ $.took > 31 }", "warn -31", R"({ $.level = "warn" && $.took = 0 })"}) EXPECT_FALSE(logs::passes_filter(fails, message)) << fails;
}

struct MetricFilters : testing::Test {
  MetricFilters() {
    logs.load(), logs.start();
    cloudwatch.load(), cloudwatch.start();
    EXPECT_TRUE(world.call("logs", "CreateLogGroup", R"({"logGroupName":"g"})"));
    EXPECT_TRUE(world.call("logs", "CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})"));
  }
  void filter(std::string_view pattern, std::string_view transformation) {
    const auto made = world.call("logs", "PutMetricFilter", json::write(json::object({{"logGroupName", "g"}, {"filterName", "f"}, {"filterPattern", pattern},
                                                                                     {"metricTransformations", json::array({*json::parse(transformation)})}})));
    ASSERT_TRUE(made) << made.error().message;
  }
  void log(std::initializer_list<std::string_view> messages) {
    std::vector<Value> events;
    for (const std::string_view message : messages) events.push_back(json::object({{"timestamp", world.loop.clock().now().ms}, {"message", message}}));
    ASSERT_TRUE(world.call("logs", "PutLogEvents", json::write(json::object({{"logGroupName", "g"}, {"logStreamName", "s"}, {"logEvents", Value::array(std::move(events))}}))));
  }
  // Sum and count of the metric, with that value of the dimension "Queue" when one is given.
  std::pair<double, double> sum(std::string_view metric, std::string_view queue = "") {
    const double now = world.loop.clock().now().seconds();
    std::vector<Value> dimensions;
    if (!queue.empty()) dimensions.push_back(json::object({{"Name", "Queue"}, {"Value", queue}}));
    const auto got = world.call("monitoring", "GetMetricStatistics",
                                json::write(json::object({{"Namespace", "App"}, {"MetricName", metric}, {"Dimensions", Value::array(std::move(dimensions))}, {"StartTime", now - 3600},
                                                          {"EndTime", now + 3600}, {"Period", 7200}, {"Statistics", json::array({"Sum", "SampleCount"})}})));
    EXPECT_TRUE(got) << (got ? "" : got.error().message);
    double total = 0, count = 0;
    if (got) for (const Value& point : (*got)["Datapoints"].items()) total += point["Sum"].as_double(), count += point["SampleCount"].as_double();
    return {total, count};
  }

  services::TestWorld world;
  logs::Logs logs{world.kit};
  cloudwatch::CloudWatch cloudwatch{world.kit};
};

TEST_F(MetricFilters, CountWhatMatchesAndNothingElse) {
  filter("ERROR", R"({"metricName":"Errors","metricNamespace":"App","metricValue":"1"})");
  log({"ERROR one", "all is well", "ERROR two"});
  EXPECT_EQ(sum("Errors"), std::pair(2.0, 2.0));
  ASSERT_TRUE(world.call("logs", "DeleteMetricFilter", R"({"logGroupName":"g","filterName":"f"})"));
  log({"ERROR three"});
  EXPECT_EQ(sum("Errors"), std::pair(2.0, 2.0));
}

TEST_F(MetricFilters, TakeValueAndDimensionsFromTheMessage) {
  filter("{ $.took = * }", R"({"metricName":"Took","metricNamespace":"App","metricValue":"$.took","unit":"Milliseconds","dimensions":{"Queue":"$.queue"}})");
  log({R"({"took":30,"queue":"a"})", R"({"took":"12","queue":"a"})", R"({"took":5})", R"({"took":[1]})", R"({"queue":"a"})"});
  EXPECT_EQ(sum("Took", "a"), std::pair(42.0, 2.0));
  EXPECT_EQ(sum("Took"), std::pair(5.0, 1.0));
}

TEST_F(MetricFilters, GiveTheDefaultForEventsThatDoNotMatch) {
  filter("ERROR", R"({"metricName":"Errors","metricNamespace":"App","metricValue":"1","defaultValue":0})");
  log({"ERROR one", "fine", "fine"});
  EXPECT_EQ(sum("Errors"), std::pair(1.0, 3.0));
}

TEST_F(MetricFilters, AreStoredAndGoWithTheirGroup) {
  filter("ERROR", R"({"metricName":"Errors","metricNamespace":"App","metricValue":"1"})");
  EXPECT_EQ((*world.call("logs", "DescribeLogGroups", "{}"))["logGroups"][size_t{0}]["metricFilterCount"], Value(1));
  services::Table<logs::MetricFilter> stored(world.store, "logs/metric-filter");
  stored.load();
  ASSERT_EQ(stored.scopes().size(), 1u);
  EXPECT_EQ(stored.scopes().begin()->second.begin()->second.pattern, "ERROR");
  ASSERT_TRUE(world.call("logs", "DeleteLogGroup", R"({"logGroupName":"g"})"));
  EXPECT_EQ((*world.call("logs", "DescribeMetricFilters", "{}"))["metricFilters"].size(), 0u);
}

TEST_F(MetricFilters, RefuseWhatCannotBeCounted) {
  const auto code = [&](std::string_view transformation) {
    const auto made = world.call("logs", "PutMetricFilter", json::write(json::object({{"logGroupName", "g"}, {"filterName", "f"}, {"filterPattern", ""},
                                                                                     {"metricTransformations", json::array({*json::parse(transformation)})}})));
    return made ? std::string() : made.error().code;
  };
  EXPECT_EQ(code(R"({"metricName":"m","metricNamespace":"n","metricValue":"one"})"), "InvalidParameterException");
  EXPECT_EQ(code(R"({"metricName":"m","metricNamespace":"n","metricValue":"1","defaultValue":0,"dimensions":{"a":"$.a"}})"), "InvalidParameterException");
  EXPECT_EQ(code(R"({"metricName":"m","metricNamespace":"n","metricValue":"$.v"})"), "");
  EXPECT_EQ(world.call("logs", "DeleteMetricFilter", R"({"logGroupName":"g","filterName":"none"})").error().code, "ResourceNotFoundException");
}

}  // namespace
