#include "protocol/policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"

namespace policy {
namespace {

// "states.us-east-1.amazonaws.com" names the service of one region; regional and global name are
// one.
bool same_service(std::string_view policy, std::string_view who) {
  if (policy == who || policy == "*") return true;
  const size_t dot = who.find('.');
  const std::string_view name = who.substr(0, dot);
  if (dot == who.npos || !policy.starts_with(name) || policy.size() <= name.size() ||
      policy[name.size()] != '.')
    return false;
  const std::string_view rest = policy.substr(name.size() + 1);
  const size_t region = rest.find('.');
  return region != rest.npos && rest.substr(region) == who.substr(dot) &&
         rest.substr(0, region).contains('-');
}

class Evaluation {
 public:
  Evaluation(const Request& request, std::span<const Policy> policies)
      : request_(request), policies_(policies) {}

  Decision run() {
    for (const Policy& one : policies_) look_at(one);
    for (size_t type = 0; type < kPolicyTypes; ++type) {
      auto& matches = denies_[type].empty() ? allows_[type] : denies_[type];
      std::ranges::move(matches, std::back_inserter(decision_.matched));
      if (!present_[type]) continue;
      decision_.by_type[type] = !denies_[type].empty()                  ? Outcome::explicit_deny
                                : allows(static_cast<PolicyType>(type)) ? Outcome::allowed
                                                                        : Outcome::implicit_deny;
    }
    decide();
    return std::move(decision_);
  }

 private:
  const Context& context() {
    if (!context_) context_ = request_.context ? request_.context() : Context();
    return *context_;
  }
  static const Context& no_context() {
    static const Context kNone;
    return kNone;
  }

  void look_at(const Policy& one) {
    present_[static_cast<size_t>(one.type)] = true;
    for (size_t i = 0; i < one.document->statements.size(); ++i) {
      const Statement& statement = one.document->statements[i];
      Naming named = Naming::exact;
      if (one.type == PolicyType::resource && !concerns(statement, named)) continue;
      if (!action_applies(statement)) continue;
      const Context& facts = statement.needs_context ? context() : no_context();
      note_missing(statement, facts);
      if (!resource_applies(statement, facts)) continue;
      if (!std::ranges::all_of(statement.conditions,
                               [&](const Condition& c) { return c.holds(facts); }))
        continue;
      const auto type = static_cast<size_t>(one.type);
      if (statement.effect == Effect::deny) {
        denies_[type].push_back({&one, i});
      } else {
        allows_[type].push_back({&one, i});
        if (one.type == PolicyType::resource) granted_to_ = std::max(granted_to_, named);
      }
    }
  }

  // Whether a statement of the resource's policy is about the one who asks, and how it names them.
  bool concerns(const Statement& statement, Naming& named) const {
    if (!statement.principals) return false;
    named = naming(*statement.principals, request_.who);
    if (!statement.not_principals) return named != Naming::none;
    // Everyone but those listed: to deny all but a role takes the role, and its account counts as
    // it.
    const bool listed = named != Naming::none;
    named = Naming::exact;
    return !listed;
  }

  bool action_applies(const Statement& statement) const {
    const bool named = std::ranges::any_of(statement.actions, [&](const Pattern& one) {
      return one.matches(request_.action, no_context(), Case::ignored);
    });
    return named != statement.not_actions;
  }

  static bool resource_applies_to(const Statement& statement, std::string_view resource,
                                  const Context& facts) {
    if (!statement.has_resources) return true;
    const bool named = std::ranges::any_of(
        statement.resources, [&](const Pattern& one) { return one.matches_arn(resource, facts); });
    return named != statement.not_resources;
  }
  bool resource_applies(const Statement& statement, const Context& facts) const {
    return resource_applies_to(statement, request_.resource, facts);
  }

  void note_missing(const Statement& statement, const Context& facts) {
    const auto note = [&](const std::string& key) {
      if (facts.find(key)) return;
      auto& missing = decision_.missing_context;
      const auto same = [&](const std::string& known) {
        return lower_case(known) == lower_case(key);
      };
      if (std::ranges::none_of(missing, same)) missing.push_back(key);
    };
    const size_t before = decision_.missing_context.size();
    for (const Pattern& resource : statement.resources)
      std::ranges::for_each(resource.keys(), note);
    // What a statement for another resource would ask does not matter; with a key of the resource's
    // own missing, that cannot be said.
    if (before == decision_.missing_context.size() && !resource_applies(statement, facts)) return;
    for (const Condition& condition : statement.conditions) {
      note(condition.key());
      for (const Pattern& value : condition.values()) std::ranges::for_each(value.keys(), note);
    }
  }

  bool allows(PolicyType type) const { return !allows_[static_cast<size_t>(type)].empty(); }
  // A boundary or a session's policy limits only where there is one.
  bool within(PolicyType type) const {
    return !present_[static_cast<size_t>(type)] || allows(type);
  }

  void settle(Outcome outcome, PolicyType by) {
    decision_.outcome = outcome, decision_.decided_by = by;
  }

