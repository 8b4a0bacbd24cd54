// Managed policies in use: AttachRolePolicy and its like, and permissions boundaries.
#include <algorithm>

#include "base/arn.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

Status check_policy_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  // AWS quirk (recorded): two spaces, and the ARN is not shown.
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("policy/"))
    return validation_error("Invalid ARN:  Could not be parsed!");
  return {};
}

constexpr int64_t kAttachedMax = 10;

json::Value attached_value(const ManagedPolicy& policy) {
  return json::object({{"PolicyName", policy.name}, {"PolicyArn", policy.arn}});
}
}  // namespace

Iam::Answer Iam::attach_policy(const Call& call) {
  const Kind kind = kind_of(call);
  const std::string policy_arn(call.params.text("PolicyArn"));
  TRY(check_policy_arn(policy_arn));
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  if (!managed_policy(call.account, policy_arn)) {
    return no_such_entity(
        fmt::format("Policy {} does not exist or is not attachable.", policy_arn));
  }
  if (policy_arn.contains(":policy/aws-service-role/")) {
    return fail("PolicyNotAttachableException",
                "Cannot attach a Service Role Policy to a Customer Role.");
  }
  if (std::ranges::find(one.attached, policy_arn) != one.attached.end()) return Value::object();
  if (one.attached.size() >= static_cast<size_t>(kAttachedMax)) {
    return over_quota(kind == Kind::role   ? "PoliciesPerRole"
                      : kind == Kind::user ? "PoliciesPerUser"
                                           : "PoliciesPerGroup",
                      kAttachedMax);
  }
  one.attached.push_back(policy_arn);
  save(call, kind, std::move(one));
  return Value::object();
}

Iam::Answer Iam::detach_policy(const Call& call) {
  const std::string policy_arn(call.params.text("PolicyArn"));
  TRY(check_policy_arn(policy_arn));
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  if (std::erase(one.attached, policy_arn) == 0)
    return no_such_entity(fmt::format("Policy {} was not found.", policy_arn));
  save(call, kind_of(call), std::move(one));
  return Value::object();
}

Iam::Answer Iam::list_attached_policies(const Call& call) {
  const std::string_view prefix = call.params.text("PathPrefix", "/");
  std::vector<std::pair<std::string, Value>> items;
  for (const std::string& policy_arn : TRY(identity(call))->attached) {
    const ManagedPolicy* policy = managed_policy(call.account, policy_arn);
    if (policy && policy->path.starts_with(prefix))
      items.emplace_back(policy->name + "\n" + policy_arn, attached_value(*policy));
  }
  std::ranges::sort(items, {}, &std::pair<std::string, Value>::first);
  return page(call, "AttachedPolicies", items);
}

Iam::Answer Iam::list_entities_for_policy(const Call& call) {
  const std::string policy_arn(call.params.text("PolicyArn"));
  if (!managed_policy(call.account, policy_arn))
    return no_such_entity(fmt::format("Policy {} was not found.", policy_arn));
  const std::string_view filter = call.params.text("EntityFilter"),
                         prefix = call.params.text("PathPrefix", "/");
  const bool as_boundary = call.params.text("PolicyUsageFilter") == "PermissionsBoundary";
  struct List {
    Kind kind;
    std::string_view noun, filter, member;
    std::vector<Value> items = {};
  };
  List lists[] = {{Kind::group, "Group", "Group", "PolicyGroups"},
                  {Kind::role, "Role", "Role", "PolicyRoles"},
                  {Kind::user, "User", "User", "PolicyUsers"}};
  std::vector<std::pair<std::string, Value>> all;
  for (List& list : lists) {
    if (!filter.empty() && filter != list.filter) continue;
    for (const auto& [key, one] : table(list.kind).all({call.account, ""})) {
      const bool uses_it = as_boundary
                               ? one.boundary == policy_arn
                               : std::ranges::find(one.attached, policy_arn) != one.attached.end();
      if (!uses_it || !one.path.starts_with(prefix)) continue;
      const std::string noun(list.noun);
      all.emplace_back(noun + "\n" + key,
                       json::object({{noun + "Name", one.name}, {noun + "Id", one.id}}));
    }
  }
  Value shown = TRY(page(call, "All", all));
  for (const Value& one : shown["All"].items()) {
    for (List& list : lists) {
      if (one.find(std::string(list.noun) + "Name")) list.items.push_back(one);
    }
  }
  shown = shown.without("All");
  for (List& list : lists) shown = shown.with(list.member, Value::array(std::move(list.items)));
  return shown;
}

Status Iam::check_boundary(const Call& call, std::string_view policy_arn) {
  TRY(check_policy_arn(policy_arn));
  if (!managed_policy(call.account, policy_arn)) {
    return no_such_entity(
        fmt::format("Scope ARN: {} does not exist or is not attachable.", policy_arn));
  }
  return {};
}

Iam::Answer Iam::put_boundary(const Call& call) {
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  const std::string_view policy_arn = call.params.text("PermissionsBoundary");
  TRY(check_boundary(call, policy_arn));
  one.boundary = policy_arn;
  save(call, kind_of(call), std::move(one));
  return Value::object();
}

Iam::Answer Iam::delete_boundary(const Call& call) {
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  if (one.boundary.empty()) {
    return no_such_entity(fmt::format("The {} with name {} does not have a permissions boundary.",
                                      noun(kind_of(call)), one.name));
  }
  one.boundary.clear();
  save(call, kind_of(call), std::move(one));
  return Value::object();
}

}  // namespace iam
