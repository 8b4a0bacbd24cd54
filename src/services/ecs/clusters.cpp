// Clusters: names under which tasks run. Fargate needs nothing else of them.
#include <fmt/format.h>

#include <algorithm>

#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

namespace {

bool includes(const Value& include, std::string_view what) {
  return include.is_array() && std::ranges::find(include.items(), Value(what)) != include.items().end();
}

Value or_empty(const Value& list) { return list.is_array() ? list : Value::array(); }

}  // namespace

size_t Ecs::count_tasks(const Scope& scope, std::string_view cluster, std::string_view status) const {
  return static_cast<size_t>(std::ranges::count_if(tasks_.all(scope), [&](const auto& entry) {
    const Value& task = entry.second.shown;
    const bool running = task.text("lastStatus") == "RUNNING";
    return task.text("clusterArn") == cluster && task.text("lastStatus") != "STOPPED" && (status == "RUNNING" ? running : !running);
  }));
}

Value Ecs::cluster_shown(const Scope& scope, const Value& cluster, const Value& include) const {
  std::vector<json::Member> members;
  for (const auto& member : cluster.members()) {
    if (member.name == "tags" && !includes(include, "TAGS")) continue;
    if (member.name == "settings" && !includes(include, "SETTINGS")) continue;
    if (member.name == "configuration" && !includes(include, "CONFIGURATIONS")) continue;
    members.push_back(member);
  }
  Value shown = Value::object(std::move(members));
  shown = shown.with("runningTasksCount", count_tasks(scope, cluster.text("clusterArn"), "RUNNING"));
  shown = shown.with("pendingTasksCount", count_tasks(scope, cluster.text("clusterArn"), "PENDING"));
  for (const std::string_view list : {"tags", "settings"}) {
    if (!shown.find(list)) shown = shown.with(list, Value::array());
  }
  return shown;
}

Result<Value> Ecs::create_cluster(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("clusterName", "default"));
  if (!is_name(name)) return invalid_parameter("The cluster name must be 1 to 255 letters, digits, hyphens and underscores.");
  const Value everything = json::array({"TAGS", "SETTINGS", "CONFIGURATIONS"});
  if (const Value* there = find_cluster(scope, name); there && there->text("status") == "ACTIVE") {
    return json::object({{"cluster", cluster_shown(scope, *there, everything)}});
  }
  const Value& settings = call.params["settings"];
  json::ObjectBuilder made;
  made.add("clusterArn", call.arn("cluster/" + name)).add("clusterName", name).add("status", "ACTIVE");
  made.add("registeredContainerInstancesCount", 0).add("runningTasksCount", 0).add("pendingTasksCount", 0).add("activeServicesCount", 0);
  made.add("statistics", Value::array()).add("tags", or_empty(call.params["tags"]));
  made.add("settings", settings.is_array() && settings.size() > 0 ? settings : json::array({json::object({{"name", "containerInsights"}, {"value", "disabled"}})}));
  made.add("capacityProviders", or_empty(call.params["capacityProviders"]));
  made.add("defaultCapacityProviderStrategy", or_empty(call.params["defaultCapacityProviderStrategy"]));
  if (call.params.find("configuration")) made.add("configuration", call.params["configuration"]);
  const Value cluster = clusters_.put(scope, name, {made.build()}).shown;
  return json::object({{"cluster", cluster_shown(scope, cluster, everything)}});
}

Result<Value> Ecs::describe_clusters(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> found, failures;
  const Value names = call.params["clusters"].is_array() && call.params["clusters"].size() > 0 ? call.params["clusters"] : json::array({"default"});
  for (const Value& name : names.items()) {
    if (const Value* cluster = find_cluster(scope, name.as_string())) {
      found.push_back(cluster_shown(scope, *cluster, call.params["include"]));
    } else {
      const std::string text(name.as_string());
      failures.push_back(json::object({{"arn", text.starts_with("arn:") ? text : call.arn("cluster/" + text)}, {"reason", "MISSING"}}));
    }
  }
  return json::object({{"clusters", Value::array(std::move(found))}, {"failures", Value::array(std::move(failures))}});
}

Result<Value> Ecs::list_clusters(const Call& call) {
  const auto [limit, from] = TRY(page(call, 100));
  std::vector<Value> arns;
  std::string next;
  const auto& all = clusters_.all({call.account, call.region});
  for (auto it = all.lower_bound(from); it != all.end(); ++it) {
    if (it->second.shown.text("status") != "ACTIVE") continue;
    if (arns.size() == limit) {
      next = it->first;
      break;
    }
    arns.emplace_back(it->second.shown.text("clusterArn"));
  }
  json::ObjectBuilder out;
  out.add("clusterArns", Value::array(std::move(arns)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> Ecs::delete_cluster(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value* cluster = find_cluster(scope, call.params.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  const std::string_view arn = cluster->text("clusterArn");
  if (count_tasks(scope, arn, "RUNNING") + count_tasks(scope, arn, "PENDING") > 0) {
    return fail("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
  }
  const Value gone = cluster->with("status", "INACTIVE");
  clusters_.put(scope, gone.text("clusterName"), {gone});
  return json::object({{"cluster", cluster_shown(scope, gone, Value())}});
}

Result<Value> Ecs::update_cluster(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value* cluster = find_cluster(scope, call.params.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  Value updated = *cluster;
  for (const std::string_view member : {"settings", "configuration"}) {
    if (const Value* given = call.params.find(member)) updated = updated.with(member, *given);
  }
  clusters_.put(scope, updated.text("clusterName"), {updated});
  return json::object({{"cluster", cluster_shown(scope, updated, json::array({"SETTINGS", "CONFIGURATIONS", "TAGS"}))}});
}

Result<Value> Ecs::put_capacity_providers(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value* cluster = find_cluster(scope, call.params.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  const Value updated = cluster->with("capacityProviders", or_empty(call.params["capacityProviders"]))
                            .with("defaultCapacityProviderStrategy", or_empty(call.params["defaultCapacityProviderStrategy"]))
                            .with("attachmentsStatus", "UPDATE_COMPLETE");
  clusters_.put(scope, updated.text("clusterName"), {updated});
  return json::object({{"cluster", cluster_shown(scope, updated, Value())}});
}

Result<Value> Ecs::describe_capacity_providers(const Call& call) {
  std::vector<Value> list;
  for (const std::string_view name : {"FARGATE", "FARGATE_SPOT"}) {
    const Value& wanted = call.params["capacityProviders"];
    if (wanted.is_array() && wanted.size() > 0 && std::ranges::find(wanted.items(), Value(name)) == wanted.items().end()) continue;
    list.push_back(json::object({{"capacityProviderArn", call.arn(fmt::format("capacity-provider/{}", name))}, {"name", name}, {"status", "ACTIVE"}, {"tags", Value::array()}}));
  }
  return json::object({{"capacityProviders", Value::array(std::move(list))}, {"failures", Value::array()}});
}

}  // namespace ecs
