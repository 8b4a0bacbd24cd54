// B9: as many open executions as a machine is to hold, the power cut, and everything goes on.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/time_text.h"
#include "bench/machine.h"
#include "language/json/parse.h"

namespace bench {

using json::Value;

namespace {

constexpr std::string_view kWait = R"({"StartAt":"W","States":{"W":{"Type":"Wait","TimestampPath":"$.at","End":true}}})";

void sleep_until(Instant at) {
  const int64_t ms = at - SystemClock().now();
  if (ms > 0) usleep(static_cast<useconds_t>(ms * 1000));
}

// Waits until a machine has no running execution left; fails after a minute.
Status until_none_runs(const Bench& bench, const std::string& machine) {
  const double begun = now_s();
  while (now_s() - begun < 60) {
    const Value page = TRY(states(bench, "ListExecutions", json::object({{"stateMachineArn", machine}, {"statusFilter", "RUNNING"}, {"maxResults", 1}})));
    if (page["executions"].size() == 0) return {};
    usleep(5'000);
  }
  return fail("Bench", "executions that were due are still running after a minute");
}

Status answer_activity(const Bench& bench, const std::string& activity) {
  const Value task = TRY(states(bench, "GetActivityTask", json::object({{"activityArn", activity}})));
  if (task.text("taskToken").empty()) return fail("Bench", "no work is handed out after the restart");
  TRY(states(bench, "SendTaskSuccess", json::object({{"taskToken", task.text("taskToken")}, {"output", "{}"}})));
  return {};
}

}  // namespace

Status crash(Bench& bench) {
  if (!bench.subject.ours()) return fail("Skipped", "B9 kills its server: it wants one of its own (no --endpoint)");
  const uint64_t half = bench.count(50'000, 100);
  const std::string waiting = TRY(make_machine(bench, "b9-wait", {.text = std::string(kWait)}, Type::standard));
  const Value made = TRY(states(bench, "CreateActivity", json::object({{"name", "b9"}})));
  const std::string activity(made.text("activityArn"));
  const std::string task = fmt::format(R"({{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{}","End":true}}}}}})", activity);
  const std::string tasks = TRY(make_machine(bench, "b9-task", {.text = task}, Type::standard));

  const size_t before = bench.subject.resident_bytes();
  const Instant due = SystemClock().now() + 3'000 + static_cast<int64_t>(half) / 2;
  bench.progress("starting executions that wait", 0);
  TRY(start_many(bench, waiting, fmt::format(R"({{"at":"{}"}})", iso8601_ms(due)), 64, half));
  bench.progress("starting executions with a task", 0);
  TRY(start_many(bench, tasks, "{}", 64, half));
  if (SystemClock().now() > due) return fail("Bench", "the machine is too slow: executions were due before all had started");
  const size_t after = bench.subject.resident_bytes();

  bench.progress("kill -9", 0);
  TRY(bench.subject.kill());
  sleep_until(due);
  const double begun = now_s();
  TRY(bench.subject.start());
  TRY(states(bench, "DescribeStateMachine", json::object({{"stateMachineArn", waiting}})));
  const double answered = now_s() - begun;
  TRY(until_none_runs(bench, waiting));
  const double resumed = now_s() - begun;

  bench.progress("counting", 0);
  const uint64_t ended = TRY(count_executions(bench, waiting, "SUCCEEDED"));
  const uint64_t open = TRY(count_executions(bench, tasks, "RUNNING"));
  if (ended != half || open != half) {
    return fail("Bench", fmt::format("of 2 x {} executions {} ended and {} still have their task", half, ended, open));
  }
  TRY(answer_activity(bench, activity));
  const auto figure = [&](std::string what, double value, std::string unit, double goal) {
    bench.figures.push_back({.workload = "B9", .what = std::move(what), .value = value, .unit = std::move(unit), .goal = goal, .less_is_better = true,
                             .work = static_cast<double>(2 * half)});
  };
  figure("kill -9 with 100,000 open, to the first answer", answered, "s", 1);
  figure("the same, until all that was due has ended", resumed, "s", 3);
  figure("memory of a waiting execution", static_cast<double>(after > before ? after - before : 0) / static_cast<double>(2 * half) / 1024, "KB", 2);
  return {};
}

Status footprint(Bench& bench) {
  const uint64_t rounds = bench.count(9, 1);
  std::vector<double> starts;
  double resident = 0;
  for (uint64_t i = 0; i < rounds; ++i) {
    bench.progress("starting servers", static_cast<double>(i) / static_cast<double>(rounds));
    const double begun = now_s();
    auto fresh = TRY(Subject::begin({}));
    TRY(get_once(fresh->address(), "/_gantry/health"));
    starts.push_back((now_s() - begun) * 1000);
    if (i + 1 < rounds) continue;
    usleep(1'000'000);
    resident = static_cast<double>(fresh->resident_bytes()) / 1048576;
  }
  std::ranges::sort(starts);
  bench.figures.push_back({.workload = "B10", .what = "start of the server to its first answer, median", .value = starts[starts.size() / 2],
                           .unit = "ms", .goal = 20, .less_is_better = true});
  bench.figures.push_back({.workload = "B10", .what = "resident memory, idle", .value = resident, .unit = "MiB", .goal = 12, .less_is_better = true});
  return {};
}

}  // namespace bench
