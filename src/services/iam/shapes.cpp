#include "services/iam/shapes.h"

#include <algorithm>

#include "base/encoding.h"
#include "protocol/policy/context.h"
#include "services/iam/errors.h"

namespace iam {

using json::Value;

Value time_value(Instant at) { return at.ms / 1000; }

Value document_value(const PolicyText& policy) { return percent_encode(policy.text); }

json::ObjectBuilder identity_value(const Identity& one, std::string_view noun) {
  json::ObjectBuilder out;
  out.add("Path", one.path)
      .add(std::string(noun) + "Name", one.name)
      .add(std::string(noun) + "Id", one.id);
  out.add("Arn", one.arn).add("CreateDate", time_value(one.created));
  return out;
}

Value boundary_value(std::string_view policy_arn) {
  return json::object(
      {{"PermissionsBoundaryType", "Policy"}, {"PermissionsBoundaryArn", policy_arn}});
}

Value user_value(const Identity& user, bool whole) {
  json::ObjectBuilder out = identity_value(user, "User");
  if (whole && !user.boundary.empty())
    out.add("PermissionsBoundary", boundary_value(user.boundary));
  if (whole && !user.tags.empty()) out.add("Tags", tag_list(user.tags));
  return out.build();
}

Value group_value(const Identity& group) { return identity_value(group, "Group").build(); }

std::string path_in(const protocol::Call& call) {
  return std::string(call.params.text("Path", "/"));
}

Result<Tags> tags_in(const protocol::Call& call, const Tags& had, std::string_view quota) {
  const Value& list = call.params["Tags"];
  Tags out = had;
  if (!list.is_array()) return out;
  Tags given;
  for (const Value& one : list.items()) {
    Tag tag{std::string(one.text("Key")), std::string(one.text("Value"))};
    if (lower_case(tag.key).starts_with("aws:") && !call.for_stack()) {
      return invalid_input("aws: prefixed tag key names are not allowed for external use.");
    }
    if (!given.emplace(lower_case(tag.key), tag).second) {
      return invalid_input(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
  }
  for (auto& [key, tag] : given) out[key] = std::move(tag);
  if (out.size() > 50) return over_quota(quota, 50);
  return out;
}

void remove_tags(Tags& tags, const Value& keys) {
  if (!keys.is_array()) return;
  for (const Value& key : keys.items()) tags.erase(lower_case(key.as_string()));
}

Result<PolicyText> policy_in(std::string_view text, policy::Kind kind) {
  return PolicyText{std::string(text), TRY(policy::parse(text, kind))};
}

size_t policy_size(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

std::string folded(std::string_view name) { return lower_case(name); }

}  // namespace iam
