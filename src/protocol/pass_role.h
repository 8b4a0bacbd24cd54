#pragma once
// Handing a role to a service takes the caller's right iam:PassRole on it (spec/iam.md 5): part of
// the needs of CreateStateMachine, RegisterTaskDefinition, RunTask, PutTargets, CreateStack and
// their like.
#include <string>
#include <string_view>

#include "base/arn.h"
#include "base/result.h"
#include "protocol/operation.h"

namespace protocol {

// `service` is the one that gets the role: "states.amazonaws.com". `for_resource` is the ARN of
// what will use it (iam:AssociatedResourceArn), where that is known.
inline Need pass_role(std::string_view role_arn, std::string_view service, std::string_view for_resource = {}) {
  Need need{.action = "iam:PassRole", .resources = {std::string(role_arn)}};
  need.context.push_back({"iam:PassedToService", service});
  if (!for_resource.empty()) need.context.push_back({"iam:AssociatedResourceArn", for_resource});
  return need;
}

// A role of another account cannot be passed, whoever asks. For the operation itself, after
// authorisation.
inline Status passable(std::string_view role_arn, std::string_view account) {
  const auto arn = Arn::parse(role_arn);
  if (!arn || arn->account.empty() || arn->account == account) return {};
  return fail("AccessDeniedException", "Cross-account pass role is not allowed.");
}

}  // namespace protocol