  void decide() {
    // spec/iam.md 2, in its order.
    for (const PolicyType type :
         {PolicyType::resource, PolicyType::boundary, PolicyType::session, PolicyType::identity}) {
      if (!denies_[static_cast<size_t>(type)].empty()) return settle(Outcome::explicit_deny, type);
    }
    const Who& who = request_.who;
    const bool own = request_.resource_account.empty() || request_.resource_account == who.account;
    const bool by_resource = granted_to_ != Naming::none;
    if (who.type == Who::Type::service || who.type == Who::Type::anonymous) {
      return settle(granted_to_ == Naming::exact ? Outcome::allowed : Outcome::implicit_deny,
                    PolicyType::resource);
    }
    if (who.type == Who::Type::root) {
      const bool needs_policy = !own || request_.resource_policy_required;
      if (needs_policy)
        return settle(by_resource ? Outcome::allowed : Outcome::implicit_deny,
                      PolicyType::resource);
      decision_.by_root = true;
      return settle(Outcome::allowed, PolicyType::identity);
    }
    if (own) {
      // A grant to the very principal holds whatever boundary and session policy say; one to a role
      // does not.
      if (granted_to_ == Naming::exact) return settle(Outcome::allowed, PolicyType::resource);
      if (request_.resource_policy_required && !by_resource)
        return settle(Outcome::implicit_deny, PolicyType::resource);
    }
    const bool granted = allows(PolicyType::identity) || (own && granted_to_ == Naming::role);
    if (!granted) return settle(Outcome::implicit_deny, PolicyType::identity);
    if (!within(PolicyType::boundary)) return settle(Outcome::implicit_deny, PolicyType::boundary);
    if (!within(PolicyType::session)) return settle(Outcome::implicit_deny, PolicyType::session);
    if (!own && !by_resource) return settle(Outcome::implicit_deny, PolicyType::resource);
    settle(Outcome::allowed,
           allows(PolicyType::identity) ? PolicyType::identity : PolicyType::resource);
  }

  const Request& request_;
  std::span<const Policy> policies_;
  std::optional<Context> context_;
  std::array<bool, kPolicyTypes> present_{};
  std::array<std::vector<Match>, kPolicyTypes> allows_, denies_;
  Naming granted_to_ = Naming::none;
  Decision decision_;
};

// How the action stands in the sentence: SNS shouts its prefix, SQS writes all small (public
// reports).
std::string worded_action(std::string_view action) {
  if (action.starts_with("sns:")) return "SNS:" + std::string(action.substr(4));
  if (action.starts_with("sqs:")) return lower_case(action);
  return std::string(action);
}

std::string_view type_name(const Request& request, PolicyType type) {
  switch (type) {
    case PolicyType::identity:
      return "identity-based policy";
    case PolicyType::boundary:
      return "permissions boundary";
    case PolicyType::session:
      return "session policy";
    case PolicyType::resource:
      return request.resource_policy_required && request.action.starts_with("sts:")
                 ? "role trust policy"
                 : "resource-based policy";
  }
  return "";
}
}  // namespace

Naming naming(const Principals& principals, const Who& who) {
  Naming best = Naming::none;
  const auto raise = [&](Naming to) { best = std::max(best, to); };
  for (const std::string& text : principals.aws) {
    if (text == "*") raise(Naming::exact);
    if (who.type == Who::Type::service || who.type == Who::Type::anonymous) continue;
    if (text == who.arn ||
        (!who.unique_id.empty() && text == who.unique_id && who.type != Who::Type::role_session))
      raise(Naming::exact);
    if (who.type == Who::Type::role_session) {
      const std::string_view role_id =
          std::string_view(who.unique_id).substr(0, who.unique_id.find(':'));
      if (text == who.role_arn || (!role_id.empty() && text == role_id)) raise(Naming::role);
    }
    if (text == who.account) raise(Naming::account);
    if (const auto arn = Arn::parse(text);
        arn && arn->resource == "root" && arn->service == "iam" && arn->account == who.account) {
      raise(Naming::account);
    }
  }
  if (who.type == Who::Type::service) {
    for (const std::string& text : principals.services) {
      if (same_service(text, who.arn)) raise(Naming::exact);
    }
  }
  return best;
}

Decision evaluate(const Request& request, std::span<const Policy> policies) {
  return Evaluation(request, policies).run();
}

std::string denial_reason(const Request& request, const Decision& decision) {
  const std::string_view type = type_name(request, decision.decided_by);
  if (decision.outcome != Outcome::explicit_deny) {
    return fmt::format("because no {} allows the {} action", type, worded_action(request.action));
  }
  return fmt::format("with an explicit deny in {} {}", type.starts_with("i") ? "an" : "a", type);
}

std::string denial_text(const Request& request, const Decision& decision) {
  const std::string what =
      fmt::format("User: {} is not authorized to perform: {} on resource: {}", request.who.arn,
                  worded_action(request.action), request.resource);
  // spec/sts-sigv4.md 2: reports of refused AssumeRole calls show no reason.
  if (request.action.starts_with("sts:AssumeRole")) return what;
  const std::string full = what + " " + denial_reason(request, decision);
  return request.action.starts_with("ec2:")
             ? "You are not authorized to perform this operation. " + full
             : full;
}

}  // namespace policy
