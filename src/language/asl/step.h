#pragma once
// The interpreter: one pure function moves an execution.
//
//   step(machine, execution, input, context) -> { events, actions, ... }, and `execution` moved on
//
// Everything that moves an execution is an Input: its start, the answer to a task, a timer, a stop. Time,
// randomness and task tokens come in with the StepContext, so that the same arguments give the same result
// on any machine in any year. Production, TestState, `gantry run`, the simulator and the conformance driver
// call this function; there is no other interpreter.
//
// An execution runs as far as it can without the world outside (Pass, Choice, Succeed, the scheduling of a
// task ...), so one step may give many events. What must happen outside are Actions: at least once, each
// under a key (execution and event id) by which the receiver knows a repetition.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "language/asl/event.h"
#include "language/asl/inspection.h"
#include "language/asl/machine.h"
#include "language/json/value.h"

namespace asl {

// --- what moves an execution ---------------------------------------------------------------------------

struct Start {};
// A timer that an action SetTimer asked for is due.
struct TimerFired {
  uint64_t timer;
};
// It has run for as long as any execution may.
struct OutOfTime {};
// The call behind a `.sync` or `.waitForTaskToken` task has answered; the job goes on.
struct TaskSubmitted {
  uint64_t task;
  json::Value output;
};
// A worker has taken an activity's task (events ActivityStarted).
struct TaskStarted {
  uint64_t task;
  std::string worker_name;
};
struct TaskSucceeded {
  uint64_t task;
  json::Value output;
};
struct TaskFailed {
  uint64_t task;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  // Which event tells it: TaskFailed, or TaskSubmitFailed, TaskStartFailed, LambdaFunctionScheduleFailed ...
  enum class Phase : uint8_t { run, schedule, start, submit } phase = Phase::run;
};
// The worker has been told: after a restart the task is not offered to another.
struct TaskHandedOver {
  uint64_t task;
};
// A sign of life: sets the heartbeat clock back.
struct TaskHeartbeat {
  uint64_t task;
};
struct Stop {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
// Goes on with an execution that failed, timed out or was aborted: what had not succeeded is done again.
struct Redrive {};
// The last step stopped at its budget (Transition::more).
struct Continue {};
// A distributed Map's ItemReader has read its items: an array.
struct ItemsRead {
  uint64_t task;
  json::Value items;
};
// A distributed Map's run has ended. `output` is the array of results, or the ResultWriter's details. A run whose
// items could not be read ends so too.
struct MapRunFinished {
  uint64_t task;
  bool succeeded = true;
  json::Value output;
  std::string error, cause;
};

using Input = std::variant<Start, TimerFired, OutOfTime, TaskSubmitted, TaskStarted, TaskHandedOver, TaskSucceeded, TaskFailed, TaskHeartbeat,
                           Stop, Redrive, Continue, ItemsRead, MapRunFinished>;

// --- what must happen outside --------------------------------------------------------------------------

// Run a task: call the service, hand the work to an activity, invoke the function.
struct ScheduleTask {
  uint64_t task;            // id of the *Scheduled event: unique in the execution, names the attempt
  std::string state;        // for humans
  std::shared_ptr<const Resource> resource;  // machine.h: the parsed Resource ARN
  json::Value parameters;   // evaluated Parameters/Arguments (an activity's or function's input)
  std::string token;        // what $$.Task.Token showed
  std::optional<std::string> role_arn;       // Credentials.RoleArn, evaluated
  std::optional<int64_t> timeout_s, heartbeat_s;
  // Asked for again after a restart: the call was answered. Only its end is missing.
  bool submitted = false;
  json::Value submitted_output;
};
// The task is no longer wanted (timed out, aborted, a sibling failed): stop what it started.
struct CancelTask {
  uint64_t task;
  std::shared_ptr<const Resource> resource;
  json::Value submitted;  // the answer of TaskSubmitted, null when there was none
  std::optional<std::string> role_arn;
  std::string reason;  // "timeout", "stopped", "aborted"
};
struct SetTimer {
  uint64_t timer;  // unique in the execution
  Instant due;
};
struct ClearTimer {
  uint64_t timer;
};
// Read a distributed Map's items; the answer is ItemsRead, or MapRunFinished when they cannot be had.
struct ReadItems {
  uint64_t task;        // id of MapRunStarted's event
  json::Value reader;   // ItemReader with its Parameters or Arguments evaluated
  std::optional<int64_t> items_max;
};
// Run a distributed Map: a child execution for each input.
struct StartMapRun {
  uint64_t task;  // id of MapRunStarted's event
  std::string state;
  std::string map_run_arn;
  // What the run needs, evaluated: {"label", "processor" (a definition), "executionType", "maxConcurrency",
  // "toleratedFailureCount"?, "toleratedFailurePercentage"?, "resultWriter"?, "itemCounts" (how many items each
  // input holds, when batched), "redriveCount"? (the run goes on, for the n-th time)}.
  json::Value config;
  json::Value inputs;  // array: the children's
};
// The map run is no longer wanted: stop its children. Nothing is answered.
struct StopMapRun {
  std::string map_run_arn;
  // Of a run that may not have begun yet: as StartMapRun has them.
  json::Value config;
  json::Value inputs;  // null while they are read
};

using Action = std::variant<ScheduleTask, CancelTask, SetTimer, ClearTimer, ReadItems, StartMapRun, StopMapRun>;

// --- an execution between two inputs -------------------------------------------------------------------

enum class Outcome : uint8_t { running, succeeded, failed, timed_out, aborted };

// What the context object shows of an execution; fixed at its start (but for redrives).
struct ExecutionInfo {
  std::string arn, name, role_arn;
  std::string machine_arn, machine_name;
  Instant start;
  json::Value input;
  int redrive_count = 0;
  Instant redrive_time;
  bool synchronous = false;  // StartSyncExecution: nothing that could be redriven
};

// Where each branch stands, variables, retry counts: compact, with a versioned encoding of its own.
// Defined in execution.h; the engine stores and loads it without looking inside.
class Execution {
 public:
  struct State;

