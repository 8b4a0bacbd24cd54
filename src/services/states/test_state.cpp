// TestState: one state, run by the interpreter as it always runs, and looked into (spec/sfn-api.md 6).
#include <fmt/format.h>

#include "language/json/parse.h"
#include "services/states/configuration.h"
#include "services/states/mock.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {

// The name of a state that is tested alone.
constexpr std::string_view kName = "StateName";

struct Tested {
  std::string name;
  Value state;
  std::string definition;  // a machine of this state alone
};

const Value* find_state(const Value& scope, std::string_view name) {
  if (!scope["States"].is_object()) return nullptr;
  if (const Value* found = scope["States"].find(name)) return found;
  for (const auto& [other, state] : scope["States"].members()) {
    for (const std::string_view inner : {"ItemProcessor", "Iterator"}) {
      if (const Value* processor = state.find(inner)) {
        if (const Value* found = find_state(*processor, name)) return found;
      }
    }
    if (!state["Branches"].is_array()) continue;
    for (const Value& branch : state["Branches"].items()) {
      if (const Value* found = find_state(branch, name)) return found;
    }
  }
  return nullptr;
}

Result<Tested> tested(const Value& params) {
  const std::string_view text = params.text("definition");
  const auto parsed = json::parse(text);
  // What is not even JSON is told by the compiler.
  if (!parsed || !parsed->is_object()) return Tested{std::string(kName), Value(), std::string(text)};
  Tested out{std::string(params.text("stateName", kName)), *parsed, ""};
  const bool machine = parsed->find("States") != nullptr;
  if (machine) {
    const Value* found = find_state(*parsed, out.name);
    if (!found) return fail("ValidationException", "State not found in definition");
    out.state = *found;
  }
  json::ObjectBuilder whole;
  if (machine && parsed->find("QueryLanguage")) whole.add("QueryLanguage", (*parsed)["QueryLanguage"]);
  whole.add("StartAt", out.name).add("States", json::object({{out.name, out.state}}));
  out.definition = json::write(whole.build());
  return out;
}

Result<Value> json_param(const Value& params, std::string_view name, const Value& otherwise) {
  const Value* given = params.find(name);
  if (!given || !given->is_string()) return otherwise;
  auto parsed = json::parse(given->as_string());
  if (!parsed) return fail("InvalidExecutionInput", fmt::format("Invalid State Machine Execution Input: '{}'", parsed.error().message));
  return *std::move(parsed);
}

// JSON as TestState writes it, recorded: a blank behind each comma and colon.
void write_spaced(const Value& value, std::string& out) {
  const char* separator = "";
  if (value.is_array()) {
    out.push_back('[');
    for (const Value& item : value.items()) {
      out += std::exchange(separator, ", ");
      write_spaced(item, out);
    }
    out.push_back(']');
  } else if (value.is_object()) {
    out.push_back('{');
    for (const auto& [name, member] : value.members()) {
      out += std::exchange(separator, ", ");
      out += json::write(Value(name)) + ": ";
      write_spaced(member, out);
    }
    out.push_back('}');
  } else {
    out += json::write(value);
  }
}

std::string spaced(const Value& value) {
  std::string out;
  write_spaced(value, out);
  return out;
}

