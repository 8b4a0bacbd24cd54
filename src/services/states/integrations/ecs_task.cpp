#include "services/states/integrations/ecs_task.h"

#include <algorithm>
#include <cmath>

#include "base/time_text.h"

namespace states {

using json::Value;

namespace {

std::string pascal(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

Value milliseconds(const Value& time) {
  if (time.is_number()) return Value(static_cast<int64_t>(std::llround(time.as_double() * 1000)));
  if (time.is_string()) {
    if (const auto at = parse_iso8601(time.as_string())) return Value(at->ms);
  }
  return time;
}

// Members in PascalCase and in alphabetical order; members that are missing get their empty lists.
Value reshape(const Value& value, std::initializer_list<std::string_view> lists = {}) {
  if (value.is_array()) {
    std::vector<Value> items;
    for (const Value& item : value.items()) items.push_back(reshape(item));
    return Value::array(std::move(items));
  }
  if (!value.is_object()) return value;
  std::vector<json::Member> members;
  for (const auto& [name, member] : value.members()) {
    const bool time = name.size() > 2 && name.ends_with("At");
    members.push_back({pascal(name), time ? milliseconds(member) : reshape(member)});
  }
  for (const std::string_view list : lists) {
    if (std::ranges::none_of(members, [&](const json::Member& one) { return one.name == list; })) {
      members.push_back({std::string(list), Value::array()});
    }
  }
  std::ranges::sort(members, {}, &json::Member::name);
  return Value::object(std::move(members));
}

Value reshape_each(const Value& list, std::initializer_list<std::string_view> lists) {
  std::vector<Value> items;
  if (list.is_array()) {
    for (const Value& item : list.items()) items.push_back(reshape(item, lists));
  }
  return Value::array(std::move(items));
}

// Each container's overrides with all their lists, whether it was given any or not.
Value overrides(const Value& task) {
  std::vector<Value> containers;
  const Value& given = task["overrides"]["containerOverrides"];
  if (given.is_array()) {
    for (const Value& one : given.items()) {
      containers.push_back(reshape(one, {"Command", "Environment", "EnvironmentFiles", "ResourceRequirements"}));
    }
  }
  Value out = task["overrides"].is_object() ? reshape(task["overrides"], {"InferenceAcceleratorOverrides"})
                                            : json::object({{"InferenceAcceleratorOverrides", Value::array()}});
  out = out.with("ContainerOverrides", Value::array(std::move(containers)));
  return reshape(out);
}

}  // namespace

Value ecs_task_object(const Value& task, TaskMoment moment) {
  std::vector<json::Member> members;
  for (const auto& [name, value] : task.members()) {
    if (name == "containers") {
      members.push_back({"Containers", reshape_each(value, {"GpuIds", "ManagedAgents", "NetworkBindings", "NetworkInterfaces"})});
    } else if (name == "overrides") {
      members.push_back({"Overrides", overrides(task)});
    } else if (name == "updatedAt" || name == "healthStatus" || name == "fargateEphemeralStorage" ||
               (name == "platformFamily" && moment == TaskMoment::stopped)) {
      continue;  // AWS does not show these here
    } else {
      const bool time = name.size() > 2 && name.ends_with("At");
      members.push_back({pascal(name), time ? milliseconds(value) : reshape(value)});
    }
  }
  for (const std::string_view list : {"Attachments", "Attributes", "InferenceAccelerators", "Tags"}) {
    if (std::ranges::none_of(members, [&](const json::Member& one) { return one.name == list; })) members.push_back({std::string(list), Value::array()});
  }
  std::ranges::sort(members, {}, &json::Member::name);
  return Value::object(std::move(members));
}

Value ecs_run_task_result(const Value& answer) {
  std::vector<Value> tasks;
  if (answer["tasks"].is_array()) {
    for (const Value& task : answer["tasks"].items()) tasks.push_back(ecs_task_object(task, TaskMoment::submitted));
  }
  return json::object({{"Failures", reshape_each(answer["failures"], {})}, {"Tasks", Value::array(std::move(tasks))}});
}

std::string cluster_of_task(std::string_view task_arn) {
  const size_t first = task_arn.find('/');
  const size_t last = task_arn.rfind('/');
  if (first == task_arn.npos || first == last) return "default";
  return std::string(task_arn.substr(first + 1, last - first - 1));
}

}  // namespace states
