// RunTask: checks in AWS's order, an interface on a subnet, a task that is about to start.
#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "protocol/pass_role.h"
#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

std::vector<protocol::Need> Ecs::run_task_needs(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view text = call.params.text("taskDefinition");
  const Value* definition = find_definition(scope, text);
  std::string arn = definition ? std::string(definition->text("taskDefinitionArn")) : std::string(text);
  if (!arn.starts_with("arn:")) arn = call.arn("task-definition/" + arn);
  const std::string_view cluster = call.params.text("cluster", "default");
  const std::string cluster_arn = cluster.starts_with("arn:") ? std::string(cluster) : call.arn(fmt::format("cluster/{}", cluster));
  std::vector<protocol::Need> needs = {{.action = "ecs:RunTask", .resources = {arn}, .context = {{"ecs:cluster", cluster_arn}}, .resource_policy = {}}};
  for (const std::string_view role : {"taskRoleArn", "executionRoleArn"}) {
    std::string_view passed = call.params["overrides"].text(role);
    if (passed.empty() && definition) passed = definition->text(role);
    if (!passed.empty()) needs.push_back(protocol::pass_role(passed, "ecs-tasks.amazonaws.com"));
  }
  if (call.params["tags"].size() > 0) needs.push_back({.action = "ecs:TagResource", .resources = {call.arn(fmt::format("task/{}/*", last_part(cluster_arn)))}, .context = {}, .resource_policy = {}});
  return needs;
}

namespace {

// What a run of one task is made of, while its interface is asked for.
struct Plan {
  protocol::Call call;
  Value definition, cluster, subnet;
  std::string launch_type;
  size_t count = 1;
  std::vector<Value> made;
  protocol::Reply reply;
};

Status check_overrides(const Value& overrides, const Value& definition) {
  if (overrides.is_null()) return {};
  if (json::written_size(overrides) > 8192) return invalid_parameter("Container Overrides length must be at most 8192");
  if (!overrides["containerOverrides"].is_array()) return {};
  for (const Value& one : overrides["containerOverrides"].items()) {
    const auto& containers = definition["containerDefinitions"];
    const bool known = std::ranges::any_of(containers.items(), [&](const Value& c) { return c.text("name") == one.text("name"); });
    if (!known) return invalid_parameter(fmt::format("Override for container named {} is not a container in the TaskDefinition.", one.text("name")));
  }
  return {};
}

// Overrides as they are shown: one entry a container, whether it was given any or not.
Value overrides_shown(const Value& given, const Value& definition) {
  std::vector<Value> containers;
  for (const Value& c : definition["containerDefinitions"].items()) {
    Value one = json::object({{"name", c.text("name")}});
    if (given["containerOverrides"].is_array()) {
      for (const Value& override_of : given["containerOverrides"].items()) {
        if (override_of.text("name") == c.text("name")) one = override_of;
      }
    }
    containers.push_back(one);
  }
  json::ObjectBuilder out;
  out.add("containerOverrides", Value::array(std::move(containers))).add("inferenceAcceleratorOverrides", Value::array());
  for (const std::string_view member : {"cpu", "memory", "taskRoleArn", "executionRoleArn", "ephemeralStorage"}) {
    if (const Value* value = given.find(member)) out.add(member, *value);
  }
  return out.build();
}

}  // namespace

