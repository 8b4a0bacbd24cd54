// The decision about a call: whose policies apply, what is known about the request, and what comes
// of it.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/time_text.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

using protocol::Principal;

policy::Who::Type type_of(Principal::Type type) {
  switch (type) {
    case Principal::Type::anonymous:
      return policy::Who::Type::anonymous;
    case Principal::Type::root:
      return policy::Who::Type::root;
    case Principal::Type::user:
      return policy::Who::Type::user;
    case Principal::Type::assumed_role:
      return policy::Who::Type::role_session;
    case Principal::Type::service:
      return policy::Who::Type::service;
    case Principal::Type::federated_user:
      return policy::Who::Type::federated_user;
  }
  return policy::Who::Type::anonymous;
}

std::string last_part(std::string_view arn) { return std::string(arn.substr(arn.rfind('/') + 1)); }

// The account of an ARN; "" of what is none.
std::string_view account_in(std::string_view arn) {
  if (!arn.starts_with("arn:")) return "";
  std::string_view part;
  for (int i = 0; i < 5; ++i) {
    const size_t colon = arn.find(':');
    if (colon == arn.npos) return "";
    part = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  return part;
}

// The tags that a request brings, whatever its service calls the member and its items.
void add_request_tags(const json::Value& params, policy::Context& facts) {
  for (const char* member : {"Tags", "tags"}) {
    const json::Value& tags = params[member];
    policy::Context::Values keys;
    if (tags.is_object()) {
      for (const json::Member& tag : tags.members()) {
        keys.emplace_back(tag.name);
        facts.set("aws:RequestTag/" + tag.name, policy::scalar_text(tag.value));
      }
    } else if (tags.is_array()) {
      for (const json::Value& tag : tags.items()) {
        const std::string_view key = tag.text("Key", tag.text("key"));
        keys.emplace_back(key);
        facts.set("aws:RequestTag/" + std::string(key), tag.text("Value", tag.text("value")));
      }
    }
    if (!keys.empty()) facts.set("aws:TagKeys", std::move(keys));
  }
  for (const char* member : {"TagKeys", "tagKeys"}) {
    if (params[member].is_array()) facts.set_json("aws:TagKeys", params[member]);
  }
}

// A service of ours in its own account, at something that on AWS it does behind the scenes (ECS
// putting its events on the bus): only what can have a policy of its own asks for one.
bool acts_for_itself(const protocol::Call& call, const protocol::Need& need) {
  if (!call.internal || call.caller.type != Principal::Type::service) return false;
  if (!need.resource_policy.is_null()) return false;
  constexpr std::string_view kPolicyHolders[] = {
      "iam", "kms", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs", "sts"};
  const std::string_view service = std::string_view(need.action).substr(0, need.action.find(':'));
  return std::ranges::find(kPolicyHolders, service) == std::end(kPolicyHolders);
}
}  // namespace

const Identity* Iam::role_of_arn(std::string_view role_arn) {
  const auto arn = Arn::parse(role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return nullptr;
  const Identity* role = roles_.find({arn->account, ""}, folded(last_part(role_arn)));
  return role && role->arn == role_arn ? role : nullptr;
}

// A policy that comes as JSON: a session's or a resource's. One that cannot be understood allows
// nothing.
policy::Policy Iam::policy_of(policy::PolicyType type, std::string id, const Value& document) {
  // Mostly it is one of the last ones again, the very same value.
  for (const ReadPolicy& one : read_policies_) {
    if (one.document && one.value.same(document))
      return {.type = type, .id = std::move(id), .document = one.document};
  }
  static const auto kSilent = std::make_shared<const policy::Document>();
  auto read = policy::read(document);
  ReadPolicy& slot = read_policies_[next_read_policy_++ % read_policies_.size()];
  slot = {document, read ? *std::move(read) : kSilent};
  return {.type = type, .id = std::move(id), .document = slot.document};
}

void Iam::add_policies(const std::string& account, const Identity& one,
                       std::vector<policy::Policy>& out) {
  for (const auto& [name, text] : one.inline_policies)
    out.push_back({policy::PolicyType::identity, name, text.document});
  for (const std::string& policy_arn : one.attached) {
    const ManagedPolicy* managed = managed_policy(account, policy_arn);
    if (managed)
      out.push_back(
          {policy::PolicyType::identity, policy_arn, managed->in_force().policy.document});
  }
}

void Iam::add_boundary(const std::string& account, const Identity& one,
                       std::vector<policy::Policy>& out) {
  if (one.boundary.empty()) return;
  static const auto kSilent = std::make_shared<const policy::Document>();
  const ManagedPolicy* managed = managed_policy(account, one.boundary);
  out.push_back({policy::PolicyType::boundary, one.boundary,
                 managed ? managed->in_force().policy.document : kSilent});
}

Iam::Subject Iam::subject(const Call& call) {
  const Principal& caller = call.caller;
  Subject out;
  out.who = {.type = type_of(caller.type),
             .account = caller.account,
             .arn = caller.arn,
             .role_arn = caller.role_arn,
             .unique_id = caller.user_id};
  if (caller.type == Principal::Type::service) out.who.arn = caller.service;
  // A session of a role or user that was deleted is none of the one that bears its name today.
  const auto same_identity = [&](const Identity& one) {
    const bool own =
        caller.type == Principal::Type::user || caller.type == Principal::Type::assumed_role;
    return !own || caller.user_id.empty() ||
           caller.user_id.substr(0, caller.user_id.find(':')) == one.id;
  };
  const auto add_user = [&](std::string_view user_arn) {
    const services::Scope scope{caller.account, ""};
    const Identity* user = users_.find(scope, folded(last_part(user_arn)));
    if (!user || user->arn != user_arn || !same_identity(*user)) return;
    out.identity = user;
    add_policies(caller.account, *user, out.policies);
    for (const std::string& name : user->groups) {
      if (const Identity* group = groups_.find(scope, folded(name)))
        add_policies(caller.account, *group, out.policies);
    }
    add_boundary(caller.account, *user, out.policies);
  };
  switch (caller.type) {
    case Principal::Type::user:
      add_user(caller.arn);
      break;
    case Principal::Type::assumed_role:
      out.identity = role_of_arn(caller.role_arn);
      if (out.identity && !same_identity(*out.identity)) {
        out.identity = nullptr;
        break;
      }
      if (out.identity) {
        if (out.who.unique_id.empty())
          out.who.unique_id = out.identity->id + ":" + caller.session_name;
        add_policies(caller.account, *out.identity, out.policies);
        add_boundary(caller.account, *out.identity, out.policies);
      } else {
        // AWS makes a service's own role when the service needs it; here the service just acts as
        // it.
        out.trusted = call.internal && caller.role_arn.contains(":role/aws-service-role/");
      }
      break;
    case Principal::Type::federated_user:
      // What the one who vouches may do, within the session's policy: without one, nothing.
      if (caller.role_arn.ends_with(":root")) {
        out.policies.push_back(policy_of(
            policy::PolicyType::identity, "root",
            json::object(
                {{"Version", "2012-10-17"},
                 {"Statement",
                  json::object({{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}})}})));
      } else {
        add_user(caller.role_arn);
      }
      if (caller.session_policy.is_null())
        out.policies.push_back(policy_of(policy::PolicyType::session, "session", {}));
      break;
    default:
      break;
  }
  if (!caller.session_policy.is_null())
    out.policies.push_back(
        policy_of(policy::PolicyType::session, "session", caller.session_policy));
  return out;
}

policy::Context Iam::facts(const Call& call, const protocol::Need& need, const Subject& subject,
                           std::string_view resource) {
  const Principal& caller = call.caller;
  policy::Context out;
  const bool service = caller.type == Principal::Type::service;
  out.set("aws:CurrentTime", iso8601_s(call.at));
  out.set("aws:EpochTime", std::to_string(call.at.ms / 1000));
  out.set("aws:RequestedRegion", call.region);
  out.set("aws:SecureTransport",
          call.internal || call.endpoint.starts_with("https") ? "true" : "false");
  out.set("aws:ViaAWSService", "false");
  out.set("aws:PrincipalIsAWSService", service ? "true" : "false");
  if (!call.source_ip.empty()) out.set("aws:SourceIp", call.source_ip);
  if (!call.user_agent.empty()) out.set("aws:UserAgent", call.user_agent);
  if (const auto arn = Arn::parse(resource))
    out.set("aws:ResourceAccount", arn->account.empty() ? call.account : arn->account);
  if (service) {
    out.set("aws:PrincipalServiceName", caller.service);
    out.set("aws:SourceAccount", caller.account);
    if (!caller.source_arn.empty()) out.set("aws:SourceArn", caller.source_arn);
  } else if (caller.type != Principal::Type::anonymous) {
    const bool role = caller.type == Principal::Type::assumed_role;
    out.set("aws:PrincipalArn", role ? caller.role_arn : caller.arn);
    out.set("aws:PrincipalAccount", caller.account);
    out.set("aws:userid", subject.who.unique_id);
    constexpr std::string_view kTypes[] = {"Anonymous",   "Account", "User",
                                           "AssumedRole", "Service", "FederatedUser"};
    out.set("aws:PrincipalType", kTypes[static_cast<size_t>(caller.type)]);
    if (caller.type == Principal::Type::user) out.set("aws:username", last_part(caller.arn));
    if (caller.access_key_id.starts_with("ASIA")) {
      out.set("aws:TokenIssueTime", iso8601_s(caller.token_issued));
      out.set("aws:MultiFactorAuthPresent", "false");
    }
    if (subject.identity) {
      for (const auto& [key, tag] : subject.identity->tags)
        out.set("aws:PrincipalTag/" + tag.key, tag.value);
    }
    for (const json::Member& tag : caller.session_tags)
      out.set("aws:PrincipalTag/" + tag.name, policy::scalar_text(tag.value));
  }
  add_request_tags(call.params, out);
  for (const json::Member& fact : need.context) out.set_json(fact.name, fact.value);
  return out;
}

Status Iam::authorise(const Call& call, const protocol::Need& need) {
  if (mode_ == auth::Mode::off) return {};
  // A service of ours looks something up for itself: nobody's rights are used.
  if (call.internal && call.caller.type == Principal::Type::root && need.resource_policy.is_null())
    return {};
  const Subject subject = this->subject(call);
  note_use(call);
  std::vector<policy::Policy> policies = subject.policies;
  if (!need.resource_policy.is_null())
    policies.push_back(
        policy_of(policy::PolicyType::resource, "resource policy", need.resource_policy));
  static const std::vector<std::string> kAll = {"*"};
  for (const std::string& resource : need.resources.empty() ? kAll : need.resources) {
    const std::string_view owner = account_in(resource);
    policy::Request request{.who = subject.who, .action = need.action, .resource = resource};
    request.resource_account = owner.empty() || owner == "aws" ? call.account : owner;
    request.resource_policy_required = need.action.starts_with("sts:AssumeRole") ||
                                       need.action == "sts:TagSession" ||
                                       need.action == "sts:SetSourceIdentity";
    request.context = [&] { return facts(call, need, subject, resource); };
    policy::Decision decision = policy::evaluate(request, policies);
    const bool trusted = subject.trusted || (acts_for_itself(call, need) &&
                                             request.resource_account == call.caller.account);
    if (trusted && decision.outcome == policy::Outcome::implicit_deny)
      decision.outcome = policy::Outcome::allowed;
    const bool refused = mode_ == auth::Mode::enforce && !decision.allowed();
    note(call, request, decision, refused);
    if (refused) return fail("AccessDenied", policy::denial_text(request, decision), 403);
  }
  return {};
}

void Iam::note(const Call& call, const policy::Request& request, const policy::Decision& decision,
               bool refused) {
  LoggedDecision& entry = log_.add(decision.outcome);
  entry.at = call.at;
  entry.request_id = call.request_id;
  entry.who = request.who.arn;
  entry.action = request.action;
  entry.resource = request.resource;
  entry.refused = refused;
  entry.reason = decision.allowed() ? std::string() : policy::denial_reason(request, decision);
  entry.policy.clear();
  entry.statement.clear();
  for (const policy::Match& match : decision.matched) {
    if (match.policy->type != decision.decided_by) continue;
    const std::string& sid = match.get().sid;
    entry.policy = match.policy->id;
    entry.statement = sid.empty() ? std::to_string(match.statement + 1) : sid;
    break;
  }
  // That somebody reads the log is no news for those who read it.
  if (request.action != "gantry:ListDecisions") kit_.store.changes().say("iam/decision", "", "", decision.allowed() ? "allowed" : "denied");
}

// Only of what exists, so that the map is no larger than the account.
void Iam::note_use(const Call& call) {
  const Principal& caller = call.caller;
  if (caller.type == Principal::Type::user && account_of_key_.contains(caller.access_key_id)) {
    last_use_[caller.access_key_id] = {call.at, call.region, call.service};
  } else if (caller.type == Principal::Type::assumed_role && role_of_arn(caller.role_arn)) {
    last_use_[caller.role_arn] = {call.at, call.region, call.service};
  }
}

}  // namespace iam