  explicit Execution(ExecutionInfo info);
  ~Execution();
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;

  const ExecutionInfo& info() const;
  Outcome outcome() const;
  const json::Value& output() const;              // of a succeeded one
  const std::optional<std::string>& error() const;  // of one that failed, timed out or was aborted
  const std::optional<std::string>& cause() const;
  uint64_t last_event() const;                    // id of the last event so far
  Instant last_at() const;                        // and when it was
  uint64_t state_transitions() const;
  // True when the task is still waited for: a late or repeated answer is dropped.
  bool awaits(uint64_t task) const;
  // The timers set and not yet fired or cleared, for a restart.
  std::vector<SetTimer> timers() const;
  // Whether a Redrive has something to go on with.
  bool can_be_redriven() const;
  // What is under way outside, to be asked for again after a restart: tasks, items being read, map runs. Nobody
  // could give a sign of life meanwhile, so heartbeats are counted from `now`.
  std::vector<Action> resume(const Machine& machine, Instant now);
  // The step before stopped at its budget: it is to go on with Continue.
  bool unfinished() const;

  std::string encode() const;
  // `machine` is the definition with which it was started. Nothing for bytes that encode() never gave.
  static std::optional<Execution> decode(std::string_view bytes, const Machine& machine);

  State& state() { return *state_; }
  const State& state() const { return *state_; }

 private:
  explicit Execution(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// --- the step --------------------------------------------------------------------------------------------

struct StepContext {
  Instant now;
  Random& random;
  // Makes the token of a task ("$$.Task.Token") from the id of its Scheduled event.
  std::function<std::string(uint64_t task)> token;
  // Whether an activity exists; none is missed when this is not given.
  std::function<bool(std::string_view arn)> has_activity;
  std::string region = "us-east-1";
  // How many state transitions one step may make before it hands back (Transition::more); long evaluations count for several.
  uint32_t budget = 10'000;
  uint64_t history_limit = 25'000;
  bool express = false;
  Inspection* inspection = nullptr;  // TestState
};

struct Transition {
  std::vector<Event> events;
  std::vector<Action> actions;
  bool more = false;  // the budget is used up: step again with Continue
  bool keep = false;  // the execution has changed in a way that no event tells, and that must survive
  uint32_t steps = 0;  // of the budget, how much was used
};

// Moves `execution` by one input. An input that no longer fits (an answer to a task that timed out, a timer
// that was cleared, anything after the end) gives an empty transition.
Transition step(const Machine& machine, Execution& execution, const Input& input, const StepContext& context);

}  // namespace asl
