// Rules: patterns and schedules, and those that belong to services.
#include <fmt/format.h>

#include <algorithm>

#include "services/events/events.h"

namespace events {

using json::Value;

Result<Value> Events::put_rule(const Call& call) {
  const Value& p = call.params;
  const Scope scope{call.account, call.region};
  const std::string bus = TRY(bus_of(call));
  const std::string name(p.text("Name"));
  const std::string_view pattern = p.text("EventPattern"), schedule = p.text("ScheduleExpression");
  if (pattern.empty() && schedule.empty()) return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (!schedule.empty() && bus != "default") return invalid("ScheduleExpression is supported only on the default event bus.");
  if (!schedule.empty() && !is_schedule(schedule)) return invalid("Parameter ScheduleExpression is not valid.");
  Rule rule;
  if (const Rule* there = find_rule(scope, bus, name)) {
    TRY(may_change(call, *there));
    rule = *there;
  }
  if (!pattern.empty()) {
    patterns::Pattern compiled = TRY(compile_pattern(pattern));
    rule.pattern = std::make_shared<patterns::Pattern>(std::move(compiled));
  } else {
    rule.pattern = nullptr;
  }
  json::ObjectBuilder shown;
  shown.add("Name", name).add("Arn", rule_arn(call, bus, name));
  shown.add_text("EventPattern", pattern).add_text("ScheduleExpression", schedule);
  shown.add("State", p.text("State", "ENABLED")).add_text("Description", p.text("Description")).add_text("RoleArn", p.text("RoleArn"));
  // What Step Functions makes to hear of the jobs that it waits for is managed by it; what a stack or a task makes is its owner's.
  if (call.internal && call.user_agent == "states.amazonaws.com" && name.starts_with("StepFunctionsGetEvents")) shown.add("ManagedBy", call.user_agent);
  shown.add("EventBusName", bus).add("CreatedBy", call.account);
  rule.shown = shown.build();
  if (p["Tags"].is_array()) rule.tags = p["Tags"];
  if (!rules_.find(scope, bus + "/" + name) && rules_.all(scope).size() >= 300) return fail("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
  rules_.put(scope, bus + "/" + name, std::move(rule));
  return json::object({{"RuleArn", rule_arn(call, bus, name)}});
}

Result<Value> Events::describe_rule(const Call& call) { return TRY(need_rule(call)).shown; }

Result<Value> Events::list_rules(const Call& call) {
  const std::string prefix = fmt::format("{}/{}", TRY(bus_of(call)), call.params.text("NamePrefix"));
  return listed(call, "Rules", rules_.all({call.account, call.region}), prefix, [](const Rule& rule) { return std::optional(rule.shown.without("CreatedBy")); });
}

Result<Value> Events::delete_rule(const Call& call) {
  const std::string bus = TRY(bus_of(call));
  const Scope scope{call.account, call.region};
  const Rule* rule = find_rule(scope, bus, call.params.text("Name"));
  if (!rule) return Value::object();
  TRY(may_change(call, *rule));
  if (!rule->targets.empty()) return invalid("Rule can't be deleted since it has targets.");
  rules_.erase(scope, fmt::format("{}/{}", bus, call.params.text("Name")));
  return Value::object();
}

Result<Value> Events::switch_rule(const Call& call) {
  Rule rule = TRY(need_rule(call));
  TRY(may_change(call, rule));
  const std::string bus = TRY(bus_of(call));
  rule.shown = rule.shown.with("State", call.operation == "EnableRule" ? "ENABLED" : "DISABLED");
  rules_.put({call.account, call.region}, fmt::format("{}/{}", bus, call.params.text("Name")), std::move(rule));
  return Value::object();
}

// --- targets -----------------------------------------------------------------------------------------------------

Result<Value> Events::put_targets(const Call& call) {
  Rule rule = TRY(need_rule(call, "Rule"));
  TRY(may_change(call, rule));
  const std::string bus = TRY(bus_of(call));
  std::vector<Value> failed;
  for (const Value& target : call.params["Targets"].items()) {
    const std::string id(target.text("Id"));
    const int inputs = (target.find("Input") ? 1 : 0) + (target.find("InputPath") ? 1 : 0) + (target.find("InputTransformer") ? 1 : 0);
    if (inputs > 1) return invalid(fmt::format("Only one of Input, InputPath, or InputTransformer must be provided for target {}.", id));
    if (const auto unknown = unknown_placeholder(target["InputTransformer"])) {
      return invalid(fmt::format("InputTemplate for target {} contains invalid placeholder {}.", id, *unknown));
    }
    if (!target.text("Arn").starts_with("arn:")) {
      return invalid(fmt::format("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", target.text("Arn")));
    }
    if (!rule.targets.contains(id) && rule.targets.size() >= 5) {
      return fail("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
    }
    rule.targets[id] = target;
  }
  rules_.put({call.account, call.region}, fmt::format("{}/{}", bus, call.params.text("Rule")), std::move(rule));
  return json::object({{"FailedEntryCount", failed.size()}, {"FailedEntries", Value::array(std::move(failed))}});
}

Result<Value> Events::remove_targets(const Call& call) {
  Rule rule = TRY(need_rule(call, "Rule"));
  TRY(may_change(call, rule));
  const std::string bus = TRY(bus_of(call));
  for (const Value& id : call.params["Ids"].items()) rule.targets.erase(std::string(id.as_string()));
  rules_.put({call.account, call.region}, fmt::format("{}/{}", bus, call.params.text("Rule")), std::move(rule));
  return json::object({{"FailedEntryCount", 0}, {"FailedEntries", Value::array()}});
}

Result<Value> Events::list_targets(const Call& call) {
  const Rule rule = TRY(need_rule(call, "Rule"));
  std::vector<Value> list;
  for (const auto& [id, target] : rule.targets) list.push_back(target);
  return json::object({{"Targets", Value::array(std::move(list))}});
}

Result<Value> Events::list_rules_by_target(const Call& call) {
  const std::string prefix = TRY(bus_of(call)) + "/";
  const std::string_view arn = call.params.text("TargetArn");
  return listed(call, "RuleNames", rules_.all({call.account, call.region}), prefix, [&](const Rule& rule) -> std::optional<Value> {
    if (std::ranges::none_of(rule.targets, [&](const auto& one) { return one.second.text("Arn") == arn; })) return std::nullopt;
    return rule.shown["Name"];
  });
}

}  // namespace events
