#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {

Iam::Answer Iam::create_user(const Call& call) {
  const std::string_view name = call.params.text("UserName");
  const services::Scope scope{call.account, ""};
  if (users_.find(scope, folded(name)))
    return already_exists(fmt::format("User with name {} already exists.", name));
  Identity user;
  user.tags = TRY(tags_in(call, {}, "TagsPerUser"));
  user.boundary = call.params.text("PermissionsBoundary");
  if (!user.boundary.empty()) TRY(check_boundary(call, user.boundary));
  if (users_.all(scope).size() >= 5000) return over_quota("UsersPerAccount", 5000);
  user.name = name;
  user.path = path_in(call);
  user.id = policy::unique_id(kit_.random, "AIDA");
  user.arn = arn(call, "user" + user.path + user.name);
  user.created = now();
  const Value shown = user_value(user, true);
  save(call, Kind::user, std::move(user));
  return json::object({{"User", shown}});
}

// Whom an operation is about that may leave the user out: the caller.
Result<std::string> Iam::user_meant(const Call& call) {
  const std::string_view named = call.params.text("UserName");
  if (!named.empty()) return std::string(named);
  if (call.caller.type == protocol::Principal::Type::user)
    return call.caller.arn.substr(call.caller.arn.rfind('/') + 1);
  if (call.caller.type == protocol::Principal::Type::root) return std::string();
  return validation_error("Must specify userName when calling with non-User credentials");
}

Iam::Answer Iam::get_user(const Call& call) {
  const std::string name = TRY(user_meant(call));
  if (name.empty()) {
    // The root, which is nobody that CreateUser made.
    return json::object({{"User", json::object({{"Path", "/"},
                                                {"UserName", "root"},
                                                {"UserId", call.account},
                                                {"Arn", call.caller.arn},
                                                {"CreateDate", 0}})}});
  }
  const Identity* user = users_.find({call.account, ""}, folded(name));
  if (!user) return no_such_identity(Kind::user, name);
  return json::object({{"User", user_value(*user, true)}});
}

Iam::Answer Iam::list_users(const Call& call) {
  const std::string_view prefix = call.params.text("PathPrefix", "/");
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [key, user] : users_.all({call.account, ""})) {
    if (user.path.starts_with(prefix)) items.emplace_back(key, user_value(user, false));
  }
  return page(call, "Users", items);
}

// Of users and groups. Group members and access keys name a user, so they follow.
Iam::Answer Iam::rename(const Call& call, Kind kind, std::string_view new_name,
                        std::string_view new_path) {
  const services::Scope scope{call.account, ""};
  const Identity old = *TRY(identity(call, kind));
  Identity changed = old;
  if (!new_name.empty()) {
    if (folded(new_name) != folded(old.name) && table(kind).find(scope, folded(new_name))) {
      return already_exists(fmt::format("{} with name {} already exists.",
                                        kind == Kind::user ? "User" : "Group", new_name));
    }
    changed.name = new_name;
  }
  if (!new_path.empty()) changed.path = new_path;
  changed.arn = arn(call, fmt::format("{}{}{}", noun(kind), changed.path, changed.name));
  store::Batch batch;
  if (kind == Kind::user) {
    for (const AccessKey* key : keys_of(scope, old.name)) {
      AccessKey moved = *key;
      moved.user = changed.name;
      keys_.put(scope, moved.id, std::move(moved), batch);
    }
  } else {
    for (const auto& [key, user] : users_.all(scope)) {
      if (std::ranges::find(user.groups, old.name) == user.groups.end()) continue;
      Identity member = user;
      std::ranges::replace(member.groups, old.name, changed.name);
      users_.put(scope, key, std::move(member), batch);
    }
  }
  table(kind).erase(scope, folded(old.name), batch);
  const std::string key = folded(changed.name);
  table(kind).put(scope, key, std::move(changed), batch);
  kit_.store.commit(std::move(batch));
  return Value::object();
}

Iam::Answer Iam::update_user(const Call& call) {
  return rename(call, Kind::user, call.params.text("NewUserName"), call.params.text("NewPath"));
}

Iam::Answer Iam::delete_user(const Call& call) {
  const Identity& user = *TRY(identity(call));
  const services::Scope scope{call.account, ""};
  if (const auto why = deletion_conflict(scope, Kind::user, user))
    return delete_conflict(fmt::format("Cannot delete entity, {}.", *why));
  users_.erase(scope, folded(user.name));
  return Value::object();
}

Iam::Answer Iam::list_groups_for_user(const Call& call) {
  const Identity& user = *TRY(identity(call, Kind::user));
  std::vector<std::pair<std::string, Value>> items;
  for (const std::string& name : user.groups) {
    if (const Identity* group = groups_.find({call.account, ""}, folded(name)))
      items.emplace_back(folded(name), group_value(*group));
  }
  std::ranges::sort(items, {}, &std::pair<std::string, Value>::first);
  return page(call, "Groups", items);
}

}  // namespace iam
