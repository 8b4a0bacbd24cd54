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

}  // namespace

Result<Value> States::describe_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  const auto r = find_execution(call, TRY(parse_execution_arn(arn)));
  if (!r) return no_such_execution(arn);
  const bool with_data = call.params.text("includedData") != "METADATA_ONLY";
  const Value details = json::object({{"included", with_data}});
  json::ObjectBuilder out;
  out.add("executionArn", r->arn).add("stateMachineArn", r->machine_arn).add("name", r->name);
  const bool waits = map_runs_.waits_for_redrive(r->map_run_arn, r->arn);
  out.add("status", waits ? "PENDING_REDRIVE" : engine::status_text(r->status)).add("startDate", r->start.seconds());
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
  const Redrivable redrivable = redrivable_of(*r);
  out.add("redriveCount", r->redrive_count);
  if (r->redrive_count > 0) out.add("redriveDate", r->redrive.seconds());
  out.add("redriveStatus", redrivable.status);
  out.add_text("redriveStatusReason", redrivable.reason);
  return out.build();
}

Result<Value> States::list_executions(const Call& call) {
  const Value& params = call.params;
  const std::string_view machine_arn = params.text("stateMachineArn"), map_run_arn = params.text("mapRunArn");
  if (machine_arn.empty() == map_run_arn.empty()) {
    return fail("ValidationException", "Must provide exactly one of stateMachineArn or mapRunArn");
  }
  std::string owner;
  if (!machine_arn.empty()) {
    const Name name = TRY(parse_machine_arn(machine_arn));
    TRY(refuse_label(name));
    const StateMachine* machine = TRY(find_machine(call, name));
    if (machine->express) {
      return fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
    }
    const bool known = name.kind == Name::Kind::machine ||
                       (name.kind == Name::Kind::version ? machine->versions.contains(std::strtoull(name.qualifier.c_str(), nullptr, 10))
                                                         : machine->aliases.contains(name.qualifier));
    if (!known) return fail("StateMachineDoesNotExist", fmt::format("State Machine Does Not Exist: '{}'", name.arn));
    owner = machine_arn;
  } else {
    TRY(find_map_run(call));
    owner = map_run_arn;
  }
  const PageAsked page = TRY(page_asked(call));
  const std::string_view redrive = params.text("redriveFilter");
  engine::ListAsked asked{.owner = owner, .status = engine::status_from(params.text("statusFilter")), .limit = page.limit, .from = page.from};
  if (redrive == "REDRIVEN") asked.redrives = engine::Redrives::redriven;
  if (redrive == "NOT_REDRIVEN") asked.redrives = engine::Redrives::never;
  const bool waits_for_redrive = params.text("statusFilter") == "PENDING_REDRIVE";
  engine::Listing found;
  if (waits_for_redrive) {
    for (const std::string& arn : map_runs_.pending_redrive(map_run_arn, page.limit)) {
      if (const auto r = engine_.find(arn)) found.entries.push_back(*engine::decode_listed(engine::encode_listed(*r)));
    }
  } else {
    found = engine_.list(asked);
  }
  std::vector<Value> list;
  list.reserve(found.entries.size());
  for (const engine::Listed& r : found.entries) {
    json::ObjectBuilder one;
    one.add("executionArn", r.arn).add("stateMachineArn", r.machine_arn()).add("name", r.name());
    const bool waits = waits_for_redrive || map_runs_.waits_for_redrive(r.map_run_arn, r.arn);
    if (waits && asked.status) continue;
    one.add("status", waits ? "PENDING_REDRIVE" : engine::status_text(r.status)).add("startDate", r.start.seconds());
    if (r.status != engine::Outcome::running) one.add("stopDate", r.stop.seconds());
    one.add_text("mapRunArn", r.map_run_arn);
    if (!r.map_run_arn.empty()) one.add("itemCount", r.item_count);
    one.add_text("stateMachineVersionArn", r.version_arn).add_text("stateMachineAliasArn", r.alias_arn);
    one.add("redriveCount", r.redrive_count);
    if (r.redrive_count > 0) one.add("redriveDate", r.redrive.seconds());
    list.push_back(one.build());
  }
  json::ObjectBuilder out;
  out.add("executions", Value::array(std::move(list)));
  add_next_token(out, call, found.next);
  return out.build();
}

Result<Value> States::stop_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  auto record = find_execution(call, TRY(parse_execution_arn(arn)));
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
  const auto record = find_execution(call, TRY(parse_execution_arn(arn)));
  if (!record) return no_such_execution(arn);
  const PageAsked page = TRY(page_asked(call));
  const Value& reverse = call.params["reverseOrder"];
  const bool backward = reverse.is_bool() && reverse.as_bool();
  const Value& included = call.params["includeExecutionData"];
  const bool with_data = !included.is_bool() || included.as_bool();
  uint64_t first = backward ? record->events : 1;
  if (!page.from.empty()) {
    // The token says which event comes next.
    first = std::strtoull(page.from.c_str(), nullptr, 10);
  }
  const auto events = engine_.history(arn, first, page.limit, backward ? store::Order::backward : store::Order::forward);
  std::vector<Value> list;
  list.reserve(events.size());
  for (const asl::Event& event : events) list.push_back(shown_event(event, *record, with_data));
  json::ObjectBuilder out;
  out.add("events", Value::array(std::move(list)));
  if (!events.empty()) {
    const uint64_t last = events.back().id;
    if (backward ? last > 1 : last < record->events) add_next_token(out, call, std::to_string(backward ? last - 1 : last + 1));
  }
  return out.build();
}

}  // namespace states
