#pragma once
// What IAM keeps of an account: its roles, users and groups (alike but for a few members), managed
// policies, access keys, instance profiles, and the account's own settings.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"
#include "protocol/policy/document.h"

namespace iam {

// A policy as the client wrote it, which is what it gets back, and as it is understood.
struct PolicyText {
  std::string text;
  std::shared_ptr<const policy::Document> document;
};

// Tags by their key in small letters (AWS tells keys of one spelling apart by nothing), in the
// order of keys.
struct Tag {
  std::string key, value;
};
using Tags = std::map<std::string, Tag>;

struct ServiceCredential {
  std::string id, service, service_user, password;
  Instant created;
  bool active = true;
};

// A role, a user or a group.
struct Identity {
  std::string name, path, id, arn;
  Instant created;
  std::map<std::string, PolicyText> inline_policies;
  std::vector<std::string> attached;  // ARNs of managed policies, the first attached first
  std::string boundary;               // ARN of a managed policy
  Tags tags;

  // Roles.
  PolicyText trust;
  std::string description;
  int64_t max_session_seconds = 3600;
  std::string linked_service;  // "ecs.amazonaws.com" of a service-linked role

  // Users.
  std::vector<std::string> groups;  // names, as joined
  std::vector<ServiceCredential> service_credentials;
};

struct PolicyVersion {
  std::string id;  // "v1"
  PolicyText policy;
  Instant created;
};

struct ManagedPolicy {
  std::string name, path, id, arn, description;
  Instant created, updated;
  std::vector<PolicyVersion> versions;  // oldest first, five at most
  std::string default_version;
  int64_t next_version = 2;
  Tags tags;

  const PolicyVersion* version(std::string_view version_id) const;
  const PolicyVersion& in_force() const;
};

struct AccessKey {
  std::string id, secret, user;
  Instant created;
  bool active = true;
};

struct InstanceProfile {
  std::string name, path, id, arn;
  Instant created;
  std::vector<std::string> roles;  // names; one at most
  Tags tags;
};

struct Account {
  std::string alias;
  json::Value password_policy;  // null, or the members that UpdateAccountPasswordPolicy takes
  std::vector<std::string> deletion_tasks;  // ids, of service-linked roles; the last hundred
};

json::Value to_json(const Identity&);
json::Value to_json(const ManagedPolicy&);
json::Value to_json(const AccessKey&);
json::Value to_json(const InstanceProfile&);
json::Value to_json(const Account&);
Identity from_json(const json::Value&, std::type_identity<Identity>);
ManagedPolicy from_json(const json::Value&, std::type_identity<ManagedPolicy>);
AccessKey from_json(const json::Value&, std::type_identity<AccessKey>);
InstanceProfile from_json(const json::Value&, std::type_identity<InstanceProfile>);
Account from_json(const json::Value&, std::type_identity<Account>);

// A policy that was accepted before. One that cannot be read any more says nothing, and so allows
// nothing.
PolicyText policy_text(std::string_view text);

// [{"Key": "k", "Value": "v"}].
json::Value tag_list(const Tags& tags);

}  // namespace iam
