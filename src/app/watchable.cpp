#include "app/watchable.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "engine/store/changes.h"

namespace app {

namespace {

constexpr size_t kNameBytes = 2'048;

// What stands behind the colon of a name, and how it becomes the id in a key.
enum class Of : uint8_t {
  all,          // nothing: every one of the account and region
  id,           // an id
  last_part,    // an ARN or URL whose last part is the id
  log_events,   // a log group, or GROUP:STREAM
  arn,          // an ARN that is the id
  arn_resource, // an ARN whose resource is the id
  owner,        // the ARN of a state machine (its versions' and aliases' executions are its own) or of a Map Run
  machine,      // the ARN of a state machine: its name is the id
};

struct Kind {
  std::string_view name;
  Of of;
  std::string_view service, action;
  std::vector<std::string_view> kinds;     // of which the id is one
  std::vector<std::string_view> all_kinds = {};  // of which every change counts
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll = {
      {"machines", Of::all, "states", "ListStateMachines", {"states/machine"}},
      {"machine", Of::machine, "states", "DescribeStateMachine", {"states/machine"}},
      {"executions", Of::owner, "states", "ListExecutions", {"states/execution"}},
      {"map-run", Of::arn_resource, "states", "DescribeMapRun", {"states/map-run"}},
      {"activities", Of::all, "states", "ListActivities", {"states/activity"}},
      {"stacks", Of::all, "cloudformation", "DescribeStacks", {"cloudformation/stack"}},
      {"stack", Of::last_part, "cloudformation", "DescribeStackEvents", {"cloudformation/stack", "cloudformation/resource", "cloudformation/event"}},
      {"clusters", Of::all, "ecs", "DescribeClusters", {"ecs/cluster", "ecs/task"}},
      {"tasks", Of::all, "ecs", "DescribeTasks", {"ecs/task"}},
      {"task", Of::id, "ecs", "DescribeTasks", {"ecs/task"}},
      {"task-output", Of::id, "ecs", "DescribeTasks", {"ecs/output"}},
      {"log-groups", Of::all, "logs", "DescribeLogGroups", {"logs/group", "logs/stream"}},
      {"log-events", Of::log_events, "logs", "FilterLogEvents", {"logs/group", "logs/stream"}},
      {"topics", Of::all, "sns", "ListTopics", {"sns/topic"}},
      {"subscriptions", Of::arn, "sns", "ListSubscriptionsByTopic", {}, {"sns/subscription"}},
      {"messages", Of::arn, "sns", "GetTopicAttributes", {"sns/message"}},
      {"queues", Of::all, "sqs", "ListQueues", {"sqs/queue", "sqs/message"}},
      {"queue", Of::last_part, "sqs", "GetQueueAttributes", {"sqs/queue", "sqs/message"}},
      {"rules", Of::all, "events", "ListRules", {"events/rule", "events/bus"}},
      {"rule", Of::id, "events", "DescribeRule", {"events/rule"}},
      {"metrics", Of::id, "cloudwatch", "GetMetricData", {"cloudwatch/datapoint"}},
      {"roles", Of::all, "iam", "ListRoles", {"iam/role"}},
      {"decisions", Of::all, "gantry", "ListDecisions", {"iam/decision"}},
      {"denials", Of::all, "gantry", "ListDecisions", {"iam/decision"}},
  };
  return kAll;
}

std::unexpected<Error> unknown(std::string_view name, std::string_view why) {
  return std::unexpected(Error{"ValidationException", fmt::format("'{}' cannot be watched: {}", name.substr(0, 200), why), 400, {}});
}

}  // namespace

Result<Watchable> watchable(std::string_view name, std::string_view account, std::string_view region) {
  const size_t colon = name.find(':');
  const std::string_view called = name.substr(0, colon), what = colon == name.npos ? "" : name.substr(colon + 1);
  const auto kind = std::ranges::find(kinds(), called, &Kind::name);
  if (kind == kinds().end()) return unknown(name, "docs/api.md lists what can be");
  if (name.size() > kNameBytes || name.find('\0') != name.npos) return unknown(name, "it is no name of a resource");
  if ((kind->of == Of::all) != what.empty()) return unknown(name, kind->of == Of::all ? "nothing is to stand behind the name" : "the name of one is to stand behind the colon");

  Watchable found{.name = std::string(name), .keys = {}, .service = kind->service, .action = kind->action, .resource = "*"};
  std::string id(what);
  std::string_view owner = account, place = kind->service == "iam" ? "" : region;
  if (kind->of == Of::arn || kind->of == Of::arn_resource || kind->of == Of::owner || kind->of == Of::machine) {
    const auto arn = Arn::parse(what);
    if (!arn || arn->service != kind->service) return unknown(name, fmt::format("an ARN of {} is to stand there", kind->service));
    if (arn->account != account) return std::unexpected(Error{"NotFound", fmt::format("There is no {} in the account {}.", what.substr(0, 500), account), 404, {}});
    found.resource = what;
    if (kind->of == Of::arn_resource) id = arn->resource;
    if (kind->of == Of::owner || kind->of == Of::machine) {
      // "stateMachine:NAME", and a version or an alias behind it. A Map Run's is "mapRun:MACHINE/LABEL:UUID".
      constexpr std::string_view kMachine = "stateMachine:";
      const bool of_machine = arn->resource.starts_with(kMachine);
      const size_t behind = of_machine ? arn->resource.find(':', kMachine.size()) : arn->resource.npos;
      if (behind != arn->resource.npos) id.resize(id.size() - (arn->resource.size() - behind));
      if (kind->of == Of::machine) {
        if (!of_machine) return unknown(name, "the ARN of a state machine is to stand there");
        id = arn->resource.substr(kMachine.size(), behind == arn->resource.npos ? behind : behind - kMachine.size());
      }
    }
    if (kind->of == Of::arn || kind->of == Of::owner) owner = place = "";
  }
  if (kind->of == Of::last_part) id = what.substr(what.rfind('/') + 1);
  if (kind->service == "sqs" && kind->of != Of::all) found.resource = fmt::format("arn:aws:sqs:{}:{}:{}", region, account, id);
  if (kind->service == "cloudformation" && kind->of != Of::all) found.resource = what;
  if (kind->of == Of::log_events) {
    const size_t stream = id.find(':');
    found.resource = fmt::format("arn:aws:logs:{}:{}:log-group:{}:*", region, account, id.substr(0, stream));
    if (stream != id.npos) id[stream] = '\x01';  // as services/logs keeps them
  }
  if (kind->service == "gantry") {
    // A decision may be about several accounts: the id says only how it turned out.
    owner = place = "";
    if (called == "denials") id = "denied";
  }
  for (const std::string_view one : kind->kinds) found.keys.push_back(store::Changes::key(one, owner, place, id));
  for (const std::string_view one : kind->all_kinds) found.keys.push_back(store::Changes::key(one, account, region));
  return found;
}

}  // namespace app
