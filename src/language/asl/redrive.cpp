// What an execution that has failed leaves behind, and how it goes on (spec/sfn-api.md 5).
//
// A branch's failure takes its siblings down before it is known whether anything up there rescues. So the
// threads are remembered as they stood before; if the execution ends, they are what it leaves. A redrive
// does the work of every thread again that has no branches of its own; those that had succeeded are done.
#include <algorithm>
#include <set>

#include "language/asl/interpreter.h"

namespace asl {

void Interpreter::remember_failure() {
  if (!before_failure_ && !context_.express && !seen_) before_failure_ = x_.threads;
}

void Interpreter::leave_for_redrive() {
  if (seen_) return;
  x_.left = before_failure_ ? *std::move(before_failure_) : x_.threads;
  before_failure_.reset();
  for (auto& [id, t] : x_.left) {
    t.timer = t.heartbeat_timer = 0;
    t.submitted = t.started = t.handed_over = false;
    t.submitted_output = Value();
  }
}

void Interpreter::take(const Redrive&) {
  if (running() || x_.left.empty()) return;
  x_.outcome = Outcome::running;
  x_.output = Value();
  x_.error.reset();
  x_.cause.reset();
  x_.threads = std::move(x_.left);
  x_.left.clear();
  x_.ready.clear();
  ++x_.info.redrive_count;
  x_.info.redrive_time = context_.now;
  Event& event = emit(EventType::ExecutionRedriven, x_.last_event);
  if (!running()) return;
  event.details = json::object({{"redriveCount", x_.info.redrive_count}});
  const uint64_t redriven = event.id;
  begin_time_limit();
  std::set<uint32_t> parents;
  for (const auto& [id, t] : x_.threads) parents.insert(t.parent);
  for (auto& [id, t] : x_.threads) {
    t.previous = redriven;
    const bool waits_for_entry = t.queued && t.phase == Phase::enter;
    t.queued = false;
    if (!parents.contains(id) && !waits_for_entry) {
      go_on(t, redriven);
      if (!running()) return;
      continue;
    }
    // A Map goes on with the iterations that never began.
    if (parents.contains(id) && state_of(t).kind == StateKind::map) {
      t.phase = Phase::children;
      t.last_child_state_event = t.last_child_event = redriven;
      if (t.next_item >= t.items.size() || t.active >= t.concurrency) continue;
      t.phase = Phase::spawn;
      enqueue(t);
    } else if (waits_for_entry) {
      enqueue(t);
    }
  }
}

// A thread without branches: its state's work is done again, with the input that it had.
void Interpreter::go_on(Thread& t, uint64_t redriven) {
  const State& state = state_of(t);
  std::ranges::fill(t.retries, 0);
  t.retry_count = 0;
  if (t.phase == Phase::task && state.distributed && t.task != 0) {
    // The run goes on; children that have succeeded are not run again.
    const int64_t count = t.task_parameters["redriveCount"].as_int64().value_or(0) + 1;
    Event& event = emit(EventType::MapRunRedriven, redriven);
    if (!running()) return;
    event.details = json::object({{"mapRunArn", t.task_parameters["mapRunArn"]}, {"redriveCount", count}});
    t.previous = event.id;
    t.task = event.id;
    t.task_parameters = t.task_parameters.with("redriveCount", count);
    out_.actions.push_back(map_run_action(t, state));
    return;
  }
  t.task = 0;
  t.phase = state.kind == StateKind::fail ? Phase::enter : Phase::again;
  enqueue(t);
}

}  // namespace asl
