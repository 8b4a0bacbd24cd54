#pragma once
// Whether a principal may do something to a resource: AWS's rules, without any state (spec/iam.md
// 2).
//
// Give evaluate() the policies that apply (the principal's, its boundary, its session's, the
// resource's) and it tells the decision, which type of policy decided, which statements matched,
// and which condition keys the policies asked for in vain. services/iam gathers the policies; the
// simulator calls this directly.
//
//   Decision d = evaluate({.who = who, .action = "sns:Publish", .resource = topic,
//   .resource_account = account,
//                          .context = [&] { return facts; }}, policies);
//   if (!d.allowed()) return fail("AccessDenied", denial_text(request, d));
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/policy/context.h"
#include "protocol/policy/document.h"

namespace policy {

// Who asks, as policies name principals.
struct Who {
  enum class Type : uint8_t { anonymous, root, user, role_session, federated_user, service };
  Type type = Type::anonymous;
  std::string account;
  std::string arn;       // the user's, the session's; of a service its name, "states.amazonaws.com"
  std::string role_arn;  // of a role session
  std::string
      unique_id;  // "AIDA...", "AROA...": what a policy holds of a principal that was deleted
};

enum class PolicyType : uint8_t { identity, resource, boundary, session };
constexpr size_t kPolicyTypes = 4;

// One policy that applies to the request.
struct Policy {
  PolicyType type = PolicyType::identity;
  std::string id;  // "PolicyInputList.1", a policy's name or ARN
  std::shared_ptr<const Document> document;
};

struct Request {
  Who who;
  std::string action;            // "sns:Publish"
  std::string resource;          // an ARN, "*" where the action has none
  std::string resource_account;  // whose resource; empty: the principal's
  // Role trust policies and key policies: without them nobody gets in, the account's own principals
  // neither.
  bool resource_policy_required = false;
  // Made only when a policy needs it. Empty: nothing is known.
  std::function<Context()> context;
};

enum class Outcome : uint8_t { allowed, explicit_deny, implicit_deny };

// A statement that applied: the policy's id and the statement's place in it.
struct Match {
  const Policy* policy = nullptr;
  size_t statement = 0;
  const Statement& get() const { return policy->document->statements[statement]; }
};

struct Decision {
  Outcome outcome = Outcome::implicit_deny;
  // The type that granted or denied; of an implicit denial the type that had to allow and did not.
  PolicyType decided_by = PolicyType::identity;
  // Root in its own account needs no policy.
  bool by_root = false;
  // Of each type the denies, or where it has none the allows.
  std::vector<Match> matched;
  // Condition keys and variables that statements for this action and resource name and the context
  // lacks.
  std::vector<std::string> missing_context;
  // What each type alone says; nothing for a type that has no policy here.
  std::array<std::optional<Outcome>, kPolicyTypes> by_type;

  bool allowed() const { return outcome == Outcome::allowed; }
};

// `policies` must outlive the decision, which points into them.
Decision evaluate(const Request& request, std::span<const Policy> policies);

// AWS's sentence for a denial: "User: arn:... is not authorized to perform: sns:Publish on
// resource: arn:... because no identity-based policy allows the sns:Publish action", as the
// action's service words it.
std::string denial_text(const Request& request, const Decision& decision);
// Its last part alone: "with an explicit deny in a permissions boundary".
std::string denial_reason(const Request& request, const Decision& decision);

// How a principal of a policy names the one who asks.
enum class Naming : uint8_t {
  none,
  account,  // by the account: the account's own policies decide further
  role,     // by the session's role
  exact,    // by the very ARN, as a service, or as everyone
};
Naming naming(const Principals& principals, const Who& who);

}  // namespace policy
