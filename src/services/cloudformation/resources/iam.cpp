#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

// Who a policy belongs to: a role, a user, a group.
struct Owner {
  std::string_view noun;  // "Role"
  std::string name_member() const { return fmt::format("{}Name", noun); }
  std::string op(std::string_view verb, std::string_view rest) const { return fmt::format("{}{}{}", verb, noun, rest); }
};
constexpr Owner kRole{"Role"}, kUser{"User"}, kGroup{"Group"};

// What is gone already need not be taken away.
constexpr std::initializer_list<std::string_view> kGone = {"NoSuchEntityException", "NoSuchEntity"};

Status put_inline(Job& job, Owner owner, const std::string& name) {
  for (const Value& old : items(job.previous()["Policies"])) {
    bool kept = false;
    for (const Value& policy : items(job.property("Policies"))) kept = kept || policy.text("PolicyName") == old.text("PolicyName");
    if (kept) continue;
    TRY(job.call_unless("iam", owner.op("Delete", "Policy"), json::object({{owner.name_member(), name}, {"PolicyName", old["PolicyName"]}}), kGone));
  }
  for (const Value& policy : items(job.property("Policies"))) {
    TRY(job.call("iam", owner.op("Put", "Policy"), json::object({{owner.name_member(), name}, {"PolicyName", policy["PolicyName"]}, {"PolicyDocument", document(policy["PolicyDocument"])}})));
  }
  return {};
}

Status attach(Job& job, Owner owner, const std::string& name) {
  const auto holds = [](const Value& list, const Value& one) {
    for (const Value& other : items(list)) {
      if (other == one) return true;
    }
    return false;
  };
  const Value &before = job.previous()["ManagedPolicyArns"], &after = job.property("ManagedPolicyArns");
  for (const Value& old : items(before)) {
    if (holds(after, old)) continue;
    TRY(job.call_unless("iam", owner.op("Detach", "Policy"), json::object({{owner.name_member(), name}, {"PolicyArn", old}}), kGone));
  }
  for (const Value& policy : items(after)) {
    if (!holds(before, policy)) TRY(job.call("iam", owner.op("Attach", "Policy"), json::object({{owner.name_member(), name}, {"PolicyArn", policy}})));
  }
  return {};
}

// Whatever has been put on it since goes as well.
Status strip(Job& job, Owner owner, const std::string& name) {
  const std::string member = owner.name_member();
  const Value attached = TRY(job.call_unless("iam", owner.op("ListAttached", "Policies"), json::object({{member, name}}), kGone));
  for (const Value& policy : items(attached["AttachedPolicies"])) {
    TRY(job.call_unless("iam", owner.op("Detach", "Policy"), json::object({{member, name}, {"PolicyArn", policy["PolicyArn"]}}), kGone));
  }
  const Value named = TRY(job.call_unless("iam", owner.op("List", "Policies"), json::object({{member, name}}), kGone));
  for (const Value& policy : items(named["PolicyNames"])) {
    TRY(job.call_unless("iam", owner.op("Delete", "Policy"), json::object({{member, name}, {"PolicyName", policy}}), kGone));
  }
  TRY(job.call_unless("iam", owner.op("Delete", ""), json::object({{member, name}}), kGone));
  return {};
}

// --- roles ---

Result<Physical> create_role(Job& job) {
  const std::string name = job.name("RoleName", 64);
  Value params = to_params("iam", "CreateRole", job.properties(), {"Path", "Description", "MaxSessionDuration", "PermissionsBoundary"});
  params = params.with("RoleName", name).with("AssumeRolePolicyDocument", document(job.property("AssumeRolePolicyDocument"))).with("Tags", job.tags(Tags::yes));
  Value made = TRY(job.create("iam", "CreateRole", std::move(params), "EntityAlreadyExistsException"));
  if (made.is_null()) made = TRY(job.call("iam", "GetRole", json::object({{"RoleName", name}})));
  job.made(name);
  TRY(put_inline(job, kRole, name));
  TRY(attach(job, kRole, name));
  return Physical{name, {}, json::object({{"Arn", made["Role"]["Arn"]}, {"RoleId", made["Role"]["RoleId"]}})};
}

