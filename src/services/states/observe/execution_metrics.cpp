#include "services/states/observe/execution_metrics.h"

#include <algorithm>
#include <map>

#include "base/arn.h"
#include "base/encoding.h"
#include "services/states/names.h"

namespace states {

using engine::Outcome;
using json::Value;

namespace {

constexpr std::string_view kMachine = "StateMachineArn", kActivity = "ActivityArn", kLambda = "LambdaFunctionArn", kService = "ServiceIntegrationResourceArn";

// Three ways to speak of a task: an activity's, a function's, a service's.
struct Words {
  std::string_view dimension, scheduled, started, succeeded, failed, timed_out, schedule_time, run_time, time;
};
constexpr Words kWords[] = {
    {kActivity, "ActivitiesScheduled", "ActivitiesStarted", "ActivitiesSucceeded", "ActivitiesFailed", "ActivitiesTimedOut", "ActivityScheduleTime", "ActivityRunTime", "ActivityTime"},
    {kLambda, "LambdaFunctionsScheduled", "LambdaFunctionsStarted", "LambdaFunctionsSucceeded", "LambdaFunctionsFailed", "LambdaFunctionsTimedOut", "LambdaFunctionScheduleTime",
     "LambdaFunctionRunTime", "LambdaFunctionTime"},
    {kService, "ServiceIntegrationsScheduled", "ServiceIntegrationsStarted", "ServiceIntegrationsSucceeded", "ServiceIntegrationsFailed", "ServiceIntegrationsTimedOut",
     "ServiceIntegrationScheduleTime", "ServiceIntegrationRunTime", "ServiceIntegrationTime"},
};

std::string_view unit_of(std::string_view metric) {
  if (metric.ends_with("Time") || metric.ends_with("Duration")) return "Milliseconds";
  return metric.ends_with("Memory") ? "Megabytes" : "Count";
}

}  // namespace

ExecutionMetrics::Resource* ExecutionMetrics::resource(const services::Scope& scope, std::string_view dimension, const std::string& arn) {
  // An integration's resource is the same text in every account.
  const bool shared = dimension == kService;
  const std::string key = shared ? scope.account + scope.region + arn : arn;
  auto it = waiting_.find(key);
  if (it == waiting_.end()) {
    if (waiting_.size() >= kResourcesMax || !is_ascii(arn)) return nullptr;
    it = waiting_.emplace(key, Resource{scope, dimension, arn, {}}).first;
  }
  if (!sending_) {
    sending_ = true;
    since_ = kit_.clock().now();
    // No later than the end of the minute, so that what is counted belongs to it.
    const int64_t to_minute = 60'000 - since_.ms % 60'000;
    kit_.loop.after(std::min(kSendEveryMs, to_minute), [this, alive = alive_] {
      if (*alive) send();
    });
  }
  return &it->second;
}

template <typename F>
void ExecutionMetrics::each(const engine::Record& r, F count) {
  for (const std::string* of : {&r.machine_arn, &r.version_arn, &r.alias_arn}) {
    if (of->empty()) continue;
    // Executions come in numbers: whose metrics wait already is not asked again where it lives.
    if (const auto known = waiting_.find(*of); known != waiting_.end()) {
      count(known->second.samples);
    } else if (const auto arn = Arn::parse(r.machine_arn)) {
      if (Resource* fresh = resource({arn->account, arn->region}, kMachine, *of)) count(fresh->samples);
    }
  }
}

void ExecutionMetrics::status_changed(const engine::Record& r) {
  if (r.status == Outcome::running) {
    return each(r, [&](auto& samples) { samples[r.redrive_count > 0 ? "ExecutionsRedriven" : "ExecutionsStarted"].add(1); });
  }
  if (const auto it = tasks_.find(r.arn); it != tasks_.end()) {
    open_tasks_ -= it->second.size();
    tasks_.erase(it);
  }
  const bool redriven = r.redrive_count > 0;
  const std::string_view name = r.status == Outcome::succeeded  ? (redriven ? "RedrivenExecutionsSucceeded" : "ExecutionsSucceeded")
                                : r.status == Outcome::failed   ? (redriven ? "RedrivenExecutionsFailed" : "ExecutionsFailed")
                                : r.status == Outcome::timed_out ? (redriven ? "RedrivenExecutionsTimedOut" : "ExecutionsTimedOut")
                                                                : (redriven ? "RedrivenExecutionsAborted" : "ExecutionsAborted");
  each(r, [&](auto& samples) {
    samples[name].add(1);
    const auto took = static_cast<double>(r.stop - (redriven ? r.redrive : r.start));
    samples["ExecutionTime"].add(took);
    if (!r.express) return;
    samples["ExpressExecutionBilledDuration"].add(static_cast<double>((std::max<int64_t>(r.stop - r.start, 1) + 99) / 100 * 100));
    samples["ExpressExecutionBilledMemory"].add(64);
  });
}

void ExecutionMetrics::progressed(const engine::Record& r, const std::vector<asl::Event>& events) {
  std::optional<services::Scope> scope;
  for (const asl::Event& event : events) {
    using enum asl::EventType;
    switch (event.type) {
      case ActivityScheduled: case ActivityStarted: case ActivitySucceeded: case ActivityFailed: case ActivityTimedOut: case ActivityScheduleFailed:
      case LambdaFunctionScheduled: case LambdaFunctionStarted: case LambdaFunctionSucceeded: case LambdaFunctionFailed: case LambdaFunctionTimedOut:
      case LambdaFunctionScheduleFailed: case LambdaFunctionStartFailed:
      case TaskScheduled: case TaskStarted: case TaskSubmitted: case TaskSucceeded: case TaskFailed: case TaskTimedOut: case TaskStartFailed: case TaskSubmitFailed:
        if (!scope) {
          const auto arn = Arn::parse(r.machine_arn);
          if (!arn) return;
          scope = services::Scope{arn->account, arn->region};
        }
        task_event(r, *scope, event);
        break;
      default: break;
    }
  }
}

void ExecutionMetrics::task_event(const engine::Record& r, const services::Scope& scope, const asl::Event& event) {
  const std::string_view type = asl::type_name(event.type);
  const Kind kind = type.starts_with("Activity") ? Kind::activity : type.starts_with("Lambda") ? Kind::lambda : Kind::service;
  const Words& words = kWords[static_cast<size_t>(kind)];
  if (type.ends_with("Scheduled")) {
    std::string arn(event.details.text("resource"));
    if (kind == Kind::service) {
      const std::string_view of = event.details.text("resourceType");
      arn = "arn:aws:states:::" + std::string(of) + ":" + arn;
    }
    if (Resource* known = resource(scope, words.dimension, arn)) known->samples[words.scheduled].add(1);
    if (open_tasks_ >= kOpenTasksMax) return;
    if (tasks_[r.arn].try_emplace(event.id, OpenTask{kind, std::move(arn), event.at, {}}).second) ++open_tasks_;
    return;
  }
  const auto execution = tasks_.find(r.arn);
  if (execution == tasks_.end()) return;
  auto node = execution->second.extract(event.previous);
  if (node.empty()) return;
  OpenTask& task = node.mapped();
  Resource* known = resource(scope, words.dimension, task.arn);
  if (type.ends_with("Started") || type.ends_with("Submitted")) {
    if (known && !task.started) {
      known->samples[words.started].add(1);
      known->samples[words.schedule_time].add(static_cast<double>(event.at - task.scheduled));
    }
    if (!task.started) task.started = event.at;
    node.key() = event.id;
    execution->second.insert(std::move(node));
    return;
  }
  --open_tasks_;
  if (known) {
    const bool succeeded = type.ends_with("Succeeded"), timed_out = type.ends_with("TimedOut");
    known->samples[succeeded ? words.succeeded : timed_out ? words.timed_out : words.failed].add(1);
    if (timed_out && kind == Kind::activity && event.details.text("error") == "States.HeartbeatTimeout") known->samples["ActivitiesHeartbeatTimedOut"].add(1);
    if (task.started) known->samples[words.run_time].add(static_cast<double>(event.at - *task.started));
    known->samples[words.time].add(static_cast<double>(event.at - task.scheduled));
  }
  if (execution->second.empty()) tasks_.erase(execution);
}

void ExecutionMetrics::send() {
  sending_ = false;
  auto sent = std::move(waiting_);
  waiting_.clear();
  if (!kit_.registry.has("monitoring", "PutMetricData")) return;
  constexpr size_t kDataMax = 500;
  std::map<services::Scope, std::vector<Value>> data;
  const auto put = [&](const services::Scope& scope, std::vector<Value>& list) {
    if (list.empty()) return;
    const auto who = protocol::Principal::aws_service("states.amazonaws.com", scope.account);
    kit_.registry.call(kit_.registry.internal(who, scope.region, "monitoring", "PutMetricData",
                                              json::object({{"Namespace", "AWS/States"}, {"MetricData", Value::array(std::move(list))}})),
                       [](Result<Value>) {});
    list.clear();
  };
  for (const auto& [key, resource] : sent) {
    const Value dimensions = json::array({json::object({{"Name", resource.dimension}, {"Value", resource.arn}})});
    for (const auto& [name, set] : resource.samples.list) {
      json::ObjectBuilder datum;
      datum.add("MetricName", name).add("Dimensions", dimensions).add("Timestamp", since_.seconds()).add("Unit", unit_of(name));
      if (const auto* values = set.values()) {
        std::vector<Value> each_value, counts;
        for (const auto& [value, count] : *values) each_value.emplace_back(value), counts.emplace_back(count);
        datum.add("Values", Value::array(std::move(each_value))).add("Counts", Value::array(std::move(counts)));
      }
      datum.add("StatisticValues", json::object({{"SampleCount", set.count()}, {"Sum", set.sum()}, {"Minimum", set.least()}, {"Maximum", set.greatest()}}));
      auto& list = data[resource.scope];
      list.push_back(datum.build());
      if (list.size() == kDataMax) put(resource.scope, list);
    }
  }
  for (auto& [scope, list] : data) put(scope, list);
}

}  // namespace states
