// Tasks: what goes out, what comes back, what takes too long.
#include <fmt/format.h>

#include "language/asl/interpreter.h"
#include "language/json/parse.h"

namespace asl {

Evaluated<std::optional<int64_t>> Interpreter::seconds(const Thread&, const Quantity& q, std::string_view field, const View& seen) {
  if (!q.given()) return std::nullopt;
  if (q.fixed) return q.fixed->as_int64();
  if (q.query) {
    auto value = run_query(*q.query, field, seen);
    if (!value) return std::unexpected(std::move(value).error());
    const auto whole = value->as_int64();
    if (whole && *whole > 0) return whole;
    return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                 .cause = fmt::format("The JSONata expression '{}' specified for the field '{}' returned an unexpected result type. "
                                                      "Expected 'number', but was '{}' for value: {}", q.query->text, field,
                                                      json::kind_name(value->kind()), json::write(*value)),
                                 .evaluation = true,
                                 .location = std::string(field)});
  }
  auto value = look_up(*q.reference, seen);
  if (!value) return std::unexpected(std::move(value).error());
  const auto whole = value->as_int64();
  if (whole && *whole > 0) return whole;
  return std::unexpected(Fault{.error = "States.Runtime",
                               .cause = fmt::format("The {}Path parameter does not reference a valid number of seconds: {} == {}", field,
                                                    q.reference->text, json::write(*value))});
}

void Interpreter::task(Thread& t) {
  const State& state = state_of(t);
  const Resource& resource = *state.resource;
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  if (seen_ && state.language == Language::jsonpath) seen_->see("afterInputPath", t.effective);
  // The token is made of the event that will schedule the task, which comes next.
  t.task = x_.last_event + 1;
  const View seen = view(t, t.effective);
  Value parameters = t.effective;
  if (state.parameters) {
    auto filled = fill(*state.parameters, seen);
    if (!filled) return fault(t, std::move(filled).error());
    parameters = *std::move(filled);
  }
  if (seen_) seen_->see(state.language == Language::jsonpath ? "afterParameters" : "afterArguments", parameters);
  auto timeout = seconds(t, state.timeout, "TimeoutSeconds", seen);
  if (!timeout) return fault(t, std::move(timeout).error());
  auto heartbeat = seconds(t, state.heartbeat, "HeartbeatSeconds", seen);
  if (!heartbeat) return fault(t, std::move(heartbeat).error());
  std::optional<std::string> role;
  Value credentials;
  if (state.credentials) {
    auto filled = fill(*state.credentials, seen);
    if (!filled) return fault(t, std::move(filled).error());
    role = std::string(filled->text("RoleArn"));
    credentials = json::object({{"roleArn", *role}});
  }
  if (auto large = too_large(t, parameters)) return fault(t, *std::move(large));
  if (resource.kind == Resource::Kind::activity && context_.has_activity && !seen_ && !context_.has_activity(resource.arn)) {
    return fault(t, Fault{.error = "States.Runtime", .cause = fmt::format("The activity {} does not exist.", resource.arn)});
  }

  if (resource.kind == Resource::Kind::foreign && !seen_) {
    return fault(t, Fault{.error = "States.Runtime", .cause = fmt::format("The resource {} does not exist.", resource.arn)});
  }

  json::ObjectBuilder details;
  t.submitted = t.started = t.handed_over = false;
  t.submitted_output = Value();
  t.task_role = role;
  t.timeout_s = *timeout;
  t.heartbeat_s = *heartbeat;
  const auto limits = [&] {
    if (*heartbeat) details.add("heartbeatInSeconds", **heartbeat);
    if (*timeout) details.add("timeoutInSeconds", **timeout);
  };
  using Kind = Resource::Kind;
  if (resource.kind == Kind::activity || resource.kind == Kind::lambda) {
    details.add("resource", resource.arn);
    limits();
    if (role) details.add("taskCredentials", credentials);
    Event& event = emit(t, resource.kind == Kind::lambda ? EventType::LambdaFunctionScheduled : EventType::ActivityScheduled);
    if (!running()) return;
    event.data = parameters;
    event.details = details.build();
    t.task = event.id;
    if (resource.kind == Kind::lambda) emit(t, EventType::LambdaFunctionStarted);
  } else {
    const bool runs_container = resource.kind == Kind::optimized && resource.service == "ecs" && resource.pattern == Resource::Pattern::sync;
    if (runs_container && parameters.is_object()) parameters = parameters.with("StartedBy", "AWS Step Functions");
    details.add("parameters", parameters).add("region", context_.region).add("resource", resource.resource);
    details.add("resourceType", resource.resource_type);
    limits();
    if (role) details.add("taskCredentials", credentials);
    Event& event = emit(t, EventType::TaskScheduled);
    if (!running()) return;
    event.details = details.build();
    t.task = event.id;
    emit(t, EventType::TaskStarted).details = json::object({{"resource", resource.resource}, {"resourceType", resource.resource_type}});
  }
  if (!running()) return;
  t.phase = Phase::task;
  t.task_parameters = parameters;
  if (t.timeout_s) {
    t.timer_due = context_.now + *t.timeout_s * 1000;
    t.timer = set_timer(t.timer_due);
  }
  if (t.heartbeat_s) {
    t.heartbeat_due = context_.now + *t.heartbeat_s * 1000;
    t.heartbeat_timer = set_timer(t.heartbeat_due);
  }
  if (seen_ && seen_->mock_error) return task_failed(t, {.task = t.task, .error = seen_->mock_error, .cause = seen_->mock_cause});
  if (seen_ && seen_->mock_result) return task_answered(t, *seen_->mock_result);
  out_.actions.emplace_back(ScheduleTask{.task = t.task, .state = state.name, .resource = state.resource, .parameters = std::move(parameters),
                                         .token = context_.token ? context_.token(t.task) : "", .role_arn = std::move(role),
                                         .timeout_s = t.timeout_s, .heartbeat_s = t.heartbeat_s});
}

