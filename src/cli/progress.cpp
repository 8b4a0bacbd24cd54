#include "cli/progress.h"

#include "language/asl/compiled.h"

namespace cli {

using asl::EventType;

namespace {

enum class Meaning : uint8_t { other, entered, left, scheduled, failed, aborted, map_started, iteration_started, iteration_succeeded, iteration_failed,
                               iteration_aborted, parallel_failed, map_failed, map_run_started, ended, ended_badly };

Meaning meaning_of(EventType type) {
  using enum EventType;
  switch (type) {
    case ChoiceStateEntered: case FailStateEntered: case MapStateEntered: case ParallelStateEntered: case PassStateEntered: case SucceedStateEntered:
    case TaskStateEntered: case WaitStateEntered:
      return Meaning::entered;
    case ChoiceStateExited: case MapStateExited: case ParallelStateExited: case PassStateExited: case SucceedStateExited: case TaskStateExited: case WaitStateExited:
      return Meaning::left;
    case ActivityScheduled: case LambdaFunctionScheduled: case TaskScheduled: return Meaning::scheduled;
    case ActivityFailed: case ActivityScheduleFailed: case ActivityTimedOut: case LambdaFunctionFailed: case LambdaFunctionScheduleFailed:
    case LambdaFunctionStartFailed: case LambdaFunctionTimedOut: case TaskFailed: case TaskStartFailed: case TaskSubmitFailed: case TaskTimedOut: case EvaluationFailed:
      return Meaning::failed;
    case MapStateAborted: case ParallelStateAborted: case TaskStateAborted: case WaitStateAborted: return Meaning::aborted;
    case MapStateStarted: return Meaning::map_started;
    case MapIterationStarted: return Meaning::iteration_started;
    case MapIterationSucceeded: return Meaning::iteration_succeeded;
    case MapIterationFailed: return Meaning::iteration_failed;
    case MapIterationAborted: return Meaning::iteration_aborted;
    case ParallelStateFailed: return Meaning::parallel_failed;
    case MapStateFailed: return Meaning::map_failed;
    case MapRunStarted: return Meaning::map_run_started;
    case ExecutionSucceeded: return Meaning::ended;
    case ExecutionFailed: case ExecutionAborted: case ExecutionTimedOut: return Meaning::ended_badly;
    default: return Meaning::other;
  }
}

}  // namespace

Progress::Progress(const asl::Machine& machine) {
  const auto walk = [&](auto&& self, const asl::Scope& scope, Node* parent) -> void {
    for (const asl::State& state : scope.states) {
      Node& node = nodes_[state.name];
      node.name = state.name;
      node.parent = parent;
      node.parallel = state.kind == asl::StateKind::parallel;
      node.map = state.kind == asl::StateKind::map;
      for (const auto& branch : state.branches) self(self, *branch, &node);
    }
  };
  walk(walk, machine.body().root, nullptr);
}

// A Parallel or Map that fails points to what failed in it, at whatever depth.
Progress::Node* Progress::container_that_failed(Node* from, bool parallel) {
  const auto is = [&](const Node* n) { return parallel ? n->parallel : n->map; };
  if (from && is(from) && !from->progress.failing) return from;
  for (Node* at = from ? from->parent : nullptr; at; at = at->parent) {
    if (is(at)) return at;
  }
  return from;
}

// What was under way when the execution ended: the state that failed and those around it failed, the others were broken off.
void Progress::ended(const std::string& execution_arn, Node* at, bool failed) {
  std::vector<Node*> seen;
  for (Node* node : by_event_[execution_arn]) {
    if (node && node->progress.active > 0) seen.push_back(node);
  }
  for (Node* node : seen) {
    if (node->progress.active == 0) continue;
    bool around_it = node == at;
    for (Node* up = at; up && !around_it; up = up->parent) around_it = up == node;
    (around_it && failed ? node->progress.failed : node->progress.aborted) += 1;
    --node->progress.active;
  }
}

const std::string& Progress::take(const std::string& execution_arn, const asl::Event& event) {
  std::vector<Node*>& events = by_event_[execution_arn];
  if (events.size() <= event.id) events.resize(event.id + 1);
  Node* at = event.previous < events.size() ? events[event.previous] : nullptr;
  const Meaning meaning = meaning_of(event.type);
  const bool named = meaning == Meaning::entered || meaning == Meaning::left || meaning == Meaning::iteration_started || meaning == Meaning::iteration_succeeded ||
                     meaning == Meaning::iteration_failed || meaning == Meaning::iteration_aborted;
  if (named) {
    const auto it = nodes_.find(event.name);
    at = it == nodes_.end() ? nullptr : &it->second;
  }
  if (meaning == Meaning::parallel_failed || meaning == Meaning::map_failed) at = container_that_failed(at, meaning == Meaning::parallel_failed);
  events[event.id] = at;
  StateProgress& p = at ? at->progress : nobody_.progress;
  switch (meaning) {
    case Meaning::entered:
      ++p.entered;
      ++p.active;
      p.since = event.at;
      p.failing = false;
      // Who enters a Fail state stays there.
      if (event.type == EventType::FailStateEntered) --p.active, ++p.failed;
      break;
    case Meaning::left:
      if (p.active > 0) --p.active;
      ++p.left;
      p.last_ms = event.at - p.since;
      if (p.failing) ++p.caught;
      p.failing = false;
      break;
    case Meaning::scheduled:
      if (p.failing) ++p.retries;
      p.failing = false;
      break;
    case Meaning::failed:
      p.failing = true;
      p.error = event.details.text("error", event.type == EventType::TaskTimedOut ? "States.Timeout" : "");
      break;
    case Meaning::parallel_failed: case Meaning::map_failed:
      p.failing = true;
      break;
    case Meaning::aborted:
      if (p.active > 0) --p.active;
      ++p.aborted;
      break;
    case Meaning::map_started:
      if (p.failing) ++p.retries;
      p.failing = false;
      p.items = event.details["length"].as_int64().value_or(0);
      p.items_done = p.items_failed = p.items_running = 0;
      break;
    case Meaning::map_run_started:
      by_map_run_[std::string(event.details.text("mapRunArn"))] = at ? at : &nobody_;
      break;
    case Meaning::iteration_started: ++p.items_running; break;
    case Meaning::iteration_succeeded: --p.items_running, ++p.items_done; break;
    case Meaning::iteration_failed: --p.items_running, ++p.items_failed; break;
    case Meaning::iteration_aborted: --p.items_running; break;
    case Meaning::ended: case Meaning::ended_badly:
      ended(execution_arn, at, event.type == EventType::ExecutionFailed);
      by_event_.erase(execution_arn);
      return nobody_.name;
    default: break;
  }
  return at ? at->name : nobody_.name;
}

void Progress::map_run_began(const std::string& map_run_arn, int64_t children) {
  const auto it = by_map_run_.find(map_run_arn);
  if (it == by_map_run_.end()) return;
  it->second->progress.items = children;
  it->second->progress.items_done = it->second->progress.items_failed = it->second->progress.items_running = 0;
}

void Progress::child_started(const std::string& map_run_arn) {
  if (const auto it = by_map_run_.find(map_run_arn); it != by_map_run_.end()) ++it->second->progress.items_running;
}

void Progress::child_ended(const std::string& map_run_arn, bool well) {
  const auto it = by_map_run_.find(map_run_arn);
  if (it == by_map_run_.end()) return;
  --it->second->progress.items_running;
  ++(well ? it->second->progress.items_done : it->second->progress.items_failed);
}

const StateProgress& Progress::of(std::string_view state) const {
  const auto it = nodes_.find(state);
  return it == nodes_.end() ? nobody_.progress : it->second.progress;
}

std::string_view Progress::around(std::string_view state) const {
  const auto it = nodes_.find(state);
  return it == nodes_.end() || !it->second.parent ? std::string_view() : it->second.parent->name;
}

}  // namespace cli
