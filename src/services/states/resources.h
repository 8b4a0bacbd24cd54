#pragma once
// The resources of Step Functions as they are stored: machines with their versions and aliases, activities.
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"

namespace states {

using Tags = std::map<std::string, std::string>;

// What can change about a machine, and what a version freezes.
struct Revision {
  std::string id;          // "" until the first update, as on AWS
  std::string definition;  // key in the engine
  std::string role_arn;
  json::Value logging;     // as DescribeStateMachine shows it
  bool tracing = false;
  json::Value encryption;
};

struct Version {
  Revision revision;
  std::string description;
  Instant created;
};

struct Alias {
  std::string description;
  std::vector<std::pair<std::string, int>> routing;  // version ARN and weight
  Instant created, updated;
};

struct StateMachine {
  std::string arn, name;
  bool express = false;
  bool deleting = false;
  Revision revision;
  Instant created, updated;
  Tags tags;
  std::map<uint64_t, Version> versions;
  uint64_t last_version = 0;  // numbers are never used again
  std::map<std::string, Alias> aliases;
  bool published_at_creation = false;       // what CreateStateMachine was told, for its idempotency
  std::string creation_version_description;
};

json::Value to_json(const StateMachine& machine);
StateMachine from_json(const json::Value& document, std::type_identity<StateMachine>);

struct Activity {
  std::string arn, name;
  Instant created;
  Tags tags;
  json::Value encryption;
};

// An asynchronous Express execution that waits for something: what it takes to begin it again after a crash.
struct ExpressStart {
  std::string arn, name, machine_arn, version_arn, alias_arn, definition, role_arn, input, trace_header;
  Instant start;
};

json::Value to_json(const ExpressStart& start);
ExpressStart from_json(const json::Value& document, std::type_identity<ExpressStart>);

json::Value to_json(const Activity& activity);
Activity from_json(const json::Value& document, std::type_identity<Activity>);

}  // namespace states
