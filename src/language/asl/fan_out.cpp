// Parallel and Map: threads that come and go.
#include <fmt/format.h>

#include <algorithm>

#include "language/asl/interpreter.h"
#include "language/json/parse.h"

namespace asl {
namespace {
constexpr int64_t kInlineConcurrencyMax = 40;

// A path into the context object is told as one into the input.
std::string_view shown_path(const std::shared_ptr<const Reference>& path) {
  if (!path) return "$";
  const std::string_view text = path->text;
  return path->root == Reference::Root::context ? text.substr(1) : text;
}
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
  if (seen_) return mocked_children(t);
  t.phase = Phase::children;
  t.results.assign(state.branches.size(), Value());
  t.active = static_cast<uint32_t>(state.branches.size());
  t.done = 0;
  for (uint32_t i = 0; i < state.branches.size(); ++i) {
    enqueue(new_thread(t.id, i, *state.branches[i], input, t.started_event));
  }
}

Evaluated<Value> Interpreter::map_items(const Thread& t, const View& seen) const {
  const State& state = state_of(t);
  const auto fits = [&](const Value& items) { return items.is_array() || (state.distributed && items.is_object()); };
  if (state.language == Language::jsonata) {
    if (!state.items) {
      if (t.effective.is_array()) return t.effective;
      return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                   .cause = fmt::format("Map state input must be an array but was: {}", json::write(t.effective)), .evaluation = true});
    }
    auto items = fill(*state.items, seen);
    if (!items || fits(*items)) return items;
    const std::string text = state.items->query ? state.items->query->text : json::write(*items);
    return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                 .cause = fmt::format("The JSONata expression '{}' specified for the field 'Items' returned an unexpected result type. Expected "
                                                      "'array', but was '{}' for value: {}", text, json::kind_name(items->kind()), json::write(*items)),
                                 .evaluation = true, .location = "Items"});
  }
  Value items = t.effective;
  if (state.items_path) {
    auto found = look_up(*state.items_path, seen);
    if (!found) return found;
    items = *std::move(found);
  }
  if (fits(items)) return items;
  return std::unexpected(Fault{.error = "States.Runtime",
                               .cause = fmt::format("Reference path \"{}\" must point to array.", shown_path(state.items_path))});
}

Evaluated<std::optional<double>> Interpreter::bound(const Quantity& quantity, std::string_view field, Number kind, const View& seen) const {
  if (!quantity.given()) return std::nullopt;
  if (quantity.fixed) return quantity.fixed->as_double();
  const auto fits = [&](const Value& v) { return v.is_number() && (kind == Number::fraction || v.as_int64()); };
  if (quantity.query) {
    auto value = run_query(*quantity.query, field, seen);
    if (!value) return std::unexpected(std::move(value).error());
    if (fits(*value)) return value->as_double();
    return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                 .cause = fmt::format("The JSONata expression '{}' specified for the field '{}' returned an unexpected result type. "
                                                      "Expected 'number', but was '{}' for value: {}", quantity.query->text, field,
                                                      json::kind_name(value->kind()), json::write(*value)),
                                 .evaluation = true, .location = std::string(field)});
  }
  auto value = look_up(*quantity.reference, seen);
  if (!value) return std::unexpected(std::move(value).error());
  // A text that holds a number is one.
  if (value->is_string()) {
    if (const auto read = json::parse(value->as_string()); read && fits(*read)) return read->as_double();
  } else if (fits(*value)) {
    return value->as_double();
  }
  return std::unexpected(Fault{.error = "States.Runtime",
                               .cause = fmt::format("The {}Path field refers to value \"{}\" which is not a valid {}: {}", field,
                                                    value->is_string() ? std::string(value->as_string()) : json::write(*value),
                                                    kind == Number::whole ? "integer" : "float", quantity.reference->text)});
}

