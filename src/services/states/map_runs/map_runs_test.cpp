// Distributed Maps in a process that ends in between: what the simulation (tests/sim) has found, one by one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "services/states/states.h"
#include "services/test_world.h"

namespace {

using json::Value;

constexpr std::string_view kActivity = "arn:aws:states:us-east-1:000000000000:activity:a";

// A Map of executions over $.list, whatever is in it.
std::string map_of(const std::string& states, const std::string& more = "") {
  return fmt::format(R"("M":{{"Type":"Map","ItemsPath":"$.list",{}"ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},{}}},"End":true}})", more, states);
}
constexpr const char* kWaits = R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}})";
constexpr const char* kFails = R"("StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}})";

// A process, and what it leaves for the next one.
struct Process {
  Process(store::MemoryStore& kept, Instant now) : loop(now), store(kept), random(static_cast<uint64_t>(now.ms)) {
    states.load();
    states.start();
  }
  Result<Value> call(std::string_view operation, Value params) {
    protocol::Call made = registry.internal(protocol::Principal::root("000000000000"), "us-east-1", "states", operation, std::move(params));
    made.internal = false;
    std::optional<Result<Value>> answer;
    registry.call(made, [&answer](Result<Value> result) { answer = std::move(result); });
    return answer ? *answer : fail("NoAnswer", "");
  }
  std::string start(const std::string& definition, const std::string& input) {
    const auto made = call("CreateStateMachine", json::object({{"name", "m"}, {"definition", definition}, {"roleArn", "arn:aws:iam::000000000000:role/r"}}));
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    const auto begun = call("StartExecution", json::object({{"stateMachineArn", made->text("stateMachineArn")}, {"input", input}, {"name", "e"}}));
    return begun ? std::string(begun->text("executionArn")) : "";
  }
  std::string status(const std::string& arn) { return std::string(engine::status_text(states.engine().find(arn)->status)); }
  // The one map run there is, as it is told.
  Value run_of(const std::string& arn) {
    const auto listed = call("ListMapRuns", json::object({{"executionArn", arn}}));
    EXPECT_EQ((*listed)["mapRuns"].size(), 1u);
    if ((*listed)["mapRuns"].size() != 1) return {};
    return *call("DescribeMapRun", json::object({{"mapRunArn", (*listed)["mapRuns"][size_t{0}].text("mapRunArn")}}));
  }
  static std::string counts(const Value& run) {
    const Value& c = run["executionCounts"];
    const auto n = [&](std::string_view name) { return c[name].as_int64().value_or(0); };
    return fmt::format("{} pending {} running {} succeeded {} failed {} aborted", n("pending"), n("running"), n("succeeded"), n("failed"), n("aborted"));
  }

  ManualLoop loop;
  store::MemoryStore& store;
  SeededRandom random;
  protocol::Registry registry{loop, random};
  services::TestWorld::NoHttp http;
  protocol::Sealer sealer{"key"};
  services::Kit kit{loop, store, random, registry, http, sealer, "http://127.0.0.1:4566", "000000000000", "us-east-1"};
  states::States states{kit, {}};
};

struct MapRuns : testing::Test {
  store::MemoryStore store;
  std::unique_ptr<Process> process = std::make_unique<Process>(store, Instant{1'700'000'000'000});
  // It ends, and another begins.
  void restart() {
    const Instant now = process->loop.clock().now();
    process.reset();
    process = std::make_unique<Process>(store, now + 1'000);
  }
};

TEST_F(MapRuns, ARunBehindAnActivitysTaskIsTakenUpAfterACrash) {
  ASSERT_TRUE(process->call("CreateActivity", json::object({{"name", "a"}})));
  const std::string arn = process->start(fmt::format(R"({{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{}","ResultPath":null,"Next":"M"}},{}}}}})", kActivity, map_of(kWaits)), R"({"list":[1,2]})");
  process->loop.run_ready();
  const auto work = process->call("GetActivityTask", json::object({{"activityArn", kActivity}}));
  ASSERT_TRUE(work);
  process->loop.run_ready();
  ASSERT_TRUE(process->call("SendTaskSuccess", json::object({{"taskToken", work->text("taskToken")}, {"output", "1"}})));
  process->loop.run_ready();
  EXPECT_EQ(Process::counts(process->run_of(arn)), "0 pending 2 running 0 succeeded 0 failed 0 aborted");
  restart();
  process->loop.run_for(200'000);
  EXPECT_EQ(process->status(arn), "SUCCEEDED");
}

