// How data flows through a state: paths in, results out, variables, the context object.
#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "language/asl/interpreter.h"
#include "language/json/parse.h"

namespace asl {
namespace {
constexpr size_t kPayloadBytesMax = 262'144;
// spec/asl.md 3 "Variables": what one Assign may hold, and all the variables of an execution.
constexpr size_t kAssignBytesMax = 262'144, kVariablesBytesMax = 10 << 20;
}

std::string Interpreter::prefix(const Thread& t) const {
  if (context_.inspection) return "";
  return fmt::format("An error occurred while executing the state '{}' (entered at the event id #{}). ", state_of(t).name, t.entered_event);
}

// spec/asl.md "Context object": members in AWS's order.
Value Interpreter::context_object(const Thread& t) const {
  // The nearest iteration around it.
  const auto iteration = [&]() -> Value {
    for (const Thread* at = &t; at; at = at->parent ? &x_.threads.at(at->parent) : nullptr) {
      if (!at->iteration) continue;
      json::ObjectBuilder item;
      item.add("Index", at->index);
      if (at->item_key.is_string()) item.add("Key", at->item_key);
      item.add("Value", at->item);
      return json::object({{"Item", item.build()}});
    }
    return {};
  };
  if (context_.inspection && context_.inspection->context) {
    const Value& given = *context_.inspection->context;
    const Value map = iteration();
    return map.is_object() && given.is_object() ? given.with("Map", map) : given;
  }
  const ExecutionInfo& info = x_.info;
  const State& state = state_of(t);
  json::ObjectBuilder execution, state_object, out;
  execution.add("Id", info.arn).add("Input", info.input).add("StartTime", iso8601_ms(info.start)).add("Name", info.name);
  execution.add("RoleArn", info.role_arn.empty() ? Value() : Value(info.role_arn));
  if (!context_.inspection && !info.synchronous) execution.add("RedriveCount", info.redrive_count);
  if (info.redrive_count > 0) execution.add("RedriveTime", iso8601_ms(info.redrive_time));
  out.add("Execution", execution.build());
  out.add("StateMachine", json::object({{"Id", info.machine_arn}, {"Name", info.machine_name}}));
  state_object.add("Name", context_.inspection ? std::string("StateName") : state.name).add("EnteredTime", iso8601_ms(t.entered));
  if (state.kind == StateKind::task || state.kind == StateKind::parallel || state.kind == StateKind::map) state_object.add("RetryCount", t.retry_count);
  out.add("State", state_object.build());
  // Only a task that goes on after its call is answered has a token.
  if (state.kind == StateKind::task && state.resource->pattern != Resource::Pattern::request_response && t.task != 0 && context_.token) out.add("Task", json::object({{"Token", context_.token(t.task)}}));
  if (const Value map = iteration(); map.is_object()) out.add("Map", map);
  return out.build();
}

const Value* Interpreter::variable(const Thread& t, std::string_view name) const {
  for (const Thread* at = &t; at; at = at->parent ? &x_.threads.at(at->parent) : nullptr) {
    const auto it = at->variables.find(name);
    if (it != at->variables.end()) return &it->second;
  }
  return nullptr;
}

View Interpreter::view(const Thread& t, const Value& input) const {
  return {.input = &input,
          .context = [this, &t] { return context_object(t); },
          .variable = [this, &t](std::string_view name) { return variable(t, name); },
          .random = &context_.random,
          .now = context_.now,
          .spent = &evaluated_};
}

Evaluated<Value> Interpreter::effective_input(Thread& t) {
  const State& state = state_of(t);
  if (state.input_nothing) return Value::object();
  if (!state.input_path) return t.input;
  return look_up(*state.input_path, view(t, t.input));
}

Evaluated<Value> Interpreter::join_result(const ResultPath& path, const Value& raw, const Value& result, const State&) const {
  if (path.mode == ResultPath::Mode::replace) return result;
  if (path.mode == ResultPath::Mode::discard) return raw;
  auto joined = path.path->write(raw, result);
  if (joined) return *std::move(joined);
  return std::unexpected(Fault{.error = "States.ResultPathMatchFailure",
                               .cause = fmt::format("Unable to apply step \"{}\" to input {}", path.path->text(), json::write(raw))});
}

Evaluated<Value> Interpreter::output_filter(Thread& t, const Value& value) {
  const State& state = state_of(t);
  if (state.output_nothing) return Value::object();
  if (!state.output_path) return value;
  return look_up(*state.output_path, view(t, value));
}

void Interpreter::assign(Thread& t, const Value& assigned) {
  if (!assigned.is_object()) return;
  for (const auto& [name, value] : assigned.members()) {
    Value& held = t.variables[std::string(name)];
    if (t.variables_bytes > 0) t.variables_bytes -= std::min(t.variables_bytes, json::written_size(held));
    t.variables_bytes += json::written_size(value);
    held = value;
  }
  // TestState shows what it was given, and on top of that what the state assigned.
  if (!seen_ || &assigned == &seen_->variables) return;
  json::Value shown = seen_->variables.is_object() ? seen_->variables : json::Value::object();
  for (const auto& [name, value] : assigned.members()) shown = shown.with(name, value);
  seen_->variables = std::move(shown);
}

std::optional<Fault> Interpreter::too_much_assigned(const Thread& t, const Value& assigned) const {
  if (!assigned.is_object()) return std::nullopt;
  size_t fresh = 0, all = 0;
  for (const auto& [name, value] : assigned.members()) fresh += json::written_size(value);
  for (const auto& [id, thread] : x_.threads) all += thread.variables_bytes;
  if (fresh <= kAssignBytesMax && all + fresh > kVariablesBytesMax) {
    // What is replaced does not count.
    for (const auto& [name, value] : assigned.members()) {
      if (const auto held = t.variables.find(name); held != t.variables.end()) all -= std::min(all, json::written_size(held->second));
    }
  }
  if (fresh <= kAssignBytesMax && all + fresh <= kVariablesBytesMax) return std::nullopt;
  return Fault{.error = "States.DataLimitExceeded",
               .cause = fmt::format("The state '{}' assigned variables with a size exceeding the maximum number of bytes service limit.", state_of(t).name)};
}

std::optional<Fault> Interpreter::too_large(const Thread& t, const Value& value) const {
  // What came in unchanged was measured where it was made.
  if (value.same(t.input)) return std::nullopt;
  if (json::written_size(value) <= kPayloadBytesMax) return std::nullopt;
  const State& state = state_of(t);
  const std::string who = state.resource && !state.resource->resource_type.empty() ? state.resource->resource_type
                          : state.resource                                        ? state.resource->arn
                                                                                  : state.name;
  return Fault{.error = "States.DataLimitExceeded",
               .cause = fmt::format("The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.", who)};
}

}  // namespace asl
