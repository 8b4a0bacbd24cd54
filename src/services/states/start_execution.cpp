// StartExecution and StartSyncExecution (spec/sfn-api.md 3).
#include <fmt/format.h>

#include <array>

#include "language/json/parse.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {

constexpr size_t kInputBytesMax = 262'144;

Result<Value> parse_input(std::string_view text) {
  if (text.empty()) return fail("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'");
  if (text.size() > kInputBytesMax) {
    return fail("ValidationException", fmt::format("1 validation error detected: Value at 'input' failed to satisfy constraint: "
                                                   "Member must have length less than or equal to {}", kInputBytesMax));
  }
  auto value = json::parse_detailed(text);
  if (!value) {
    return fail("InvalidExecutionInput", fmt::format("Invalid State Machine Execution Input: '{}'", value.error().message));
  }
  return *std::move(value);
}

// The ARN of an execution of a machine: the machine's own with another resource. A run of an Express machine has an id of its own, since
// its name may be used again.
std::string execution_arn(const StateMachine& machine, std::string_view name, Random& random) {
  constexpr std::string_view kResource = "stateMachine:";
  std::string arn;
  arn.reserve(machine.arn.size() + name.size() + 40);
  arn.append(machine.arn, 0, machine.arn.size() - kResource.size() - machine.name.size());
  arn.append(machine.express ? "express:" : "execution:").append(machine.name).append(":").append(name);
  if (machine.express) arn.append(":").append(random.uuid());
  return arn;
}

std::string input_text(const Value& params) {
  const Value* given = params.find("input");
  return given && given->is_string() ? std::string(given->as_string()) : "{}";
}

}  // namespace

