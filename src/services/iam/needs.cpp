// Which right an IAM operation takes: its own action on the role, user, group, policy or profile
// that it names.
#include "protocol/pass_role.h"
#include "services/iam/iam.h"
#include "services/iam/service_linked_roles.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

// Listings are rights on a path.
std::string_view listed_type(std::string_view operation) {
  if (operation == "ListRoles") return "role";
  if (operation == "ListUsers") return "user";
  if (operation == "ListGroups") return "group";
  if (operation == "ListPolicies") return "policy";
  if (operation == "ListInstanceProfiles") return "instance-profile";
  return "";
}

std::string named_arn(const protocol::Call& call, std::string_view type, std::string_view path,
                      std::string_view name) {
  std::string out = "arn:" + call.partition + ":iam::" + call.account + ":";
  return out.append(type).append(path).append(name);
}
}  // namespace

std::vector<protocol::Need> Iam::needs(const Call& call) {
  protocol::Need need{.action = "iam:" + call.operation, .resources = {"*"}};
  const std::string_view operation = call.operation;
  const services::Scope scope{call.account, ""};
  const auto text = [&](std::string_view member) { return call.params.text(member); };
  const auto about = [&](std::string resource) { need.resources = {std::move(resource)}; };
  const auto tagged = [&](const Tags& tags) {
    for (const auto& [key, tag] : tags) {
      need.context.push_back({"aws:ResourceTag/" + tag.key, tag.value});
      need.context.push_back({"iam:ResourceTag/" + tag.key, tag.value});
    }
  };
  // A role, user or group; one that there is not yet, or not at all, by the name and path that it
  // would have.
  const auto about_identity = [&](Kind kind, std::string_view name) {
    const Identity* known =
        operation.starts_with("Create") ? nullptr : table(kind).find(scope, folded(name));
    const std::string_view type = kind == Kind::role   ? "role"
                                  : kind == Kind::user ? "user"
                                                       : "group";
    about(known
              ? known->arn
              : named_arn(call, type, operation.starts_with("Create") ? path_in(call) : "/", name));
    std::string boundary(text("PermissionsBoundary"));
    if (boundary.empty() && known) boundary = known->boundary;
    if (!boundary.empty()) need.context.push_back({"iam:PermissionsBoundary", boundary});
    if (known) tagged(known->tags);
  };

  if (const std::string_view type = listed_type(operation); !type.empty()) {
    about(named_arn(call, type, text("PathPrefix").empty() ? "/" : text("PathPrefix"), ""));
  } else if (operation.contains("InstanceProfile") && operation != "ListInstanceProfilesForRole") {
    const InstanceProfile* known = profiles_.find(scope, folded(text("InstanceProfileName")));
    about(known ? known->arn
                : named_arn(call, "instance-profile", path_in(call), text("InstanceProfileName")));
    if (known) tagged(known->tags);
    if (operation == "AddRoleToInstanceProfile") {
      const Identity* role = roles_.find(scope, folded(text("RoleName")));
      return {need,
              protocol::pass_role(role ? role->arn : named_arn(call, "role", "/", text("RoleName")),
                                "ec2.amazonaws.com")};
    }
  } else if (operation == "CreateServiceLinkedRole") {
    const LinkedRole* role = linked_role(text("AWSServiceName"));
    about(named_arn(call, "role", "/aws-service-role/",
                    std::string(text("AWSServiceName")) + "/AWSServiceRoleFor" +
                        std::string(role ? role->role : "")));
    need.context.push_back({"iam:AWSServiceName", text("AWSServiceName")});
  } else if (!text("RoleName").empty()) {
    about_identity(Kind::role, text("RoleName"));
  } else if (!text("GroupName").empty()) {
    about_identity(Kind::group, text("GroupName"));
  } else if (!text("UserName").empty()) {
    about_identity(Kind::user, text("UserName"));
  } else if (operation == "CreatePolicy") {
    about(named_arn(call, "policy", path_in(call), text("PolicyName")));
  } else if (operation == "SimulatePrincipalPolicy" ||
             operation == "GetContextKeysForPrincipalPolicy") {
    about(std::string(text("PolicySourceArn")));
  } else if (operation == "GetUser" || operation == "CreateAccessKey" ||
             operation == "ListAccessKeys" || operation == "UpdateAccessKey" ||
             operation == "DeleteAccessKey") {
    if (call.caller.type == protocol::Principal::Type::user) about(call.caller.arn);
  } else if (!text("PolicyArn").empty()) {
    about(std::string(text("PolicyArn")));
    if (const ManagedPolicy* known = managed_policy(call.account, text("PolicyArn")))
      tagged(known->tags);
  }
  if ((operation.starts_with("Attach") || operation.starts_with("Detach")) &&
      !text("PolicyArn").empty()) {
    need.context.push_back({"iam:PolicyARN", text("PolicyArn")});
  }
  return {need};
}

}  // namespace iam
