// What happens when something fails: Retry, Catch, and what takes what down (spec/asl.md 5, sfn-api.md 4).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "language/asl/interpreter.h"

namespace asl {

bool names_error(const std::vector<std::string>& names, std::string_view error, bool heartbeat_missed) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    if (name == error) return true;
    // States.ALL names everything but what nothing rescues. AWS quirk (recorded: error_handling, ..._catch_state_all_data_limit_exceeded_...): it
    // does name States.DataLimitExceeded, whatever is documented. States.TaskFailed names every task's error but time-outs.
    if (name == "States.ALL") return error != "States.Runtime";
    if (name == "States.TaskFailed") return error != "States.Timeout" && error != "States.Runtime" && error != "States.DataLimitExceeded" && error != "States.QueryEvaluationError";
    // A heartbeat that is missed is told as States.Timeout, and answers to both names.
    return name == "States.HeartbeatTimeout" && error == "States.Timeout" && heartbeat_missed;
  });
}

void Interpreter::fault(Thread& t, Fault failed) {
  if (!running()) return;
  clear_timers(t);
  const State& state = state_of(t);
  const bool prefixed = failed.error != "States.DataLimitExceeded";
  const std::string cause = prefixed ? prefix(t) + failed.cause : failed.cause;
  if (failed.evaluation) {
    json::ObjectBuilder details;
    details.add("cause", cause).add("error", failed.error);
    details.add_text("location", failed.location);
    details.add("state", state.name);
    // AWS quirk: what fails in the transition that entered the state points, as StateEntered does, to what was before that transition (recorded 15
    // times: assign, scenarios, states_variables); in a Wait to StateEntered (recorded: scenarios, test_wait_timestamp_jsonata).
    if (state.kind != StateKind::wait && t.previous == t.entered_event) {
      const auto entry = std::ranges::find(out_.events, t.entered_event, &Event::id);
      if (entry != out_.events.end()) t.previous = entry->previous;
    }
    emit(t, EventType::EvaluationFailed).details = details.build();
    if (!running()) return;
  }
  if (failed.error == "States.Runtime") return fail_execution(t.previous, failed.error, cause);
  t.phase = Phase::enter;
  fail_state(t, failed.error, cause);
}

void Interpreter::fail_state(Thread& t, const std::optional<std::string>& error, const std::optional<std::string>& cause) {
  if (!running()) return;
  const std::string name = error.value_or("");
  if (seen_) seen_->error = error, seen_->cause = cause;
  if (retry(t, name)) return before_failure_.reset();
  const StateKind kind = state_of(t).kind;
  if (kind == StateKind::parallel || kind == StateKind::map) {
    // A Map whose items could not be told never started, but has failed all the same.
    emit(t, kind == StateKind::map ? EventType::MapStateFailed : EventType::ParallelStateFailed);
    if (!running()) return;
  }
  if (caught(t, name, cause)) {
    if (running()) before_failure_.reset();
    return;
  }
  fail_scope(t, error, cause);
}

bool Interpreter::retry(Thread& t, const std::string& error) {
  const State& state = state_of(t);
  for (size_t i = 0; i < state.retriers.size(); ++i) {
    const Retrier& retrier = state.retriers[i];
    if (!names_error(retrier.errors, error, heartbeat_missed_)) continue;
    if (seen_) {
      seen_->retry_index = static_cast<int>(i);
      t.retries[i] = static_cast<uint32_t>(seen_->retry_count.value_or(0));
    }
    if (t.retries[i] >= static_cast<uint64_t>(retrier.attempts_max)) return false;
    double delay = static_cast<double>(retrier.interval_s) * std::pow(retrier.backoff, static_cast<double>(t.retries[i]));
    if (retrier.delay_max_s) delay = std::min(delay, static_cast<double>(*retrier.delay_max_s));
    delay = std::min(delay, 99'999'999.0);
    if (seen_) {
      seen_->retry_delay_s = std::llround(delay);
      seen_->retriable = true;
      finish(Outcome::failed, error, std::nullopt);
      return true;
    }
    if (retrier.jitter) delay *= context_.random.unit();
    ++t.retries[i];
    ++t.retry_count;
    ++transitions_;
    t.task = 0;
    t.phase = Phase::retry;
    t.timer_due = context_.now + static_cast<int64_t>(std::llround(delay * 1000));
    t.timer = set_timer(t.timer_due);
    return true;
  }
  return false;
}