Result<Physical> update_role(Job& job) {
  const std::string& name = job.physical_id();
  if (changed(job, "AssumeRolePolicyDocument")) {
    TRY(job.call("iam", "UpdateAssumeRolePolicy", json::object({{"RoleName", name}, {"PolicyDocument", document(job.property("AssumeRolePolicyDocument"))}})));
  }
  if (changed(job, "Description") || changed(job, "MaxSessionDuration")) {
    TRY(job.call("iam", "UpdateRole", to_params("iam", "UpdateRole", job.properties(), {"Description", "MaxSessionDuration"}).with("RoleName", name)));
  }
  TRY(put_inline(job, kRole, name));
  TRY(attach(job, kRole, name));
  if (job.tags(Tags::no).size() > 0) TRY(job.call("iam", "TagRole", json::object({{"RoleName", name}, {"Tags", job.tags(Tags::no)}})));
  return Physical{};
}

Status remove_role(Job& job) { return strip(job, kRole, job.physical_id()); }

// --- users and groups ---

Result<Physical> create_user(Job& job) {
  const std::string name = job.name("UserName", 64);
  Value params = to_params("iam", "CreateUser", job.properties(), {"Path", "PermissionsBoundary"}).with("UserName", name).with("Tags", job.tags(Tags::yes));
  TRY(job.create("iam", "CreateUser", std::move(params), "EntityAlreadyExistsException"));
  job.made(name);
  TRY(put_inline(job, kUser, name));
  TRY(attach(job, kUser, name));
  for (const Value& group : items(job.property("Groups"))) {
    TRY(job.call("iam", "AddUserToGroup", json::object({{"UserName", name}, {"GroupName", group}})));
  }
  const Value user = TRY(job.call("iam", "GetUser", json::object({{"UserName", name}})));
  return Physical{name, {}, json::object({{"Arn", user["User"]["Arn"]}})};
}

Result<Physical> update_user(Job& job) {
  TRY(put_inline(job, kUser, job.physical_id()));
  TRY(attach(job, kUser, job.physical_id()));
  return Physical{};
}

Status remove_user(Job& job) {
  const Value groups = TRY(job.call_unless("iam", "ListGroupsForUser", json::object({{"UserName", job.physical_id()}}), kGone));
  for (const Value& group : items(groups["Groups"])) {
    TRY(job.call_unless("iam", "RemoveUserFromGroup", json::object({{"UserName", job.physical_id()}, {"GroupName", group["GroupName"]}}), kGone));
  }
  return strip(job, kUser, job.physical_id());
}

Result<Physical> create_group(Job& job) {
  const std::string name = job.name("GroupName", 128);
  TRY(job.create("iam", "CreateGroup", to_params("iam", "CreateGroup", job.properties(), {"Path"}).with("GroupName", name), "EntityAlreadyExistsException"));
  job.made(name);
  TRY(put_inline(job, kGroup, name));
  TRY(attach(job, kGroup, name));
  const Value group = TRY(job.call("iam", "GetGroup", json::object({{"GroupName", name}})));
  return Physical{name, {}, json::object({{"Arn", group["Group"]["Arn"]}})};
}

Result<Physical> update_group(Job& job) {
  TRY(put_inline(job, kGroup, job.physical_id()));
  TRY(attach(job, kGroup, job.physical_id()));
  return Physical{};
}

Status remove_group(Job& job) { return strip(job, kGroup, job.physical_id()); }

Result<Physical> create_access_key(Job& job) {
  const Value made = TRY(job.call("iam", "CreateAccessKey", json::object({{"UserName", job.text("UserName")}})));
  const Value& key = made["AccessKey"];
  return Physical{std::string(key.text("AccessKeyId")), {}, json::object({{"SecretAccessKey", key["SecretAccessKey"]}})};
}

Result<Physical> update_access_key(Job& job) {
  TRY(job.call("iam", "UpdateAccessKey", json::object({{"UserName", job.text("UserName")}, {"AccessKeyId", job.physical_id()}, {"Status", job.text("Status", "Active")}})));
  return Physical{};
}

Status remove_access_key(Job& job) {
  TRY(job.call_unless("iam", "DeleteAccessKey", json::object({{"UserName", job.text("UserName")}, {"AccessKeyId", job.physical_id()}}), kGone));
  return {};
}

// --- policies ---

// Roles, Users and Groups of a policy resource: who is to have it.
template <typename Each>
Status for_owners(const Value& properties, const Each& each) {
  for (const Owner owner : {kRole, kUser, kGroup}) {
    for (const Value& name : items(properties[fmt::format("{}s", owner.noun)])) TRY(each(owner, name));
  }
  return {};
}

