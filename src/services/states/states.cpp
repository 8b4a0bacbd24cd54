#include "services/states/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "protocol/pass_role.h"
#include "services/states/integrations/dispatch.h"

namespace states {

using protocol::Call;
using protocol::immediate;
using protocol::Need;

namespace {

std::string text(const Call& call, std::string_view member) { return std::string(call.params.text(member)); }

std::vector<Need> on(const Call& call, std::string_view resource) {
  std::vector<Need> out(1);
  out[0].action = "states:" + call.operation;
  out[0].resources.emplace_back(resource.empty() ? "*" : resource);
  return out;
}

// The right to do this to what the member's ARN names.
std::function<std::vector<Need>(const Call&)> on_member(std::string_view member) {
  return [member](const Call& call) { return on(call, call.params.text(member)); };
}

std::vector<Need> on_any(const Call& call) { return on(call, "*"); }

}  // namespace

States::States(services::Kit& kit, Settings settings)
    : kit_(kit),
      settings_(settings),
      machines_(kit.store, "states/machine"),
      activities_(kit.store, "states/activity"),
      express_(kit.store, "states/express"),
      watch_(kit, [this](const engine::Record& execution) { return logging_of(execution); }),
      engine_(kit.loop, kit.store, kit.random,
              [this](std::string_view execution, uint64_t task) { return task_token(execution, task); }),
      feed_(kit.loop, kit.store, engine_),
      map_runs_(engine_, kit),
      dispatch_(std::make_unique<Dispatch>(*this, kit)) {
  engine_.set_sink(dispatch_.get());
  engine_.set_observer(this);
}

States::~States() = default;

engine::ActionSink& States::tasks() { return *dispatch_; }

void States::load() {
  machines_.load();
  activities_.load();
  express_.load();
  map_runs_.load();
  offer_state_machines();
  offer_executions();
  offer_tasks();
}

void States::start() {
  engine_.recover();
  start_express_again();
  engine_.keep_for(settings_.retention_ms);
}

void States::offer_state_machines() {
  auto& registry = kit_.registry;
  const auto create_needs = [](const Call& call) {
    auto needs = on(call, call.arn("stateMachine:" + text(call, "name")));
    needs.push_back(protocol::pass_role(call.params.text("roleArn"), "states.amazonaws.com"));
    return needs;
  };
  const auto update_needs = [](const Call& call) {
    auto needs = on(call, call.params.text("stateMachineArn"));
    if (call.params.find("roleArn")) needs.push_back(protocol::pass_role(call.params.text("roleArn"), "states.amazonaws.com"));
    return needs;
  };
  registry.add("states", "CreateStateMachine",
               {.handle = [this](const Call& c, protocol::Reply r) { create_state_machine(c, std::move(r)); }, .needs = create_needs});
  registry.add("states", "UpdateStateMachine",
               {.handle = [this](const Call& c, protocol::Reply r) { update_state_machine(c, std::move(r)); }, .needs = update_needs});
  const auto add = [&](std::string_view name, Result<Value> (States::*method)(const Call&), auto needs) {
    registry.add("states", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, needs));
  };
  const auto machine = on_member("stateMachineArn");
  add("DescribeStateMachine", &States::describe_state_machine, machine);
  add("DescribeStateMachineForExecution", &States::describe_state_machine_for_execution, on_member("executionArn"));
  add("ListStateMachines", &States::list_state_machines, on_any);
  add("DeleteStateMachine", &States::delete_state_machine, machine);
  add("ValidateStateMachineDefinition", &States::validate_definition, on_any);
  add("PublishStateMachineVersion", &States::publish_version, machine);
  add("ListStateMachineVersions", &States::list_versions, machine);
  add("DeleteStateMachineVersion", &States::delete_version, on_member("stateMachineVersionArn"));
  add("CreateStateMachineAlias", &States::create_alias, [](const Call& call) {
    const Value& routes = call.params["routingConfiguration"];
    const std::string_view version = routes.is_array() && routes.size() > 0 ? routes[size_t{0}].text("stateMachineVersionArn") : "";
    const auto name = parse_machine_arn(version);
    return on(call, name ? name->machine_arn() : "*");
  });
  add("UpdateStateMachineAlias", &States::update_alias, on_member("stateMachineAliasArn"));
  add("DescribeStateMachineAlias", &States::describe_alias, on_member("stateMachineAliasArn"));
  add("ListStateMachineAliases", &States::list_aliases, machine);
  add("DeleteStateMachineAlias", &States::delete_alias, on_member("stateMachineAliasArn"));
  add("TagResource", &States::tag_resource, on_member("resourceArn"));
  add("UntagResource", &States::untag_resource, on_member("resourceArn"));
  add("ListTagsForResource", &States::list_tags, on_member("resourceArn"));
}