void Interpreter::map(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  const View seen = view(t, t.effective);
  if (seen_ && state.language == Language::jsonpath) seen_->see("afterInputPath", t.effective);
  const bool has_reader = state.distributed && state.distributed->reader;
  Value items = Value::array();
  if (has_reader && seen_ && seen_->reader_items) items = *seen_->reader_items;
  if (!has_reader) {
    auto found = map_items(t, seen);
    if (!found) return fault(t, std::move(found).error());
    items = *std::move(found);
  }
  auto concurrency = bound(state.concurrency, "MaxConcurrency", Number::whole, seen);
  if (!concurrency) return fault(t, std::move(concurrency).error());
  if (seen_) {
    if (!has_reader && state.language == Language::jsonpath) seen_->see("afterItemsPath", items);
    seen_->iterations = items.size();
    if (!inspect_map(t, items, static_cast<int64_t>(concurrency->value_or(0)))) return;
    return mocked_children(t);
  }
  if (concurrency->value_or(0) < 0) return fault(t, {.error = "States.Runtime", .cause = "MaxConcurrency cannot be negative."});
  t.concurrency = static_cast<uint32_t>(std::min(concurrency->value_or(0), 1e9));
  Event& started = emit(t, EventType::MapStateStarted);
  if (!running()) return;
  started.details = json::object({{"length", items.size()}});
  t.started_event = t.previous;
  if (state.distributed) return distributed_map(t, has_reader ? nullptr : &items);
  t.items = std::move(items);
  t.phase = Phase::children;
  t.results.assign(t.items.size(), Value());
  t.next_item = t.active = t.done = 0;
  t.last_child_state_event = t.started_event;
  t.last_child_event = t.started_event;
  if (t.concurrency == 0 || t.concurrency > kInlineConcurrencyMax) t.concurrency = kInlineConcurrencyMax;
  if (t.results.empty()) return children_done(t);
  spawn(t);
}

// TestState: the bounds and items of a Map as they are shown. False when evaluating them failed the state.
bool Interpreter::inspect_map(Thread& t, const Value& items, int64_t concurrency) {
  const State& state = state_of(t);
  const View seen = view(t, t.effective);
  seen_->see("maxConcurrency", concurrency);
  const auto stop = [&](Fault failed) {
    fault(t, std::move(failed));
    return false;
  };
  std::optional<double> count, percentage;
  if (state.distributed) {
    auto by_count = bound(state.distributed->tolerated_count, "ToleratedFailureCount", Number::whole, seen);
    if (!by_count) return stop(std::move(by_count).error());
    auto by_percentage = bound(state.distributed->tolerated_percentage, "ToleratedFailurePercentage", Number::fraction, seen);
    if (!by_percentage) return stop(std::move(by_percentage).error());
    count = *by_count, percentage = *by_percentage;
  }
  if (count) seen_->see("toleratedFailureCount", static_cast<int64_t>(*count));
  if (percentage) seen_->see("toleratedFailurePercentage", *percentage);
  if (state.item_selector && items.is_array()) {
    std::vector<Value> selected;
    for (uint32_t i = 0; i < items.size(); ++i) {
      auto one = select_item(t, items[i], i, Value());
      if (!one) return stop(std::move(one).error());
      selected.push_back(*std::move(one));
    }
    seen_->see("afterItemSelector", Value::array(std::move(selected)));
  }
  const auto failed = static_cast<double>(seen_->failed_iterations.value_or(0));
  const bool intolerable = (count && failed > *count) || (percentage && failed * 100 > *percentage * static_cast<double>(items.size()));
  if (!intolerable || seen_->mock_error) return true;
  t.phase = Phase::enter;
  fail_state(t, "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded");
  return false;
}

// TestState: what the branches or iterations would have come to.
void Interpreter::mocked_children(Thread& t) {
  t.phase = Phase::enter;
  if (seen_->mock_error) return fail_state(t, seen_->mock_error, seen_->mock_cause);
  Value effective = t.effective;
  complete(t, seen_->mock_result.value_or(Value()), std::move(effective), true);
}

// What an ItemSelector makes of an item: it sees the iteration's item and index, and the Map's own input.
Evaluated<Value> Interpreter::select_item(const Thread& t, const Value& item, uint32_t index, const Value& key) const {
  const State& state = state_of(t);
  if (!state.item_selector) return item;
  Thread seen_by = t;
  seen_by.iteration = true;
  seen_by.index = index;
  seen_by.item = item;
  seen_by.item_key = key;
  return fill(*state.item_selector, view(seen_by, t.effective));
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
  auto selected = select_item(t, item, index, Value());
  if (!selected) {
    Fault failed = std::move(selected).error();
    abort_children(t, false);
    return fault(t, std::move(failed));
  }
  child.input = *std::move(selected);
  ++transitions_;
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
    if (state.distributed) out_.actions.emplace_back(StopMapRun{std::string(t.task_parameters.text("mapRunArn")), t.task_parameters, t.items});
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