bool has_owner(const Value& properties, Owner owner, const Value& name) {
  for (const Value& one : items(properties[fmt::format("{}s", owner.noun)])) {
    if (one == name) return true;
  }
  return false;
}

Status take_inline(Job& job, Owner owner, const Value& name, const Value& policy) {
  TRY(job.call_unless("iam", owner.op("Delete", "Policy"), json::object({{owner.name_member(), name}, {"PolicyName", policy}}), kGone));
  return {};
}

Status has_any_owner(const Value& properties) {
  for (const Owner owner : {kRole, kUser, kGroup}) {
    if (!items(properties[fmt::format("{}s", owner.noun)]).empty()) return {};
  }
  return fail("ValidationException", "At least one of [Groups,Roles,Users] must be non-empty.");
}

Result<Physical> put_policy(Job& job) {
  // AWS quirk (recorded): there is a physical resource even of a policy that is nobody's, and it cannot be deleted.
  const std::string id = job.physical_id().empty() ? job.generated_name(128) : job.physical_id();
  job.made(id);
  TRY(has_any_owner(job.properties()));
  const Value name = job.property("PolicyName");
  TRY(for_owners(job.previous(), [&](Owner owner, const Value& who) -> Status {
    return has_owner(job.properties(), owner, who) ? Status{} : take_inline(job, owner, who, name);
  }));
  TRY(for_owners(job.properties(), [&](Owner owner, const Value& who) -> Status {
    TRY(job.call("iam", owner.op("Put", "Policy"), json::object({{owner.name_member(), who}, {"PolicyName", name}, {"PolicyDocument", document(job.property("PolicyDocument"))}})));
    return {};
  }));
  return Physical{id, {}, Value::object()};
}

Status remove_policy(Job& job) {
  TRY(has_any_owner(job.properties()));
  return for_owners(job.properties(), [&](Owner owner, const Value& who) { return take_inline(job, owner, who, job.property("PolicyName")); });
}

Status share(Job& job, const std::string& policy) {
  TRY(for_owners(job.previous(), [&](Owner owner, const Value& who) -> Status {
    if (has_owner(job.properties(), owner, who)) return {};
    TRY(job.call_unless("iam", owner.op("Detach", "Policy"), json::object({{owner.name_member(), who}, {"PolicyArn", policy}}), kGone));
    return {};
  }));
  return for_owners(job.properties(), [&](Owner owner, const Value& who) -> Status {
    if (!has_owner(job.previous(), owner, who)) TRY(job.call("iam", owner.op("Attach", "Policy"), json::object({{owner.name_member(), who}, {"PolicyArn", policy}})));
    return {};
  });
}

Result<Physical> create_managed_policy(Job& job) {
  const std::string name = job.name("ManagedPolicyName", 128);
  Value params = to_params("iam", "CreatePolicy", job.properties(), {"Path", "Description"}).with("PolicyName", name).with("PolicyDocument", document(job.property("PolicyDocument")));
  const Value made = TRY(job.call("iam", "CreatePolicy", std::move(params)));
  const std::string id(made["Policy"].text("Arn"));
  job.made(id);
  TRY(share(job, id));
  return Physical{id, {}, json::object({{"PolicyArn", id}, {"PolicyId", made["Policy"]["PolicyId"]}})};
}

// All versions but the default one go, so that there is room for the next.
Status drop_old_versions(Job& job) {
  const Value versions = TRY(job.call("iam", "ListPolicyVersions", json::object({{"PolicyArn", job.physical_id()}})));
  for (const Value& version : items(versions["Versions"])) {
    if (version["IsDefaultVersion"] == Value(true)) continue;
    TRY(job.call_unless("iam", "DeletePolicyVersion", json::object({{"PolicyArn", job.physical_id()}, {"VersionId", version["VersionId"]}}), kGone));
  }
  return {};
}

Result<Physical> update_managed_policy(Job& job) {
  if (changed(job, "PolicyDocument")) {
    TRY(drop_old_versions(job));
    TRY(job.call("iam", "CreatePolicyVersion", json::object({{"PolicyArn", job.physical_id()}, {"PolicyDocument", document(job.property("PolicyDocument"))}, {"SetAsDefault", true}})));
  }
  TRY(share(job, job.physical_id()));
  return Physical{};
}

