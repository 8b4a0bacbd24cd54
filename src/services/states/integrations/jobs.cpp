// Jobs that `.sync` waits for: ECS tasks and child executions (spec/integrations.md 6 and 8).
#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/states/integrations/dispatch.h"
#include "services/states/integrations/ecs_task.h"
#include "services/states/states.h"

namespace states {

using asl::Resource;

void Dispatch::follow(const AttemptPtr& attempt, const Value& submitted) {
  const Resource& resource = *attempt->task.resource;
  const Job job{attempt->execution, attempt->task.task, resource.pattern == Resource::Pattern::sync2};
  if (resource.service == "ecs") {
    const Value& tasks = submitted["Tasks"];
    if (!tasks.is_array() || tasks.size() == 0) return;
    const std::string arn(tasks[size_t{0}].text("TaskArn"));
    jobs_.insert_or_assign(arn, job);
    look_at_task(attempt, arn);
  } else if (resource.service == "states") {
    const std::string child(submitted.text("ExecutionArn"));
    jobs_.insert_or_assign(child, job);
    // It may have ended already; its event came before anybody waited for it.
    if (const auto record = states_.engine_.find(child); record && record->status != engine::Outcome::running) {
      execution_changed(json::object({{"executionArn", child}}));
    }
  }
}

// A task whose end nobody heard (the process was down, or it ended before its start was answered).
void Dispatch::look_at_task(const AttemptPtr& attempt, const std::string& task_arn) {
  auto describe = kit_.registry.internal(protocol::Principal::root(attempt->account), attempt->region, "ecs", "DescribeTasks",
                                         json::object({{"cluster", cluster_of_task(task_arn)}, {"tasks", json::array({task_arn})}}));
  kit_.registry.call(describe, [this, attempt](Result<Value> answer) {
    if (!answer) return;
    const Value& tasks = (*answer)["tasks"];
    if (tasks.is_array() && tasks.size() == 1) ecs_task_changed(tasks[size_t{0}], attempt->account, attempt->region);
  });
}

void Dispatch::managed_event(const Value& event) {
  const std::string_view kind = event.text("detail-type");
  if (kind == "ECS Task State Change") {
    ecs_task_changed(event["detail"], event.text("account"), event.text("region"));
  } else if (kind == "Step Functions Execution Status Change") {
    execution_changed(event["detail"]);
  }
}

void Dispatch::ecs_task_changed(const Value& detail, std::string_view account, std::string_view region) {
  if (detail.text("lastStatus") != "STOPPED") return;
  const std::string arn(detail.text("taskArn"));
  if (!jobs_.contains(arn)) return;
  // Which containers are essential stands in the task definition alone.
  auto describe = kit_.registry.internal(protocol::Principal::root(std::string(account)), region, "ecs", "DescribeTaskDefinition",
                                         json::object({{"taskDefinition", detail.text("taskDefinitionArn")}}));
  kit_.registry.call(describe, [this, arn, detail](Result<Value> answer) {
    std::vector<std::string> essential;
    if (answer && (*answer)["taskDefinition"]["containerDefinitions"].is_array()) {
      for (const Value& container : (*answer)["taskDefinition"]["containerDefinitions"].items()) {
        const Value& flag = container["essential"];
        if (!flag.is_bool() || flag.as_bool()) essential.emplace_back(container.text("name"));
      }
    }
    const auto it = jobs_.find(arn);
    if (it == jobs_.end()) return;
    const Job job = it->second;
    jobs_.erase(it);
    ecs_task_stopped(job, detail, essential);
  });
}

void Dispatch::ecs_task_stopped(const Job& job, const Value& detail, const std::vector<std::string>& essential) {
  bool succeeded = detail.text("stopCode") != "TaskFailedToStart" && detail.text("stopCode") != "UserInitiated";
  if (detail["containers"].is_array()) {
    for (const Value& container : detail["containers"].items()) {
      const bool counts = essential.empty() || std::ranges::find(essential, container.text("name")) != essential.end();
      if (counts && container["exitCode"].as_int64() != 0) succeeded = false;
    }
  }
  Value task = ecs_task_object(detail, TaskMoment::stopped);
  if (succeeded) {
    states_.engine_.deliver(job.execution, asl::TaskSucceeded{job.task, std::move(task)});
  } else {
    states_.engine_.deliver(job.execution, asl::TaskFailed{.task = job.task, .error = "States.TaskFailed", .cause = json::write(task)});
  }
}

void Dispatch::execution_changed(const Value& detail) {
  const std::string arn(detail.text("executionArn"));
  const auto it = jobs_.find(arn);
  if (it == jobs_.end()) return;
  const auto r = states_.engine_.find(arn);
  if (!r || r->status == engine::Outcome::running) return;
  const Job job = it->second;
  jobs_.erase(it);
  const bool succeeded = r->status == engine::Outcome::succeeded;
  const Value included = json::object({{"Included", true}});
  const auto data = [&](const std::string& text) {
    if (!job.parse_output) return Value(text);
    auto value = json::parse(text);
    return value ? *value : Value(text);
  };
  // DescribeExecution in PascalCase, members in alphabetical order.
  json::ObjectBuilder out;
  if (r->cause) out.add("Cause", *r->cause);
  if (r->error) out.add("Error", *r->error);
  out.add("ExecutionArn", r->arn).add("Input", data(r->input)).add("InputDetails", included).add("Name", r->name);
  if (r->output) out.add("Output", data(*r->output)).add("OutputDetails", included);
  if (succeeded) {
    out.add("RedriveCount", r->redrive_count).add("RedriveStatus", "NOT_REDRIVABLE");
    out.add("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
  }
  out.add("StartDate", r->start.ms).add("StateMachineArn", r->machine_arn);
  out.add("Status", engine::status_text(r->status)).add("StopDate", r->stop.ms);
  const Value answer = out.build();
  if (succeeded) {
    states_.engine_.deliver(job.execution, asl::TaskSucceeded{job.task, answer});
  } else {
    states_.engine_.deliver(job.execution, asl::TaskFailed{.task = job.task, .error = "States.TaskFailed", .cause = json::write(answer)});
  }
}

}  // namespace states
