#include "services/cloudformation/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

Value choose_branches(const Value& value, const std::map<std::string, bool, std::less<>>& conditions) {
  if (value.is_array()) {
    std::vector<Value> out;
    for (const Value& item : value.items()) out.push_back(choose_branches(item, conditions));
    return Value::array(std::move(out));
  }
  if (!value.is_object()) return value;
  if (const FunctionCall call = as_function(value); call && call.name == "Fn::If" && call.argument->is_array() && call.argument->size() == 3) {
    const Value& condition = (*call.argument)[size_t{0}];
    const auto known = condition.is_string() ? conditions.find(condition.as_string()) : conditions.end();
    if (known != conditions.end()) return choose_branches((*call.argument)[known->second ? size_t{1} : size_t{2}], conditions);
  }
  std::vector<json::Member> out;
  for (const json::Member& member : value.members()) out.push_back({member.name, choose_branches(member.value, conditions)});
  return Value::object(std::move(out));
}

std::vector<std::string> find_cycle(const std::map<std::string, std::set<std::string>, std::less<>>& depends) {
  std::map<std::string, std::set<std::string>, std::less<>> left = depends;
  for (bool progress = true; progress;) {
    progress = false;
    for (auto it = left.begin(); it != left.end();) {
      const bool free = std::ranges::none_of(it->second, [&](const std::string& other) { return left.contains(other); });
      progress = progress || free;
      it = free ? left.erase(it) : std::next(it);
    }
  }
  // What only waits for the cycle is not part of it: take off those that nobody waits for.
  for (bool progress = true; progress;) {
    progress = false;
    for (auto it = left.begin(); it != left.end();) {
      const bool awaited = std::ranges::any_of(left, [&](const auto& other) { return other.second.contains(it->first); });
      progress = progress || !awaited;
      it = awaited ? std::next(it) : left.erase(it);
    }
  }
  std::vector<std::string> out;
  for (const auto& [name, needs] : left) out.push_back(name);
  return out;
}

bool Plan::has_output(const Value& output) const {
  const Value& condition = output["Condition"];
  if (!condition.is_string()) return true;
  const auto known = names.conditions.find(condition.as_string());
  return known != names.conditions.end() && known->second;
}

Result<Plan> make_plan(const Revision& revision, const Pseudo& pseudo) {
  Plan plan;
  plan.body = revision.body();
  plan.names.pseudo = pseudo;
  plan.names.mappings = plan.body["Mappings"];
  plan.names.parameters = parameter_values(revision.parameters);
  plan.names.zones = revision.zones;
  plan.names.conditions = TRY(evaluate_conditions(plan.body["Conditions"], plan.names));
  TRY(check_rules(plan.body["Rules"], plan.names));

  for (const auto& [id, resource] : plan.body["Resources"].members()) {
    const Value& condition = resource["Condition"];
    if (condition.is_string() && !plan.names.conditions[std::string(condition.as_string())]) continue;
    plan.resources.emplace_back(id);
    plan.depends[std::string(id)];
  }
  std::set<std::string> missing;
  const auto collect = [&](const Value& value, const auto& found) {
    visit_references(choose_branches(value, plan.names.conditions), [&](const Reference& reference) {
      if (reference.kind == Reference::Kind::condition || reference.name.starts_with("AWS::")) return;
      if (plan.has(reference.name)) {
        found(reference.name);
      } else if (plan.body["Resources"].find(reference.name) && !plan.names.parameters.contains(reference.name)) {
        missing.insert(reference.name);
      }
    });
  };
  for (const std::string& id : plan.resources) {
    const Value& resource = plan.resource(id);
    std::set<std::string>& needs = plan.depends[id];
    for (const std::string& other : depends_on(resource)) {
      if (plan.has(other)) needs.insert(other);
    }
    for (const std::string_view member : {"Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"}) {
      collect(resource[member], [&](const std::string& other) { needs.insert(other); });
    }
  }
  if (!missing.empty()) {
    return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", fmt::join(missing, ", ")));
  }
  if (plan.body["Outputs"].is_object()) {
    for (const json::Member& output : plan.body["Outputs"].members()) {
      if (plan.has_output(output.value)) collect(output.value, [](const std::string&) {});
    }
  }
  // AWS quirk (recorded): these words without "Template format error" where a condition took the resource out.
  if (!missing.empty()) {
    return invalid(fmt::format("Unresolved resource dependencies [{}] in the Outputs block of the template", fmt::join(missing, ", ")));
  }
  if (const auto cycle = find_cycle(plan.depends); !cycle.empty()) {
    return invalid(fmt::format("Circular dependency between resources: [{}]", fmt::join(cycle, ", ")));
  }
  return plan;
}

}  // namespace cloudformation