Status remove_managed_policy(Job& job) {
  TRY(for_owners(job.properties(), [&](Owner owner, const Value& who) -> Status {
    TRY(job.call_unless("iam", owner.op("Detach", "Policy"), json::object({{owner.name_member(), who}, {"PolicyArn", job.physical_id()}}), kGone));
    return {};
  }));
  if (auto dropped = drop_old_versions(job); !dropped) {
    if (dropped.error().code.starts_with("NoSuchEntity")) return {};
    return dropped;
  }
  TRY(job.call_unless("iam", "DeletePolicy", json::object({{"PolicyArn", job.physical_id()}}), kGone));
  return {};
}

// --- instance profiles ---

Result<Physical> create_instance_profile(Job& job) {
  const std::string name = job.name("InstanceProfileName", 128);
  Value made = TRY(job.create("iam", "CreateInstanceProfile", to_params("iam", "CreateInstanceProfile", job.properties(), {"Path"}).with("InstanceProfileName", name), "EntityAlreadyExistsException"));
  job.made(name);
  for (const Value& role : items(job.property("Roles"))) {
    TRY(job.create("iam", "AddRoleToInstanceProfile", json::object({{"InstanceProfileName", name}, {"RoleName", role}}), "LimitExceededException"));
  }
  if (made.is_null()) made = TRY(job.call("iam", "GetInstanceProfile", json::object({{"InstanceProfileName", name}})));
  return Physical{name, {}, json::object({{"Arn", made["InstanceProfile"]["Arn"]}})};
}

Status remove_instance_profile(Job& job) {
  for (const Value& role : items(job.property("Roles"))) {
    TRY(job.call_unless("iam", "RemoveRoleFromInstanceProfile", json::object({{"InstanceProfileName", job.physical_id()}, {"RoleName", role}}), kGone));
  }
  TRY(job.call_unless("iam", "DeleteInstanceProfile", json::object({{"InstanceProfileName", job.physical_id()}}), kGone));
  return {};
}

}  // namespace

void add_iam_types(Catalog& catalog) {
  catalog.add({.name = "AWS::IAM::Role", .service = "iam", .operation = "CreateRole", .name_property = "RoleName", .required = {"AssumeRolePolicyDocument"},
               .replacing = {"RoleName", "Path"}, .attributes = {"Arn", "RoleId"}, .taggable = true, .create = create_role, .update = update_role, .remove = remove_role});
  catalog.add({.name = "AWS::IAM::User", .service = "iam", .operation = "CreateUser", .name_property = "UserName", .replacing = {"UserName", "Path", "Groups"}, .attributes = {"Arn"},
               .create = create_user, .update = update_user, .remove = remove_user});
  catalog.add({.name = "AWS::IAM::Group", .service = "iam", .operation = "CreateGroup", .name_property = "GroupName", .replacing = {"GroupName", "Path"}, .attributes = {"Arn"},
               .create = create_group, .update = update_group, .remove = remove_group});
  catalog.add({.name = "AWS::IAM::AccessKey", .service = "iam", .operation = "CreateAccessKey", .required = {"UserName"}, .replacing = {"UserName", "Serial"},
               .attributes = {"SecretAccessKey"}, .create = create_access_key, .update = update_access_key, .remove = remove_access_key});
  catalog.add({.name = "AWS::IAM::Policy", .service = "iam", .operation = "PutRolePolicy", .required = {"PolicyDocument", "PolicyName"}, .replacing = {"PolicyName"},
               .create = put_policy, .update = put_policy, .remove = remove_policy});
  catalog.add({.name = "AWS::IAM::ManagedPolicy", .service = "iam", .operation = "CreatePolicy", .name_property = "ManagedPolicyName", .required = {"PolicyDocument"},
               .replacing = {"ManagedPolicyName", "Path", "Description"}, .attributes = {"PolicyArn", "PolicyId"},
               .create = create_managed_policy, .update = update_managed_policy, .remove = remove_managed_policy});
  catalog.add({.name = "AWS::IAM::InstanceProfile", .service = "iam", .operation = "CreateInstanceProfile", .name_property = "InstanceProfileName", .required = {"Roles"},
               .attributes = {"Arn"}, .create = create_instance_profile, .remove = remove_instance_profile});
}

}  // namespace cloudformation
