#pragma once
// Where the tasks of executions go out: to services as the machine's role, to activities, to functions.
//
// A task of a native service is a call through the registry, in the same turn of the loop and so in the same
// journal group as the history that says it: what it did and what the history says are kept or lost
// together. Everything else goes out at least once, under a key made of execution and event.
// Jobs (`.sync`) are followed by the service's events, which the managed rules deliver, and looked up again
// when an execution is taken up after a restart.
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/engine.h"
#include "protocol/registry.h"
#include "services/service.h"
#include "services/states/integrations/catalog.h"

namespace states {

class States;

class Dispatch final : public engine::ActionSink {
 public:
  Dispatch(States& states, services::Kit& kit) : states_(states), kit_(kit) {}

  void schedule(const engine::Record& execution, const asl::ScheduleTask& task) override;
  void cancel(const engine::Record& execution, const asl::CancelTask& task) override;
  void read_items(const engine::Record& execution, const asl::ReadItems& what) override;
  void start_map_run(const engine::Record& execution, const asl::StartMapRun& run) override;
  void stop_map_run(const engine::Record& execution, const asl::StopMapRun& run) override;
  bool has_activity(std::string_view arn) const override;

  // An event that a managed rule has matched: "ECS Task State Change" and the like.
  void managed_event(const json::Value& event);

 private:
  using Value = json::Value;

  // One attempt of a task, while its answer is waited for.
  struct Attempt {
    std::string execution, region, account;
    asl::ScheduleTask task;
    Integration integration;
    protocol::Principal role;  // as which it is done
    std::string request_id;
    int tries = 0;  // how often it was sent
    std::string trace_header;  // of X-Ray, as the execution was started with it
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  void schedule_activity(const engine::Record& execution, const asl::ScheduleTask& task);
  void schedule_lambda(const AttemptPtr& attempt);
  void call_service(const AttemptPtr& attempt);
  void send(const AttemptPtr& attempt, protocol::Call call);
  void invoke_api(const AttemptPtr& attempt);  // api_gateway.cpp
  // http_invoke.cpp
  // `refused`: the Authorization that the endpoint would not take; empty at first.
  void invoke_http(const AttemptPtr& attempt);
  void retrieve_credentials(const AttemptPtr& attempt, const std::string& refused);
  void send_http(const AttemptPtr& attempt, const Value& credentials, const std::string& refused);
  void misshapen(const AttemptPtr& attempt, const std::vector<std::string>& faults);
  void too_large(const AttemptPtr& attempt, std::string_view what);
  void answered(const AttemptPtr& attempt, Result<Value> answer);
  void refuse(const AttemptPtr& attempt, std::string error, std::string cause);
  void refuse(const AttemptPtr& attempt, const Error& error);

  // Whether Step Functions may assume the role now, and may assume `credentials` from it.
  void assume(const AttemptPtr& attempt, const std::string& role_arn, const std::optional<std::string>& credentials,
              Function<void()> then);
  std::string session_name(const std::string& execution) const;
  std::string idempotency_key(const Attempt& attempt) const;

  // jobs.cpp: what `.sync` waits for, by the job's ARN.
  struct Job {
    std::string execution;
    uint64_t task;
    bool parse_output;  // .sync:2
  };
  void follow(const AttemptPtr& attempt, const Value& submitted);
  void look_at_task(const AttemptPtr& attempt, const std::string& task_arn);
  void ecs_task_changed(const Value& detail, std::string_view account, std::string_view region);
  void ecs_task_stopped(const Job& job, const Value& detail, const std::vector<std::string>& essential);
  void execution_changed(const Value& detail);

  States& states_;
  services::Kit& kit_;
  std::unordered_map<std::string, Job> jobs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace states