void States::offer_executions() {
  auto& registry = kit_.registry;
  const auto add = [&](std::string_view name, Result<Value> (States::*method)(const Call&), auto needs) {
    registry.add("states", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, needs));
  };
  add("StartExecution", &States::start_execution, on_member("stateMachineArn"));
  registry.add("states", "StartSyncExecution",
               {.handle = [this](const Call& c, protocol::Reply r) { start_sync_execution(c, std::move(r)); },
                .needs = on_member("stateMachineArn")});
  registry.add("states", "TestState", {.handle = [this](const Call& c, protocol::Reply r) { test_state(c, std::move(r)); },
                                       .needs = [](const Call& call) {
                                         auto needs = on_any(call);
                                         if (call.params["revealSecrets"] == json::Value(true)) needs.push_back({.action = "states:RevealSecrets", .resources = {"*"}});
                                         if (call.params.find("roleArn")) needs.push_back(protocol::pass_role(call.params.text("roleArn"), "states.amazonaws.com"));
                                         return needs;
                                       }});
  add("DescribeExecution", &States::describe_execution, on_member("executionArn"));
  add("RedriveExecution", &States::redrive_execution, on_member("executionArn"));
  add("StopExecution", &States::stop_execution, on_member("executionArn"));
  add("GetExecutionHistory", &States::get_execution_history, on_member("executionArn"));
  add("ListMapRuns", &States::list_map_runs, on_member("executionArn"));
  add("DescribeMapRun", &States::describe_map_run, on_member("mapRunArn"));
  add("UpdateMapRun", &States::update_map_run, on_member("mapRunArn"));
  add("ListExecutions", &States::list_executions, [](const Call& call) {
    return on(call, call.params.find("mapRunArn") ? call.params.text("mapRunArn") : call.params.text("stateMachineArn"));
  });
}

void States::offer_tasks() {
  auto& registry = kit_.registry;
  const auto add = [&](std::string_view name, Result<Value> (States::*method)(const Call&), auto needs) {
    registry.add("states", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, needs));
  };
  add("CreateActivity", &States::create_activity,
      [](const Call& call) { return on(call, call.arn("activity:" + text(call, "name"))); });
  add("DescribeActivity", &States::describe_activity, on_member("activityArn"));
  add("ListActivities", &States::list_activities, on_any);
  add("DeleteActivity", &States::delete_activity, on_member("activityArn"));
  registry.add("states", "GetActivityTask",
               {.handle = [this](const Call& c, protocol::Reply r) { get_activity_task(c, std::move(r)); },
                .needs = on_member("activityArn")});
  add("SendTaskSuccess", &States::send_task_success, on_any);
  add("SendTaskFailure", &States::send_task_failure, on_any);
  add("SendTaskHeartbeat", &States::send_task_heartbeat, on_any);
  // EventBridge's way to the engine: the target of managed rules.
  registry.add("states", "DeliverManagedEvent",
               immediate(
                   [this](const Call& call) -> Result<Value> {
                     if (!call.internal || call.caller.type != protocol::Principal::Type::service) {
                       return fail("UnknownOperationException", "");
                     }
                     dispatch_->managed_event(call.params["event"]);
                     return json::Value::object();
                   },
                   [](const Call&) { return std::vector<Need>{}; }));
}

bool States::reaches(const Call& call, const Name& name) {
  return call.internal || (name.parts.account == call.account && name.parts.region == call.region && name.parts.partition == call.partition);
}

std::optional<engine::Record> States::find_execution(const Call& call, const Name& name) {
  if (!reaches(call, name)) return std::nullopt;
  return engine_.find(name.arn);
}

