#pragma once
// What Step Functions calls the services that its tasks reach (spec/integrations.md 4 and 5).
#include <optional>
#include <string>
#include <string_view>

#include "language/asl/machine.h"

namespace states {

struct Integration {
  std::string service;    // signing name: "ecs", "states", "logs"
  std::string operation;  // "RunTask"
  std::string prefix;     // of error names: "ECS", "StepFunctions"; of the SDK's: "Ecs", "Sfn"
  std::string java_name;  // in causes of optimized integrations: "AmazonECS"; empty for the SDK's
};

// Nothing for a service that has no model here and no name that could be told from the resource.
std::optional<Integration> integration(const asl::Resource& resource);

}  // namespace states
