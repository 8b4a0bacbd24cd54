// StartExecution and StartSyncExecution (spec/sfn-api.md 3).
#include <fmt/format.h>

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
  Name machine_name = TRY(parse_machine_arn(params.text("stateMachineArn")));
  TRY(refuse_label(machine_name));
  const Target target = TRY(resolve(call, machine_name));
  const StateMachine& machine = *target.machine;
  std::string input = input_text(params);
  Value value = TRY(parse_input(input));
  if (machine.deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", machine.arn));
  if (!named) name = kit_.random.uuid();

  Arn arn = std::move(machine_name.parts);
  const std::string region = arn.region;
  arn.resource = machine.express ? fmt::format("express:{}:{}:{}", machine.name, name, kit_.random.uuid())
                                 : fmt::format("execution:{}:{}", machine.name, name);
  engine::Record record{.arn = arn.text(), .name = std::move(name), .machine_arn = machine.arn,
                        .version_arn = target.version_arn, .alias_arn = target.alias_arn,
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
    engine_.start(std::move(record), std::move(value), machine.name, region);
  }
  return answer;
}

void States::start_express(engine::Record record, Value input) {
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
}  // namespace

void States::start_sync_execution(const Call& call, protocol::Reply reply) {
  const Value& params = call.params;
  const auto run = [&]() -> Status {
    std::string name(params.text("name"));
    if (params.find("name") && !is_valid_name(name)) return fail("InvalidName", fmt::format("Invalid Name: '{}'", name));
    Name machine_name = TRY(parse_machine_arn(params.text("stateMachineArn")));
    TRY(refuse_label(machine_name));
    const Target target = TRY(resolve(call, machine_name));
    const StateMachine& machine = *target.machine;
    if (!machine.express) {
      return fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
    }
    std::string input = input_text(params);
    Value value = TRY(parse_input(input));
    if (name.empty()) name = kit_.random.uuid();
    Arn arn = *Arn::parse(machine.arn);
    const std::string region = arn.region;
    arn.resource = fmt::format("express:{}:{}:{}", machine.name, name, kit_.random.uuid());
    engine::Record record{.arn = arn.text(), .name = std::move(name), .machine_arn = machine.arn,
                          .version_arn = target.version_arn, .alias_arn = target.alias_arn,
                          .definition = target.revision->definition, .role_arn = target.revision->role_arn,
                          .input = std::move(input), .trace_header = std::string(params.text("traceHeader")), .start = call.at, .synchronous = true};
    const bool with_data = params.text("includedData") != "METADATA_ONLY";
    engine_.start_express(std::move(record), std::move(value), machine.name, region,
                          [reply = std::move(reply), with_data, given = params["input"]](const engine::Record& closed) mutable {
      json::ObjectBuilder out;
      out.add("executionArn", closed.arn).add("stateMachineArn", closed.machine_arn).add("name", closed.name);
      out.add("startDate", closed.start.seconds()).add("stopDate", closed.stop.seconds());
      out.add("status", closed.status == engine::Outcome::aborted ? "FAILED" : engine::status_text(closed.status));
      if (closed.error) out.add("error", *closed.error);
      if (closed.cause) out.add("cause", *closed.cause);
      if (with_data) out.add("input", given.is_string() ? given : Value(closed.input));
      out.add("inputDetails", json::object({{"included", with_data}}));
      if (closed.output && with_data) out.add("output", *closed.output);
      out.add("outputDetails", json::object({{"included", with_data}}));
      out.add_text("traceHeader", closed.trace_header);
      out.add("billingDetails", billing(closed));
      reply(out.build());
    });
    return {};
  };
  if (auto status = run(); !status) reply(std::unexpected(std::move(status).error()));
}

}  // namespace states
