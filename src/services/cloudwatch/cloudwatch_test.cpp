#include "services/cloudwatch/cloudwatch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/events/events.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/test_world.h"

namespace {

using json::Value;

struct CloudWatchTest : testing::Test {
  CloudWatchTest() : sqs(world.kit), sns(world.kit), events(world.kit), cloudwatch(world.kit) {
    sqs.load(), sns.load(), events.load();
    cloudwatch.load(), cloudwatch.start();
  }
  Value must(std::string_view operation, const std::string& params) {
    const auto answer = world.call("monitoring", operation, params);
    EXPECT_TRUE(answer) << operation << ": " << (answer ? "" : answer.error().message);
    return answer ? *answer : Value();
  }
  std::string refused(std::string_view operation, const std::string& params) {
    const auto answer = world.call("monitoring", operation, params);
    return answer ? "" : answer.error().code + ": " + answer.error().message;
  }
  void put(double value) { must("PutMetricData", R"({"Namespace":"n","MetricData":[{"MetricName":"m","Value":)" + std::to_string(value) + "}]}"); }
  int64_t now() { return world.loop.clock().now().ms / 1000; }
  Value alarm(const std::string& name) { return must("DescribeAlarms", R"({"AlarmNames":[")" + name + R"("],"AlarmTypes":["MetricAlarm","CompositeAlarm"]})"); }
  std::string state(const std::string& name) {
    const Value found = alarm(name);
    const Value& list = found[found["MetricAlarms"].size() > 0 ? "MetricAlarms" : "CompositeAlarms"];
    return list.size() > 0 ? std::string(list[size_t{0}].text("StateValue")) : "none";
  }

  services::TestWorld world;
  sqs::Sqs sqs;
  sns::Sns sns;
  events::Events events;
  cloudwatch::CloudWatch cloudwatch;
};

TEST_F(CloudWatchTest, DatapointsAreSummedUpByPeriodAndPercentile) {
  for (int i = 1; i <= 10; ++i) put(i), world.loop.run_for(60'000);
  const std::string range = fmt::format(R"("StartTime":{},"EndTime":{})", now() - 900, now() + 60);
  const Value answer = must("GetMetricStatistics", R"({"Namespace":"n","MetricName":"m","Period":3600,"Statistics":["Sum","Average"],"ExtendedStatistics":["p50","p90"],)" + range + "}");
  double sum = 0;
  for (const Value& point : answer["Datapoints"].items()) sum += point["Sum"].as_double();
  EXPECT_EQ(sum, 55);
  const Value data = must("GetMetricData", R"({"MetricDataQueries":[{"Id":"m","MetricStat":{"Metric":{"Namespace":"n","MetricName":"m"},"Period":60,"Stat":"Sum"},"ReturnData":false},
      {"Id":"twice","Expression":"m * 2","Label":"both"}],"ScanBy":"TimestampAscending","MaxDatapoints":4,)" + range + "}");
  ASSERT_EQ(data["MetricDataResults"].size(), 1);
  const Value& result = data["MetricDataResults"][size_t{0}];
  EXPECT_EQ(json::write(result["Values"]), "[2,4,6,8]");
  EXPECT_EQ(result.text("StatusCode"), "PartialData");
  EXPECT_FALSE(data.text("NextToken").empty());
}

TEST_F(CloudWatchTest, DataOutlivesTheProcess) {
  put(5);
  // The next process: another registry over the same store.
  protocol::Registry registry{world.loop, world.random};
  services::Kit kit{world.loop, world.store, world.random, registry, world.http, world.sealer, "", "000000000000", "us-east-1"};
  cloudwatch::CloudWatch next(kit);
  next.load(), next.start();
  const auto call = [&](std::string_view operation, const std::string& params) {
    Result<Value> answer = fail("NoAnswer", "");
    registry.call(registry.internal(protocol::Principal::root("000000000000"), "us-east-1", "monitoring", operation, *json::parse(params)),
                  [&](Result<Value> result) { answer = std::move(result); });
    return answer;
  };
  ASSERT_TRUE(call("PutMetricData", R"({"Namespace":"n","MetricData":[{"MetricName":"m","Value":6}]})"));
  const auto answer = call("GetMetricStatistics", fmt::format(R"({{"Namespace":"n","MetricName":"m","Period":60,"Statistics":["Sum","SampleCount"],"StartTime":{},"EndTime":{}}})", now() - 60, now() + 60));
  ASSERT_TRUE(answer);
  ASSERT_EQ((*answer)["Datapoints"].size(), 1);
  EXPECT_EQ((*answer)["Datapoints"][size_t{0}]["Sum"].as_double(), 11);
}