Result<const StateMachine*> States::find_machine(const Call& call, const Name& name) const {
  const StateMachine* machine = machines_.find(scope_for(call, name), name.machine);
  if (!machine) return fail("StateMachineDoesNotExist", fmt::format("State Machine Does Not Exist: '{}'", name.arn));
  return machine;
}

std::optional<json::Value> States::logging_of(const engine::Record& execution) const {
  const auto name = parse_arn(execution.machine_arn);
  const StateMachine* machine = name ? machines_.find(scope_of(*name), name->machine) : nullptr;
  if (!machine) return std::nullopt;
  if (const auto version = parse_arn(execution.version_arn); version && version->kind == Name::Kind::version) {
    const auto it = machine->versions.find(std::strtoull(version->qualifier.c_str(), nullptr, 10));
    if (it != machine->versions.end()) return it->second.revision.logging;
  }
  return machine->revision.logging;
}

void States::report(Exposition& out) const {
  watch_.report(out);
  out.family("gantry_executions_open", "gauge", "Executions that run or wait.");
  out.sample(static_cast<double>(engine_.open_count()));
  out.family("gantry_executions_resident", "gauge", "Those of them that are in memory.");
  out.sample(static_cast<double>(engine_.resident_count()));
  out.family("gantry_timers", "gauge", "Timers of executions that are set.");
  out.sample(static_cast<double>(engine_.timer_count()));
  size_t work = 0, pollers = 0;
  for (const auto& [arn, queue] : activity_queues_) work += queue.work.size(), pollers += queue.pollers.size();
  out.family("gantry_activity_queue", "gauge", "Activity tasks that wait for a worker, workers that wait for a task, and activities at which any does.");
  out.sample({{"of", "tasks"}}, static_cast<double>(work));
  out.sample({{"of", "workers"}}, static_cast<double>(pollers));
  out.sample({{"of", "activities"}}, static_cast<double>(activity_queues_.size()));
}

const StateMachine& States::save(StateMachine machine) {
  watch_.machines_changed();
  const auto arn = Arn::parse(machine.arn);
  const std::string name = machine.name;
  return machines_.put({arn->account, arn->region}, name, std::move(machine));
}

std::string States::definition_text(const Revision& revision) {
  return engine_.definition_text(revision.definition).value_or("");
}

std::string States::version_arn(const StateMachine& machine, uint64_t number) const {
  return fmt::format("{}:{}", machine.arn, number);
}

// A token is good for the very question that it was given for, and for a day.
std::string States::page_purpose(const Call& call) const {
  std::string purpose = fmt::format("states:{}:{}:{}", call.operation, call.account, call.region);
  if (!call.params.is_object()) return purpose;
  for (const json::Member& member : call.params.members()) {
    if (member.name != "nextToken" && member.name != "maxResults") purpose += fmt::format(" {}={}", member.name, json::write(member.value));
  }
  return purpose;
}

Result<States::PageAsked> States::page_asked(const Call& call) const {
  constexpr size_t kDefault = 100, kMost = 1'000;
  constexpr int64_t kTokenMs = 86'400'000;
  PageAsked page{kDefault, ""};
  if (const auto asked = call.params["maxResults"].as_int64(); asked && *asked > 0) {
    page.limit = std::min(kMost, static_cast<size_t>(*asked));
  }
  if (const Value* token = call.params.find("nextToken"); token && token->is_string() && !token->as_string().empty()) {
    const auto text = kit_.sealer.open(page_purpose(call), token->as_string());
    const size_t space = text ? text->find(' ') : std::string::npos;
    if (space == std::string::npos || call.at.ms - std::strtoll(text->c_str(), nullptr, 10) > kTokenMs) {
      return fail("InvalidToken", "Invalid Token: 'Invalid token'");
    }
    page.from = text->substr(space + 1);
  }
  return page;
}

void States::add_next_token(json::ObjectBuilder& out, const Call& call, std::string_view from) const {
  if (from.empty()) return;
  out.add("nextToken", kit_.sealer.seal(page_purpose(call), fmt::format("{} {}", call.at.ms, from)));
}

}  // namespace states
