#pragma once
// The interpreter's own workings: one Interpreter lives for the length of one step.
//
//   step.cpp        inputs, the run-ahead loop, threads and their ends
//   states.cpp      what each type of state does
//   task.cpp        tasks: scheduling, answers, time limits
//   fan_out.cpp     Parallel and Map
//   distributed_map.cpp  a Map whose iterations are executions of their own
//   failure.cpp     retry, catch, what fails what
//   redrive.cpp     what an execution that has failed leaves behind, and how it goes on
//   data_flow.cpp   paths, results, variables, the context object
#include <string>
#include <vector>

#include "language/asl/expression.h"
#include "language/asl/state.h"

namespace asl {

class Interpreter {
 public:
  Interpreter(const Machine& machine, Execution::State& x, const StepContext& context) : body_(machine.body()), x_(x), context_(context) {}

  Transition run(const Input& input);

 private:
  using Phase = Thread::Phase;

  // --- step.cpp ---
  void take(const Start&);
  void take(const TimerFired& fired);
  void take(const OutOfTime&);
  void take(const TaskSubmitted& answer);
  void take(const TaskStarted& answer);
  void take(const TaskHandedOver& told);
  void take(const TaskSucceeded& answer);
  void take(const TaskFailed& answer);
  void take(const TaskHeartbeat& sign);
  void take(const Stop& stop);
  void take(const Redrive&);
  void take(const Continue&) {}
  void take(const ItemsRead& answer);
  void take(const MapRunFinished& answer);
  void go();
  void begin_time_limit();
  Thread& new_thread(uint32_t parent, uint32_t index, const Scope& scope, Value input, uint64_t previous);
  void enqueue(Thread& t);
  Thread* by_task(uint64_t task);
  const State& state_of(const Thread& t) const { return *body_.states[t.state].first; }
  const Scope& scope_of(const Thread& t) const { return *body_.states[t.state].second; }
  bool running() const { return x_.outcome == Outcome::running; }
  void finish(Outcome outcome, std::optional<std::string> error, std::optional<std::string> cause);
  // Ends the execution as failed; `previous` is what the event points to.
  void fail_execution(uint64_t previous, std::optional<std::string> error, std::optional<std::string> cause);
  void thread_ended(Thread& t, Value output);

  // --- redrive.cpp ---
  void remember_failure();
  void leave_for_redrive();
  void go_on(Thread& t, uint64_t redriven);

  // --- events ---
  // Adds an event behind `previous`; returns it to be filled in. Keeps the history's limit.
  Event& emit(EventType type, uint64_t previous);
  Event& emit(Thread& t, EventType type);
  void emit_failure(Thread& t, EventType type, const std::optional<std::string>& error, const std::optional<std::string>& cause,
                    const Resource* resource = nullptr);

  // --- timers and actions ---
  uint64_t set_timer(Instant due);
  void clear_timer(uint64_t& timer);
  void clear_timers(Thread& t);

  // --- states.cpp ---
  void enter(Thread& t);
  void work(Thread& t);  // what is done again on a retry
  void pass(Thread& t);
  void choose(Thread& t);
  void wait(Thread& t);
  void succeed(Thread& t);
  void fail(Thread& t);
  Evaluated<bool> matches(const Thread& t, const Condition& condition, const View& view);
  // Leaves the state with its result: ResultSelector, ResultPath, OutputPath, or Output; Assign; the next state.
  void complete(Thread& t, Value result, Value effective, bool has_result);
  void leave(Thread& t, Value output, const Value& assigned, int next, bool end);

  // --- task.cpp ---
  void task(Thread& t);
  void task_answered(Thread& t, Value output);
  void task_failed(Thread& t, const TaskFailed& answer);
  void task_timed_out(Thread& t);
  Evaluated<std::optional<int64_t>> seconds(const Thread& t, const Quantity& quantity, std::string_view field, const View& view);

  // --- fan_out.cpp ---
  void parallel(Thread& t);
  void map(Thread& t);
  // The effective items of a Map without an ItemReader: an array, or a distributed Map's object.
  Evaluated<Value> map_items(const Thread& t, const View& seen) const;
  // A bound like MaxConcurrency, fixed or looked up: a whole number, or for `fraction` any number; `none` when not given.
  enum class Number : uint8_t { whole, fraction };
  Evaluated<std::optional<double>> bound(const Quantity& quantity, std::string_view field, Number kind, const View& seen) const;
  Evaluated<Value> select_item(const Thread& t, const Value& item, uint32_t index, const Value& key) const;
  bool inspect_map(Thread& t, const Value& items, int64_t concurrency);
  void mocked_children(Thread& t);
  void spawn(Thread& t);
  void child_ended(Thread& parent, Thread& child, Value output);
  void children_done(Thread& t);
  // Takes away the branches of `t`: tasks cancelled, timers cleared.
  void abort_children(Thread& t, bool events);
  void abort_work(Thread& t, std::string_view reason);

  // --- distributed_map.cpp ---
  void distributed_map(Thread& t, const Value* items);
  // Makes the children's inputs of the items and asks for the run.
  void run_map(Thread& t, const Value& items);
  void map_run_ended(Thread& t, const MapRunFinished& answer);
  Evaluated<std::vector<Value>> batches(Thread& t, std::vector<Value> items, std::vector<Value>& counts) const;

  // --- failure.cpp ---
  void fault(Thread& t, Fault fault);  // an expression of this state failed
  void fail_state(Thread& t, const std::optional<std::string>& error, const std::optional<std::string>& cause);
  bool retry(Thread& t, const std::string& error);
  bool caught(Thread& t, const std::string& error, const std::optional<std::string>& cause);
  void fail_scope(Thread& t, const std::optional<std::string>& error, const std::optional<std::string>& cause);

  // --- data_flow.cpp ---
  std::string prefix(const Thread& t) const;
  Value context_object(const Thread& t) const;
  View view(const Thread& t, const Value& input) const;
  const Value* variable(const Thread& t, std::string_view name) const;
  Evaluated<Value> effective_input(Thread& t);
  Evaluated<Value> join_result(const ResultPath& path, const Value& raw, const Value& result, const State& state) const;
  Evaluated<Value> output_filter(Thread& t, const Value& value);
  void assign(Thread& t, const Value& assigned);
  // States.DataLimitExceeded for more than one Assign, or all variables of an execution together, may hold.
  std::optional<Fault> too_much_assigned(const Thread& t, const Value& assigned) const;
  // States.DataLimitExceeded for what is larger than a payload may be.
  std::optional<Fault> too_large(const Thread& t, const Value& value) const;

  const Machine::Body& body_;
  Execution::State& x_;
  const StepContext& context_;
  Inspection* const seen_ = context_.inspection;  // null but for TestState
  Transition out_;
  // What was used of the budget: transitions, and what expressions did beside them.
  uint32_t used() const { return transitions_ + static_cast<uint32_t>(evaluated_ / kEvaluatedToATransition); }
  static constexpr uint64_t kEvaluatedToATransition = 64;
  uint32_t transitions_ = 0;
  mutable uint64_t evaluated_ = 0;
  bool heartbeat_missed_ = false;  // why the task of this step timed out
  // The threads as they stood when a branch's failure began to go up: a redrive needs them if nothing rescues.
  std::optional<std::map<uint32_t, Thread>> before_failure_;
};

// Whether a list of error names (ErrorEquals) names this error.
bool names_error(const std::vector<std::string>& names, std::string_view error, bool heartbeat_missed);

}  // namespace asl
