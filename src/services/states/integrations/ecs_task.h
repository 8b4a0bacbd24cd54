#pragma once
// An ECS task as Step Functions shows it (spec/integrations.md 6): PascalCase, alphabetical, times in
// milliseconds, empty lists filled in.
#include <string>
#include <string_view>

#include "language/json/value.h"

namespace states {

enum class TaskMoment : uint8_t {
  submitted,  // RunTask's answer
  stopped,    // the state-change event that ended it
};

// `task` has ECS's own members; times are seconds since 1970 or ISO 8601 texts.
json::Value ecs_task_object(const json::Value& task, TaskMoment moment);
// RunTask's answer without its metadata: {"Failures", "Tasks"}.
json::Value ecs_run_task_result(const json::Value& answer);

// "arn:...:task/<cluster>/<id>" -> "<cluster>".
std::string cluster_of_task(std::string_view task_arn);

}  // namespace states
