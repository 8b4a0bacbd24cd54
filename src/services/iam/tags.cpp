#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

std::vector<std::pair<std::string, json::Value>> listed(const Tags& tags) {
  std::vector<std::pair<std::string, json::Value>> out;
  for (const auto& [key, tag] : tags)
    out.emplace_back(key, json::object({{"Key", tag.key}, {"Value", tag.value}}));
  return out;
}
}  // namespace

Iam::Answer Iam::tag_identity(const Call& call) {
  Identity one = *TRY(identity(call));
  one.tags = TRY(tags_in(call, one.tags,
                         kind_of(call) == Kind::role ? "TagsPerRole" : "TagsPerUser"));
  save(call, kind_of(call), std::move(one));
  return Value::object();
}

Iam::Answer Iam::untag_identity(const Call& call) {
  Identity one = *TRY(identity(call));
  remove_tags(one.tags, call.params["TagKeys"]);
  save(call, kind_of(call), std::move(one));
  return Value::object();
}

Iam::Answer Iam::list_identity_tags(const Call& call) {
  return page(call, "Tags", listed(TRY(identity(call))->tags));
}

Iam::Answer Iam::tag_policy(const Call& call) {
  ManagedPolicy one = *TRY(own_policy_named(call));
  one.tags = TRY(tags_in(call, one.tags, "TagsPerPolicy"));
  const std::string key = folded(one.name);
  policies_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::untag_policy(const Call& call) {
  ManagedPolicy one = *TRY(own_policy_named(call));
  remove_tags(one.tags, call.params["TagKeys"]);
  const std::string key = folded(one.name);
  policies_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::list_policy_tags(const Call& call) {
  return page(call, "Tags", listed(TRY(policy_named(call))->tags));
}

Iam::Answer Iam::tag_instance_profile(const Call& call) {
  InstanceProfile one = *TRY(profile(call));
  one.tags = TRY(tags_in(call, one.tags, "TagsPerInstanceProfile"));
  const std::string key = folded(one.name);
  profiles_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::untag_instance_profile(const Call& call) {
  InstanceProfile one = *TRY(profile(call));
  remove_tags(one.tags, call.params["TagKeys"]);
  const std::string key = folded(one.name);
  profiles_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::list_instance_profile_tags(const Call& call) {
  return page(call, "Tags", listed(TRY(profile(call))->tags));
}

}  // namespace iam
