// What CreateStateMachine and UpdateStateMachine look after before a machine may log: the role's right and the group.
#include <fmt/format.h>

#include "services/states/observe/execution_log.h"
#include "services/states/states.h"

namespace states {

void States::check_log_destination(const std::string& role_arn, const Value& logging, Function<void(Status)> then) {
  const LogSettings settings = LogSettings::of(logging);
  if (settings.level == LogSettings::Level::off || !kit_.registry.reaches("logs", "DescribeLogGroups")) return then({});
  const auto role = protocol::Principal::role_session(role_arn, "StepFunctionsLogging");
  protocol::Call look = kit_.registry.internal(role, settings.scope.region, "logs", "DescribeLogGroups", json::object({{"logGroupNamePrefix", settings.group}}));
  look.account = settings.scope.account;
  look.user_agent = "states.amazonaws.com";
  const auto refused = [] { return fail("AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination"); };
  // spec/cloudwatch.md 4: the rights of log delivery, on everything.
  for (const std::string_view action : {"CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries", "PutResourcePolicy",
                                        "DescribeResourcePolicies", "DescribeLogGroups"}) {
    if (!kit_.registry.authorise(look, {.action = fmt::format("logs:{}", action), .resources = {"*"}})) return then(refused());
  }
  // The look itself is done as log delivery, whose right does not hang on how the role's policy names groups.
  look.caller = protocol::Principal::role_session(
      fmt::format("arn:aws:iam::{}:role/aws-service-role/delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery", settings.scope.account), "states");
  kit_.registry.call(look, [group = settings.group, then = std::move(then)](Result<Value> answer) mutable {
    if (answer && (*answer)["logGroups"].is_array()) {
      for (const Value& one : (*answer)["logGroups"].items()) {
        if (one.text("logGroupName") == group) return then({});
      }
    }
    then(fail("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found."));
  });
}

}  // namespace states
