#include <algorithm>

#include "services/iam/aws_managed.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {

Iam::Answer Iam::get_account_summary(const Call& call) {
  const services::Scope scope{call.account, ""};
  const auto count = [](const auto& all) { return static_cast<int64_t>(all.size()); };
  int64_t versions = 0;
  for (const auto& [key, policy] : policies_.all(scope)) versions += count(policy.versions);
  return json::object(
      {{"SummaryMap",
        json::object({{"Users", count(users_.all(scope))},
                      {"UsersQuota", 5000},
                      {"Groups", count(groups_.all(scope))},
                      {"GroupsQuota", 300},
                      {"Roles", count(roles_.all(scope))},
                      {"RolesQuota", 1000},
                      {"Policies", count(policies_.all(scope))},
                      {"PoliciesQuota", 1500},
                      {"PolicyVersionsInUse", versions},
                      {"PolicyVersionsInUseQuota", 10000},
                      {"InstanceProfiles", count(profiles_.all(scope))},
                      {"InstanceProfilesQuota", 1000},
                      {"ServerCertificates", 0},
                      {"ServerCertificatesQuota", 20},
                      {"MFADevices", 0},
                      {"MFADevicesInUse", 0},
                      {"AccountMFAEnabled", 0},
                      {"AccountAccessKeysPresent",
                       call.account == kit_.default_account && !root_key_.empty() ? 1 : 0},
                      {"AccountPasswordPresent", 0},
                      {"AccountSigningCertificatesPresent", 0},
                      {"Providers", 0},
                      {"AccessKeysPerUserQuota", 2},
                      {"SigningCertificatesPerUserQuota", 2},
                      {"GroupsPerUserQuota", 10},
                      {"AttachedPoliciesPerUserQuota", 10},
                      {"AttachedPoliciesPerRoleQuota", 10},
                      {"AttachedPoliciesPerGroupQuota", 10},
                      {"UserPolicySizeQuota", 2048},
                      {"GroupPolicySizeQuota", 5120},
                      {"RolePolicySizeQuota", 10240},
                      {"PolicySizeQuota", 6144},
                      {"AssumeRolePolicySizeQuota", 4096},
                      {"VersionsPerPolicyQuota", 5},
                      {"GlobalEndpointTokenVersion", 1}})}});
}

Iam::Answer Iam::create_account_alias(const Call& call) {
  const services::Scope scope{call.account, ""};
  const std::string alias(call.params.text("AccountAlias"));
  for (const auto& [other, accounts] : accounts_.scopes()) {
    const auto it = accounts.find("");
    if (it != accounts.end() && it->second.alias == alias) {
      return already_exists(fmt::format("The account alias {} already exists.", alias));
    }
  }
  const Account* had = accounts_.find(scope, "");
  Account account = had ? *had : Account{};
  account.alias = alias;
  accounts_.put(scope, "", std::move(account));
  return Value::object();
}

Iam::Answer Iam::delete_account_alias(const Call& call) {
  const services::Scope scope{call.account, ""};
  const Account* had = accounts_.find(scope, "");
  const std::string_view alias = call.params.text("AccountAlias");
  if (!had || had->alias != alias)
    return no_such_entity(fmt::format("The account alias {} cannot be found.", alias));
  Account account = *had;
  account.alias.clear();
  accounts_.put(scope, "", std::move(account));
  return Value::object();
}

Iam::Answer Iam::list_account_aliases(const Call& call) {
  std::vector<std::pair<std::string, Value>> items;
  const Account* account = accounts_.find({call.account, ""}, "");
  if (account && !account->alias.empty()) items.emplace_back(account->alias, account->alias);
  return page(call, "AccountAliases", items);
}

namespace {
std::unexpected<Error> no_password_policy(std::string_view account) {
  return no_such_entity(
      fmt::format("The Password Policy with domain name {} cannot be found.", account));
}
}  // namespace

Iam::Answer Iam::get_password_policy(const Call& call) {
  const Account* account = accounts_.find({call.account, ""}, "");
  if (!account || account->password_policy.is_null()) return no_password_policy(call.account);
  return json::object({{"PasswordPolicy", account->password_policy}});
}

// Nobody signs in with a password here; the policy is kept for the tools that manage it.
Iam::Answer Iam::update_password_policy(const Call& call) {
  const services::Scope scope{call.account, ""};
  const Account* had = accounts_.find(scope, "");
  Account account = had ? *had : Account{};
  const auto given = [&](std::string_view name, Value otherwise) {
    const Value* value = call.params.find(name);
    return value ? *value : otherwise;
  };
  const Value age = given("MaxPasswordAge", 0);
  json::ObjectBuilder policy;
  policy.add("MinimumPasswordLength", given("MinimumPasswordLength", 6));
  for (const char* flag : {"RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters",
                           "RequireLowercaseCharacters", "AllowUsersToChangePassword"}) {
    policy.add(flag, given(flag, false));
  }
  policy.add("ExpirePasswords", age.as_int64().value_or(0) > 0);
  for (const char* member : {"MaxPasswordAge", "PasswordReusePrevention", "HardExpiry"}) {
    if (const Value* value = call.params.find(member)) policy.add(member, *value);
  }
  account.password_policy = policy.build();
  accounts_.put(scope, "", std::move(account));
  return Value::object();
}

Iam::Answer Iam::delete_password_policy(const Call& call) {
  const services::Scope scope{call.account, ""};
  const Account* had = accounts_.find(scope, "");
  if (!had || had->password_policy.is_null()) return no_password_policy(call.account);
  Account account = *had;
  account.password_policy = nullptr;
  accounts_.put(scope, "", std::move(account));
  return Value::object();
}

// The list that an operation is named for, empty.
Iam::Answer Iam::nothing_listed(const Call& call) {
  if (!call.params.text("UserName").empty()) TRY(identity(call, Kind::user));
  const std::string_view operation = call.operation;
  std::string list(operation.substr(4));
  if (operation == "ListSigningCertificates") list = "Certificates";
  if (operation == "ListServerCertificates") list = "ServerCertificateMetadataList";
  if (operation == "ListOpenIDConnectProviders") list = "OpenIDConnectProviderList";
  if (operation == "ListSAMLProviders") list = "SAMLProviderList";
  json::ObjectBuilder out;
  out.add(list, Value::array());
  if (!operation.ends_with("Providers")) out.add("IsTruncated", false);
  return out.build();
}

Iam::Answer Iam::no_login_profile(const Call& call) {
  const std::string name = TRY(user_meant(call));
  if (!users_.find({call.account, ""}, folded(name))) return no_such_identity(Kind::user, name);
  return no_such_entity(fmt::format("Login Profile for User {} cannot be found.", name));
}

}  // namespace iam
