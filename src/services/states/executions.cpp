// Describe, list and stop executions, and read their history.
#include <fmt/format.h>

#include <cstdlib>

#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {

std::unexpected<Error> no_such_execution(std::string_view arn) {
  return fail("ExecutionDoesNotExist", fmt::format("Execution Does Not Exist: '{}'", arn));
}

void add_redrive(json::ObjectBuilder& out, const engine::Record& r) {
  out.add("redriveCount", r.redrive_count);
  if (r.redrive_count > 0) out.add("redriveDate", r.redrive.seconds());
  using enum engine::Outcome;
  if (r.status == running || r.status == succeeded) {
    out.add("redriveStatus", "NOT_REDRIVABLE");
    out.add("redriveStatusReason", fmt::format("Execution is {} and cannot be redriven", engine::status_text(r.status)));
  } else {
    out.add("redriveStatus", r.map_run_arn.empty() ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN");
  }
}

}  // namespace

Result<Value> States::describe_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  TRY(parse_execution_arn(arn));
  const auto r = engine_.find(arn);
  if (!r) return no_such_execution(arn);
  const bool with_data = call.params.text("includedData") != "METADATA_ONLY";
  const Value details = json::object({{"included", with_data}});
  json::ObjectBuilder out;
  out.add("executionArn", r->arn).add("stateMachineArn", r->machine_arn).add("name", r->name);
  out.add("status", engine::status_text(r->status)).add("startDate", r->start.seconds());
  if (r->status != engine::Outcome::running) out.add("stopDate", r->stop.seconds());
  if (with_data) out.add("input", r->input);
  out.add("inputDetails", details);
  if (r->output) {
    if (with_data) out.add("output", *r->output);
    out.add("outputDetails", details);
  }
  out.add_text("traceHeader", r->trace_header).add_text("mapRunArn", r->map_run_arn);
  // A time-out is told by its status alone.
  const bool told = with_data && r->status != engine::Outcome::timed_out;
  if (told && r->error) out.add("error", *r->error);
  if (told && r->cause) out.add("cause", *r->cause);
  out.add_text("stateMachineVersionArn", r->version_arn).add_text("stateMachineAliasArn", r->alias_arn);
  add_redrive(out, *r);
  return out.build();
}

Result<Value> States::list_executions(const Call& call) {
  const Value& params = call.params;
  const std::string_view machine_arn = params.text("stateMachineArn"), map_run_arn = params.text("mapRunArn");
  if (machine_arn.empty() == map_run_arn.empty()) {
    return fail("ValidationException", "Must provide exactly one of stateMachineArn or mapRunArn");
  }
  std::string owner(map_run_arn), qualifier;
  if (!machine_arn.empty()) {
    const Name name = TRY(parse_machine_arn(machine_arn));
    const StateMachine* machine = TRY(find_machine(name));
    if (machine->express) {
      return fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
    }
    owner = machine->arn;
    if (name.kind == Name::Kind::version || name.kind == Name::Kind::alias) qualifier = machine_arn;
  } else {
    TRY(parse_arn(map_run_arn));
  }
  const PageAsked asked = TRY(page_asked(call, 1000));
  const auto status = engine::status_from(params.text("statusFilter"));
  const std::string_view redrive = params.text("redriveFilter");
  std::vector<Value> list;
  // Whatever the index cannot answer is filtered here, page by page, within a bound.
  constexpr int kPagesMax = 50;
  engine::Page page{.next = asked.from};
  for (int pages = 0; pages < kPagesMax && list.size() < asked.limit && (pages == 0 || !page.next.empty()); ++pages) {
    page = engine_.list(owner, status, asked.limit - list.size(), page.next);
    for (const engine::Record& r : page.records) {
      if (!qualifier.empty() && r.version_arn != qualifier && r.alias_arn != qualifier) continue;
      if (redrive == "REDRIVEN" && r.redrive_count == 0) continue;
      if (redrive == "NOT_REDRIVEN" && r.redrive_count > 0) continue;
      json::ObjectBuilder one;
      one.add("executionArn", r.arn).add("stateMachineArn", r.machine_arn).add("name", r.name);
      one.add("status", engine::status_text(r.status)).add("startDate", r.start.seconds());
      if (r.status != engine::Outcome::running) one.add("stopDate", r.stop.seconds());
      one.add_text("mapRunArn", r.map_run_arn);
      one.add_text("stateMachineVersionArn", r.version_arn).add_text("stateMachineAliasArn", r.alias_arn);
      one.add("redriveCount", r.redrive_count);
      if (r.redrive_count > 0) one.add("redriveDate", r.redrive.seconds());
      list.push_back(one.build());
    }
  }
  json::ObjectBuilder out;
  out.add("executions", Value::array(std::move(list)));
  add_next_token(out, call, page.next);
  return out.build();
}

Result<Value> States::stop_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  TRY(parse_execution_arn(arn));
  auto record = engine_.find(arn);
  if (!record) return no_such_execution(arn);
  if (record->status == engine::Outcome::running) {
    const auto optional = [&](std::string_view member) -> std::optional<std::string> {
      const Value* value = call.params.find(member);
      if (!value || !value->is_string()) return std::nullopt;
      return std::string(value->as_string());
    };
    engine_.stop(arn, optional("error"), optional("cause"));
    record = engine_.find(arn);
  }
  return json::object({{"stopDate", record->stop.seconds()}});
}

Result<Value> States::get_execution_history(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  TRY(parse_execution_arn(arn));
  const auto record = engine_.find(arn);
  if (!record) return no_such_execution(arn);
  const PageAsked page = TRY(page_asked(call, 1000));
  const Value& reverse = call.params["reverseOrder"];
  const bool backward = reverse.is_bool() && reverse.as_bool();
  const Value& included = call.params["includeExecutionData"];
  const bool with_data = !included.is_bool() || included.as_bool();
  uint64_t first = backward ? record->events : 1;
  if (!page.from.empty()) {
    // The token says which event comes next, and of which execution.
    const size_t space = page.from.find(' ');
    if (space == std::string::npos || std::string_view(page.from).substr(space + 1) != arn) {
      return fail("InvalidToken", "Invalid Token: 'Invalid token'");
    }
    first = std::strtoull(page.from.c_str(), nullptr, 10);
  }
  const size_t limit = call.params["maxResults"].as_int64().value_or(0) > 0 ? page.limit : 1000;
  const auto events = engine_.history(arn, first, limit, backward ? store::Order::backward : store::Order::forward);
  std::vector<Value> list;
  list.reserve(events.size());
  for (const asl::Event& event : events) {
    Value shown = event.to_wire(with_data);
    // The input stands there as the client wrote it, and so it enters the first state.
    if (event.id <= 2 && event.data && with_data) {
      const std::string_view details = asl::details_name(event.type);
      shown = shown.with(details, shown[details].with("input", record->input));
    }
    list.push_back(std::move(shown));
  }
  json::ObjectBuilder out;
  out.add("events", Value::array(std::move(list)));
  if (!events.empty()) {
    const uint64_t last = events.back().id;
    if (backward ? last > 1 : last < record->events) add_next_token(out, call, fmt::format("{} {}", backward ? last - 1 : last + 1, arn));
  }
  return out.build();
}

}  // namespace states