TEST_F(CloudWatchTest, OldDataIsForgottenWithItsMetric) {
  put(5);
  EXPECT_EQ(must("ListMetrics", "{}")["Metrics"].size(), 1);
  world.loop.run_for(16LL * 86'400'000);
  EXPECT_EQ(must("ListMetrics", "{}")["Metrics"].size(), 0);
  int left = 0;
  world.store.scan(store::Space::metrics, "", "", store::Order::forward, [&](std::string_view, std::string_view) { return ++left, true; });
  EXPECT_EQ(left, 0);
}

TEST_F(CloudWatchTest, WhatIsNotValidIsRefusedAsAwsDoes) {
  EXPECT_EQ(refused("PutMetricData", R"({"Namespace":"AWS/X","MetricData":[{"MetricName":"m","Value":1}]})"),
            "InvalidParameterValueException: The value AWS/ for parameter Namespace is invalid.");
  EXPECT_NE(refused("PutMetricData", R"({"Namespace":"n","MetricData":[{"MetricName":"m","Value":1,"Timestamp":1000}]})"), "");
  EXPECT_NE(refused("GetMetricData", R"-({"MetricDataQueries":[{"Id":"e","Expression":"SEARCH('a','Sum')"}],"StartTime":0,"EndTime":60})-"), "");
  EXPECT_NE(refused("GetMetricData", R"({"MetricDataQueries":[{"Id":"a","Expression":"b+1"},{"Id":"b","Expression":"a+1"}],"StartTime":0,"EndTime":60})"), "");
  EXPECT_EQ(refused("PutAnomalyDetector", "{}").substr(0, 25), "UnknownOperationException");
}

