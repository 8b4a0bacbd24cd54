// A task's way from PROVISIONING to STOPPED (spec/ecs-fargate.md 6), driven by what the runtime tells.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/ecs/ecs.h"

namespace ecs {

using containers::Event;
using json::Value;

namespace {

constexpr int64_t kKeepStoppedMs = 60 * 60'000;

int64_t number(const Value& value) {
  if (value.is_string()) return std::atoll(std::string(value.as_string()).c_str());
  return value.as_int64().value_or(0);
}

Value with_container(const Value& task, std::string_view name, const std::function<Value(const Value&)>& change) {
  std::vector<Value> containers;
  for (const Value& c : task["containers"].items()) containers.push_back(c.text("name") == name || name.empty() ? change(c) : c);
  return task.with("containers", Value::array(std::move(containers)));
}

Value with_attachments(const Value& task, const std::function<Value(const Value&)>& change) {
  std::vector<Value> attachments;
  for (const Value& a : task["attachments"].items()) attachments.push_back(change(a));
  return task.with("attachments", Value::array(std::move(attachments)));
}

// The interface's five details, as they are known once it is attached.
Value attached(const Value& attachment, const Value& interface, std::string_view status) {
  std::vector<Value> details;
  const auto add = [&](std::string_view name, std::string_view member) {
    details.push_back(json::object({{"name", name}, {"value", interface.text(member)}}));
  };
  add("subnetId", "SubnetId");
  add("networkInterfaceId", "NetworkInterfaceId");
  add("macAddress", "MacAddress");
  add("privateDnsName", "PrivateDnsName");
  add("privateIPv4Address", "PrivateIpAddress");
  return attachment.with("details", Value::array(std::move(details))).with("status", status);
}

// The task as EventBridge shows it: times as text, interfaces called by their short name.
Value event_detail(const Value& task, Instant now) {
  std::vector<json::Member> members;
  for (const auto& [name, value] : task.members()) {
    if (name.starts_with("_") || name == "platformFamily") continue;
    const bool time = name.ends_with("At") && value.is_number();
    members.push_back({name, time ? Value(iso8601_ms({static_cast<int64_t>(std::llround(value.as_double() * 1000))})) : value});
  }
  Value detail = Value::object(std::move(members)).with("updatedAt", iso8601_ms(now));
  return with_attachments(detail, [](const Value& a) { return a.text("type") == "ElasticNetworkInterface" ? a.with("type", "eni") : a; });
}

// The worst of the essential containers that are looked after.
std::string_view health_of(const Value& task, const Value* definition) {
  bool unknown = false;
  for (const Value& c : task["containers"].items()) {
    if (!c.find("healthStatus")) continue;
    bool essential = true;
    if (definition) {
      for (const Value& d : (*definition)["containerDefinitions"].items()) {
        if (d.text("name") == c.text("name")) essential = !(d["essential"] == Value(false));
      }
    }
    if (!essential) continue;
    if (c.text("healthStatus") == "UNHEALTHY") return "UNHEALTHY";
    unknown = unknown || c.text("healthStatus") == "UNKNOWN";
  }
  return unknown ? "UNKNOWN" : "HEALTHY";
}

}  // namespace

void Ecs::start() {
  runtime_.recover([this](Result<std::vector<std::string>> there) {
    const std::set<std::string> known(there ? there->begin() : std::vector<std::string>::iterator{}, there ? there->end() : std::vector<std::string>::iterator{});
    std::vector<std::pair<Where, Value>> again;
    for (const auto& [scope, tasks] : tasks_.scopes()) {
      for (const auto& [id, task] : tasks) {
        if (task.shown.text("lastStatus") != "STOPPED" && !known.contains(id)) again.push_back({{scope, id}, task.shown});
      }
    }
    // Tasks that the runtime has never heard of: the process ended before it was told. Those that it has lost
    // after they ran have ended.
    for (auto& [where, task] : again) {
      if (task.text("lastStatus") == "RUNNING") {
        task_stopped(where, task.with("stopCode", "TaskFailedToStart").with("stoppedReason", "The task was lost with the machine that ran it"), kit_.clock().now());
      } else if (task.text("desiredStatus") == "STOPPED") {
        task_stopped(where, task, kit_.clock().now());
      } else {
        launch(where, task);
      }
    }
    for (const std::string& id : known) {
      if (!where_.contains(id)) runtime_.forget(id);
    }
  });
  expire_tasks();
}

void Ecs::expire_tasks() {
  const Instant now = kit_.clock().now();
  std::vector<Where> old;
  for (const auto& [scope, tasks] : tasks_.scopes()) {
    for (const auto& [id, task] : tasks) {
      const Value& stopped = task.shown["stoppedAt"];
      if (stopped.is_number() && static_cast<double>(now.ms) - stopped.as_double() * 1000 > static_cast<double>(kKeepStoppedMs)) old.push_back({scope, id});
    }
  }
  for (const Where& where : old) {
    const Value* task = find_task(where.scope, where.id);
    if (task) tokens_.erase(fmt::format("{}/{}/{}", where.scope.account, where.scope.region, task->text("_clientToken")));
    tasks_.erase(where.scope, where.id);
    where_.erase(where.id);
    recent_.erase(where.id);
  }
  kit_.loop.after(60'000, [this] { expire_tasks(); });
}

void Ecs::changed(const Where& where, Value task, bool new_version) {
  if (new_version) task = task.with("version", number(task["version"]) + 1);
  tasks_.put(where.scope, where.id, {task});
  if (!kit_.registry.has("events", "PutEvents")) return;
  const Value entry = json::object({{"Source", "aws.ecs"}, {"DetailType", "ECS Task State Change"}, {"Resources", json::array({task["taskArn"]})},
                                    {"Detail", json::write(event_detail(task, kit_.clock().now()))}});
  kit_.registry.call(kit_.registry.internal(protocol::Principal::aws_service("ecs.amazonaws.com", where.scope.account), where.scope.region, "events",
                                            "PutEvents", json::object({{"Entries", json::array({entry})}})),
                     [](Result<Value>) {});
}

containers::TaskSpec Ecs::spec_of(const Where& where, const Value& task) const {
  const Value* definition = find_definition(where.scope, task.text("taskDefinitionArn"));
  containers::TaskSpec spec;
  spec.id = where.id;
  spec.owner = where.scope.account;
  spec.cpu_millis = number(task["cpu"]) * 1000 / 1024;
  spec.memory_bytes = number(task["memory"]) << 20;
  spec.scratch_bytes = number(task["ephemeralStorage"]["sizeInGiB"]) << 30;
  spec.metadata_url = kit_.endpoint + "/_gantry/task-metadata";
  const Value& interface = task["_interface"];
  if (interface.is_object()) {
    const std::string_view address = interface.text("PrivateIpAddress");
    spec.network = containers::NetworkSpec{.vpc_id = std::string(interface.text("VpcId")), .subnet_cidr = fmt::format("{}/32", address),  // everything else of the VPC is on the wire
                                           .address = std::string(address), .mac = std::string(interface.text("MacAddress"))};
  }
  if (!definition) return spec;
  if ((*definition)["volumes"].is_array()) {
    for (const Value& volume : (*definition)["volumes"].items()) spec.volumes.emplace_back(volume.text("name"));
  }
  const auto list = [](const Value& value) {
    std::vector<std::string> out;
    if (value.is_array()) {
      for (const Value& item : value.items()) out.emplace_back(item.as_string());
    }
    return out;
  };
  const bool has_role = !task["overrides"].text("taskRoleArn").empty() || !definition->text("taskRoleArn").empty();
  for (const Value& c : (*definition)["containerDefinitions"].items()) {
    containers::ContainerSpec made;
    made.name = c.text("name");
    made.image = c.text("image");
    Value override_of;
    for (const Value& one : task["overrides"]["containerOverrides"].items()) {
      if (one.text("name") == made.name) override_of = one;
    }
    if (c["entryPoint"].is_array()) made.entry_point = list(c["entryPoint"]);
    if (c["command"].is_array()) made.command = list(c["command"]);
    if (override_of["command"].is_array() && override_of["command"].size() > 0) made.command = list(override_of["command"]);
    // The file, the definition, the override: later ones win. What the platform injects comes first.
    made.environment = {{"ECS_CONTAINER_METADATA_URI", fmt::format("http://169.254.170.2/v3/{}", made.name)},
                        {"ECS_CONTAINER_METADATA_URI_V4", fmt::format("http://169.254.170.2/v4/{}", made.name)},
                        {"ECS_AGENT_URI", fmt::format("http://169.254.170.2/api/{}", made.name)},
                        {"AWS_EXECUTION_ENV", "AWS_ECS_FARGATE"}, {"AWS_DEFAULT_REGION", where.scope.region}, {"AWS_REGION", where.scope.region}};
    if (has_role) made.environment.emplace_back("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", fmt::format("/v2/credentials/{}", where.id));
    for (const Value* source : {&c["environment"], &override_of["environment"]}) {
      if (!source->is_array()) continue;
      for (const Value& pair : source->items()) {
        std::erase_if(made.environment, [&](const auto& there) { return there.first == pair.text("name"); });
        made.environment.emplace_back(pair.text("name"), pair.text("value"));
      }
    }
    made.user = c.text("user");
    made.working_directory = c.text("workingDirectory");
    std::string host = interface.is_object() ? std::string(interface.text("PrivateDnsName")) : where.id;
    made.hostname = host.substr(0, 63);
    made.essential = !(c["essential"] == Value(false));
    made.read_only_root = c["readonlyRootFilesystem"] == Value(true);
    made.init = c["linuxParameters"]["initProcessEnabled"] == Value(true);
    const int64_t memory = override_of.find("memory") ? number(override_of["memory"]) : number(c["memory"]);
    made.memory_bytes = memory << 20;
    made.cpu_shares = override_of.find("cpu") ? number(override_of["cpu"]) : number(c["cpu"]);
    if (c["ulimits"].is_array()) {
      for (const Value& limit : c["ulimits"].items()) {
        made.ulimits[std::string(limit.text("name"))] = {static_cast<uint64_t>(number(limit["softLimit"])), static_cast<uint64_t>(number(limit["hardLimit"]))};
      }
    }
    made.capabilities_add = list(c["linuxParameters"]["capabilities"]["add"]);
    made.capabilities_drop = list(c["linuxParameters"]["capabilities"]["drop"]);
    if (c["mountPoints"].is_array()) {
      for (const Value& m : c["mountPoints"].items()) {
        made.mounts.push_back({std::string(m.text("sourceVolume")), "", std::string(m.text("containerPath")), m["readOnly"] == Value(true)});
      }
    }
    if (c["dependsOn"].is_array()) {
      for (const Value& d : c["dependsOn"].items()) {
        const std::string_view condition = d.text("condition");
        using containers::DependsOn;
        made.depends_on.emplace_back(d.text("containerName"), condition == "COMPLETE" ? DependsOn::complete : condition == "SUCCESS" ? DependsOn::success
                                                              : condition == "HEALTHY" ? DependsOn::healthy : DependsOn::start);
      }
    }
    if (const Value& check = c["healthCheck"]; check["command"].is_array() && check["command"].size() > 0 && check["command"][size_t{0}].as_string() != "NONE") {
      const auto seconds = [&](std::string_view member, int usual) { return check.find(member) ? static_cast<int>(number(check[member])) : usual; };
      made.health_check = containers::HealthCheck{.command = list(check["command"]), .interval_s = seconds("interval", 30), .timeout_s = seconds("timeout", 5),
                                                  .retries = seconds("retries", 3), .start_period_s = seconds("startPeriod", 0)};
    }
    if (c.find("startTimeout")) made.start_timeout_s = static_cast<int>(number(c["startTimeout"]));
    if (c.find("stopTimeout")) made.stop_timeout_s = static_cast<int>(number(c["stopTimeout"]));
    spec.containers.push_back(std::move(made));
  }
  return spec;
}

void Ecs::launch(const Where& where, const Value&) {
  const Value* now = find_task(where.scope, where.id);
  if (!now || now->text("desiredStatus") == "STOPPED") {
    if (now && now->text("lastStatus") != "STOPPED") task_stopped(where, *now, kit_.clock().now());
    return;
  }
  runtime_.launch(spec_of(where, *now));
}

void Ecs::runtime_event(const Event& event) {
  const auto it = where_.find(event.task);
  if (it == where_.end()) {
    if (event.type == Event::Type::stopped) runtime_.forget(event.task);
    return;
  }
  const Where where{it->second, event.task};
  const Value* found = find_task(where.scope, where.id);
  if (!found || found->text("lastStatus") == "STOPPED") {
    if (event.type == Event::Type::stopped) runtime_.forget(event.task);
    return;
  }
  Value task = *found;
  const double at = event.at.seconds();
  switch (event.type) {
    case Event::Type::pulling: {
      const Value interface = task["_interface"];
      task = with_attachments(task, [&](const Value& a) { return attached(a, interface, "ATTACHED"); });
      task = with_container(task, "", [&](const Value& c) {
        if (!interface.is_object()) return c;
        return c.with("networkInterfaces", json::array({json::object({{"attachmentId", task["attachments"][size_t{0}]["id"]}, {"privateIpv4Address", interface["PrivateIpAddress"]}})}));
      });
      // Until the images are here nobody knows whether there will be times of a pull to tell.
      task = task.with("connectivity", "CONNECTED").with("connectivityAt", at).with("_pullStartedAt", at).with("lastStatus", "PENDING");
      changed(where, task, true);
      break;
    }
    case Event::Type::pulled:
      task = task.with("pullStartedAt", task.find("_pullStartedAt") ? task["_pullStartedAt"] : Value(at)).with("pullStoppedAt", at);
      for (const auto& [container, digest] : event.digests) {
        task = with_container(task, container, [&, d = digest](const Value& c) { return c.with("imageDigest", d); });
      }
      tasks_.put(where.scope, where.id, {task});
      break;
    case Event::Type::container_started: {
      task = with_container(task, event.container, [&](const Value& c) {
        std::string suffix = std::to_string(1'000'000'000 + (std::hash<std::string>{}(where.id + event.container) % 3'000'000'000ULL));
        return c.with("lastStatus", "RUNNING").with("runtimeId", where.id + "-" + suffix.substr(0, 10));
      });
      if (task.text("lastStatus") == "RUNNING") {
        tasks_.put(where.scope, where.id, {task});
      } else {
        task_started(where, task, event.at);
      }
      break;
    }
    case Event::Type::output:
      take_output(where, task, event);
      return;  // acknowledged once the lines are stored
    case Event::Type::health:
      task = with_container(task, event.container, [&](const Value& c) { return c.with("healthStatus", event.healthy ? "HEALTHY" : "UNHEALTHY"); });
      task = task.with("healthStatus", health_of(task, find_definition(where.scope, task.text("taskDefinitionArn"))));
      tasks_.put(where.scope, where.id, {task});
      break;
    case Event::Type::container_exited:
      task = with_container(task, event.container, [&](const Value& c) {
        Value ended = c.with("lastStatus", "STOPPED").with("exitCode", event.exit_code);
        return event.reason.empty() ? ended : ended.with("reason", event.reason);
      });
      if (event.reason.starts_with("Cannot") && !task.find("stopCode") && !task.find("startedAt")) {
        task = task.with("stopCode", "TaskFailedToStart").with("stoppedReason", event.reason);
      }
      task = task.find("stoppingAt") ? task : task.with("stoppingAt", at);
      task = task.find("executionStoppedAt") ? task : task.with("executionStoppedAt", at);
      tasks_.put(where.scope, where.id, {task});
      break;
    case Event::Type::failed:
      task = task.with("stoppingAt", at).with("executionStoppedAt", at);
      if (!task.find("stopCode")) task = task.with("stopCode", "TaskFailedToStart").with("stoppedReason", event.reason);
      tasks_.put(where.scope, where.id, {task});
      break;
    case Event::Type::stopped:
      flush_logs(where.id);
      task_stopped(where, task, event.at);
      kit_.store.when_durable(kit_.store.head(), [this, id = where.id] { runtime_.forget(id); });
      return;
  }
  runtime_.acknowledge(event.task, event.sequence);
}

void Ecs::task_started(const Where& where, Value task, Instant at) {
  changed(where, task.with("lastStatus", "RUNNING").with("startedAt", at.seconds()), true);
  // A stop that came while it was starting takes effect now.
  if (task.text("desiredStatus") == "STOPPED") runtime_.stop(where.id);
}

// Two changes on the way out: the containers have ended, then everything is gone. A task that ran ends with
// version 5, one that never started with 4 (recorded).
void Ecs::task_stopped(const Where& where, Value task, Instant at) {
  task = task.with("desiredStatus", "STOPPED");
  if (!task.find("stopCode")) task = task.with("stopCode", "EssentialContainerExited").with("stoppedReason", "Essential container in task exited");
  if (!task.find("stoppingAt")) task = task.with("stoppingAt", at.seconds());
  if (!task.find("executionStoppedAt")) task = task.with("executionStoppedAt", at.seconds());
  const bool never_started = !task.find("startedAt");
  if (never_started) {
    // What was pulled for nothing is not told.
    task = with_container(task.without("pullStartedAt").without("pullStoppedAt"), "", [](const Value& c) { return c.without("imageDigest").without("exitCode"); });
  }
  changed(where, task.with("lastStatus", "DEPROVISIONING"), true);
  task = *find_task(where.scope, where.id);
  const Value interface = task["_interface"];
  task = with_attachments(task, [&](const Value& a) { return attached(a, interface, "DELETED"); });
  task = with_container(task, "", [](const Value& c) { return c.with("lastStatus", "STOPPED"); });
  task = task.with("lastStatus", "STOPPED").with("stoppedAt", at.seconds());
  drop_interface(where, task);
  changed(where, task, true);
}

void Ecs::drop_interface(const Where& where, const Value& task) {
  if (!task["_interface"].is_object()) return;
  auto drop = kit_.registry.internal(protocol::Principal::root(where.scope.account), where.scope.region, "ec2", "DeleteNetworkInterface",
                                     json::object({{"NetworkInterfaceId", task["_interface"]["NetworkInterfaceId"]}}));
  kit_.registry.call(drop, [](Result<Value>) {});
}

}  // namespace ecs