TEST_F(MapRuns, AnExecutionThatIsStoppedBeforeItsRunIsTakenUpStopsTheChildren) {
  const std::string arn = process->start(R"({"StartAt":"M","States":{)" + map_of(kWaits, R"("MaxConcurrency":2,)") + "}}", R"({"list":[1,2,3]})");
  process->loop.run_ready();
  restart();
  ASSERT_TRUE(process->call("StopExecution", json::object({{"executionArn", arn}})));
  process->loop.run_ready();
  const Value run = process->run_of(arn);
  EXPECT_EQ(run.text("status"), "ABORTED");
  EXPECT_EQ(Process::counts(run), "0 pending 0 running 0 succeeded 0 failed 3 aborted");
  EXPECT_EQ(process->states.engine().open_count(), 0u) << "no child is left";
}

TEST_F(MapRuns, ARunThatIsStoppedBeforeItBeganIsThereAndHasEnded) {
  const std::string arn = process->start(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"M","States":{)" + map_of(kWaits) + "}},{" + kFails + "}]}}}", R"({"list":[1,2]})");
  process->loop.run_ready();
  EXPECT_EQ(process->status(arn), "FAILED");
  const Value run = process->run_of(arn);
  EXPECT_EQ(run.text("status"), "ABORTED");
  EXPECT_EQ(run.text("executionArn"), arn);
  EXPECT_EQ(Process::counts(run), "0 pending 0 running 0 succeeded 0 failed 2 aborted");
}

TEST_F(MapRuns, WhatIsRedrivenGoesOnWhateverTheClockWasSetTo) {
  const std::string arn = process->start(R"({"StartAt":"M","States":{)" + map_of(kWaits) + "}}", R"({"list":[1,2]})");
  process->loop.run_ready();
  ASSERT_TRUE(process->call("StopExecution", json::object({{"executionArn", arn}})));
  process->loop.run_ready();
  process->loop.clock().set(process->loop.clock().now() + -3'600'000);
  ASSERT_TRUE(process->call("RedriveExecution", json::object({{"executionArn", arn}})));
  process->loop.run_ready();
  EXPECT_EQ(Process::counts(process->run_of(arn)), "0 pending 2 running 0 succeeded 0 failed 0 aborted");
  process->loop.run_for(4'000'000);
  EXPECT_EQ(process->status(arn), "SUCCEEDED");
}

TEST_F(MapRuns, ChildrenThatWaitedToGoOnHaveFailedStillWhenTheRunIsStopped) {
  ASSERT_TRUE(process->call("CreateActivity", json::object({{"name", "a"}})));
  const std::string task = fmt::format(R"("StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{}","TimeoutSeconds":10,"End":true}}}})", kActivity);
  const std::string arn = process->start(R"({"StartAt":"M","States":{)" + map_of(task, R"("MaxConcurrency":1,"ToleratedFailureCount":1,)") + "}}", R"({"list":[1,2]})");
  process->loop.run_for(100'000);
  ASSERT_EQ(process->status(arn), "FAILED");
  ASSERT_TRUE(process->call("RedriveExecution", json::object({{"executionArn", arn}})));
  process->loop.run_ready();
  // They go on one by one: the second waits when the execution is stopped.
  EXPECT_EQ(process->run_of(arn)["executionCounts"]["pendingRedrive"], Value(1));
  ASSERT_TRUE(process->call("StopExecution", json::object({{"executionArn", arn}})));
  process->loop.run_ready();
  const Value run = process->run_of(arn);
  EXPECT_EQ(run["executionCounts"]["pendingRedrive"].as_int64().value_or(0), 0);
  EXPECT_EQ(Process::counts(run), "0 pending 0 running 0 succeeded 1 failed 1 aborted");
}

// A crash between the two would leave running what nobody stops any more.
TEST_F(MapRuns, ChildrenAreStoppedInTheSameTurnAsTheirExecution) {
  const std::string arn = process->start(R"({"StartAt":"M","States":{)" + map_of(kWaits) + "}}", R"({"list":[1,2]})");
  process->loop.run_ready();
  ASSERT_TRUE(process->call("StopExecution", json::object({{"executionArn", arn}})));
  restart();
  process->loop.run_ready();
  EXPECT_EQ(process->states.engine().open_count(), 0u);
  EXPECT_EQ(process->run_of(arn).text("status"), "ABORTED");
}

}  // namespace