// Checks the mock against the kind of state and puts it into the inspection.
Status take_mock(const Value& params, const Value& state, const asl::Machine& machine, asl::Inspection& inspection) {
  const std::string_view type = state.text("Type");
  const bool fans_out = type == "Map" || type == "Parallel";
  const Value& mock = params["mock"];
  const Value& configuration = params["stateConfiguration"];
  const bool mocks = mock.is_object() && (mock.find("result") || mock.find("errorOutput"));
  const auto invalid = [](std::string message) { return fail("ValidationException", std::move(message)); };
  if (!mocks && configuration.find("mapIterationFailureCount")) {
    return invalid("TestState does not support MapIterationFailureCount when a mock is not specified.");
  }
  if (!mocks && fans_out) {
    return fail("InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
  }
  if (!mocks) {
    if (type != "Task") return {};
    if (params.text("roleArn").empty()) return invalid("RoleArn must be specified when testing a Task state");
    const auto resources = machine.resources();
    const asl::Resource& resource = *resources.front();
    if (resource.kind == asl::Resource::Kind::activity || resource.pattern != asl::Resource::Pattern::request_response) {
      return fail("InvalidDefinition", fmt::format("TestState API does not support the resource {} without a mock.", resource.arn));
    }
    return {};
  }
  if (mock.find("result") && mock.find("errorOutput")) return invalid("A test mock should have only one of the following fields: [result, errorOutput].");
  if (type != "Task" && !fans_out) return invalid(fmt::format("State type '{}' is not supported when a mock is specified", type));
  if (params["revealSecrets"] == Value(true)) return invalid("TestState does not support RevealSecrets when a mock is specified.");
  if (const Value* error = mock.find("errorOutput")) {
    inspection.mock_error = std::string(error->text("error"));
    if (error->find("cause")) inspection.mock_cause = std::string(error->text("cause"));
    return {};
  }
  auto result = json::parse(mock.text("result"));
  if (!result) return invalid("Mocked result must be valid JSON");
  if (type == "Parallel") {
    if (!result->is_array()) return invalid("Mocked result must be an array.");
    if (result->size() != state["Branches"].size()) return invalid("Mocked result must contain the same number of items as number of Parallel branches.");
  } else if (type == "Map") {
    const bool writes = state["ResultWriter"].find("Resource") != nullptr;
    if (writes && !result->is_object()) return invalid("Mocked result must be a JSON object.");
    if (!writes && !result->is_array()) return invalid("Mocked result must be an array.");
  } else {
    const auto resources = machine.resources();
    const asl::Resource& resource = *resources.front();
    const bool any = resource.kind == asl::Resource::Kind::lambda || resource.kind == asl::Resource::Kind::activity;
    const std::string_view mode = mock.text("fieldValidationMode", "STRICT");
    const auto checks = mode == "NONE" ? FieldValidation::none : mode == "PRESENT" ? FieldValidation::present : FieldValidation::strict;
    if (!any && !result->is_object() && checks != FieldValidation::none) return invalid("Mocked result must be a JSON object.");
    if (!any) {
      if (auto fault = mock_fault(resource, *result, checks)) return invalid(fmt::format("Mock result schema validation error: {}", *fault));
    }
  }
  inspection.mock_result = *std::move(result);
  return {};
}

// Where the state has led.
std::string next_state(const Value& state, const asl::Inspection& seen) {
  if (seen.catch_index) return std::string(state["Catch"][static_cast<size_t>(*seen.catch_index)].text("Next"));
  if (state.text("Type") == "Choice") {
    return std::string(seen.choice ? state["Choices"][static_cast<size_t>(*seen.choice)].text("Next") : state.text("Default"));
  }
  return std::string(state.text("Next"));
}

Value told(const Value& params, const Value& state, const Value& input, const asl::Inspection& seen, const engine::Record& closed) {
  json::ObjectBuilder out;
  const bool caught = seen.left && seen.catch_index;
  if (seen.left) {
    out.add("output", spaced(seen.output));
    if (const std::string next = next_state(state, seen); !next.empty()) out.add("nextState", next);
  }
  const auto& error = caught || seen.retriable ? seen.error : closed.error;
  const auto& cause = caught || seen.retriable ? seen.cause : closed.cause;
  if (!seen.left || caught) {
    if (error) out.add("error", *error);
    if (cause) out.add("cause", *cause);
  }
  out.add("status", seen.retriable ? "RETRIABLE" : caught ? "CAUGHT_ERROR" : seen.left ? "SUCCEEDED" : "FAILED");
  const std::string_view level = params.text("inspectionLevel", "INFO");
  if (level == "INFO") return out.build();
  json::ObjectBuilder data;
  data.add("input", spaced(input));
  for (const auto& [stage, value] : seen.stages) {
    const bool number = stage == "maxConcurrency" || stage.starts_with("tolerated");
    data.add(stage, number ? value : Value(spaced(value)));
  }
  if (level == "TRACE") {
    if (seen.request.is_object()) data.add("request", seen.request);
    if (seen.response.is_object()) data.add("response", seen.response);
  }
  if (seen.variables.is_object() && seen.variables.size() > 0) data.add("variables", spaced(seen.variables));
  json::ObjectBuilder details;
  if (caught) details.add("catchIndex", *seen.catch_index);
  if (seen.retry_index && !caught) details.add("retryIndex", *seen.retry_index);
  if (seen.retry_delay_s) details.add("retryBackoffIntervalSeconds", *seen.retry_delay_s);
  if (!details.empty()) data.add("errorDetails", details.build());
  out.add("inspectionData", data.build());
  return out.build();
}

}  // namespace

void States::test_state(const Call& call, protocol::Reply reply) {
  const Value& params = call.params;
  const auto run = [&]() -> Status {
    if (params.find("roleArn")) TRY(check_role_arn(params.text("roleArn")));
    const Tested what = TRY(tested(params));
    auto compiled = asl::compile(what.definition, {.one_state = true});
    if (!compiled.machine) return fail("InvalidDefinition", fmt::format("Invalid State Machine Definition: '{}'", asl::join_errors(compiled.diagnostics)));
    auto inspection = std::make_shared<asl::Inspection>();
    inspection->reveals_secrets = params["revealSecrets"] == Value(true);
    TRY(take_mock(params, what.state, *compiled.machine, *inspection));
    const Value input = TRY(json_param(params, "input", Value::object()));
    if (params.find("context")) {
      const std::string_view type = what.state.text("Type");
      if (type != "Task" && type != "Map" && type != "Parallel") {
        return fail("ValidationException", fmt::format("State type '{}' is not supported when a mock is specified", type));
      }
      const Value context = TRY(json_param(params, "context", Value::object()));
      if (auto fault = context_fault(context)) return fail("ValidationException", fmt::format("Invalid Context object provided: {}", *fault));
      inspection->context = context;
    }
    inspection->variables = TRY(json_param(params, "variables", Value()));
    const Value& configuration = params["stateConfiguration"];
    inspection->retry_count = configuration["retrierRetryCount"].as_int64();
    inspection->failed_iterations = configuration["mapIterationFailureCount"].as_int64();
    if (configuration.find("mapItemReaderData")) inspection->reader_items = TRY(json_param(configuration, "mapItemReaderData", Value::array()));

    const std::string machine = kit_.random.uuid(), name = kit_.random.uuid();
    engine::Record record{.arn = call.arn(fmt::format("express:{}:{}", machine, name)), .name = name, .machine_arn = call.arn("stateMachine:" + machine),
                          .role_arn = std::string(params.text("roleArn")), .input = json::write(input), .start = call.at};
    auto answer = [params, state = what.state, input, inspection, reply = std::move(reply)](const engine::Record& closed) mutable {
      if (inspection->failed_iterations && static_cast<size_t>(*inspection->failed_iterations) > inspection->iterations && state.text("Type") == "Map") {
        return reply(fail("ValidationException", "Map iteration failure count must be less than or equal to the number of Map iterations"));
      }
      reply(told(params, state, input, *inspection, closed));
    };
    engine_.start_test(std::move(record), input, compiled.machine, machine, call.region, inspection, std::move(answer));
    return {};
  };
  if (auto status = run(); !status) reply(std::unexpected(std::move(status).error()));
}

}  // namespace states
