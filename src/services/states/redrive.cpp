// RedriveExecution: an execution that has failed goes on (spec/sfn-api.md 5).
#include <fmt/format.h>

#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {
constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kPeriodMs = 14 * kDayMs;
constexpr int64_t kRunMs = 366 * kDayMs;
constexpr int64_t kTokenMs = 15 * 60'000;
constexpr uint64_t kEventsMax = 24'999;
constexpr int kRedrivesMax = 1'000;
}  // namespace

States::Redrivable States::redrivable_of(const engine::Record& r) const {
  using enum engine::Outcome;
  const auto never = [](std::string reason) { return Redrivable{"NOT_REDRIVABLE", std::move(reason)}; };
  if (r.status == running || r.status == succeeded) {
    return never(fmt::format("Execution is {} and cannot be redriven", engine::status_text(r.status)));
  }
  const Instant now = kit_.clock().now();
  if (now - r.stop > kPeriodMs) return never("Execution redrivable period exceeded");
  if (now - r.start > kRunMs) return never("Execution has exceeded the max execution time");
  if (r.events >= kEventsMax) return never("Execution history event limit exceeded");
  if (r.redrive_count >= kRedrivesMax) return never("Execution redrive count limit exceeded");
  return {r.map_run_arn.empty() ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN", ""};
}

Result<Value> States::redrive_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  const Name name = TRY(parse_execution_arn(arn));
  const auto record = find_execution(call, name);
  if (!record) return fail("ExecutionDoesNotExist", fmt::format("Execution Does Not Exist: '{}'", arn));
  const std::string token(call.params.text("clientToken"));
  if (!token.empty() && token == record->redrive_token && call.at - record->redrive < kTokenMs) {
    return json::object({{"redriveDate", record->redrive.seconds()}});
  }
  const Redrivable redrivable = redrivable_of(*record);
  if (redrivable.status != "REDRIVABLE") {
    return fail("ExecutionNotRedrivable", redrivable.reason.empty() ? "Execution is a child workflow execution of a Map Run and is redriven with it"
                                                                    : redrivable.reason);
  }
  const StateMachine* machine = machines_.find(scope_for(call, name), name.machine);
  if (machine && machine->deleting) return fail("ExecutionNotRedrivable", "State machine is being deleted");
  TRY(admit(arn));
  if (engine_.redrive(arn, token) != engine::Engine::Redriven::runs) {
    return fail("ExecutionNotRedrivable", "Execution was started before the launch of RedriveExecution");
  }
  return json::object({{"redriveDate", engine_.find(arn)->redrive.seconds()}});
}

Status States::admit(const std::string& arn) const {
  if (!kit_.store.healthy()) return std::unexpected(protocol::no_room(protocol::Lack::disk));
  if (engine_.open_in(arn) < settings_.open_executions_max) return {};
  return fail("ExecutionLimitExceeded", fmt::format("Execution Limit Exceeded: 'You have exceeded the maximum number of open executions: {}'",
                                                    settings_.open_executions_max));
}

}  // namespace states
