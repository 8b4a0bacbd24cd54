#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {

Iam::Answer Iam::create_group(const Call& call) {
  const std::string_view name = call.params.text("GroupName");
  const services::Scope scope{call.account, ""};
  if (groups_.find(scope, folded(name)))
    return already_exists(fmt::format("Group with name {} already exists.", name));
  if (groups_.all(scope).size() >= 300) return over_quota("GroupsPerAccount", 300);
  Identity group;
  group.name = name;
  group.path = path_in(call);
  group.id = policy::unique_id(kit_.random, "AGPA");
  group.arn = arn(call, "group" + group.path + group.name);
  group.created = now();
  const Value shown = group_value(group);
  save(call, Kind::group, std::move(group));
  return json::object({{"Group", shown}});
}

Iam::Answer Iam::get_group(const Call& call) {
  const Identity& group = *TRY(identity(call));
  std::vector<std::pair<std::string, Value>> members;
  for (const auto& [key, user] : users_.all({call.account, ""})) {
    if (std::ranges::find(user.groups, group.name) != user.groups.end())
      members.emplace_back(key, user_value(user, false));
  }
  return TRY(page(call, "Users", members)).with("Group", group_value(group));
}

Iam::Answer Iam::list_groups(const Call& call) {
  const std::string_view prefix = call.params.text("PathPrefix", "/");
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [key, group] : groups_.all({call.account, ""})) {
    if (group.path.starts_with(prefix)) items.emplace_back(key, group_value(group));
  }
  return page(call, "Groups", items);
}

Iam::Answer Iam::update_group(const Call& call) {
  return rename(call, Kind::group, call.params.text("NewGroupName"), call.params.text("NewPath"));
}

Iam::Answer Iam::delete_group(const Call& call) {
  const Identity& group = *TRY(identity(call));
  const services::Scope scope{call.account, ""};
  if (const auto why = deletion_conflict(scope, Kind::group, group))
    return delete_conflict(fmt::format("Cannot delete entity, {}.", *why));
  groups_.erase(scope, folded(group.name));
  return Value::object();
}

Iam::Answer Iam::add_user_to_group(const Call& call) {
  const Identity& group = *TRY(identity(call, Kind::group));
  Identity user = *TRY(identity(call, Kind::user));
  if (std::ranges::find(user.groups, group.name) != user.groups.end()) return Value::object();
  if (user.groups.size() >= 10) return over_quota("GroupsPerUser", 10);
  user.groups.push_back(group.name);
  save(call, Kind::user, std::move(user));
  return Value::object();
}

Iam::Answer Iam::remove_user_from_group(const Call& call) {
  const Identity& group = *TRY(identity(call, Kind::group));
  Identity user = *TRY(identity(call, Kind::user));
  if (std::erase(user.groups, group.name) == 0) {
    return no_such_entity(fmt::format("User {} is not in group {}.", user.name, group.name));
  }
  save(call, Kind::user, std::move(user));
  return Value::object();
}

}  // namespace iam
