#include "services/iam/iam.h"

#include <algorithm>

#include "services/iam/errors.h"
#include "services/iam/shapes.h"

namespace iam {

Iam::Iam(services::Kit& kit, auth::Mode mode)
    : kit_(kit),
      mode_(mode),
      roles_(kit.store, "iam/role"),
      users_(kit.store, "iam/user"),
      groups_(kit.store, "iam/group"),
      policies_(kit.store, "iam/policy"),
      keys_(kit.store, "iam/access-key"),
      profiles_(kit.store, "iam/instance-profile"),
      accounts_(kit.store, "iam/account") {}

void Iam::add(std::initializer_list<Named> operations) {
  for (const Named& one : operations) {
    kit_.registry.add(
        "iam", one.name,
        protocol::immediate([this, run = one.run](const Call& call) { return (this->*run)(call); },
                            [this](const Call& call) { return needs(call); }));
  }
}

void Iam::load() {
  roles_.load(), users_.load(), groups_.load(), policies_.load(), keys_.load(), profiles_.load(),
      accounts_.load();
  for (const auto& [scope, keys] : keys_.scopes()) {
    for (const auto& [id, key] : keys) account_of_key_[id] = scope.account;
  }
  add_identity_operations();
  add_shared_operations();
  add_other_operations();
}

void Iam::add_identity_operations() {
  add({{"CreateRole", &Iam::create_role},
       {"GetRole", &Iam::get_role},
       {"ListRoles", &Iam::list_roles},
       {"DeleteRole", &Iam::delete_role},
       {"UpdateRole", &Iam::update_role},
       {"UpdateRoleDescription", &Iam::update_role_description},
       {"UpdateAssumeRolePolicy", &Iam::update_assume_role_policy},
       {"CreateServiceLinkedRole", &Iam::create_service_linked_role},
       {"DeleteServiceLinkedRole", &Iam::delete_service_linked_role},
       {"GetServiceLinkedRoleDeletionStatus", &Iam::get_service_linked_role_deletion_status}});
  add({{"CreateUser", &Iam::create_user},
       {"GetUser", &Iam::get_user},
       {"ListUsers", &Iam::list_users},
       {"UpdateUser", &Iam::update_user},
       {"DeleteUser", &Iam::delete_user},
       {"ListGroupsForUser", &Iam::list_groups_for_user},
       {"CreateGroup", &Iam::create_group},
       {"GetGroup", &Iam::get_group},
       {"ListGroups", &Iam::list_groups},
       {"UpdateGroup", &Iam::update_group},
       {"DeleteGroup", &Iam::delete_group},
       {"AddUserToGroup", &Iam::add_user_to_group},
       {"RemoveUserFromGroup", &Iam::remove_user_from_group}});
}

// Of roles, users and groups alike.
void Iam::add_shared_operations() {
  for (const char* noun : {"Role", "User", "Group"}) {
    const std::string name = noun;
    add({{"Put" + name + "Policy", &Iam::put_inline_policy}});
    add({{"Get" + name + "Policy", &Iam::get_inline_policy}});
    add({{"Delete" + name + "Policy", &Iam::delete_inline_policy}});
    add({{"List" + name + "Policies", &Iam::list_inline_policies}});
    add({{"Attach" + name + "Policy", &Iam::attach_policy}});
    add({{"Detach" + name + "Policy", &Iam::detach_policy}});
    add({{"ListAttached" + name + "Policies", &Iam::list_attached_policies}});
    if (name == "Group") continue;
    add({{"Put" + name + "PermissionsBoundary", &Iam::put_boundary}});
    add({{"Delete" + name + "PermissionsBoundary", &Iam::delete_boundary}});
    add({{"Tag" + name, &Iam::tag_identity}});
    add({{"Untag" + name, &Iam::untag_identity}});
    add({{"List" + name + "Tags", &Iam::list_identity_tags}});
  }
}

void Iam::add_other_operations() {
  add({{"CreatePolicy", &Iam::create_policy},
       {"GetPolicy", &Iam::get_policy},
       {"ListPolicies", &Iam::list_policies},
       {"DeletePolicy", &Iam::delete_policy},
       {"CreatePolicyVersion", &Iam::create_policy_version},
       {"GetPolicyVersion", &Iam::get_policy_version},
       {"ListPolicyVersions", &Iam::list_policy_versions},
       {"DeletePolicyVersion", &Iam::delete_policy_version},
       {"SetDefaultPolicyVersion", &Iam::set_default_policy_version},
       {"ListEntitiesForPolicy", &Iam::list_entities_for_policy},
       {"TagPolicy", &Iam::tag_policy},
       {"UntagPolicy", &Iam::untag_policy},
       {"ListPolicyTags", &Iam::list_policy_tags}});
  add({{"CreateInstanceProfile", &Iam::create_instance_profile},
       {"GetInstanceProfile", &Iam::get_instance_profile},
       {"ListInstanceProfiles", &Iam::list_instance_profiles},
       {"ListInstanceProfilesForRole", &Iam::list_instance_profiles_for_role},
       {"DeleteInstanceProfile", &Iam::delete_instance_profile},
       {"AddRoleToInstanceProfile", &Iam::add_role_to_instance_profile},
       {"RemoveRoleFromInstanceProfile", &Iam::remove_role_from_instance_profile},
       {"TagInstanceProfile", &Iam::tag_instance_profile},
       {"UntagInstanceProfile", &Iam::untag_instance_profile},
       {"ListInstanceProfileTags", &Iam::list_instance_profile_tags}});
  add({{"CreateAccessKey", &Iam::create_access_key},
       {"ListAccessKeys", &Iam::list_access_keys},
       {"UpdateAccessKey", &Iam::update_access_key},
       {"DeleteAccessKey", &Iam::delete_access_key},
       {"GetAccessKeyLastUsed", &Iam::get_access_key_last_used},
       {"CreateServiceSpecificCredential", &Iam::create_service_credential},
       {"ListServiceSpecificCredentials", &Iam::list_service_credentials},
       {"UpdateServiceSpecificCredential", &Iam::update_service_credential},
       {"ResetServiceSpecificCredential", &Iam::reset_service_credential},
       {"DeleteServiceSpecificCredential", &Iam::delete_service_credential}});
  add({{"GetAccountSummary", &Iam::get_account_summary},
       {"CreateAccountAlias", &Iam::create_account_alias},
       {"DeleteAccountAlias", &Iam::delete_account_alias},
       {"ListAccountAliases", &Iam::list_account_aliases},
       {"GetAccountPasswordPolicy", &Iam::get_password_policy},
       {"UpdateAccountPasswordPolicy", &Iam::update_password_policy},
       {"DeleteAccountPasswordPolicy", &Iam::delete_password_policy},
       {"GetAccountAuthorizationDetails", &Iam::get_account_authorization_details},
       {"SimulateCustomPolicy", &Iam::simulate_custom_policy},
       {"SimulatePrincipalPolicy", &Iam::simulate_principal_policy},
       {"GetContextKeysForCustomPolicy", &Iam::context_keys_for_custom_policy},
       {"GetContextKeysForPrincipalPolicy", &Iam::context_keys_for_principal_policy}});
  // There are no sign-in passwords, MFA devices, keys for SSH, certificates or identity providers
  // here, and the operations that would make them are refused; so what lists them, which tools ask
  // before they delete a user, can tell so.
  for (const std::string_view list :
       {"ListMFADevices", "ListVirtualMFADevices", "ListSSHPublicKeys", "ListSigningCertificates",
        "ListServerCertificates", "ListOpenIDConnectProviders", "ListSAMLProviders"}) {
    add({{list, &Iam::nothing_listed}});
  }
  add({{"GetLoginProfile", &Iam::no_login_profile},
       {"DeleteLoginProfile", &Iam::no_login_profile}});
}

Kind Iam::kind_of(const Call& call) {
  if (call.operation.contains("Role")) return Kind::role;
  return call.operation.contains("Group") ? Kind::group : Kind::user;
}

std::string_view Iam::name_in(const Call& call, Kind kind) {
  return call.params.text(kind == Kind::role   ? "RoleName"
                          : kind == Kind::user ? "UserName"
                                               : "GroupName");
}

Result<const Identity*> Iam::identity(const Call& call, Kind kind) {
  const std::string_view name = name_in(call, kind);
  const Identity* found = table(kind).find({call.account, ""}, folded(name));
  if (!found) return no_such_identity(kind, name);
  return found;
}

void Iam::save(const Call& call, Kind kind, Identity changed) {
  const std::string key = folded(changed.name);
  table(kind).put({call.account, ""}, key, std::move(changed));
}

std::string Iam::arn(const Call& call, std::string_view resource) const {
  return fmt::format("arn:{}:iam::{}:{}", call.partition, call.account, resource);
}

Instant Iam::now() const { return {kit_.clock().now().ms / 1000 * 1000}; }

// `items` are all there is, each with the key by which it is ordered; a page begins behind the
// marker's key.
Result<json::Value> Iam::page(const Call& call, std::string_view list,
                              const std::vector<std::pair<std::string, Value>>& items) {
  const auto wanted = static_cast<size_t>(call.params["MaxItems"].as_int64().value_or(100));
  const std::string purpose = fmt::format("iam:{}:{}", call.operation, call.account);
  std::string after;
  const std::string_view marker = call.params.text("Marker");
  if (!marker.empty()) {
    auto opened = kit_.sealer.open(purpose, marker);
    if (!opened) return validation_error(fmt::format("Invalid Marker: {}", marker));
    after = *std::move(opened);
  }
  std::vector<Value> shown;
  std::string last;
  bool truncated = false;
  for (const auto& [key, value] : items) {
    if (!marker.empty() && key <= after) continue;
    if (shown.size() == wanted) {
      truncated = true;
      break;
    }
    shown.push_back(value);
    last = key;
  }
  json::ObjectBuilder out;
  out.add(list, Value::array(std::move(shown))).add("IsTruncated", truncated);
  if (truncated) out.add("Marker", kit_.sealer.seal(purpose, last));
  return out.build();
}

}  // namespace iam
