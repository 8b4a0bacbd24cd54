// Parallel and Map: threads that come and go.
#include <fmt/format.h>

#include <algorithm>

#include "language/asl/interpreter.h"
#include "language/json/parse.h"

namespace asl {
namespace {
constexpr int64_t kInlineConcurrencyMax = 40;
}

void Interpreter::parallel(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  Value input = t.effective;
  if (state.parameters) {
    auto filled = fill(*state.parameters, view(t, t.effective));
    if (!filled) return fault(t, std::move(filled).error());
    input = *std::move(filled);
  }
  if (auto large = too_large(t, input)) return fault(t, *std::move(large));
  emit(t, EventType::ParallelStateStarted);
  if (!running()) return;
  t.started_event = t.previous;
  t.phase = Phase::children;
  t.results.assign(state.branches.size(), Value());
  t.active = static_cast<uint32_t>(state.branches.size());
  t.done = 0;
  for (uint32_t i = 0; i < state.branches.size(); ++i) {
    enqueue(new_thread(t.id, i, *state.branches[i], input, t.started_event));
  }
}

void Interpreter::map(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  const View seen = view(t, t.effective);
  const bool has_reader = state.distributed && state.distributed->reader;
  Value items = t.effective;
  if (has_reader) {
    items = Value::array();
  } else if (state.language == Language::jsonata) {
    if (state.items) {
      auto filled = fill(*state.items, seen);
      if (!filled) return fault(t, std::move(filled).error());
      items = *std::move(filled);
      if (!items.is_array() && !(state.distributed && items.is_object())) {
        const std::string text = state.items->query ? state.items->query->text : json::write(items);
        return fault(t, {.error = "States.QueryEvaluationError",
                         .cause = fmt::format("The JSONata expression '{}' specified for the field 'Items' returned an unexpected result type. Expected "
                                              "'array', but was '{}' for value: {}", text, json::kind_name(items.kind()), json::write(items)),
                         .evaluation = true, .location = "Items"});
      }
    } else if (!items.is_array()) {
      return fault(t, {.error = "States.QueryEvaluationError",
                       .cause = fmt::format("Map state input must be an array but was: {}", json::write(items)), .evaluation = true});
    }
  } else {
    if (state.items_path) {
      auto found = look_up(*state.items_path, seen);
      if (!found) return fault(t, std::move(found).error());
      items = *std::move(found);
    }
    if (!items.is_array() && !(state.distributed && items.is_object())) {
      return fault(t, {.error = "States.Runtime",
                       .cause = fmt::format("Reference path \"{}\" must point to array.", state.items_path ? state.items_path->text : "$")});
    }
  }
  int64_t concurrency = 0;
  if (state.concurrency.given()) {
    Value amount;
    if (state.concurrency.fixed) {
      amount = *state.concurrency.fixed;
    } else if (state.concurrency.query) {
      auto value = run_query(*state.concurrency.query, "MaxConcurrency", seen);
      if (!value) return fault(t, std::move(value).error());
      amount = *std::move(value);
      if (!amount.as_int64()) {
        return fault(t, {.error = "States.QueryEvaluationError",
                         .cause = fmt::format("The JSONata expression '{}' specified for the field 'MaxConcurrency' returned an unexpected result type. "
                                              "Expected 'number', but was '{}' for value: {}", state.concurrency.query->text,
                                              json::kind_name(amount.kind()), json::write(amount)),
                         .evaluation = true, .location = "MaxConcurrency"});
      }
    } else {
      auto value = look_up(*state.concurrency.reference, seen);
      if (!value) return fault(t, std::move(value).error());
      amount = *std::move(value);
    }
    if (!amount.as_int64() || *amount.as_int64() < 0) {
      return fault(t, {.error = "States.Runtime",
                       .cause = fmt::format("The MaxConcurrencyPath field refers to value \"{}\" which is not a valid integer: {}",
                                            amount.is_string() ? std::string(amount.as_string()) : json::write(amount),
                                            state.concurrency.reference ? state.concurrency.reference->text : "")});
    }
    concurrency = *amount.as_int64();
  }
  t.concurrency = static_cast<uint32_t>(concurrency);
  Event& started = emit(t, EventType::MapStateStarted);
  if (!running()) return;
  started.details = json::object({{"length", items.size()}});
  t.started_event = t.previous;
  if (state.distributed) return distributed_map(t, std::move(items), !has_reader);
  t.items = std::move(items);
  t.phase = Phase::children;
  t.results.assign(t.items.size(), Value());
  t.next_item = t.active = t.done = 0;
  t.last_child_state_event = t.started_event;
  t.last_child_event = t.started_event;
  if (concurrency == 0 || concurrency > kInlineConcurrencyMax) t.concurrency = kInlineConcurrencyMax;
  if (t.results.empty()) return children_done(t);
  spawn(t);
}

void Interpreter::distributed_map(Thread& t, Value items, bool has_items) {
  const State& state = state_of(t);
  const DistributedMap& d = *state.distributed;
  const View seen = view(t, t.effective);
  json::ObjectBuilder config;
  config.add("label", d.label.empty() ? state.name : d.label).add("executionType", d.execution_type).add("processor", d.processor);
  if (has_items) config.add("items", std::move(items));
  config.add("maxConcurrency", t.concurrency);
  const auto part = [&](std::string_view name, const std::optional<Template>& what) -> std::optional<Fault> {
    if (!what) return std::nullopt;
    auto filled = fill(*what, seen);
    if (!filled) return std::move(filled).error();
    config.add(name, *std::move(filled));
    return std::nullopt;
  };
  for (const auto& [name, what] : {std::pair{"itemReader", &d.reader}, {"itemBatcher", &d.batcher}, {"resultWriter", &d.writer}}) {
    if (auto failed = part(name, *what)) return fault(t, *std::move(failed));
  }
  const std::string uuid = context_.random.uuid();
  std::string run_arn = x_.info.machine_arn;
  if (const size_t at = run_arn.find(":stateMachine:"); at != std::string::npos) run_arn.replace(at, 14, ":mapRun:");
  run_arn += "/" + (d.label.empty() ? uuid.substr(0, 8) : d.label) + ":" + uuid;
  Event& event = emit(t, EventType::MapRunStarted);
  if (!running()) return;
  event.details = json::object({{"mapRunArn", run_arn}});
  t.task = event.id;
  t.phase = Phase::task;
  out_.actions.emplace_back(StartMapRun{t.task, state.name, std::move(run_arn), config.build()});
}

// Starts one iteration and comes back for the next behind it, so that each runs as far as it goes before
// another begins.
void Interpreter::spawn(Thread& t) {
  t.phase = Phase::children;
  if (t.next_item >= t.items.size() || t.active >= t.concurrency) return;
  const State& state = state_of(t);
  const uint32_t index = t.next_item++;
  ++t.active;
  const Value item = t.items[index];
  // What follows a finished iteration follows its last state.
  Event& started = emit(EventType::MapIterationStarted, t.last_child_state_event);
  if (!running()) return;
  started.details = json::object({{"index", index}});
  started.name = state.name;
  Thread& child = new_thread(t.id, index, *state.branches[0], item, started.id);
  child.iteration = true;
  child.item = item;
  if (state.item_selector) {
    // It sees the iteration's item and index, and the Map's own input.
    Thread seen_by = t;
    seen_by.iteration = true;
    seen_by.index = index;
    seen_by.item = item;
    auto filled = fill(*state.item_selector, view(seen_by, t.effective));
    if (!filled) {
      Fault failed = std::move(filled).error();
      abort_children(t, false);
      return fault(t, std::move(failed));
    }
    child.input = *std::move(filled);
  }
  ++budget_used_;
  if (t.next_item < t.items.size() && t.active < t.concurrency) {
    t.phase = Phase::spawn;
    t.queued = true;
    x_.ready.push_front(t.id);
  }
  child.queued = true;
  x_.ready.push_front(child.id);
}

void Interpreter::child_ended(Thread& parent, Thread& child, Value output) {
  const uint32_t id = child.id;
  parent.results[child.index] = std::move(output);
  parent.last_child_state_event = child.previous;
  parent.last_child_event = child.previous;
  if (child.iteration) {
    Event& event = emit(EventType::MapIterationSucceeded, child.previous);
    if (!running()) return;
    event.details = json::object({{"index", child.index}});
    event.name = state_of(parent).name;
    parent.last_child_event = event.id;
  }
  x_.threads.erase(id);
  --parent.active;
  ++parent.done;
  if (parent.done == parent.results.size()) return children_done(parent);
  if (state_of(parent).kind == StateKind::map && parent.phase == Phase::children && parent.next_item < parent.items.size()) {
    parent.phase = Phase::spawn;
    enqueue(parent);
  }
}

void Interpreter::children_done(Thread& t) {
  const bool is_map = state_of(t).kind == StateKind::map;
  if (!t.results.empty()) t.previous = t.last_child_event;
  const uint64_t before = t.previous;
  emit(t, is_map ? EventType::MapStateSucceeded : EventType::ParallelStateSucceeded);
  if (!running()) return;
  t.previous = before;  // what follows has the same predecessor
  Value results = Value::array(std::move(t.results));
  t.results.clear();
  t.items = Value();
  t.phase = Phase::enter;
  Value effective = t.effective;
  if (auto large = too_large(t, results)) return fault(t, *std::move(large));
  complete(t, std::move(results), std::move(effective), true);
}

void Interpreter::abort_work(Thread& t, std::string_view reason) {
  if (t.phase == Phase::task && t.task != 0) {
    const State& state = state_of(t);
    if (state.resource) out_.actions.emplace_back(CancelTask{t.task, state.resource, t.submitted_output, t.task_role, std::string(reason)});
  }
  clear_timers(t);
}

void Interpreter::abort_children(Thread& t, bool events) {
  std::vector<uint32_t> children;
  for (const auto& [id, child] : x_.threads) {
    if (child.parent == t.id) children.push_back(id);
  }
  for (const uint32_t id : children) {
    Thread& child = x_.threads.at(id);
    abort_children(child, events);
    if (events && (child.phase == Phase::task || child.phase == Phase::retry || child.phase == Phase::timer || child.phase == Phase::children)) {
      const StateKind kind = state_of(child).kind;
      emit(child, kind == StateKind::task       ? EventType::TaskStateAborted
                  : kind == StateKind::wait     ? EventType::WaitStateAborted
                  : kind == StateKind::parallel ? EventType::ParallelStateAborted
                                                : EventType::MapStateAborted);
    }
    if (events && child.iteration && running()) {
      Event& event = emit(child, EventType::MapIterationAborted);
      event.details = json::object({{"index", child.index}});
      event.name = state_of(t).name;
    }
    abort_work(child, "aborted");
    x_.threads.erase(id);
  }
  t.active = 0;
}

}  // namespace asl
