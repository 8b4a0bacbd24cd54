// Tags of state machines and activities.
#include <fmt/format.h>

#include "services/states/configuration.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {
std::unexpected<Error> not_found(std::string_view arn) {
  return std::unexpected(Error{"ResourceNotFound", fmt::format("Resource not found: '{}'", arn), 400, {{"resourceName", std::string(arn)}}});
}
}  // namespace

Result<Value> States::list_tags(const Call& call) {
  const Name name = TRY(parse_arn(call.params.text("resourceArn")));
  const Tags* tags = nullptr;
  if (name.kind == Name::Kind::machine) {
    if (const StateMachine* machine = machines_.find(scope_for(call, name), name.machine)) tags = &machine->tags;
  } else if (name.kind == Name::Kind::activity) {
    if (const Activity* activity = activities_.find(scope_for(call, name), name.machine)) tags = &activity->tags;
  }
  if (!tags) return not_found(name.arn);
  std::vector<Value> list;
  for (const auto& [key, value] : *tags) list.push_back(json::object({{"key", key}, {"value", value}}));
  return json::object({{"tags", Value::array(std::move(list))}});
}

Result<Value> States::tag_resource(const Call& call) {
  const Name name = TRY(parse_arn(call.params.text("resourceArn")));
  const Tags added = TRY(tags_from_list(call.params["tags"], call.for_stack()));
  const auto merge = [&](auto& table) -> Result<Value> {
    const auto* there = table.find(scope_for(call, name), name.machine);
    if (!there) return not_found(name.arn);
    auto changed = *there;
    for (const auto& [key, value] : added) changed.tags.insert_or_assign(key, value);
    if (changed.tags.size() > 50) {
      return std::unexpected(Error{"TooManyTags", "A resource has at most 50 tags", 400, {{"resourceName", name.arn}}});
    }
    table.put(scope_for(call, name), name.machine, std::move(changed));
    return Value::object();
  };
  if (name.kind == Name::Kind::machine) return merge(machines_);
  if (name.kind == Name::Kind::activity) return merge(activities_);
  return not_found(name.arn);
}

Result<Value> States::untag_resource(const Call& call) {
  const Name name = TRY(parse_arn(call.params.text("resourceArn")));
  const auto take = [&](auto& table) -> Result<Value> {
    const auto* there = table.find(scope_for(call, name), name.machine);
    if (!there) return not_found(name.arn);
    auto changed = *there;
    if (call.params["tagKeys"].is_array()) {
      for (const Value& key : call.params["tagKeys"].items()) {
        if (key.is_string()) changed.tags.erase(std::string(key.as_string()));
      }
    }
    table.put(scope_for(call, name), name.machine, std::move(changed));
    return Value::object();
  };
  if (name.kind == Name::Kind::machine) return take(machines_);
  if (name.kind == Name::Kind::activity) return take(activities_);
  return not_found(name.arn);
}

}  // namespace states
