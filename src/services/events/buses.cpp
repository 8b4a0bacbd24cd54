// Event buses, their permissions, and tags.
#include <fmt/format.h>

#include "language/json/parse.h"
#include "services/events/events.h"

namespace events {

using json::Value;

Result<Value> Events::create_bus(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("Name"));
  if (name == "default" || buses_.find(scope, name)) return fail("ResourceAlreadyExistsException", fmt::format("Event bus {} already exists.", name));
  if (name.find('/') != name.npos) return invalid("Event bus name must not contain '/'.");
  const std::string arn = call.arn("event-bus/" + name);
  json::ObjectBuilder shown;
  shown.add("Name", name).add("Arn", arn).add_text("Description", call.params.text("Description"));
  shown.add("CreationTime", call.at.seconds()).add("LastModifiedTime", call.at.seconds());
  buses_.put(scope, name, {shown.build(), Value(), call.params["Tags"]});
  json::ObjectBuilder out;
  out.add("EventBusArn", arn).add_text("Description", call.params.text("Description"));
  return out.build();
}

Result<Value> Events::describe_bus(const Call& call) {
  const std::string name = TRY(bus_of(call, "Name"));
  const Bus* bus = buses_.find({call.account, call.region}, name);
  Value shown = bus ? bus->shown : json::object({{"Name", "default"}, {"Arn", call.arn("event-bus/default")}});
  if (bus && bus->policy.is_object()) shown = shown.with("Policy", json::write(bus->policy));
  return shown;
}

Result<Value> Events::list_buses(const Call& call) {
  const std::string prefix(call.params.text("NamePrefix"));
  std::vector<Value> first;
  if (call.params.text("NextToken").empty() && std::string_view("default").starts_with(prefix)) {
    first.push_back(json::object({{"Name", "default"}, {"Arn", call.arn("event-bus/default")}}));
  }
  const auto show = [](const Bus& bus) { return bus.shown.text("Name") == "default" ? std::nullopt : std::optional(bus.shown); };
  return listed(call, "EventBuses", buses_.all({call.account, call.region}), prefix, show, std::move(first));
}

Result<Value> Events::delete_bus(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("Name"));
  if (name == "default") return invalid("Cannot delete event bus default.");
  for (const auto& [key, rule] : rules_.all(scope)) {
    if (rule.shown.text("EventBusName") == name) return invalid(fmt::format("Event bus {} can't be deleted since it has rules.", name));
  }
  buses_.erase(scope, name);
  return Value::object();
}

Result<Value> Events::change_permission(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name = TRY(bus_of(call));
  const Bus* there = buses_.find(scope, name);
  Bus bus = there ? *there : Bus{json::object({{"Name", "default"}, {"Arn", call.arn("event-bus/default")}}), Value(), Value()};
  std::vector<Value> statements;
  if (bus.policy["Statement"].is_array()) statements.assign(bus.policy["Statement"].items().begin(), bus.policy["Statement"].items().end());
  const std::string_view id = call.params.text("StatementId");
  if (call.operation == "RemovePermission") {
    const bool all = call.params["RemoveAllPermissions"] == Value(true);
    const auto gone = std::erase_if(statements, [&](const Value& s) { return all || s.text("Sid") == id; });
    if (gone == 0 && !all) return not_found(statements.empty() ? "EventBus does not have a policy." : "Statement with the provided id does not exist.");
  } else if (const std::string_view document = call.params.text("Policy"); !document.empty()) {
    auto policy = json::parse(document);
    if (!policy) return invalid("The policy is not valid JSON.");
    bus.policy = *policy;
    buses_.put(scope, name, std::move(bus));
    return Value::object();
  } else {
    std::erase_if(statements, [&](const Value& s) { return s.text("Sid") == id; });
    const std::string_view principal = call.params.text("Principal");
    const Value who = principal == "*" ? Value("*") : json::object({{"AWS", fmt::format("arn:{}:iam::{}:root", call.partition, principal)}});
    statements.push_back(json::object({{"Sid", id}, {"Effect", "Allow"}, {"Principal", who}, {"Action", call.params["Action"]}, {"Resource", bus.shown["Arn"]}}));
  }
  bus.policy = statements.empty() ? Value() : json::object({{"Version", "2012-10-17"}, {"Statement", Value::array(std::move(statements))}});
  buses_.put(scope, name, std::move(bus));
  return Value::object();
}

Result<Value> Events::list_tags(const Call& call) {
  const std::string_view arn = call.params.text("ResourceARN");
  const Scope scope{call.account, call.region};
  for (const auto& [key, rule] : rules_.all(scope)) {
    if (rule.shown.text("Arn") == arn) return json::object({{"Tags", rule.tags.is_array() ? rule.tags : Value::array()}});
  }
  for (const auto& [key, bus] : buses_.all(scope)) {
    if (bus.shown.text("Arn") == arn) return json::object({{"Tags", bus.tags.is_array() ? bus.tags : Value::array()}});
  }
  const std::string name(arn.substr(arn.rfind('/') + 1));
  if (arn.find(":rule/") != arn.npos) return not_found(fmt::format("Rule {} does not exist on EventBus default.", name));
  if (name == "default") return json::object({{"Tags", Value::array()}});
  return not_found(fmt::format("Event bus {} does not exist.", name));
}

Result<Value> Events::change_tags(const Call& call) {
  TRY(list_tags(call));
  const std::string_view arn = call.params.text("ResourceARN");
  const Scope scope{call.account, call.region};
  const auto changed = [&](const Value& before) {
    std::vector<Value> tags;
    if (before.is_array()) tags.assign(before.items().begin(), before.items().end());
    const auto take = [&](std::string_view key) { std::erase_if(tags, [&](const Value& tag) { return tag.text("Key") == key; }); };
    if (call.params["TagKeys"].is_array()) {
      for (const Value& key : call.params["TagKeys"].items()) take(key.as_string());
    }
    if (call.params["Tags"].is_array()) {
      for (const Value& tag : call.params["Tags"].items()) {
        take(tag.text("Key"));
        tags.push_back(tag);
      }
    }
    return Value::array(std::move(tags));
  };
  for (const auto& [key, rule] : rules_.all(scope)) {
    if (rule.shown.text("Arn") != arn) continue;
    Rule updated = rule;
    updated.tags = changed(rule.tags);
    const std::string id = key;
    rules_.put(scope, id, std::move(updated));
    return Value::object();
  }
  for (const auto& [key, bus] : buses_.all(scope)) {
    if (bus.shown.text("Arn") != arn) continue;
    Bus updated = bus;
    updated.tags = changed(bus.tags);
    const std::string id = key;
    buses_.put(scope, id, std::move(updated));
    return Value::object();
  }
  return Value::object();
}

}  // namespace events
