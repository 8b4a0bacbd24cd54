// Any text as a definition. One that is accepted is run: tasks answer with their parameters, timers fire at once, and after
// every step the execution is written and read back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "language/asl/step.h"
#include "language/json/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = asl::compile(text);
  const bool faulty = std::ranges::any_of(compiled.diagnostics, [](const auto& d) { return d.severity == asl::Diagnostic::Severity::error; });
  if (faulty == (compiled.machine != nullptr)) std::abort();
  if (!compiled.machine) return 0;
  const asl::Machine& machine = *compiled.machine;
  machine.variable_references();
  asl::Execution execution({.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e", .name = "e", .role_arn = "arn:aws:iam::000000000000:role/r",
                            .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m", .machine_name = "m", .start = {1'700'000'000'000},
                            .input = *json::parse(R"({"a":[1,{"b":"x"}],"n":3,"t":true,"s":"2030-01-01T00:00:00Z"})")});
  SeededRandom random(1);
  Instant now{1'700'000'000'000};
  uint64_t last = 0;
  asl::Input next = asl::Start{};
  for (int steps = 0; steps < 60; ++steps) {
    auto moved = asl::step(machine, execution, next, {.now = now, .random = random, .token = [](uint64_t task) { return std::to_string(task); }, .budget = 100, .history_limit = 500});
    for (const asl::Event& event : moved.events) {
      // Events are numbered without a gap and point back.
      if (event.id != last + 1 || event.previous >= event.id) std::abort();
      last = event.id;
    }
    const auto events = asl::decode_events(asl::encode_events(moved.events));
    if (!events || events->size() != moved.events.size()) std::abort();
    if (execution.outcome() != asl::Outcome::running) return 0;
    const std::string bytes = execution.encode();
    auto again = asl::Execution::decode(bytes, machine);
    if (!again || again->encode() != bytes) std::abort();
    execution = std::move(*again);
    if (moved.more) {
      next = asl::Continue{};
      continue;
    }
    const auto under_way = execution.resume(machine, now);
    const auto timers = execution.timers();
    if (!under_way.empty() && std::holds_alternative<asl::ScheduleTask>(under_way[0])) {
      const auto& task = std::get<asl::ScheduleTask>(under_way[0]);
      if (steps % 3 == 2) next = asl::TaskFailed{.task = task.task, .error = "States.TaskFailed", .cause = "c"};
      else next = asl::TaskSucceeded{task.task, task.parameters};
    } else if (!under_way.empty() && std::holds_alternative<asl::ReadItems>(under_way[0])) {
      next = asl::ItemsRead{std::get<asl::ReadItems>(under_way[0]).task, *json::parse("[1,2]")};
    } else if (!under_way.empty() && std::holds_alternative<asl::StartMapRun>(under_way[0])) {
      next = asl::MapRunFinished{.task = std::get<asl::StartMapRun>(under_way[0]).task, .output = *json::parse("[1]")};
    } else if (!timers.empty()) {
      const auto due = *std::ranges::min_element(timers, {}, &asl::SetTimer::due);
      now = std::max(now, due.due);
      next = asl::TimerFired{due.timer};
    } else {
      // Whoever runs on waits for something.
      std::abort();
    }
  }
  return 0;
}
