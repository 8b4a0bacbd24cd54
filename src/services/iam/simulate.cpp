// The policy simulator: what policies would say, without any call.
#include <algorithm>

#include "base/arn.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

using json::Value;

std::string_view decision_text(policy::Outcome outcome) {
  switch (outcome) {
    case policy::Outcome::allowed:
      return "allowed";
    case policy::Outcome::explicit_deny:
      return "explicitDeny";
    case policy::Outcome::implicit_deny:
      return "implicitDeny";
  }
  return "";
}

// As AWS answers it; the model's list of values is another.
std::string_view source_type(policy::PolicyType type) {
  switch (type) {
    case policy::PolicyType::resource:
      return "Resource Policy";
    case policy::PolicyType::boundary:
      return "Permissions Boundary Policy";
    default:
      return "IAM Policy";
  }
}

Value position(policy::Position at) {
  return json::object({{"Line", at.line}, {"Column", at.column}});
}

Value matched_statements(const policy::Decision& decision) {
  std::vector<Value> out;
  for (const policy::Match& match : decision.matched) {
    const policy::Statement& statement = match.get();
    out.push_back(json::object({{"SourcePolicyId", match.policy->id},
                                {"SourcePolicyType", source_type(match.policy->type)},
                                {"StartPosition", position(statement.start)},
                                {"EndPosition", position(statement.end)}}));
  }
  return Value::array(std::move(out));
}

Result<policy::Policy> simulated(std::string_view text, policy::PolicyType type, std::string id) {
  const auto document = policy::parse(
      text, type == policy::PolicyType::resource ? policy::Kind::resource : policy::Kind::identity);
  if (!document)
    return invalid_input(fmt::format("{} is not a valid policy: {}", id, document.error().message));
  return policy::Policy{.type = type, .id = std::move(id), .document = *document};
}

Status add_simulated(const Value& list, policy::PolicyType type, std::string_view name,
                     std::vector<policy::Policy>& out) {
  if (!list.is_array()) return {};
  for (size_t i = 0; i < list.size(); ++i) {
    out.push_back(TRY(simulated(list[i].as_string(), type, fmt::format("{}.{}", name, i + 1))));
  }
  return {};
}

policy::Context given_context(const Value& entries) {
  policy::Context out;
  if (!entries.is_array()) return out;
  for (const Value& entry : entries.items()) {
    policy::Context::Values values;
    if (entry["ContextKeyValues"].is_array()) {
      for (const Value& value : entry["ContextKeyValues"].items())
        values.push_back(policy::scalar_text(value));
    }
    out.set(entry.text("ContextKeyName"), std::move(values));
  }
  return out;
}

// What is told of one action and resource.
struct Shown {
  bool named = false;          // the resources were given
  bool bounded = false;        // there is a permissions boundary
  bool with_resource = false;  // there is a resource policy
};
Value result_value(const Value& action, const Value& resource, const policy::Decision& decision,
                   const Shown& shown) {
  const auto said = [&](policy::PolicyType type) {
    return decision.by_type[static_cast<size_t>(type)].value_or(policy::Outcome::implicit_deny);
  };
  std::vector<Value> keys(decision.missing_context.begin(), decision.missing_context.end());
  Value details = Value::object();
  if (shown.with_resource) {
    for (const auto type : {policy::PolicyType::identity, policy::PolicyType::resource}) {
      details = details.with(source_type(type), decision_text(said(type)));
    }
  }
  json::ObjectBuilder common;
  common.add("MatchedStatements", matched_statements(decision));
  common.add("MissingContextValues", Value::array(std::move(keys)));
  common.add("EvalDecisionDetails", details);
  if (shown.bounded) {
    const bool within = said(policy::PolicyType::boundary) == policy::Outcome::allowed;
    common.add("PermissionsBoundaryDecisionDetail",
               json::object({{"AllowedByPermissionsBoundary", within}}));
  }
  const Value members = common.build();
  const std::string_view text = decision_text(decision.outcome);
  json::ObjectBuilder out(members);
  out.add("EvalActionName", action).add("EvalResourceName", resource).add("EvalDecision", text);
  if (shown.named) {
    json::ObjectBuilder one(members);
    one.add("EvalResourceName", resource).add("EvalResourceDecision", text);
    out.add("ResourceSpecificResults", json::array({one.build()}));
  }
  return out.build();
}

