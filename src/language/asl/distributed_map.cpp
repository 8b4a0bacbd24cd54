// A Map whose iterations are executions of their own: a map run (spec/asl.md "Map (distributed)").
//
// The interpreter says what the run works on and takes its result; reading items and keeping the children
// is the world's part: ReadItems, then StartMapRun, then MapRunFinished.
#include <fmt/format.h>

#include <cmath>

#include "language/asl/interpreter.h"
#include "language/json/parse.h"

namespace asl {
namespace {

// A batch's own text, around its items.
constexpr int64_t kBatchBytesMax = 262'144;

Fault runtime(std::string cause) { return {.error = "States.Runtime", .cause = std::move(cause)}; }

std::string_view label_of(std::string_view map_run_arn) {
  // ...:mapRun:<machine>/<label>:<uuid>
  const size_t slash = map_run_arn.rfind('/'), colon = map_run_arn.rfind(':');
  return slash == map_run_arn.npos || colon < slash ? "" : map_run_arn.substr(slash + 1, colon - slash - 1);
}

}  // namespace

void Interpreter::distributed_map(Thread& t, const Value* items) {
  const State& state = state_of(t);
  const DistributedMap& d = *state.distributed;
  const View seen = view(t, t.effective);
  json::ObjectBuilder config;
  auto count = bound(d.tolerated_count, "ToleratedFailureCount", Number::whole, seen);
  if (!count) return fault(t, std::move(count).error());
  if (count->value_or(0) < 0) return fault(t, runtime("ToleratedFailureCount cannot be negative."));
  auto percentage = bound(d.tolerated_percentage, "ToleratedFailurePercentage", Number::fraction, seen);
  if (!percentage) return fault(t, std::move(percentage).error());
  if (percentage->value_or(0) < 0 || percentage->value_or(0) > 100) {
    return fault(t, runtime("ToleratedFailurePercentage must be between 0 and 100."));
  }
  if (*count) config.add("toleratedFailureCount", static_cast<int64_t>(**count));
  if (*percentage) config.add("toleratedFailurePercentage", **percentage);
  auto items_max = bound(d.items_max, "MaxItems", Number::whole, seen);
  if (!items_max) return fault(t, std::move(items_max).error());
  if (items_max->value_or(0) < 0) return fault(t, {.error = "States.ItemReaderFailed", .cause = "field MaxItems must be positive"});
  if (items_max->value_or(0) > 0) config.add("maxItems", static_cast<int64_t>(**items_max));
  for (const auto& [name, what] : {std::pair{"itemReader", &d.reader}, {"resultWriter", &d.writer}}) {
    if (!*what) continue;
    auto filled = fill(**what, seen);
    if (!filled) return fault(t, std::move(filled).error());
    config.add(name, *std::move(filled));
  }

  const std::string label = d.label.empty() ? context_.random.uuid() : d.label;
  std::string run_arn = x_.info.machine_arn;
  if (const size_t at = run_arn.find(":stateMachine:"); at != std::string::npos) run_arn.replace(at, 14, ":mapRun:");
  // The map run of a child belongs to the outermost machine.
  if (const size_t slash = run_arn.find('/'); slash != std::string::npos) run_arn.resize(slash);
  run_arn += "/" + label + ":" + context_.random.uuid();
  Event& event = emit(t, EventType::MapRunStarted);
  if (!running()) return;
  event.details = json::object({{"mapRunArn", run_arn}});
  t.task = event.id;
  t.submitted = t.started = t.handed_over = false;  // as a task before it was
  t.phase = Phase::task;
  config.add("mapRunArn", run_arn).add("maxConcurrency", t.concurrency);
  t.task_parameters = config.build();
  t.items = Value();
  if (items) return run_map(t, *items);
  out_.actions.push_back(map_run_action(t, state));
}

void Interpreter::run_map(Thread& t, const Value& items) {
  const State& state = state_of(t);
  std::vector<Value> inputs;
  inputs.reserve(items.size());
  const auto select = [&](const Value& item, const Value& key) -> std::optional<Fault> {
    auto selected = select_item(t, item, static_cast<uint32_t>(inputs.size()), key);
    if (!selected) return std::move(selected).error();
    inputs.push_back(*std::move(selected));
    return std::nullopt;
  };
  std::optional<Fault> failed;
  if (items.is_object()) {
    // An object's members are its items.
    for (const auto& [name, member] : items.members()) {
      const Value pair = json::object({{"Key", name}, {"Value", member}});
      if (!failed) failed = select(state.item_selector ? member : pair, Value(name));
    }
  } else {
    for (const Value& item : items.items()) {
      if (!failed) failed = select(item, Value());
    }
  }
  std::vector<Value> counts;
  if (!failed && state.distributed->batched) {
    auto packed = batches(t, std::move(inputs), counts);
    if (packed) {
      inputs = *std::move(packed);
    } else {
      failed = std::move(packed).error();
    }
  }
  if (failed) return fault(t, *std::move(failed));
  if (!counts.empty()) t.task_parameters = t.task_parameters.with("itemCounts", Value::array(std::move(counts)));
  t.items = Value::array(std::move(inputs));
  out_.actions.push_back(map_run_action(t, state));
}

Evaluated<std::vector<Value>> Interpreter::batches(Thread& t, std::vector<Value> items, std::vector<Value>& counts) const {
  const DistributedMap& d = *state_of(t).distributed;
  const View seen = view(t, t.effective);
  const auto limit = [&](const Quantity& quantity, std::string_view field) -> Evaluated<int64_t> {
    auto value = bound(quantity, field, Number::whole, seen);
    if (!value) return std::unexpected(std::move(value).error());
    if (*value && **value < 1) return std::unexpected(runtime(fmt::format("{} must be positive.", field)));
    return *value ? static_cast<int64_t>(**value) : INT64_MAX;
  };
  const auto most_items = limit(d.batch_items_max, "MaxItemsPerBatch");
  if (!most_items) return std::unexpected(most_items.error());
  const auto most_bytes = limit(d.batch_bytes_max, "MaxInputBytesPerBatch");
  if (!most_bytes) return std::unexpected(most_bytes.error());
  std::optional<Value> batch_input;
  if (d.batch_input) {
    auto filled = fill(*d.batch_input, seen);
    if (!filled) return std::unexpected(std::move(filled).error());
    batch_input = *std::move(filled);
  }
  const int64_t bytes_max = std::min(*most_bytes, kBatchBytesMax);
  const auto around = static_cast<int64_t>(json::written_size(json::object({{"Items", Value::array()}}))) +
                      (batch_input ? static_cast<int64_t>(json::written_size(*batch_input)) + 15 : 0);
  std::vector<Value> out, open;
  int64_t bytes = around;
  const auto close = [&] {
    if (open.empty()) return;
    counts.emplace_back(static_cast<int64_t>(open.size()));
    json::ObjectBuilder batch;
    if (batch_input) batch.add("BatchInput", *batch_input);
    batch.add("Items", Value::array(std::move(open)));
    out.push_back(batch.build());
    open.clear();
    bytes = around;
  };
  for (Value& item : items) {
    const auto size = static_cast<int64_t>(json::written_size(item)) + 1;
    if (!open.empty() && (static_cast<int64_t>(open.size()) >= *most_items || bytes + size > bytes_max)) close();
    bytes += size;
    open.push_back(std::move(item));
  }
  close();
  return out;
}

Action map_run_action(const Thread& t, const State& state) {
  const Value& config = t.task_parameters;
  if (!t.items.is_array()) return ReadItems{.task = t.task, .reader = config["itemReader"], .items_max = config["maxItems"].as_int64()};
  const std::string run_arn(config.text("mapRunArn"));
  const DistributedMap& d = *state.distributed;
  return StartMapRun{.task = t.task,
                     .state = state.name,
                     .map_run_arn = run_arn,
                     .config = config.with("label", label_of(run_arn)).with("processor", d.processor).with("executionType", d.execution_type),
                     .inputs = t.items};
}

void Interpreter::map_run_ended(Thread& t, const MapRunFinished& answer) {
  if (!answer.succeeded) remember_failure();
  const uint64_t started = t.previous;
  t.task = 0;
  t.items = Value();
  t.task_parameters = Value();
  t.phase = Phase::enter;
  if (!answer.succeeded) {
    emit_failure(t, EventType::MapRunFailed, answer.error, answer.cause);
    return fail_state(t, answer.error, answer.cause);
  }
  emit(t, EventType::MapRunSucceeded);
  emit(t, EventType::MapStateSucceeded);
  if (!running()) return;
  // What follows points to the run's beginning.
  t.previous = started;
  Value effective = t.effective;
  if (auto large = too_large(t, answer.output)) return fault(t, *std::move(large));
  complete(t, answer.output, std::move(effective), true);
}

}  // namespace asl
