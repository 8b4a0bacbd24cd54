#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

Result<PolicyText> trust_in(std::string_view text) {
  PolicyText trust = TRY(policy_in(text, policy::Kind::trust));
  if (policy_size(text) > 4096) return over_quota("ACLSizePerRole", 4096);
  return trust;
}

Status check_session_length(int64_t seconds) {
  if (seconds >= 3600 && seconds <= 43200) return {};
  return validation_error("MaxSessionDuration must be between 3600 and 43200 seconds.");
}
}  // namespace

// `whole`: as GetRole shows it; ListRoles leaves out what takes a look-up on AWS.
json::Value Iam::role_value(const Identity& role, bool whole) {
  json::ObjectBuilder out = identity_value(role, "Role");
  out.add("AssumeRolePolicyDocument", document_value(role.trust));
  out.add_text("Description", role.description);
  out.add("MaxSessionDuration", role.max_session_seconds);
  if (!whole) return out.build();
  if (!role.boundary.empty()) out.add("PermissionsBoundary", boundary_value(role.boundary));
  if (!role.tags.empty()) out.add("Tags", tag_list(role.tags));
  Value used = Value::object();
  if (const auto it = last_use_.find(role.arn); it != last_use_.end()) {
    used =
        json::object({{"LastUsedDate", time_value(it->second.at)}, {"Region", it->second.region}});
  }
  return out.add("RoleLastUsed", used).build();
}

Iam::Answer Iam::create_role(const Call& call) {
  const std::string_view name = call.params.text("RoleName");
  const services::Scope scope{call.account, ""};
  Identity role;
  role.trust = TRY(trust_in(call.params.text("AssumeRolePolicyDocument")));
  if (roles_.find(scope, folded(name)))
    return already_exists(fmt::format("Role with name {} already exists.", name));
  role.tags = TRY(tags_in(call, {}, "TagsPerRole"));
  role.boundary = call.params.text("PermissionsBoundary");
  if (!role.boundary.empty()) TRY(check_boundary(call, role.boundary));
  if (const Value* seconds = call.params.find("MaxSessionDuration")) {
    role.max_session_seconds = seconds->as_int64().value_or(0);
    TRY(check_session_length(role.max_session_seconds));
  }
  if (roles_.all(scope).size() >= 1000) return over_quota("RolesPerAccount", 1000);
  role.name = name;
  role.path = path_in(call);
  role.id = policy::unique_id(kit_.random, "AROA");
  role.arn = arn(call, "role" + role.path + role.name);
  role.created = now();
  role.description = call.params.text("Description");
  // What CreateRole shows of a role is less than what GetRole does (recorded).
  json::Value shown = role_value(role, true).without("RoleLastUsed").without("MaxSessionDuration");
  if (call.params.find("MaxSessionDuration"))
    shown = shown.with("MaxSessionDuration", role.max_session_seconds);
  save(call, Kind::role, std::move(role));
  return json::object({{"Role", shown}});
}

Iam::Answer Iam::get_role(const Call& call) {
  return json::object({{"Role", role_value(*TRY(identity(call)), true)}});
}

Iam::Answer Iam::list_roles(const Call& call) {
  const std::string_view prefix = call.params.text("PathPrefix", "/");
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [key, role] : roles_.all({call.account, ""})) {
    if (role.path.starts_with(prefix)) items.emplace_back(key, role_value(role, false));
  }
  return page(call, "Roles", items);
}

// What must go first; nothing when the identity may be deleted.
std::optional<std::string> Iam::deletion_conflict(const services::Scope& scope, Kind kind,
                                                  const Identity& one) {
  if (kind == Kind::role) {
    for (const auto& [key, profile] : profiles_.all(scope)) {
      if (std::ranges::find(profile.roles, one.name) != profile.roles.end())
        return "must remove roles from instance profile first";
    }
  }
  if (kind == Kind::group) {
    for (const auto& [key, user] : users_.all(scope)) {
      if (std::ranges::find(user.groups, one.name) != user.groups.end())
        return "must remove users from group first";
    }
  }
  if (!one.attached.empty()) return "must detach all policies first";
  if (!one.inline_policies.empty()) return "must delete policies first";
  if (kind == Kind::user) {
    if (!keys_of(scope, one.name).empty()) return "must delete access keys first";
    if (!one.groups.empty()) return "must remove user from all groups first";
    if (!one.service_credentials.empty()) return "must remove referenced objects first";
  }
  return std::nullopt;
}

Iam::Answer Iam::delete_role(const Call& call) {
  const Identity& role = *TRY(identity(call));
  TRY(check_modifiable(role));
  const services::Scope scope{call.account, ""};
  if (const auto why = deletion_conflict(scope, Kind::role, role))
    return delete_conflict(fmt::format("Cannot delete entity, {}.", *why));
  last_use_.erase(role.arn);
  roles_.erase(scope, folded(role.name));
  return Value::object();
}

Iam::Answer Iam::update_role(const Call& call) {
  Identity role = *TRY(identity(call));
  if (const Value* seconds = call.params.find("MaxSessionDuration")) {
    TRY(check_modifiable(role));
    role.max_session_seconds = seconds->as_int64().value_or(0);
    TRY(check_session_length(role.max_session_seconds));
  }
  if (call.params.find("Description")) role.description = call.params.text("Description");
  save(call, Kind::role, std::move(role));
  return Value::object();
}

Iam::Answer Iam::update_role_description(const Call& call) {
  Identity role = *TRY(identity(call));
  role.description = call.params.text("Description");
  const Value shown = role_value(role, true).without("RoleLastUsed");
  save(call, Kind::role, std::move(role));
  return json::object({{"Role", shown}});
}

Iam::Answer Iam::update_assume_role_policy(const Call& call) {
  Identity role = *TRY(identity(call));
  TRY(check_modifiable(role));
  role.trust = TRY(trust_in(call.params.text("PolicyDocument")));
  save(call, Kind::role, std::move(role));
  return Value::object();
}

}  // namespace iam