// What is known of the one who is simulated, unless it was given.
void add_caller(std::string_view caller_arn, policy::Context& context) {
  const auto arn = Arn::parse(caller_arn);
  if (!arn || !arn->resource.starts_with("user/")) return;
  const auto unless_given = [&](std::string_view key, std::string_view value) {
    if (!context.find(key)) context.set(key, value);
  };
  unless_given("aws:username", caller_arn.substr(caller_arn.rfind('/') + 1));
  unless_given("aws:PrincipalArn", caller_arn);
  unless_given("aws:PrincipalAccount", arn->account);
}

Value key_list(const std::vector<std::string>& keys) {
  std::vector<Value> out(keys.begin(), keys.end());
  return json::object({{"ContextKeyNames", Value::array(std::move(out))}});
}
}  // namespace

Iam::Answer Iam::simulate(const Call& call, std::vector<policy::Policy> policies, policy::Who who,
                          std::string_view caller_arn) {
  const Value& params = call.params;
  TRY(add_simulated(params["PolicyInputList"], policy::PolicyType::identity, "PolicyInputList",
                    policies));
  if (params["PermissionsBoundaryPolicyInputList"].size() > 0) {
    // Boundaries that are given stand in for the one there is.
    std::erase_if(policies, [](const policy::Policy& one) {
      return one.type == policy::PolicyType::boundary;
    });
    TRY(add_simulated(params["PermissionsBoundaryPolicyInputList"], policy::PolicyType::boundary,
                      "PermissionsBoundaryPolicyInputList", policies));
  }
  Shown shown{.named = params["ResourceArns"].size() > 0,
              .with_resource = params.find("ResourcePolicy") != nullptr};
  if (shown.with_resource) {
    if (caller_arn.empty())
      return invalid_input("CallerArn is required when a ResourcePolicy is given.");
    const auto arn = Arn::parse(caller_arn);
    if (!arn || !arn->resource.starts_with("user/"))
      return invalid_input("Invalid caller - Caller must be an IAM user in this context.");
    policies.push_back(TRY(
        simulated(params.text("ResourcePolicy"), policy::PolicyType::resource, "ResourcePolicy")));
  }
  shown.bounded = std::ranges::any_of(
      policies, [](const policy::Policy& one) { return one.type == policy::PolicyType::boundary; });
  policy::Context context = given_context(params["ContextEntries"]);
  add_caller(caller_arn, context);
  const auto owner = Arn::parse(params.text("ResourceOwner"));

  std::vector<std::pair<std::string, Value>> results;
  const Value resources = shown.named ? params["ResourceArns"] : json::array({"*"});
  for (const Value& action : params["ActionNames"].items()) {
    if (!action.as_string().contains(':'))
      return invalid_input(fmt::format("Invalid action name: {}", action.as_string()));
    for (const Value& resource : resources.items()) {
      policy::Request request{.who = who,
                              .action = std::string(action.as_string()),
                              .resource = std::string(resource.as_string())};
      const auto arn = Arn::parse(request.resource);
      request.resource_account = arn && !arn->account.empty() ? arn->account
                                 : owner                      ? owner->account
                                                              : who.account;
      request.context = [&] { return context; };
      const policy::Decision decision = policy::evaluate(request, policies);
      results.emplace_back(fmt::format("{:06}", results.size()),
                           result_value(action, resource, decision, shown));
      if (results.size() > 10'000)
        return invalid_input("Too many actions and resources for one simulation.");
    }
  }
  return page(call, "EvaluationResults", results);
}

Iam::Answer Iam::simulate_custom_policy(const Call& call) {
  const std::string_view caller = call.params.text("CallerArn");
  policy::Who who{
      .type = policy::Who::Type::user, .account = call.account, .arn = std::string(caller)};
  if (const auto arn = Arn::parse(caller)) {
    who.account = arn->account;
    if (arn->resource.starts_with("role/") || arn->resource.starts_with("assumed-role/"))
      who.type = policy::Who::Type::role_session, who.role_arn = caller;
  }
  return simulate(call, {}, who, caller);
}

Iam::Answer Iam::simulate_principal_policy(const Call& call) {
  const std::string_view source = call.params.text("PolicySourceArn");
  const auto arn = Arn::parse(source);
  if (!arn || arn->service != "iam")
    return invalid_input(fmt::format(
        "Invalid Entity Arn: {} does not clearly define entity type and name.", source));
  const services::Scope scope{call.account, ""};
  const std::string name = folded(source.substr(source.rfind('/') + 1));
  policy::Who who{
      .type = policy::Who::Type::user, .account = call.account, .arn = std::string(source)};
  std::vector<policy::Policy> policies;
  const Identity* found = nullptr;
  if (arn->resource.starts_with("user/")) {
    found = users_.find(scope, name);
  } else if (arn->resource.starts_with("role/")) {
    found = roles_.find(scope, name);
    who.type = policy::Who::Type::role_session;
    who.role_arn = source;
  } else if (arn->resource.starts_with("group/")) {
    found = groups_.find(scope, name);
  } else {
    return invalid_input(fmt::format(
        "Invalid Entity Arn: {} does not clearly define entity type and name.", source));
  }
  if (!found || found->arn != source)
    return no_such_entity(fmt::format("The entity with ARN {} cannot be found.", source));
  add_policies(call.account, *found, policies);
  for (const std::string& group : found->groups) {
    if (const Identity* one = groups_.find(scope, folded(group)))
      add_policies(call.account, *one, policies);
  }
  add_boundary(call.account, *found, policies);
  // Policies that are kept were read, not parsed; their statements' places come from their texts.
  for (policy::Policy& one : policies) {
    const auto place = [&](const PolicyText& text) {
      if (text.document != one.document) return;
      if (const auto parsed = policy::parse(text.text, policy::Kind::identity))
        one.document = *parsed;
    };
    const auto inline_policy = found->inline_policies.find(one.id);
    if (inline_policy != found->inline_policies.end()) place(inline_policy->second);
    if (const ManagedPolicy* managed = managed_policy(call.account, one.id)) {
      place(managed->in_force().policy);
      one.id = managed->name;
    }
  }
  const std::string_view caller = call.params.text("CallerArn");
  return simulate(call, std::move(policies), who, caller.empty() ? source : caller);
}

Iam::Answer Iam::context_keys_for_custom_policy(const Call& call) {
  std::vector<policy::Policy> policies;
  TRY(add_simulated(call.params["PolicyInputList"], policy::PolicyType::identity, "PolicyInputList",
                    policies));
  std::vector<std::string> keys;
  for (const policy::Policy& one : policies) {
    for (std::string& key : policy::context_keys(*one.document)) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
    }
  }
  return key_list(keys);
}

Iam::Answer Iam::context_keys_for_principal_policy(const Call& call) {
  const std::string_view source = call.params.text("PolicySourceArn");
  const std::string name = folded(source.substr(source.rfind('/') + 1));
  const services::Scope scope{call.account, ""};
  std::vector<policy::Policy> policies;
  TRY(add_simulated(call.params["PolicyInputList"], policy::PolicyType::identity, "PolicyInputList",
                    policies));
  const Identity* found = nullptr;
  for (const Kind kind : {Kind::role, Kind::user, Kind::group}) {
    const Identity* one = table(kind).find(scope, name);
    if (one && one->arn == source) found = one;
  }
  if (!found) return no_such_entity(fmt::format("The entity with ARN {} cannot be found.", source));
  add_policies(call.account, *found, policies);
  for (const std::string& group : found->groups) {
    if (const Identity* one = groups_.find(scope, folded(group)))
      add_policies(call.account, *one, policies);
  }
  std::vector<std::string> keys;
  for (const policy::Policy& one : policies) {
    for (std::string& key : policy::context_keys(*one.document)) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
    }
  }
  return key_list(keys);
}

}  // namespace iam