Result<Value> States::start_execution(const Call& call) {
  const Value& params = call.params;
  const bool named = params.find("name") && params["name"].is_string();
  std::string name(params.text("name"));
  if (named && !is_valid_name(name)) return fail("InvalidName", fmt::format("Invalid Name: '{}'", name));
  const Name machine_name = TRY(parse_machine_arn(params.text("stateMachineArn")));
  TRY(refuse_label(machine_name));
  Target target = TRY(resolve(call, machine_name));
  const StateMachine& machine = *target.machine;
  std::string input = input_text(params);
  Value value = TRY(parse_input(input));
  if (machine.deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", machine.arn));
  if (!named) name = kit_.random.uuid();

  std::string arn = execution_arn(machine, name, kit_.random);
  engine::Record record{.arn = std::move(arn), .name = std::move(name), .machine_arn = machine.arn,
                        .version_arn = std::move(target.version_arn), .alias_arn = std::move(target.alias_arn),
                        .definition = target.revision->definition, .role_arn = target.revision->role_arn,
                        .input = std::move(input), .trace_header = std::string(params.text("traceHeader")), .start = call.at};
  if (call.internal) record.parent_arn = params.text("parentExecutionArn");
  if (named && !machine.express) {
    if (const auto there = engine_.find(record.arn)) {
      // Starting the same again is no error while it runs: the client may not have heard the answer.
      if (there->status == engine::Outcome::running && there->input == record.input) {
        return json::object({{"executionArn", there->arn}, {"startDate", there->start.seconds()}});
      }
      return fail("ExecutionAlreadyExists", fmt::format("Execution Already Exists: '{}'", there->arn));
    }
  }
  if (!machine.express) TRY(admit(record.arn));
  const Value answer = json::object({{"executionArn", record.arn}, {"startDate", record.start.seconds()}});
  if (machine.express) {
    start_express(std::move(record), std::move(value));
  } else {
    engine_.start(std::move(record), std::move(value), machine.name, machine_name.parts.region);
  }
  return answer;
}

void States::start_express(engine::Record&& record, Value input) {
  const Name name = *parse_arn(record.arn);
  const services::Scope scope = scope_of(name);
  ExpressStart start{record.arn, record.name, record.machine_arn, record.version_arn, record.alias_arn, record.definition, record.role_arn,
                     record.input, record.trace_header, record.start};
  engine_.start_express(std::move(record), std::move(input), name.machine, name.parts.region,
                        [this, scope, arn = start.arn](const engine::Record&) { express_.erase(scope, arn); });
  // Most are over by now.
  if (!engine_.is_open(start.arn)) return;
  const std::string arn = start.arn;
  express_.put(scope, arn, std::move(start));
}

void States::start_express_again() {
  std::vector<ExpressStart> begun;
  for (const auto& [scope, starts] : express_.scopes()) {
    for (const auto& [arn, start] : starts) begun.push_back(start);
  }
  for (ExpressStart& s : begun) {
    auto input = json::parse(s.input);
    if (!input) continue;
    start_express({.arn = std::move(s.arn), .name = std::move(s.name), .machine_arn = std::move(s.machine_arn), .version_arn = std::move(s.version_arn),
                   .alias_arn = std::move(s.alias_arn), .definition = std::move(s.definition), .role_arn = std::move(s.role_arn),
                   .input = std::move(s.input), .trace_header = std::move(s.trace_header), .start = s.start},
                  *std::move(input));
  }
}

namespace {
// Billing as AWS rounds it: memory in steps of 64 MB, time in steps of 100 ms.
Value billing(const engine::Record& record) {
  const int64_t duration = record.stop - record.start;
  return json::object({{"billedMemoryUsedInMB", 64}, {"billedDurationInMilliseconds", (std::max<int64_t>(duration, 1) + 99) / 100 * 100}});
}

// What StartSyncExecution answers. `input` as it was given.
Value sync_answer(const engine::Record& closed, bool with_data, const Value& input) {
  static const Value kIncluded = json::object({{"included", true}}), kLeftOut = json::object({{"included", false}});
  std::array<json::Member, 14> out;
  size_t members = 0;
  const auto add = [&](std::string_view name, Value value) { out[members++] = {name, std::move(value)}; };
  add("executionArn", closed.arn);
  add("stateMachineArn", closed.machine_arn);
  add("name", closed.name);
  add("startDate", closed.start.seconds());
  add("stopDate", closed.stop.seconds());
  add("status", closed.status == engine::Outcome::aborted ? "FAILED" : engine::status_text(closed.status));
  if (closed.error) add("error", *closed.error);
  if (closed.cause) add("cause", *closed.cause);
  if (with_data) add("input", input.is_string() ? input : Value(closed.input));
  add("inputDetails", with_data ? kIncluded : kLeftOut);
  if (closed.output && with_data) add("output", *closed.output);
  add("outputDetails", with_data ? kIncluded : kLeftOut);
  if (!closed.trace_header.empty()) add("traceHeader", closed.trace_header);
  add("billingDetails", billing(closed));
  constexpr bool kDistinct = true;
  return Value::object_of(std::span(out).first(members), kDistinct);
}
}  // namespace

void States::start_sync_execution(const Call& call, protocol::Reply reply) {
  const Value& params = call.params;
  const auto run = [&]() -> Status {
    std::string name(params.text("name"));
    if (params.find("name") && !is_valid_name(name)) return fail("InvalidName", fmt::format("Invalid Name: '{}'", name));
    const Name machine_name = TRY(parse_machine_arn(params.text("stateMachineArn")));
    TRY(refuse_label(machine_name));
    Target target = TRY(resolve(call, machine_name));
    const StateMachine& machine = *target.machine;
    if (!machine.express) {
      return fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
    }
    std::string input = input_text(params);
    Value value = TRY(parse_input(input));
    if (name.empty()) name = kit_.random.uuid();
    std::string arn = execution_arn(machine, name, kit_.random);
    engine::Record record{.arn = std::move(arn), .name = std::move(name), .machine_arn = machine.arn,
                          .version_arn = std::move(target.version_arn), .alias_arn = std::move(target.alias_arn),
                          .definition = target.revision->definition, .role_arn = target.revision->role_arn,
                          .input = std::move(input), .trace_header = std::string(params.text("traceHeader")), .start = call.at, .synchronous = true};
    const bool with_data = params.text("includedData") != "METADATA_ONLY";
    engine_.start_express(std::move(record), std::move(value), machine.name, machine_name.parts.region,
                          [reply = std::move(reply), with_data, given = params["input"]](const engine::Record& closed) mutable {
                            reply(sync_answer(closed, with_data, given));
                          });
    return {};
  };
  if (auto status = run(); !status) reply(std::unexpected(std::move(status).error()));
}

}  // namespace states