void Ecs::run_task(const Call& call, protocol::Reply reply) {
  const Value& p = call.params;
  const Scope scope{call.account, call.region};
  auto plan = std::make_shared<Plan>();
  plan->call = call;

  // The same request again, after a crash or a lost answer: the task that it made.
  const std::string_view token = p.text("clientToken");
  if (!token.empty()) {
    if (const auto it = tokens_.find(fmt::format("{}/{}/{}", scope.account, scope.region, token)); it != tokens_.end()) {
      if (const Value* task = find_task(scope, it->second)) {
        return reply(json::object({{"tasks", json::array({shown_only(*task)})}, {"failures", Value::array()}}));
      }
    }
  }
  const auto check = [&]() -> Status {
    const Value* cluster = find_cluster(scope, p.text("cluster"));
    if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
    if (cluster->text("status") != "ACTIVE") return invalid_parameter("The referenced cluster was inactive.");
    plan->cluster = *cluster;
    const Value* definition = find_definition(scope, p.text("taskDefinition"));
    if (!definition) return client_error("TaskDefinition not found.");
    if (definition->text("status") != "ACTIVE") return client_error("TaskDefinition is inactive");
    plan->definition = *definition;
    const auto count = p["count"].as_int64().value_or(1);
    if (count < 1 || count > 10) return invalid_parameter("Count must be between 1 and 10.");
    plan->count = static_cast<size_t>(count);
    if (p.find("launchType") && p["capacityProviderStrategy"].size() > 0) {
      return invalid_parameter("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
    }
    plan->launch_type = p.text("launchType", "FARGATE");
    const auto& compatible = (*definition)["compatibilities"];
    if (plan->launch_type == "EXTERNAL" || std::ranges::find(compatible.items(), Value(plan->launch_type)) == compatible.items().end()) {
      return invalid_parameter(fmt::format("Task definition does not support launch_type {}.", plan->launch_type));
    }
    const Value& network = p["networkConfiguration"]["awsvpcConfiguration"];
    if (definition->text("networkMode") == "awsvpc" && !network["subnets"].is_array()) {
      return invalid_parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    }
    if (!kit_.store.healthy()) return std::unexpected(protocol::no_room(protocol::Lack::disk));
    return check_overrides(p["overrides"], *definition);
  };
  if (auto checked = check(); !checked) return reply(std::unexpected(std::move(checked).error()));
  plan->reply = std::move(reply);

  // One interface a task; each is asked for when the one before is there.
  auto next = std::make_shared<std::function<void()>>();
  const auto finish = [this, plan, scope] {
    std::vector<Value> shown;
    store::Position position = kit_.store.head();
    for (const Value& task : plan->made) shown.push_back(shown_only(task));
    kit_.store.when_durable(position, [this, plan, scope] {
      for (const Value& task : plan->made) launch({scope, last_part(task.text("taskArn"))}, task);
    });
    plan->reply(json::object({{"tasks", Value::array(std::move(shown))}, {"failures", Value::array()}}));
  };
  const auto make_task = [this, plan, scope](const Value& interface) {
    const Value& params = plan->call.params;
    const Value& definition = plan->definition;
    const std::string id = kit_.random.hex(32);
    const std::string cluster_name(plan->cluster.text("clusterName"));
    const std::string arn = plan->call.arn(fmt::format("task/{}/{}", cluster_name, id));
    const std::string attachment = kit_.random.uuid();
    std::vector<Value> containers;
    bool any_looked_after = false;
    for (const Value& c : definition["containerDefinitions"].items()) {
      json::ObjectBuilder one;
      one.add("containerArn", plan->call.arn(fmt::format("container/{}/{}/{}", cluster_name, id, kit_.random.uuid()))).add("taskArn", arn);
      one.add("name", c.text("name")).add("image", c.text("image")).add("lastStatus", "PENDING").add("networkInterfaces", Value::array());
      one.add("cpu", c["cpu"].as_int64().value_or(0) == 0 ? "0" : c["cpu"].number_text());
      const bool looked_after = c["healthCheck"]["command"].is_array() && c["healthCheck"]["command"].size() > 0;
      if (looked_after) one.add("healthStatus", "UNKNOWN");
      any_looked_after = any_looked_after || looked_after;
      for (const std::string_view limit : {"memory", "memoryReservation"}) {
        if (c.find(limit)) one.add(limit, c[limit].number_text());
      }
      containers.push_back(one.build());
    }
    json::ObjectBuilder task;
    std::vector<Value> attachments;
    if (interface.is_object()) {
      attachments.push_back(json::object({{"id", attachment}, {"type", "ElasticNetworkInterface"}, {"status", "PRECREATED"},
                                          {"details", json::array({json::object({{"name", "subnetId"}, {"value", interface.text("SubnetId")}})})}}));
      task.add("_interface", interface);
    }
    const Value overrides = overrides_shown(params["overrides"], definition);
    const auto size = [&](std::string_view member) { return overrides.find(member) ? overrides[member] : definition.find(member) ? definition[member] : Value("0"); };
    task.add("attachments", Value::array(std::move(attachments)));
    task.add("attributes", json::array({json::object({{"name", "ecs.cpu-architecture"}, {"value", "x86_64"}})}));
    task.add("availabilityZone", interface.is_object() ? interface["AvailabilityZone"] : Value(scope.region + "a"));
    task.add("clusterArn", plan->cluster.text("clusterArn")).add("containers", Value::array(std::move(containers)));
    task.add("cpu", size("cpu")).add("createdAt", kit_.clock().now().seconds()).add("desiredStatus", "RUNNING");
    task.add("enableExecuteCommand", params["enableExecuteCommand"] == Value(true));
    const Value* storage = definition.find("ephemeralStorage");
    task.add("ephemeralStorage", storage ? *storage : json::object({{"sizeInGiB", 20}}));
    task.add("group", params.text("group", fmt::format("family:{}", definition.text("family"))));
    if (any_looked_after) task.add("healthStatus", "UNKNOWN");
    task.add("inferenceAccelerators", Value::array()).add("lastStatus", "PROVISIONING").add("launchType", plan->launch_type);
    task.add("memory", size("memory")).add("overrides", overrides).add("platformFamily", "Linux");
    const std::string_view platform = params.text("platformVersion", "LATEST");
    task.add("platformVersion", platform == "LATEST" ? "1.4.0" : platform);
    task.add_text("startedBy", params.text("startedBy"));
    task.add("tags", params["tags"].is_array() ? params["tags"] : Value::array());
    task.add("taskArn", arn).add("taskDefinitionArn", definition.text("taskDefinitionArn")).add("version", 1);
    if (const std::string_view client = params.text("clientToken"); !client.empty()) {
      task.add("_clientToken", client);
      tokens_[fmt::format("{}/{}/{}", scope.account, scope.region, client)] = id;
    }
    const Value made = task.build();
    where_[id] = scope;
    tasks_.put(scope, id, {made});
    changed({scope, id}, made, false);
    plan->made.push_back(made);
  };
  // It holds itself until the last interface is there.
  *next = [this, plan, make_task, finish, next]() {
    if (plan->made.size() == plan->count) {
      finish();
      *next = nullptr;
      return;
    }
    const Value& network = plan->call.params["networkConfiguration"]["awsvpcConfiguration"];
    if (plan->definition.text("networkMode") != "awsvpc") {
      make_task(Value());
      return (*next)();
    }
    const std::string subnet(network["subnets"][kit_.random.below(network["subnets"].size())].as_string());
    json::ObjectBuilder params;
    params.add("SubnetId", subnet).add("Description", plan->call.arn("attachment/" + kit_.random.uuid()));
    if (network["securityGroups"].is_array()) params.add("Groups", network["securityGroups"]);
    auto create = kit_.registry.internal(protocol::Principal::root(plan->call.account), plan->call.region, "ec2", "CreateNetworkInterface", params.build());
    kit_.registry.call(create, [plan, make_task, next, subnet](Result<Value> answer) {
      if (!answer) {
        const Error& error = answer.error();
        const bool missing = error.code == "InvalidSubnetID.NotFound";
        plan->reply(invalid_parameter(missing ? fmt::format("Error retrieving subnet information for [{}]: The subnet ID '{}' does not exist (ErrorCode: InvalidSubnetID.NotFound)", subnet, subnet)
                                              : fmt::format("{} (ErrorCode: {})", error.message, error.code)));
        *next = nullptr;
        return;
      }
      make_task((*answer)["NetworkInterface"]);
      (*next)();
    });
  };
  const auto keep = next;
  (*next)();
}

}  // namespace ecs
