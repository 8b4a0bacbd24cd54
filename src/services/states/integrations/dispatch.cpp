#include "services/states/integrations/dispatch.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/states/map_runs/item_reader.h"
#include "services/states/states.h"

namespace states {

using asl::Resource;

void Dispatch::schedule(const engine::Record& execution, const asl::ScheduleTask& task) {
  const bool sync = task.resource->pattern == Resource::Pattern::sync || task.resource->pattern == Resource::Pattern::sync2;
  // Whoever was given the token has it already: nothing goes out twice.
  if (task.submitted && !sync) return;
  if (task.resource->kind == Resource::Kind::activity) return schedule_activity(execution, task);
  const auto name = parse_arn(execution.arn);
  if (!name) return;
  auto attempt = std::make_shared<Attempt>(Attempt{.execution = execution.arn, .region = name->parts.region,
                                                   .account = name->parts.account, .task = task});
  if (task.resource->kind == Resource::Kind::lambda) {
    attempt->integration = {"lambda", "Invoke", "Lambda", "AWSLambda"};
  } else if (auto known = integration(*task.resource)) {
    attempt->integration = *std::move(known);
  } else {
    return refuse(attempt, "States.Runtime", fmt::format("The integration {} is not part of this server.", task.resource->arn));
  }
  attempt->trace_header = execution.trace_header;
  states_.watch_.task_called(attempt->integration.service);
  assume(attempt, execution.role_arn, task.role_arn, [this, attempt] {
    if (attempt->task.submitted) return follow(attempt, attempt->task.submitted_output);
    if (attempt->task.resource->kind == Resource::Kind::lambda) {
      schedule_lambda(attempt);
    } else if (attempt->integration.service == "execute-api") {
      invoke_api(attempt);
    } else if (attempt->integration.service == "http") {
      invoke_http(attempt);
    } else {
      call_service(attempt);
    }
  });
}

void Dispatch::schedule_activity(const engine::Record& execution, const asl::ScheduleTask& task) {
  states_.watch_.task_called("activity");
  states_.offer_activity_work(task.resource->arn, {execution.arn, task.task, task.token, json::write(task.parameters)});
}

bool Dispatch::has_activity(std::string_view arn) const { return states_.has_activity(arn); }

std::string Dispatch::session_name(const std::string& execution) const {
  return hex_encode(sha256(execution)).substr(0, 32);
}

std::string Dispatch::idempotency_key(const Attempt& attempt) const {
  return hex_encode(sha256(fmt::format("{} {}", attempt.execution, attempt.task.task))).substr(0, 32);
}

void Dispatch::assume(const AttemptPtr& attempt, const std::string& role_arn, const std::optional<std::string>& credentials,
                      Function<void()> then) {
  const std::string session = session_name(attempt->execution);
  attempt->role = protocol::Principal::role_session(role_arn, session);
  const auto assume_as = [this, attempt, session](const protocol::Principal& who, const std::string& role, Function<void(bool)> done) {
    if (!kit_.registry.has("sts", "AssumeRole")) return done(true);
    auto call = kit_.registry.internal(who, attempt->region, "sts", "AssumeRole",
                                       json::object({{"RoleArn", role}, {"RoleSessionName", session}}));
    call.account = attempt->account;
    call.user_agent = "states.amazonaws.com";
    kit_.registry.call(call, [done = std::move(done)](Result<Value> answer) mutable { done(answer.has_value()); });
  };
  const auto service = protocol::Principal::aws_service("states.amazonaws.com", attempt->account);
  assume_as(service, role_arn, [this, attempt, role_arn, credentials, session, assume_as, then = std::move(then)](bool may) mutable {
    if (!may) {
      return refuse(attempt, "States.TaskFailed",
                    fmt::format("The principal states.amazonaws.com is not authorized to assume the provided role. (role: {})", role_arn));
    }
    if (!credentials) return then();
    const protocol::Principal machine_role = attempt->role;
    assume_as(machine_role, *credentials, [this, attempt, role_arn, credentials, session, then = std::move(then)](bool may_switch) mutable {
      if (!may_switch) {
        return refuse(attempt, "States.TaskFailed",
                      fmt::format("The role {} is not authorized to assume the task state's role, {}.", role_arn, *credentials));
      }
      attempt->role = protocol::Principal::role_session(*credentials, session);
      attempt->account = attempt->role.account;
      then();
    });
  });
}

void Dispatch::refuse(const AttemptPtr& attempt, std::string error, std::string cause) {
  states_.engine_.deliver(attempt->execution, asl::TaskFailed{.task = attempt->task.task, .error = std::move(error), .cause = std::move(cause)});
}

void Dispatch::cancel(const engine::Record& execution, const asl::CancelTask& task) {
  if (task.resource->kind == Resource::Kind::activity) return states_.withdraw_activity_work(task.resource->arn, execution.arn, task.task);
  if (task.resource->kind != Resource::Kind::optimized || !task.submitted.is_object()) return;
  const auto name = parse_arn(execution.arn);
  if (!name) return;
  const std::string role = task.role_arn.value_or(execution.role_arn);
  const auto session = protocol::Principal::role_session(role, session_name(execution.arn));
  // Best effort, as on AWS: without the right to stop it, the job runs on.
  const auto stop = [&](std::string_view service, std::string_view operation, Value params) {
    kit_.registry.call(kit_.registry.internal(session, name->parts.region, service, operation, std::move(params)), [](Result<Value>) {});
  };
  if (task.resource->service == "ecs") {
    const Value& tasks = task.submitted["Tasks"];
    if (!tasks.is_array()) return;
    for (const Value& one : tasks.items()) {
      jobs_.erase(std::string(one.text("TaskArn")));
      const std::string why = fmt::format("Stopped by AWS Step Functions: the state that started it was {} ({})",
                                          task.reason == "timeout" ? "timed out" : "aborted", execution.name);
      stop("ecs", "StopTask", json::object({{"cluster", one.text("ClusterArn")}, {"task", one.text("TaskArn")}, {"reason", why.substr(0, 255)}}));
    }
  } else if (task.resource->service == "states") {
    const std::string child(task.submitted.text("ExecutionArn"));
    jobs_.erase(child);
    stop("states", "StopExecution", json::object({{"executionArn", child}}));
  }
}

void Dispatch::read_items(const engine::Record& execution, const asl::ReadItems& what) {
  const auto name = parse_arn(execution.arn);
  if (!name) return;
  const auto role = protocol::Principal::role_session(execution.role_arn, session_name(execution.arn));
  states::read_items(kit_.registry, role, name->parts.region, what, [this, arn = execution.arn, task = what.task, alive = alive_](Items items) {
    if (!*alive) return;
    if (items) {
      states_.engine_.deliver(arn, asl::ItemsRead{task, Value::array(*std::move(items))});
    } else {
      states_.engine_.deliver(arn, asl::MapRunFinished{.task = task, .succeeded = false, .output = {}, .error = "States.ItemReaderFailed",
                                                       .cause = std::move(items).error().cause});
    }
  });
}

void Dispatch::start_map_run(const engine::Record& execution, const asl::StartMapRun& run) { states_.map_runs_.start(execution, run); }

void Dispatch::stop_map_run(const engine::Record& execution, const asl::StopMapRun& run) { states_.map_runs_.stop(execution, run); }

}  // namespace states