bool Interpreter::caught(Thread& t, const std::string& error, const std::optional<std::string>& cause) {
  const State& state = state_of(t);
  for (const Catcher& catcher : state.catchers) {
    if (!names_error(catcher.errors, error, heartbeat_missed_)) continue;
    if (seen_) seen_->catch_index = static_cast<int>(&catcher - state.catchers.data());
    json::ObjectBuilder told;
    told.add("Error", error);
    if (cause) told.add("Cause", *cause);
    Value error_output = told.build();
    Value output = error_output, assigned;
    View seen = view(t, state.language == Language::jsonata ? t.input : error_output);
    if (state.language == Language::jsonata) seen.error_output = &error_output;
    const auto failed = [&](Fault fault_of) {
      // A Catch clause that fails brings the state down for good.
      const std::string told_cause = fault_of.error == "States.DataLimitExceeded" ? fault_of.cause : prefix(t) + fault_of.cause;
      if (fault_of.evaluation) {
        emit(t, EventType::EvaluationFailed).details = json::object({{"cause", told_cause}, {"error", fault_of.error}, {"location", fault_of.location}, {"state", state.name}});
        if (state.kind == StateKind::parallel) emit(t, EventType::ParallelStateFailed);
        if (state.kind == StateKind::map) emit(t, EventType::MapStateFailed);
        fail_scope(t, fault_of.error, told_cause);
      } else {
        fail_execution(t.previous, fault_of.error, told_cause);
      }
      return true;
    };
    if (catcher.assign) {
      auto filled = fill(*catcher.assign, seen);
      if (!filled) return failed(std::move(filled).error());
      assigned = *std::move(filled);
    }
    if (catcher.output) {
      auto filled = fill(*catcher.output, seen);
      if (!filled) return failed(std::move(filled).error());
      output = *std::move(filled);
    } else if (state.language == Language::jsonpath) {
      auto joined = join_result(catcher.result_path, t.input, error_output, state);
      if (!joined) return failed(std::move(joined).error());
      output = *std::move(joined);
    }
    if (auto large = too_large(t, output)) return failed(*std::move(large));
    if (auto large = too_much_assigned(t, assigned)) return failed(*std::move(large));
    leave(t, std::move(output), assigned, catcher.next, false);
    return true;
  }
  return false;
}

// The thread ends with an error: the execution does, or the state whose branch or iteration it is.
void Interpreter::fail_scope(Thread& t, const std::optional<std::string>& error, const std::optional<std::string>& cause) {
  if (!running()) return;
  if (t.parent == 0) return fail_execution(t.previous, error, cause);
  remember_failure();
  Thread& parent = x_.threads.at(t.parent);
  uint64_t last = t.previous;
  if (state_of(t).kind == StateKind::task && !t.iteration) {
    emit(EventType::TaskStateAborted, last);
  } else if (t.iteration) {
    Event& event = emit(EventType::MapIterationFailed, last);
    event.details = json::object({{"index", t.index}});
    event.name = state_of(parent).name;
  }
  if (!running()) return;
  clear_timers(t);
  x_.threads.erase(t.id);
  abort_children(parent, true);
  if (!running()) return;
  parent.previous = last;
  parent.phase = Phase::enter;
  parent.queued = false;
  x_.ready.erase(parent.id);
  fail_state(parent, error, cause);
}

}  // namespace asl
