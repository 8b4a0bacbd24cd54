// What executions tell: metrics, log groups, traces.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/cloudwatch/cloudwatch.h"
#include "services/logs/logs.h"
#include "services/states/states.h"
#include "services/test_world.h"

namespace {

using json::Value;

// A collector that keeps what it is sent, or does not answer.
struct Collector final : net::HttpClient {
  std::vector<std::string> bodies;
  std::string url;
  bool answers = true;
  std::vector<Done> waiting;
  void send(net::Request request, net::SendOptions, Done done) override {
    url = request.target;
    bodies.push_back(std::move(request.body));
    if (answers) return done(net::Response{.status = 200});
    waiting.push_back(std::move(done));
  }
};

constexpr std::string_view kRole = "arn:aws:iam::000000000000:role/any";

struct Observe : testing::Test {
  Observe() : kit{world.loop, world.store, world.random, world.registry, collector, world.sealer, "http://127.0.0.1:4566", "000000000000", "us-east-1"},
              logs(kit), cloudwatch(kit), states(kit, states::States::Settings{}) {
    logs.load(), cloudwatch.load(), states.load();
    logs.start(), cloudwatch.start(), states.start();
    world.call("logs", "CreateLogGroup", R"({"logGroupName":"/sfn"})");
  }
  std::string create(const std::string& name, const std::string& definition, const std::string& more = "") {
    const auto made = world.call("states", "CreateStateMachine",
                                 json::write(json::object({{"name", name}, {"roleArn", kRole}, {"definition", definition}})).substr(0, std::string::npos).insert(1, more));
    EXPECT_TRUE(made) << (made ? "" : made.error().code + " " + made.error().message);
    return made ? std::string(made->text("stateMachineArn")) : "";
  }
  std::string start(const std::string& arn, const std::string& more = "") {
    const auto begun = world.call("states", "StartExecution", "{" + more + "\"stateMachineArn\":\"" + arn + "\"}");
    EXPECT_TRUE(begun) << (begun ? "" : begun.error().message);
    return begun ? std::string(begun->text("executionArn")) : "";
  }
  static std::string logging(const std::string& level, bool data = false, const std::string& group = "/sfn") {
    return fmt::format(R"("loggingConfiguration":{{"level":"{}","includeExecutionData":{},"destinations":[{{"cloudWatchLogsLogGroup":{{"logGroupArn":"arn:aws:logs:us-east-1:000000000000:log-group:{}:*"}}}}]}},)",
                       level, data, group);
  }
  std::vector<Value> logged() {
    world.loop.run_for(200);
    std::vector<Value> out;
    const auto found = world.call("logs", "FilterLogEvents", R"({"logGroupName":"/sfn"})");
    EXPECT_TRUE(found);
    for (const Value& event : (*found)["events"].items()) out.push_back(*json::parse(event.text("message")));
    return out;
  }
  double sum(const std::string& metric, const std::string& dimension, const std::string& value) {
    const int64_t now = world.loop.clock().now().ms / 1000;
    const auto answer = world.call("monitoring", "GetMetricStatistics",
                                   fmt::format(R"({{"Namespace":"AWS/States","MetricName":"{}","Dimensions":[{{"Name":"{}","Value":"{}"}}],"Period":3600,"Statistics":["Sum"],"StartTime":{},"EndTime":{}}})",
                                               metric, dimension, value, now - 3600, now + 60));
    double total = 0;
    if (answer) {
      for (const Value& point : (*answer)["Datapoints"].items()) total += point["Sum"].as_double();
    }
    return total;
  }

  services::TestWorld world;
  Collector collector;
  services::Kit kit;
  logs::Logs logs;
  cloudwatch::CloudWatch cloudwatch;
  states::States states;
};

const std::string kPass = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
const std::string kFail = R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}})";

