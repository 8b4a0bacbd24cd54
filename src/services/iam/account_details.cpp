// GetAccountAuthorizationDetails: everything that an account has, with all its policies.
#include <algorithm>

#include "services/iam/aws_managed.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

using json::Value;

Value inline_list(const Identity& one) {
  std::vector<Value> out;
  for (const auto& [name, policy] : one.inline_policies) {
    out.push_back(json::object({{"PolicyName", name}, {"PolicyDocument", document_value(policy)}}));
  }
  return Value::array(std::move(out));
}

Value version_list(const ManagedPolicy& one) {
  std::vector<Value> out;
  for (const PolicyVersion& version : one.versions) {
    out.push_back(json::object({{"Document", document_value(version.policy)},
                                {"VersionId", version.id},
                                {"IsDefaultVersion", version.id == one.default_version},
                                {"CreateDate", time_value(version.created)}}));
  }
  return Value::array(std::move(out));
}

bool wanted(const Value& filter, std::string_view kind) {
  if (filter.size() == 0) return kind != "AWSManagedPolicy";
  return std::ranges::any_of(filter.items(), [&](const Value& one) { return one == Value(kind); });
}
}  // namespace

Value Iam::attached_list(const std::string& account, const Identity& one) {
  std::vector<Value> out;
  for (const std::string& policy_arn : one.attached) {
    const ManagedPolicy* policy = managed_policy(account, policy_arn);
    if (policy)
      out.push_back(json::object({{"PolicyName", policy->name}, {"PolicyArn", policy_arn}}));
  }
  return Value::array(std::move(out));
}

Value Iam::role_details(const services::Scope& scope, const Identity& role) {
  std::vector<Value> profiles;
  for (const auto& [name, profile] : profiles_.all(scope)) {
    const bool holds = std::ranges::find(profile.roles, role.name) != profile.roles.end();
    if (holds) profiles.push_back(profile_value(scope, profile));
  }
  return role_value(role, true)
      .without("MaxSessionDuration")
      .without("Description")
      .with("InstanceProfileList", Value::array(std::move(profiles)))
      .with("RolePolicyList", inline_list(role))
      .with("AttachedManagedPolicies", attached_list(scope.account, role));
}

Iam::Answer Iam::get_account_authorization_details(const Call& call) {
  const services::Scope scope{call.account, ""};
  const Value& filter = call.params["Filter"];
  // The four lists one after another make one listing, cut into pages.
  std::vector<std::pair<std::string, Value>> all;
  if (wanted(filter, "User")) {
    for (const auto& [key, one] : users_.all(scope)) {
      std::vector<Value> groups(one.groups.begin(), one.groups.end());
      all.emplace_back("1\n" + key,
                       user_value(one, true)
                           .with("GroupList", Value::array(std::move(groups)))
                           .with("UserPolicyList", inline_list(one))
                           .with("AttachedManagedPolicies", attached_list(call.account, one)));
    }
  }
  if (wanted(filter, "Group")) {
    for (const auto& [key, one] : groups_.all(scope)) {
      all.emplace_back("2\n" + key,
                       group_value(one)
                           .with("GroupPolicyList", inline_list(one))
                           .with("AttachedManagedPolicies", attached_list(call.account, one)));
    }
  }
  if (wanted(filter, "Role")) {
    for (const auto& [key, one] : roles_.all(scope))
      all.emplace_back("3\n" + key, role_details(scope, one));
  }
  std::vector<const ManagedPolicy*> policies;
  if (wanted(filter, "LocalManagedPolicy")) {
    for (const auto& [key, one] : policies_.all(scope)) policies.push_back(&one);
  }
  if (wanted(filter, "AWSManagedPolicy")) {
    for (const ManagedPolicy& one : aws_managed_policies()) policies.push_back(&one);
  }
  std::ranges::sort(policies, {}, &ManagedPolicy::arn);
  auto all_uses = uses(call.account);
  for (const ManagedPolicy* one : policies) {
    all.emplace_back(
        "4\n" + one->arn,
        policy_value(*one, all_uses[one->arn]).with("PolicyVersionList", version_list(*one)));
  }

  Value shown = TRY(page(call, "All", all));
  std::vector<Value> lists[4];
  for (const Value& one : shown["All"].items()) {
    const int list = one.find("UserId") ? 0 : one.find("GroupId") ? 1 : one.find("RoleId") ? 2 : 3;
    lists[list].push_back(one);
  }
  constexpr std::string_view kNames[] = {"UserDetailList", "GroupDetailList", "RoleDetailList",
                                         "Policies"};
  shown = shown.without("All");
  for (int i = 0; i < 4; ++i) shown = shown.with(kNames[i], Value::array(std::move(lists[i])));
  return shown;
}

}  // namespace iam
