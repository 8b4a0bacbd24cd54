#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {

Result<const InstanceProfile*> Iam::profile(const Call& call) {
  const std::string_view name = call.params.text("InstanceProfileName");
  const InstanceProfile* found = profiles_.find({call.account, ""}, folded(name));
  if (!found) return no_such_entity(fmt::format("Instance Profile {} cannot be found.", name));
  return found;
}

json::Value Iam::profile_value(const services::Scope& scope, const InstanceProfile& one) {
  std::vector<Value> roles;
  for (const std::string& name : one.roles) {
    if (const Identity* role = roles_.find(scope, folded(name)))
      roles.push_back(role_value(*role, false).without("MaxSessionDuration"));
  }
  json::ObjectBuilder out;
  out.add("Path", one.path)
      .add("InstanceProfileName", one.name)
      .add("InstanceProfileId", one.id)
      .add("Arn", one.arn);
  out.add("CreateDate", time_value(one.created)).add("Roles", Value::array(std::move(roles)));
  if (!one.tags.empty()) out.add("Tags", tag_list(one.tags));
  return out.build();
}

Iam::Answer Iam::create_instance_profile(const Call& call) {
  const std::string_view name = call.params.text("InstanceProfileName");
  const services::Scope scope{call.account, ""};
  if (profiles_.find(scope, folded(name)))
    return already_exists(fmt::format("Instance Profile {} already exists.", name));
  if (profiles_.all(scope).size() >= 1000) return over_quota("InstanceProfilesPerAccount", 1000);
  InstanceProfile one;
  one.tags = TRY(tags_in(call, {}, "TagsPerInstanceProfile"));
  one.name = name;
  one.path = path_in(call);
  one.id = policy::unique_id(kit_.random, "AIPA");
  one.arn = arn(call, "instance-profile" + one.path + one.name);
  one.created = now();
  const Value shown = profile_value(scope, one);
  profiles_.put(scope, folded(name), std::move(one));
  return json::object({{"InstanceProfile", shown}});
}

Iam::Answer Iam::get_instance_profile(const Call& call) {
  return json::object(
      {{"InstanceProfile", profile_value({call.account, ""}, *TRY(profile(call)))}});
}

Iam::Answer Iam::list_instance_profiles(const Call& call) {
  const std::string_view prefix = call.params.text("PathPrefix", "/");
  const services::Scope scope{call.account, ""};
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [key, one] : profiles_.all(scope)) {
    if (one.path.starts_with(prefix))
      items.emplace_back(key, profile_value(scope, one).without("Tags"));
  }
  return page(call, "InstanceProfiles", items);
}

Iam::Answer Iam::list_instance_profiles_for_role(const Call& call) {
  const Identity& role = *TRY(identity(call, Kind::role));
  const services::Scope scope{call.account, ""};
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [key, one] : profiles_.all(scope)) {
    if (std::ranges::find(one.roles, role.name) != one.roles.end())
      items.emplace_back(key, profile_value(scope, one).without("Tags"));
  }
  return page(call, "InstanceProfiles", items);
}

Iam::Answer Iam::delete_instance_profile(const Call& call) {
  const InstanceProfile& one = *TRY(profile(call));
  if (!one.roles.empty())
    return delete_conflict("Cannot delete entity, must remove roles from instance profile first.");
  profiles_.erase({call.account, ""}, folded(one.name));
  return Value::object();
}

Iam::Answer Iam::add_role_to_instance_profile(const Call& call) {
  InstanceProfile one = *TRY(profile(call));
  const Identity& role = *TRY(identity(call, Kind::role));
  if (!one.roles.empty()) return over_quota("InstanceSessionsPerInstanceProfile", 1);
  one.roles.push_back(role.name);
  const std::string key = folded(one.name);
  profiles_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::remove_role_from_instance_profile(const Call& call) {
  InstanceProfile one = *TRY(profile(call));
  const Identity& role = *TRY(identity(call, Kind::role));
  if (std::erase(one.roles, role.name) == 0) return no_such_identity(Kind::role, role.name);
  const std::string key = folded(one.name);
  profiles_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

}  // namespace iam