TEST_F(CloudWatchTest, AnAlarmGoesOnAndOffAndTellsItsTopic) {
  world.call("sns", "CreateTopic", R"({"Name":"t"})");
  world.call("sqs", "CreateQueue", R"({"QueueName":"q"})");
  world.call("sns", "Subscribe", R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:000000000000:q"})");
  must("PutMetricAlarm", R"({"AlarmName":"a","Namespace":"n","MetricName":"m","Period":60,"Statistic":"Sum","Threshold":3,"ComparisonOperator":"GreaterThanThreshold",
      "EvaluationPeriods":1,"AlarmActions":["arn:aws:sns:us-east-1:000000000000:t"]})");
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
  put(4);
  world.loop.run_for(70'000);
  EXPECT_EQ(state("a"), "ALARM");
  const auto received = world.call("sqs", "ReceiveMessage", R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/q"})");
  ASSERT_TRUE(received && (*received)["Messages"].size() == 1);
  const auto notification = json::parse((*received)["Messages"][size_t{0}].text("Body"));
  const auto message = json::parse(notification->text("Message"));
  EXPECT_EQ(message->text("NewStateValue"), "ALARM");
  EXPECT_TRUE(message->text("NewStateReason").starts_with("Threshold Crossed: 1 datapoint [4.0 (")) << message->text("NewStateReason");
  EXPECT_EQ((*message)["Trigger"].text("Statistic"), "SUM");
  world.loop.run_for(600'000);
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
  put(1);
  world.loop.run_for(70'000);
  EXPECT_EQ(state("a"), "OK");
  const Value history = must("DescribeAlarmHistory", R"({"AlarmName":"a","HistoryItemType":"StateUpdate"})");
  EXPECT_EQ(history["AlarmHistoryItems"].size(), 3);
}

TEST_F(CloudWatchTest, MissingDataIsTreatedAsTheAlarmSays) {
  const auto make = [&](const std::string& name, const std::string& treat) {
    must("PutMetricAlarm", R"({"AlarmName":")" + name + R"(","Namespace":"n","MetricName":"x","Period":10,"Statistic":"Sum","Threshold":3,
        "ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":2,"TreatMissingData":")" + treat + "\"}");
  };
  make("b", "breaching"), make("n", "notBreaching"), make("i", "ignore"), make("m", "missing");
  world.loop.run_for(15'000);
  EXPECT_EQ(state("b"), "ALARM");
  EXPECT_EQ(state("n"), "OK");
  EXPECT_EQ(state("i"), "INSUFFICIENT_DATA");
  EXPECT_EQ(state("m"), "INSUFFICIENT_DATA");
}

TEST_F(CloudWatchTest, ACompositeAlarmFollowsItsChildren) {
  for (const char* name : {"one", "two"}) {
    must("PutMetricAlarm", std::string(R"({"AlarmName":")") + name + R"(","Namespace":"n","MetricName":"x","Period":60,"Statistic":"Sum","Threshold":3,
        "ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":1,"TreatMissingData":"ignore"})");
  }
  EXPECT_NE(refused("PutCompositeAlarm", R"-({"AlarmName":"c","AlarmRule":"ALARM(none)"})-"), "");
  EXPECT_NE(refused("PutCompositeAlarm", R"-({"AlarmName":"c","AlarmRule":"ALARM(one"})-"), "");
  must("PutCompositeAlarm", R"-({"AlarmName":"c","AlarmRule":"ALARM(one) AND NOT ALARM(\"two\")"})-");
  EXPECT_EQ(state("c"), "OK");
  must("SetAlarmState", R"({"AlarmName":"one","StateValue":"ALARM","StateReason":"test"})");
  EXPECT_EQ(state("c"), "ALARM");
  must("SetAlarmState", R"({"AlarmName":"two","StateValue":"ALARM","StateReason":"test"})");
  EXPECT_EQ(state("c"), "OK");
}

TEST_F(CloudWatchTest, AnotherAlarmHoldsBackActions) {
  for (const char* name : {"one", "maintenance"}) {
    must("PutMetricAlarm", std::string(R"({"AlarmName":")") + name + R"(","Namespace":"n","MetricName":"x","Period":60,"Statistic":"Sum","Threshold":3,
        "ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":1,"TreatMissingData":"ignore"})");
  }
  world.call("sns", "CreateTopic", R"({"Name":"t"})");
  world.call("sqs", "CreateQueue", R"({"QueueName":"q"})");
  world.call("sns", "Subscribe", R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:000000000000:q"})");
  must("PutCompositeAlarm", R"-({"AlarmName":"c","AlarmRule":"ALARM(one)","ActionsSuppressor":"maintenance","ActionsSuppressorWaitPeriod":5,"ActionsSuppressorExtensionPeriod":5,
      "AlarmActions":["arn:aws:sns:us-east-1:000000000000:t"]})-");
  world.loop.run_for(6'000);
  const auto received = [&] { return (*world.call("sqs", "ReceiveMessage", R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/q"})"))["Messages"].size(); };
  must("SetAlarmState", R"({"AlarmName":"maintenance","StateValue":"ALARM","StateReason":"test"})");
  must("SetAlarmState", R"({"AlarmName":"one","StateValue":"ALARM","StateReason":"test"})");
  world.loop.run_for(60'000);
  EXPECT_EQ(state("c"), "ALARM");
  EXPECT_EQ(alarm("c")["CompositeAlarms"][size_t{0}].text("ActionsSuppressedBy"), "Alarm");
  EXPECT_EQ(received(), 0);
  must("SetAlarmState", R"({"AlarmName":"maintenance","StateValue":"OK","StateReason":"test"})");
  world.loop.run_for(6'000);
  EXPECT_EQ(received(), 1);
}

}  // namespace
