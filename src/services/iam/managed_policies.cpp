#include <algorithm>

#include "base/arn.h"
#include "protocol/policy/principal_id.h"
#include "services/iam/aws_managed.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

constexpr size_t kVersionsMax = 5;
constexpr size_t kSizeMax = 6'144;

Result<PolicyText> managed_text(std::string_view text) {
  PolicyText policy = TRY(policy_in(text, policy::Kind::managed));
  if (policy_size(text) > kSizeMax) return over_quota("PolicySize", kSizeMax);
  return policy;
}

json::Value version_value(const ManagedPolicy& policy, const PolicyVersion& version,
                          bool with_document) {
  json::ObjectBuilder out;
  if (with_document) out.add("Document", document_value(version.policy));
  out.add("VersionId", version.id).add("IsDefaultVersion", version.id == policy.default_version);
  return out.add("CreateDate", time_value(version.created)).build();
}

std::unexpected<Error> no_such_version(std::string_view arn, std::string_view version) {
  return no_such_entity(
      fmt::format("Policy {} version {} does not exist or is not attachable.", arn, version));
}
}  // namespace

const ManagedPolicy* Iam::managed_policy(std::string_view account, std::string_view policy_arn) {
  const auto arn = Arn::parse(policy_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("policy/")) return nullptr;
  if (arn->account == "aws") return aws_managed_policy(policy_arn);
  if (arn->account != account) return nullptr;
  const std::string name = arn->resource.substr(arn->resource.rfind('/') + 1);
  const ManagedPolicy* found = policies_.find({std::string(account), ""}, folded(name));
  return found && found->arn == policy_arn ? found : nullptr;
}

Result<const ManagedPolicy*> Iam::policy_named(const Call& call) {
  const std::string_view policy_arn = call.params.text("PolicyArn");
  const auto parsed = Arn::parse(policy_arn);
  if (!parsed) return invalid_input(fmt::format("ARN {} is not valid.", policy_arn));
  const ManagedPolicy* found = managed_policy(call.account, policy_arn);
  if (!found) return no_such_entity(fmt::format("Policy {} was not found.", policy_arn));
  return found;
}

// One that the account may change.
Result<const ManagedPolicy*> Iam::own_policy_named(const Call& call) {
  const ManagedPolicy* found = TRY(policy_named(call));
  if (found->arn.contains(":iam::aws:")) {
    return fail("AccessDenied",
                fmt::format("User: {} is not authorized to perform: iam:{} on resource: policy {}",
                            call.caller.arn, call.operation, found->arn),
                403);
  }
  return found;
}

std::unordered_map<std::string, Iam::Uses> Iam::uses(const std::string& account) {
  std::unordered_map<std::string, Uses> out;
  for (const Kind kind : {Kind::role, Kind::user, Kind::group}) {
    for (const auto& [key, one] : table(kind).all({account, ""})) {
      for (const std::string& policy_arn : one.attached) ++out[policy_arn].attachments;
      if (!one.boundary.empty()) ++out[one.boundary].boundaries;
    }
  }
  return out;
}

json::Value Iam::policy_value(const ManagedPolicy& one, const Uses& used) {
  return json::object({{"PolicyName", one.name},
                       {"PolicyId", one.id},
                       {"Arn", one.arn},
                       {"Path", one.path},
                       {"DefaultVersionId", one.default_version},
                       {"AttachmentCount", used.attachments},
                       {"PermissionsBoundaryUsageCount", used.boundaries},
                       {"IsAttachable", true},
                       {"CreateDate", time_value(one.created)},
                       {"UpdateDate", time_value(one.updated)}});
}

Iam::Answer Iam::create_policy(const Call& call) {
  const std::string_view name = call.params.text("PolicyName");
  const services::Scope scope{call.account, ""};
  ManagedPolicy one;
  PolicyText text = TRY(managed_text(call.params.text("PolicyDocument")));
  if (policies_.find(scope, folded(name))) {
    return already_exists(
        fmt::format("A policy called {} already exists. Duplicate names are not allowed.", name));
  }
  if (policies_.all(scope).size() >= 1500) return over_quota("PoliciesPerAccount", 1500);
  one.tags = TRY(tags_in(call, {}, "TagsPerPolicy"));
  one.name = name;
  one.path = path_in(call);
  one.id = policy::unique_id(kit_.random, "ANPA");
  one.arn = arn(call, "policy" + one.path + one.name);
  one.description = call.params.text("Description");
  one.created = one.updated = now();
  one.default_version = "v1";
  one.versions.push_back({"v1", std::move(text), one.created});
  Value shown = policy_value(one, {});
  if (!one.tags.empty()) shown = shown.with("Tags", tag_list(one.tags));
  policies_.put(scope, folded(name), std::move(one));
  return json::object({{"Policy", shown}});
}

