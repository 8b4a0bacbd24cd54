#include "language/asl/step.h"

#include <algorithm>

#include "language/asl/interpreter.h"

namespace asl {

Transition step(const Machine& machine, Execution& execution, const Input& input, const StepContext& context) {
  return Interpreter(machine, execution.state(), context).run(input);
}

Transition Interpreter::run(const Input& input) {
  if (!running() && !std::holds_alternative<Redrive>(input)) return {};
  std::visit([this](const auto& what) { take(what); }, input);
  go();
  if (running() && x_.execution_timer == 0 && x_.execution_due.ms > 0) x_.execution_timer = set_timer(x_.execution_due);
  out_.steps = used();
  return std::move(out_);
}

// Runs every thread as far as it goes, one after another, until the budget is used up.
void Interpreter::go() {
  while (running() && !x_.ready.empty()) {
    if (used() >= context_.budget) {
      out_.more = true;
      return;
    }
    const auto it = x_.threads.find(x_.ready.front());
    x_.ready.pop_front();
    if (it == x_.threads.end()) continue;
    Thread& t = it->second;
    t.queued = false;
    if (t.phase == Phase::spawn) {
      spawn(t);
    } else if (t.phase == Phase::enter) {
      enter(t);
    } else if (t.phase == Phase::again) {
      ++transitions_;
      work(t);
    }
  }
}

// --- inputs ------------------------------------------------------------------------------------------------

void Interpreter::take(const Start&) {
  constexpr size_t kEventsAtFirst = 8;
  out_.events.reserve(kEventsAtFirst);
  Event& started = emit(EventType::ExecutionStarted, 0);
  started.data = x_.info.input;
  started.details = json::object({{"roleArn", x_.info.role_arn}});
  Thread& root = new_thread(0, 0, body_.root, x_.info.input, 0);
  if (context_.inspection) assign(root, context_.inspection->variables);
  enqueue(root);
  begin_time_limit();
}

// The machine's own limit, and of an Express one five minutes. The timer is set when the step leaves it running.
void Interpreter::begin_time_limit() {
  constexpr int64_t kExpressS = 300;
  std::optional<int64_t> limit = body_.timeout_s;
  if (context_.express) limit = std::min(limit.value_or(kExpressS), kExpressS);
  if (limit && !seen_) x_.execution_due = context_.now + *limit * 1000;
}

void Interpreter::take(const TimerFired& fired) {
  if (fired.timer == x_.execution_timer) {
    x_.execution_timer = 0;
    return take(OutOfTime{});
  }
  for (auto& [id, t] : x_.threads) {
    if (fired.timer == t.timer) {
      t.timer = 0;
      if (t.phase == Phase::timer) {
        complete(t, t.effective, t.effective, false);
      } else if (t.phase == Phase::retry) {
        work(t);
      } else if (t.phase == Phase::task) {
        task_timed_out(t);
      }
      return;
    }
    if (fired.timer == t.heartbeat_timer) {
      t.heartbeat_timer = 0;
      heartbeat_missed_ = true;
      task_timed_out(t);
      return;
    }
  }
}

void Interpreter::take(const OutOfTime&) {
  for (auto& [id, thread] : x_.threads) abort_work(thread, "timeout");
  emit(EventType::ExecutionTimedOut, 0).details = json::object({{"error", "States.Timeout"}});
  finish(Outcome::timed_out, "States.Timeout", std::nullopt);
}

Thread* Interpreter::by_task(uint64_t task) {
  for (auto& [id, t] : x_.threads) {
    if (t.task == task && t.phase == Phase::task) return &t;
  }
  return nullptr;
}

void Interpreter::take(const TaskSubmitted& answer) {
  Thread* t = by_task(answer.task);
  // A repetition after a restart is no news.
  if (!t || t->submitted) return;
  const State& state = state_of(*t);
  Event& event = emit(*t, EventType::TaskSubmitted);
  event.data = answer.output;
  event.details = json::object({{"resource", state.resource->resource}, {"resourceType", state.resource->resource_type}});
  t->submitted = true;
  t->submitted_output = answer.output;
}

void Interpreter::take(const TaskStarted& answer) {
  Thread* t = by_task(answer.task);
  // Offered again after a restart: the history has it already.
  if (!t || t->started) return;
  t->started = true;
  Event& event = emit(*t, EventType::ActivityStarted);
  if (!answer.worker_name.empty()) event.details = json::object({{"workerName", answer.worker_name}});
  // The heartbeat clock runs from the moment that somebody works on it.
  take(TaskHeartbeat{answer.task});
}

void Interpreter::take(const TaskHandedOver& told) {
  Thread* t = by_task(told.task);
  if (t) t->handed_over = out_.keep = true;
}

void Interpreter::take(const TaskSucceeded& answer) {
  if (Thread* t = by_task(answer.task)) task_answered(*t, answer.output);
}

void Interpreter::take(const TaskFailed& answer) {
  if (Thread* t = by_task(answer.task)) task_failed(*t, answer);
}

void Interpreter::take(const TaskHeartbeat& sign) {
  Thread* t = by_task(sign.task);
  if (!t || !t->heartbeat_s) return;
  clear_timer(t->heartbeat_timer);
  t->heartbeat_due = context_.now + *t->heartbeat_s * 1000;
  t->heartbeat_timer = set_timer(t->heartbeat_due);
}

void Interpreter::take(const Stop& stop) {
  for (auto& [id, thread] : x_.threads) abort_work(thread, "stopped");
  json::ObjectBuilder details;
  if (stop.error) details.add("error", *stop.error);
  if (stop.cause) details.add("cause", *stop.cause);
  emit(EventType::ExecutionAborted, 0).details = details.build();
  finish(Outcome::aborted, stop.error, stop.cause);
}

void Interpreter::take(const ItemsRead& answer) {
  if (Thread* t = by_task(answer.task)) run_map(*t, answer.items);
}

void Interpreter::take(const MapRunFinished& answer) {
  if (Thread* t = by_task(answer.task)) map_run_ended(*t, answer);
}

// --- threads -------------------------------------------------------------------------------------------------

Thread& Interpreter::new_thread(uint32_t parent, uint32_t index, const Scope& scope, Value input, uint64_t previous) {
  Thread t;
  t.id = ++x_.last_thread;
  t.parent = parent;
  t.index = index;
  t.state = scope.states[static_cast<size_t>(scope.start)].number;
  t.input = std::move(input);
  t.previous = previous;
  const uint32_t id = t.id;
  return x_.threads.emplace(id, std::move(t)).first->second;
}

void Interpreter::enqueue(Thread& t) {
  if (t.queued) return;
  t.queued = true;
  x_.ready.push_back(t.id);
}

void Interpreter::thread_ended(Thread& t, Value output) {
  if (t.parent != 0) {
    child_ended(x_.threads.at(t.parent), t, std::move(output));
    return;
  }
  Event& event = emit(t, EventType::ExecutionSucceeded);
  event.data = output;
  x_.output = std::move(output);
  finish(Outcome::succeeded, std::nullopt, std::nullopt);
}

void Interpreter::finish(Outcome outcome, std::optional<std::string> error, std::optional<std::string> cause) {
  if (!running()) return;
  for (auto& [id, thread] : x_.threads) clear_timers(thread);
  clear_timer(x_.execution_timer);
  if (outcome != Outcome::succeeded && !context_.express) leave_for_redrive();
  x_.outcome = outcome;
  x_.error = std::move(error);
  x_.cause = std::move(cause);
  x_.threads.clear();
  x_.ready.clear();
}

void Interpreter::fail_execution(uint64_t previous, std::optional<std::string> error, std::optional<std::string> cause) {
  if (!running()) return;
  for (auto& [id, thread] : x_.threads) abort_work(thread, "aborted");
  json::ObjectBuilder details;
  if (error) details.add("error", *error);
  if (cause) details.add("cause", *cause);
  emit(EventType::ExecutionFailed, previous).details = details.build();
  finish(Outcome::failed, std::move(error), std::move(cause));
}

// --- events ----------------------------------------------------------------------------------------------------

Event& Interpreter::emit(EventType type, uint64_t previous) {
  const bool ends = type == EventType::ExecutionFailed || type == EventType::ExecutionAborted || type == EventType::ExecutionTimedOut ||
                    type == EventType::ExecutionSucceeded;
  if (x_.last_event + 1 >= context_.history_limit && !ends && running()) {
    // The last event that a history has room for is its end.
    static thread_local Event dropped;
    fail_execution(x_.last_event, "States.Runtime", "The execution reached the maximum number of history events (25000).");
    return dropped = Event{};
  }
  Event& event = out_.events.emplace_back();
  event.id = ++x_.last_event;
  event.previous = previous;
  event.at = x_.last_at = std::max(context_.now, x_.last_at);
  event.type = type;
  return event;
}

Event& Interpreter::emit(Thread& t, EventType type) {
  Event& event = emit(type, t.previous);
  if (running()) t.previous = event.id;
  return event;
}

void Interpreter::emit_failure(Thread& t, EventType type, const std::optional<std::string>& error, const std::optional<std::string>& cause,
                               const Resource* resource) {
  json::ObjectBuilder details;
  if (cause) details.add("cause", *cause);
  if (error) details.add("error", *error);
  if (resource) details.add("resource", resource->resource).add("resourceType", resource->resource_type);
  emit(t, type).details = details.build();
}

// --- timers ------------------------------------------------------------------------------------------------------

uint64_t Interpreter::set_timer(Instant due) {
  out_.actions.emplace_back(SetTimer{++x_.last_timer, due});
  return x_.last_timer;
}

void Interpreter::clear_timer(uint64_t& timer) {
  if (timer == 0) return;
  out_.actions.emplace_back(ClearTimer{timer});
  timer = 0;
}

void Interpreter::clear_timers(Thread& t) {
  clear_timer(t.timer);
  clear_timer(t.heartbeat_timer);
}

}  // namespace asl
