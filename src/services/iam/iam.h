#pragma once
// IAM: who there is, what they may do, and the decision about every call.
//
// Iam offers the operations of AWS's API (one family a file), decides for the registry whether a
// caller has a right (authorise.cpp, over protocol/policy/evaluate.h), and knows the access keys of
// users and of the root (access_keys.cpp). It is global: resources of an account live in the region
// "". Other services ask it by its operations alone.
//
//   auto iam = Iam(kit, auth::Mode::enforce);
//   iam.set_root_credentials(key, secret);   // before the first request
//   iam.also_ask(sts.credentials());         // whose temporary keys find() is to know as well
//   registry.set_authoriser(&iam);
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/auth/authenticate.h"
#include "protocol/auth/credentials.h"
#include "protocol/policy/evaluate.h"
#include "services/iam/decision_log.h"
#include "services/iam/entities.h"
#include "services/service.h"
#include "services/table.h"

namespace iam {

enum class Kind : uint8_t { role, user, group };

class Iam final : public services::Service,
                  public protocol::Authoriser,
                  public auth::CredentialSource {
 public:
  Iam(services::Kit& kit, auth::Mode mode);

  void load() override;

  // protocol::Authoriser. Off: nothing is even looked at. Audit: decided, written down, never
  // refused.
  Status authorise(const protocol::Call& call, const protocol::Need& need) override;
  const DecisionLog& decisions() const { return log_; }

  // auth::CredentialSource.
  std::optional<auth::Credential> find(std::string_view access_key_id) override;
  auth::CredentialSource& credentials() { return *this; }
  // The root of the default account; held in memory alone, given anew at every start.
  void set_root_credentials(std::string access_key_id, std::string secret);
  void also_ask(auth::CredentialSource& other) { other_source_ = &other; }

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Answer = Result<json::Value>;
  using Needs = std::vector<protocol::Need>;
  using Operation = Answer (Iam::*)(const Call&);
  struct Named {
    std::string_view name;
    Operation run;
  };

  // iam.cpp: what the operations share.
  void add(std::initializer_list<Named> operations);
  void add_identity_operations();
  void add_shared_operations();
  void add_other_operations();
  services::Table<Identity>& table(Kind kind) {
    return kind == Kind::role ? roles_ : kind == Kind::user ? users_ : groups_;
  }
  // Which of the three an operation is about ("PutRolePolicy"), and the name it is given.
  static Kind kind_of(const Call& call);
  static std::string_view name_in(const Call& call, Kind kind);
  Result<const Identity*> identity(const Call& call, Kind kind);
  Result<const Identity*> identity(const Call& call) { return identity(call, kind_of(call)); }
  void save(const Call& call, Kind kind, Identity changed);
  Result<Value> page(const Call& call, std::string_view list,
                     const std::vector<std::pair<std::string, Value>>& items);
  std::string arn(const Call& call, std::string_view resource) const;
  Instant now() const;
  // The needs of an operation: needs.cpp.
  Needs needs(const Call& call);

  // roles.cpp, users.cpp, groups.cpp
  Answer create_role(const Call& call);
  Answer get_role(const Call& call);
  Answer list_roles(const Call& call);
  Answer delete_role(const Call& call);
  Answer update_role(const Call& call);
  Answer update_role_description(const Call& call);
  Answer update_assume_role_policy(const Call& call);
  Answer create_user(const Call& call);
  Answer get_user(const Call& call);
  Answer list_users(const Call& call);
  Answer update_user(const Call& call);
  Answer delete_user(const Call& call);
  Answer list_groups_for_user(const Call& call);
  Answer create_group(const Call& call);
  Answer get_group(const Call& call);
  Answer list_groups(const Call& call);
  Answer update_group(const Call& call);
  Answer delete_group(const Call& call);
  Answer add_user_to_group(const Call& call);
  Answer remove_user_from_group(const Call& call);
  Value role_value(const Identity& role, bool whole);
  std::optional<std::string> deletion_conflict(const services::Scope& scope, Kind kind,
                                               const Identity& one);
  Answer rename(const Call& call, Kind kind, std::string_view new_name, std::string_view new_path);

  // inline_policies.cpp, attached_policies.cpp, tags.cpp: of roles, users and groups alike.
  Answer put_inline_policy(const Call& call);
  Answer get_inline_policy(const Call& call);
  Answer delete_inline_policy(const Call& call);
  Answer list_inline_policies(const Call& call);
  Answer attach_policy(const Call& call);
  Answer detach_policy(const Call& call);
  Answer list_attached_policies(const Call& call);
  Answer list_entities_for_policy(const Call& call);
  Answer put_boundary(const Call& call);
  Answer delete_boundary(const Call& call);
  Status check_boundary(const Call& call, std::string_view policy_arn);
  Answer tag_identity(const Call& call);
  Answer untag_identity(const Call& call);
  Answer list_identity_tags(const Call& call);

  // managed_policies.cpp
  Answer create_policy(const Call& call);
  Answer get_policy(const Call& call);
  Answer list_policies(const Call& call);
  Answer delete_policy(const Call& call);
  Answer create_policy_version(const Call& call);
  Answer get_policy_version(const Call& call);
  Answer list_policy_versions(const Call& call);
  Answer delete_policy_version(const Call& call);
  Answer set_default_policy_version(const Call& call);
  Answer tag_policy(const Call& call);
  Answer untag_policy(const Call& call);
  Answer list_policy_tags(const Call& call);
  // One of the account's, or AWS's; null when there is none.
  const ManagedPolicy* managed_policy(std::string_view account, std::string_view policy_arn);
  Result<const ManagedPolicy*> policy_named(const Call& call);
  Result<const ManagedPolicy*> own_policy_named(const Call& call);
  struct Uses {
    int attachments = 0;
    int boundaries = 0;
  };
  std::unordered_map<std::string, Uses> uses(const std::string& account);  // by the policy's ARN
  static Value policy_value(const ManagedPolicy& one, const Uses& used);

  // instance_profiles.cpp
  Answer create_instance_profile(const Call& call);
  Answer get_instance_profile(const Call& call);
  Answer list_instance_profiles(const Call& call);
  Answer list_instance_profiles_for_role(const Call& call);
  Answer delete_instance_profile(const Call& call);
  Answer add_role_to_instance_profile(const Call& call);
  Answer remove_role_from_instance_profile(const Call& call);
  Answer tag_instance_profile(const Call& call);
  Answer untag_instance_profile(const Call& call);
  Answer list_instance_profile_tags(const Call& call);
  Result<const InstanceProfile*> profile(const Call& call);
  Value profile_value(const services::Scope& scope, const InstanceProfile& one);

  // service_linked_roles.cpp
  Answer create_service_linked_role(const Call& call);
  Answer delete_service_linked_role(const Call& call);
  Answer get_service_linked_role_deletion_status(const Call& call);

  // access_keys.cpp, service_credentials.cpp
  Answer create_access_key(const Call& call);
  Answer list_access_keys(const Call& call);
  Answer update_access_key(const Call& call);
  Answer delete_access_key(const Call& call);
  Answer get_access_key_last_used(const Call& call);
  std::vector<const AccessKey*> keys_of(const services::Scope& scope, std::string_view user);
  Result<std::string> user_meant(const Call& call);
  Result<const AccessKey*> key_meant(const Call& call);
  Answer create_service_credential(const Call& call);
  Answer list_service_credentials(const Call& call);
  Answer update_service_credential(const Call& call);
  Answer reset_service_credential(const Call& call);
  Answer delete_service_credential(const Call& call);
  Answer change_service_credential(
      const Call& call, const std::function<void(std::vector<ServiceCredential>&, size_t)>& change,
      Value* shown);

  // account.cpp
  Answer get_account_summary(const Call& call);
  Answer create_account_alias(const Call& call);
  Answer delete_account_alias(const Call& call);
  Answer list_account_aliases(const Call& call);
  Answer get_password_policy(const Call& call);
  Answer update_password_policy(const Call& call);
  Answer delete_password_policy(const Call& call);
  Answer get_account_authorization_details(const Call& call);  // account_details.cpp
  Value attached_list(const std::string& account, const Identity& one);
  Value role_details(const services::Scope& scope, const Identity& role);
  Answer nothing_listed(const Call& call);
  Answer no_login_profile(const Call& call);

  // simulate.cpp
  Answer simulate_custom_policy(const Call& call);
  Answer simulate_principal_policy(const Call& call);
  Answer context_keys_for_custom_policy(const Call& call);
  Answer context_keys_for_principal_policy(const Call& call);
  Answer simulate(const Call& call, std::vector<policy::Policy> policies, policy::Who who,
                  std::string_view caller_arn);

  // authorise.cpp
  struct Subject {
    policy::Who who;
    const Identity* identity = nullptr;  // the user, or the session's role; null when there is none
    std::vector<policy::Policy> policies;
    bool trusted = false;  // a session of a service-linked role, in the hands of the service itself
  };
  Subject subject(const Call& call);
  policy::Policy policy_of(policy::PolicyType type, std::string id, const Value& document);
  void add_policies(const std::string& account, const Identity& one,
                    std::vector<policy::Policy>& out);
  void add_boundary(const std::string& account, const Identity& one,
                    std::vector<policy::Policy>& out);
  const Identity* role_of_arn(std::string_view role_arn);
  policy::Context facts(const Call& call, const protocol::Need& need, const Subject& subject,
                        std::string_view resource);
  void note(const Call& call, const policy::Request& request, const policy::Decision& decision,
            bool refused);
  void note_use(const Call& call);

  services::Kit& kit_;
  auth::Mode mode_;
  services::Table<Identity> roles_, users_, groups_;
  services::Table<ManagedPolicy> policies_;
  services::Table<AccessKey> keys_;
  services::Table<InstanceProfile> profiles_;
  services::Table<Account> accounts_;
  std::unordered_map<std::string, std::string> account_of_key_;

  std::string root_key_, root_secret_;
  auth::CredentialSource* other_source_ = nullptr;

  // Policies that came as values and were read, the last few.
  struct ReadPolicy {
    Value value;
    std::shared_ptr<const policy::Document> document;
  };
  std::array<ReadPolicy, 32> read_policies_;
  size_t next_read_policy_ = 0;

  DecisionLog log_;
  // When and where a role (by ARN) or a key (by id) was last used: since the start of the process.
  struct Use {
    Instant at;
    std::string region, service;
  };
  std::unordered_map<std::string, Use> last_use_;
};

}  // namespace iam