Iam::Answer Iam::get_policy(const Call& call) {
  const ManagedPolicy& one = *TRY(policy_named(call));
  Value shown = policy_value(one, uses(call.account)[one.arn]);
  if (!one.description.empty()) shown = shown.with("Description", one.description);
  return json::object({{"Policy", shown.with("Tags", tag_list(one.tags))}});
}

Iam::Answer Iam::list_policies(const Call& call) {
  const std::string_view scope = call.params.text("Scope", "All"),
                         prefix = call.params.text("PathPrefix", "/");
  const bool attached_only = call.params["OnlyAttached"] == Value(true);
  const std::string_view usage = call.params.text("PolicyUsageFilter");
  std::vector<std::pair<std::string, Value>> items;
  auto all_uses = uses(call.account);
  const auto take = [&](const ManagedPolicy& one) {
    if (!one.path.starts_with(prefix)) return;
    const Uses used = all_uses[one.arn];
    if (attached_only && used.attachments == 0) return;
    if (usage == "PermissionsBoundary" && used.boundaries == 0) return;
    items.emplace_back(one.arn, policy_value(one, used));
  };
  if (scope != "AWS") {
    for (const auto& [key, one] : policies_.all({call.account, ""})) take(one);
  }
  if (scope != "Local") std::ranges::for_each(aws_managed_policies(), take);
  std::ranges::sort(items, {}, &std::pair<std::string, Value>::first);
  return page(call, "Policies", items);
}

Iam::Answer Iam::delete_policy(const Call& call) {
  const ManagedPolicy& one = *TRY(own_policy_named(call));
  const Uses used = uses(call.account)[one.arn];
  if (used.attachments + used.boundaries > 0)
    return delete_conflict("Cannot delete a policy attached to entities.");
  if (one.versions.size() > 1) {
    return delete_conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the "
        "policy's "
        "versions. The default version is deleted with the policy.");
  }
  policies_.erase({call.account, ""}, folded(one.name));
  return Value::object();
}

Iam::Answer Iam::create_policy_version(const Call& call) {
  ManagedPolicy one = *TRY(own_policy_named(call));
  PolicyText text = TRY(managed_text(call.params.text("PolicyDocument")));
  if (one.versions.size() >= kVersionsMax) {
    return limit_exceeded(
        "A managed policy can have up to 5 versions. Before you create a new version, you must "
        "delete an existing version.");
  }
  one.versions.push_back({fmt::format("v{}", one.next_version++), std::move(text), now()});
  if (call.params["SetAsDefault"] == Value(true)) one.default_version = one.versions.back().id;
  one.updated = now();
  const Value shown = version_value(one, one.versions.back(), false);
  const std::string key = folded(one.name);
  policies_.put({call.account, ""}, key, std::move(one));
  return json::object({{"PolicyVersion", shown}});
}

Iam::Answer Iam::get_policy_version(const Call& call) {
  const ManagedPolicy& one = *TRY(policy_named(call));
  const PolicyVersion* version = one.version(call.params.text("VersionId"));
  if (!version) return no_such_version(one.arn, call.params.text("VersionId"));
  return json::object({{"PolicyVersion", version_value(one, *version, true)}});
}

Iam::Answer Iam::list_policy_versions(const Call& call) {
  const ManagedPolicy& one = *TRY(policy_named(call));
  std::vector<std::pair<std::string, Value>> items;
  // The newest first; there are five at most, so their places are good keys.
  for (size_t i = one.versions.size(); i-- > 0;) {
    items.emplace_back(fmt::format("{:02}", one.versions.size() - i),
                       version_value(one, one.versions[i], false));
  }
  return page(call, "Versions", items);
}

Iam::Answer Iam::delete_policy_version(const Call& call) {
  ManagedPolicy one = *TRY(own_policy_named(call));
  const std::string_view id = call.params.text("VersionId");
  if (!one.version(id)) return no_such_version(one.arn, id);
  if (id == one.default_version)
    return delete_conflict("Cannot delete the default version of a policy.");
  std::erase_if(one.versions, [&](const PolicyVersion& version) { return version.id == id; });
  const std::string key = folded(one.name);
  policies_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

Iam::Answer Iam::set_default_policy_version(const Call& call) {
  ManagedPolicy one = *TRY(own_policy_named(call));
  const std::string_view id = call.params.text("VersionId");
  if (!one.version(id)) return no_such_version(one.arn, id);
  one.default_version = id;
  one.updated = now();
  const std::string key = folded(one.name);
  policies_.put({call.account, ""}, key, std::move(one));
  return Value::object();
}

}  // namespace iam
