#pragma once
// Where an execution stands between two steps.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "language/asl/compiled.h"
#include "language/asl/ready_queue.h"
#include "language/asl/step.h"

namespace asl {

using Variables = std::map<std::string, Value, std::less<>>;

// One line of control: the execution itself, a branch of a Parallel, an iteration of a Map.
struct Thread {
  enum class Phase : uint8_t {
    enter,     // its state is to be entered
    spawn,     // a Map that may start more iterations
    task,      // waits for a task's answer
    timer,     // Wait
    retry,     // waits to try again
    children,  // waits for its branches or iterations
    again,     // does its state's work once more, behind a redrive
  };

  uint32_t id = 0, parent = 0;  // parent 0: none
  uint32_t index = 0;           // which branch or iteration
  uint32_t state = 0;           // number in Body::states
  Phase phase = Phase::enter;
  bool queued = false;

  Value input;               // of the state, raw
  uint64_t previous = 0;     // last event of its path
  uint64_t entered_event = 0;
  Instant entered;
  Variables variables;       // its own; it reads its parents' too
  size_t variables_bytes = 0;  // of them, as JSON
  std::vector<uint32_t> retries;  // per retrier
  uint32_t retry_count = 0;

  uint64_t task = 0;         // of a task or map run
  bool submitted = false;
  bool started = false, handed_over = false;  // of an activity's task
  Value task_parameters, submitted_output;
  std::optional<std::string> task_role;
  std::optional<int64_t> timeout_s, heartbeat_s;
  uint64_t timer = 0, heartbeat_timer = 0;
  Instant timer_due, heartbeat_due;

  // Of Parallel and Map.
  Value effective;                   // input after InputPath
  Value items;                       // of a Map
  std::vector<Value> results;
  uint64_t started_event = 0, last_child_state_event = 0, last_child_event = 0;
  uint32_t next_item = 0, active = 0, done = 0, concurrency = 0;
  // Of an iteration.
  Value item;
  Value item_key;  // of a distributed Map over an object
  bool iteration = false;
};

// What a distributed Map that is under way asks of the world: its items, or its run.
Action map_run_action(const Thread& t, const asl::State& state);

struct Execution::State {
  ExecutionInfo info;
  Outcome outcome = Outcome::running;
  Value output;
  std::optional<std::string> error, cause;
  uint64_t last_event = 0, transitions = 0;
  Instant last_at;  // when that event was: a history does not run backwards when somebody sets the clock back
  uint32_t last_thread = 0;
  uint64_t last_timer = 0;
  uint64_t execution_timer = 0;
  Instant execution_due;
  std::map<uint32_t, Thread> threads;
  ReadyQueue ready;
  // Of one that ended without success: where it stood, for a redrive.
  std::map<uint32_t, Thread> left;
};

}  // namespace asl
