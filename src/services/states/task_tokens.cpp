// Task tokens and what is sent back with them: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.
#include <fmt/format.h>

#include "language/json/parse.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {
constexpr size_t kOutputBytesMax = 262'144;
constexpr std::string_view kPurpose = "states:task";

std::unexpected<Error> timed_out() {
  return fail("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
}
}  // namespace

std::string States::task_token(std::string_view execution_arn, uint64_t task) const {
  return kit_.sealer.seal(kPurpose, fmt::format("{} {}", task, execution_arn));
}

Result<States::TaskName> States::open_token(const Call& call) const {
  const auto text = kit_.sealer.open(kPurpose, call.params.text("taskToken"));
  if (!text) return fail("InvalidToken", "Invalid Token: 'Invalid token'");
  const size_t space = text->find(' ');
  // A token is good in the account of its execution, whoever there has it.
  const auto arn = Arn::parse(std::string_view(*text).substr(space + 1));
  if (!arn || arn->account != call.account || arn->region != call.region) return fail("InvalidToken", "Invalid Token: 'Invalid token'");
  return TaskName{text->substr(space + 1), std::strtoull(text->c_str(), nullptr, 10)};
}

Result<Value> States::send_task_success(const Call& call) {
  const TaskName task = TRY(open_token(call));
  const std::string_view text = call.params.text("output");
  auto output = json::parse_detailed(text);
  if (!output || text.size() > kOutputBytesMax) {
    return fail("InvalidOutput", fmt::format("Invalid Output: '{}'", output ? "output is too large" : output.error().message));
  }
  if (!engine_.deliver(task.execution, asl::TaskSucceeded{task.task, *std::move(output)})) return timed_out();
  return Value::object();
}

Result<Value> States::send_task_failure(const Call& call) {
  const TaskName task = TRY(open_token(call));
  asl::TaskFailed failed{.task = task.task};
  if (const Value* error = call.params.find("error"); error && error->is_string()) failed.error = error->as_string();
  if (const Value* cause = call.params.find("cause"); cause && cause->is_string()) failed.cause = cause->as_string();
  if (!engine_.deliver(task.execution, std::move(failed))) return timed_out();
  return Value::object();
}

Result<Value> States::send_task_heartbeat(const Call& call) {
  const TaskName task = TRY(open_token(call));
  if (!engine_.deliver(task.execution, asl::TaskHeartbeat{task.task})) return timed_out();
  return Value::object();
}

}  // namespace states
