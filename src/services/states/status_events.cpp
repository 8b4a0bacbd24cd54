// What the service tells the world about its executions: "Step Functions Execution Status Change".
#include <fmt/format.h>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {

// DescribeExecution's shape with times in milliseconds (spec/sfn-api.md 10).
Value detail_of(const engine::Record& r) {
  const auto text = [](const std::optional<std::string>& value) { return value ? Value(*value) : Value(); };
  const Value details = json::object({{"included", true}});
  const bool closed = r.status != engine::Outcome::running;
  json::ObjectBuilder out;
  out.add("executionArn", r.arn).add("stateMachineArn", r.machine_arn).add("name", r.name);
  out.add("status", engine::status_text(r.status)).add("startDate", r.start.ms);
  out.add("stopDate", closed ? Value(r.stop.ms) : Value());
  out.add("input", r.input).add("inputDetails", details);
  out.add("output", text(r.output)).add("outputDetails", r.output ? details : Value());
  out.add("error", text(r.error)).add("cause", text(r.cause));
  out.add("stateMachineVersionArn", r.version_arn.empty() ? Value() : Value(r.version_arn));
  out.add("stateMachineAliasArn", r.alias_arn.empty() ? Value() : Value(r.alias_arn));
  out.add("redriveCount", r.redrive_count).add("redriveDate", r.redrive_count > 0 ? Value(r.redrive.ms) : Value());
  return out.build();
}

}  // namespace

// Executions come in numbers: an event that no rule would take is not made.
bool States::has_listeners(const services::Scope& scope) {
  if (tells_every_status_) return true;
  // Rules change with a commit. Between two there may be many changes of a status: what runs through in one step has two at once.
  const store::Position head = kit_.store.head();
  if (heard_.at == head && heard_.scope == scope) return heard_.heard;
  auto it = asks_for_listeners_.find(scope);
  if (it == asks_for_listeners_.end()) {
    if (!kit_.registry.has("events", "PutEvents")) return false;
    constexpr size_t kScopesMax = 10'000;  // anybody may make an account up: the calls are made again
    if (asks_for_listeners_.size() >= kScopesMax) asks_for_listeners_.clear();
    Call call = kit_.registry.internal(protocol::Principal::aws_service("states.amazonaws.com", scope.account), scope.region, "events", "HearsSource",
                                       json::object({{"Source", "aws.states"}}));
    it = asks_for_listeners_.emplace(scope, std::move(call)).first;
  }
  bool heard = true;
  kit_.registry.call(it->second, [&](Result<Value> answer) { heard = !answer || !answer->is_bool() || answer->as_bool(); });
  heard_ = {scope, head, heard};
  return heard;
}

void States::status_changed(const engine::Record& r) {
  watch_.status_changed(r);
  if (r.express) return;
  const Whose of = whose(r.arn);
  const services::Scope scope{std::string(of.account), std::string(of.region)};
  feed_.progressed(r);
  kit_.store.changes().say("states/execution", "", "", r.map_run_arn.empty() ? r.machine_arn : r.map_run_arn);
  // Children of a map run are told to their run alone.
  if (!r.map_run_arn.empty()) {
    if (r.status != engine::Outcome::running) map_runs_.child_ended(r);
    return;
  }
  if (has_listeners(scope)) {
    const Value entry = json::object({{"Source", "aws.states"}, {"DetailType", "Step Functions Execution Status Change"},
                                      {"Resources", json::array({r.arn})}, {"Detail", json::write(detail_of(r))}});
    kit_.registry.call(kit_.registry.internal(protocol::Principal::aws_service("states.amazonaws.com", scope.account),
                                              scope.region, "events", "PutEvents",
                                              json::object({{"Entries", json::array({entry})}})),
                       [](Result<Value>) {});
  }
  if (r.status == engine::Outcome::running) return;
  // A machine that is being deleted goes with its last execution.
  const StateMachine* machine = machines_.find(scope, of.machine);
  if (machine && machine->deleting && engine_.open_executions(machine->arn, 1).empty()) machines_.erase(scope, of.machine);
}

void States::progressed(const engine::Record& r, const std::vector<asl::Event>& events) {
  watch_.progressed(r, events);
  feed_.progressed(r);
  if (r.status != engine::Outcome::running) return;
  const Whose of = whose(r.arn);
  const StateMachine* machine = machines_.find({std::string(of.account), std::string(of.region)}, of.machine);
  // Executions of a machine that is being deleted end at their next transition.
  if (machine && machine->deleting) {
    kit_.loop.post([this, arn = r.arn] { engine_.stop(arn, std::nullopt, std::nullopt); });
  }
}

void States::forgotten(const std::string& arn) { map_runs_.forget_of(arn); }

}  // namespace states