TEST_F(Observe, ExecutionsAreCountedByMachine) {
  const std::string good = create("good", kPass), bad = create("bad", kFail);
  for (int i = 0; i < 20; ++i) start(good);
  start(bad);
  world.loop.run_for(6'000);
  EXPECT_EQ(sum("ExecutionsStarted", "StateMachineArn", good), 20);
  EXPECT_EQ(sum("ExecutionsSucceeded", "StateMachineArn", good), 20);
  EXPECT_EQ(sum("ExecutionsFailed", "StateMachineArn", good), 0);
  EXPECT_EQ(sum("ExecutionsFailed", "StateMachineArn", bad), 1);
}

TEST_F(Observe, NamesBeyondAsciiHaveNoMetrics) {
  start(create("gr\xc3\xbc\xc3\x9f", kPass));
  world.loop.run_for(6'000);
  EXPECT_EQ((*world.call("monitoring", "ListMetrics", "{}"))["Metrics"].size(), 0);
}

TEST_F(Observe, TasksAreCountedByWhatTheyCall) {
  const std::string machine = create("task", R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:cloudwatch:listMetrics","End":true}}})");
  start(machine);
  world.loop.run_for(6'000);
  const std::string integration = "arn:aws:states:::aws-sdk:cloudwatch:listMetrics";
  EXPECT_EQ(sum("ServiceIntegrationsScheduled", "ServiceIntegrationResourceArn", integration), 1);
  EXPECT_EQ(sum("ServiceIntegrationsSucceeded", "ServiceIntegrationResourceArn", integration), 1);
}

TEST_F(Observe, EveryEventIsLoggedAtLevelAll) {
  const std::string arn = start(create("m", kPass, logging("ALL", true)), R"("input":"{\"a\":1}",)");
  const auto events = logged();
  ASSERT_EQ(events.size(), 4);
  EXPECT_EQ(events[0].text("type"), "ExecutionStarted");
  EXPECT_EQ(events[0].text("id"), "1");
  EXPECT_EQ(events[0].text("previous_event_id"), "0");
  EXPECT_EQ(events[0].text("execution_arn"), arn);
  EXPECT_EQ(events[0].text("redrive_count"), "0");
  EXPECT_EQ(events[0]["details"].text("input"), R"({"a":1})");
  EXPECT_EQ(events[3].text("type"), "ExecutionSucceeded");
}

TEST_F(Observe, LevelsAndDataDecideWhatIsLogged) {
  start(create("m", kFail, logging("ERROR")));
  auto events = logged();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(json::write(events[0]["details"]), R"({"name":"F"})");
  EXPECT_EQ(json::write(events[1]["details"]), R"({"error":"E","cause":"C"})");
  start(create("fatal", kFail, logging("FATAL")));
  start(create("off", kFail, logging("OFF")));
  EXPECT_EQ(logged().size(), 3);
}

TEST_F(Observe, ExpressExecutionsAreLoggedToo) {
  start(create("x", kPass, R"("type":"EXPRESS",)" + logging("ALL")));
  const auto events = logged();
  ASSERT_EQ(events.size(), 4);
  EXPECT_NE(events[0].text("execution_arn").find(":express:x:"), std::string_view::npos);
}

TEST_F(Observe, AGroupThatIsNotThereIsRefused) {
  const auto made = world.call("states", "CreateStateMachine", "{" + logging("ALL", false, "/none") + R"("name":"m","roleArn":"arn:aws:iam::000000000000:role/any","definition":"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"})");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "InvalidLoggingConfiguration");
  EXPECT_EQ(made.error().message, "Invalid Logging Configuration: Log Destination not found.");
}

TEST_F(Observe, SpansOfAnExecutionAndItsStates) {
  states.export_traces("http://127.0.0.1:4318/");
  start(create("m", kFail), R"("traceHeader":"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",)");
  world.loop.run_for(1'000);
  ASSERT_EQ(collector.bodies.size(), 1);
  EXPECT_EQ(collector.url, "http://127.0.0.1:4318/v1/traces");
  const auto body = json::parse(collector.bodies[0]);
  const Value spans = (*body)["resourceSpans"][size_t{0}]["scopeSpans"][size_t{0}]["spans"];
  ASSERT_EQ(spans.size(), 2);
  const Value& state = spans[size_t{0}];
  const Value& execution = spans[size_t{1}];
  EXPECT_EQ(state.text("name"), "F");
  EXPECT_EQ(execution.text("name"), "m");
  EXPECT_EQ(execution.text("traceId"), "5759e988bd862e3fe1be46a994272793");
  EXPECT_EQ(execution.text("parentSpanId"), "53995c3f42cd8ad8");
  EXPECT_EQ(state.text("parentSpanId"), execution.text("spanId"));
  EXPECT_EQ(execution["status"]["code"].as_int64(), 2);
}

TEST_F(Observe, ASlowCollectorLosesSpansAndNothingElse) {
  collector.answers = false;
  states.export_traces("http://127.0.0.1:4318");
  const std::string machine = create("m", kPass);
  for (int i = 0; i < 12'000; ++i) start(machine);
  Exposition out;
  states.report(out);
  EXPECT_NE(out.text().find("gantry_spans_waiting 20000\n"), std::string::npos);
  EXPECT_EQ(out.text().find("gantry_spans_total{result=\"dropped\"} 0\n"), std::string::npos);
  EXPECT_NE(out.text().find("gantry_executions_ended_total{type=\"STANDARD\",status=\"SUCCEEDED\"} 12000\n"), std::string::npos);
}

TEST(TraceHeader, IsReadAsXRayWritesIt) {
  EXPECT_FALSE(states::TraceHeader::parse(""));
  EXPECT_FALSE(states::TraceHeader::parse("Root=1-5759e988-bd862e"));
  const auto header = states::TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0");
  ASSERT_TRUE(header);
  EXPECT_FALSE(header->sampled);
  EXPECT_EQ(header->parent, "");
}

}  // namespace