void Interpreter::task_answered(Thread& t, Value output) {
  const State& state = state_of(t);
  const Resource& resource = *state.resource;
  clear_timers(t);
  if (auto large = too_large(t, output)) {
    using Kind = Resource::Kind;
    const EventType type = resource.kind == Kind::lambda ? EventType::LambdaFunctionFailed : resource.kind == Kind::activity ? EventType::ActivityFailed : EventType::TaskFailed;
    emit_failure(t, type, large->error, large->cause, type == EventType::TaskFailed ? &resource : nullptr);
    t.phase = Phase::enter;
    return fail_state(t, large->error, large->cause);
  }
  using Kind = Resource::Kind;
  Event& event = emit(t, resource.kind == Kind::lambda     ? EventType::LambdaFunctionSucceeded
                         : resource.kind == Kind::activity ? EventType::ActivitySucceeded
                                                           : EventType::TaskSucceeded);
  if (!running()) return;
  event.data = output;
  if (event.type == EventType::TaskSucceeded) {
    event.details = json::object({{"resource", resource.resource}, {"resourceType", resource.resource_type}});
  }
  t.phase = Phase::enter;
  Value effective = t.effective;
  complete(t, std::move(output), std::move(effective), true);
}

void Interpreter::task_failed(Thread& t, const TaskFailed& answer) {
  const Resource& resource = *state_of(t).resource;
  clear_timers(t);
  using Kind = Resource::Kind;
  using Failed = TaskFailed::Phase;
  EventType type = EventType::TaskFailed;
  if (resource.kind == Kind::lambda) {
    type = answer.phase == Failed::schedule ? EventType::LambdaFunctionScheduleFailed
           : answer.phase == Failed::start  ? EventType::LambdaFunctionStartFailed
                                            : EventType::LambdaFunctionFailed;
  } else if (resource.kind == Kind::activity) {
    type = answer.phase == Failed::schedule ? EventType::ActivityScheduleFailed : EventType::ActivityFailed;
  } else if (answer.phase == Failed::submit) {
    type = EventType::TaskSubmitFailed;
  } else if (answer.phase == Failed::start) {
    type = EventType::TaskStartFailed;
  }
  const bool named = resource.kind != Kind::lambda && resource.kind != Kind::activity;
  t.phase = Phase::enter;
  // What the integration could not even begin is the state's own fault, told like one.
  if (answer.error == "States.Runtime" && named) {
    return fail_execution(t.entered_event, answer.error, prefix(t) + answer.cause.value_or(""));
  }
  emit_failure(t, type, answer.error, answer.cause, named ? &resource : nullptr);
  fail_state(t, answer.error, answer.cause);
}

void Interpreter::task_timed_out(Thread& t) {
  const State& state = state_of(t);
  const Resource& resource = *state.resource;
  using Kind = Resource::Kind;
  out_.actions.emplace_back(CancelTask{t.task, state.resource, t.submitted_output, t.task_role, "timeout"});
  clear_timers(t);
  const EventType type = resource.kind == Kind::lambda     ? EventType::LambdaFunctionTimedOut
                         : resource.kind == Kind::activity ? EventType::ActivityTimedOut
                                                           : EventType::TaskTimedOut;
  emit_failure(t, type, "States.Timeout", std::nullopt, type == EventType::TaskTimedOut ? &resource : nullptr);
  t.phase = Phase::enter;
  fail_state(t, "States.Timeout", std::nullopt);
}

}  // namespace asl
