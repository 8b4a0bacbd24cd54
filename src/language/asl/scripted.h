#pragma once
// For tests: a definition run to its end without an engine; what the world would answer is scripted.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "language/asl/step.h"
#include "language/json/parse.h"

namespace asl {

// Runs a definition to its end: tasks are answered by `answer`, timers fire at once at their instants. After every
// step the execution is written and read back, so that each test is one of the encoding too.
struct Scripted {
  explicit Scripted(std::string_view definition, std::string_view input = "{}") {
    auto compiled = compile(definition);
    EXPECT_TRUE(compiled.machine) << join_errors(compiled.diagnostics);
    machine = compiled.machine;
    execution.emplace(ExecutionInfo{.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e", .name = "e", .role_arn = "arn:aws:iam::000000000000:role/r",
                                         .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m", .machine_name = "m", .start = now,
                                         .input = *json::parse(input)});
  }

  bool activities = true;  // whether they are there

  void give(const Input& what) {
    StepContext context{.now = now, .random = random, .token = [](uint64_t task) { return "token-" + std::to_string(task); },
                             .has_activity = [this](std::string_view) { return activities; }};
    auto moved = step(*machine, *execution, what, context);
    for (auto& event : moved.events) events.push_back(event);
    for (auto& action : moved.actions) {
      if (auto* task = std::get_if<ScheduleTask>(&action)) tasks.push_back(*task);
      if (auto* cancelled = std::get_if<CancelTask>(&action)) cancels.push_back(*cancelled);
    }
    auto again = Execution::decode(execution->encode(), *machine);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->encode(), execution->encode());
    *execution = std::move(*again);
  }

  // Answers tasks and fires timers until nothing is left to do.
  void finish(const std::function<Input(const ScheduleTask&)>& answer = nullptr) {
    give(Start{});
    for (int i = 0; i < 1000 && execution->outcome() == Outcome::running; ++i) {
      if (!tasks.empty() && answer) {
        const auto task = tasks.front();
        tasks.erase(tasks.begin());
        give(answer(task));
        continue;
      }
      const auto timers = execution->timers();
      if (timers.empty()) break;
      const auto next = *std::ranges::min_element(timers, {}, &SetTimer::due);
      if (next.due > now) now = next.due;
      give(TimerFired{next.timer});
    }
  }

  std::string types() const {
    std::string out;
    for (const auto& e : events) out += std::to_string(e.id) + "<" + std::to_string(e.previous) + " " + std::string(type_name(e.type)) + "\n";
    return out;
  }
  std::string output() const { return json::write(execution->output()); }

  std::shared_ptr<const Machine> machine;
  std::optional<Execution> execution;
  SeededRandom random{1};
  Instant now{1'700'000'000'000};
  std::vector<Event> events;
  std::vector<ScheduleTask> tasks;
  std::vector<CancelTask> cancels;
};

}  // namespace asl
