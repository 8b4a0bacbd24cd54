// Looking at tasks and stopping them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

Result<Value> Ecs::describe_tasks(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value& ids = call.params["tasks"];
  if (!ids.is_array() || ids.size() == 0) return invalid_parameter("Tasks cannot be empty.");
  if (ids.size() > 100) return invalid_parameter("Tasks cannot be more than 100 elements.");
  const Value* cluster = find_cluster(scope, call.params.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  std::vector<Value> found, failures;
  for (const Value& id : ids.items()) {
    const std::string text(id.as_string());
    const Value* task = find_task(scope, text);
    if (task && task->text("clusterArn") == cluster->text("clusterArn")) {
      found.push_back(shown_only(*task));
    } else {
      failures.push_back(json::object({{"arn", text.starts_with("arn:") ? text : call.arn(fmt::format("task/{}/{}", cluster->text("clusterName"), text))}, {"reason", "MISSING"}}));
    }
  }
  return json::object({{"tasks", Value::array(std::move(found))}, {"failures", Value::array(std::move(failures))}});
}

Result<Value> Ecs::list_tasks(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value& p = call.params;
  const Value* cluster = find_cluster(scope, p.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  const auto [limit, from] = TRY(page(call, 100));
  const std::string_view desired = p.text("desiredStatus", "RUNNING");
  std::vector<Value> arns;
  std::string next;
  const auto& all = tasks_.all(scope);
  for (auto it = all.lower_bound(from); it != all.end(); ++it) {
    const Value& task = it->second.shown;
    if (task.text("clusterArn") != cluster->text("clusterArn") || task.text("desiredStatus") != desired) continue;
    if (const std::string_view by = p.text("startedBy"); !by.empty() && task.text("startedBy") != by) continue;
    if (const std::string_view type = p.text("launchType"); !type.empty() && task.text("launchType") != type) continue;
    if (const std::string_view family = p.text("family"); !family.empty()) {
      const std::string name = last_part(task.text("taskDefinitionArn"));
      if (name.substr(0, name.find(':')) != family) continue;
    }
    if (const std::string_view service = p.text("serviceName"); !service.empty() && task.text("group") != fmt::format("service:{}", service)) continue;
    if (arns.size() == limit) {
      next = it->first;
      break;
    }
    arns.emplace_back(task.text("taskArn"));
  }
  json::ObjectBuilder out;
  out.add("taskArns", Value::array(std::move(arns)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> Ecs::stop_task(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value* cluster = find_cluster(scope, call.params.text("cluster"));
  if (!cluster) return fail("ClusterNotFoundException", "Cluster not found.");
  const Value* found = find_task(scope, call.params.text("task"));
  if (!found || found->text("clusterArn") != cluster->text("clusterArn")) return invalid_parameter("The referenced task was not found.");
  Value task = *found;
  if (task.text("desiredStatus") != "STOPPED") {
    const std::string_view reason = call.params.text("reason");
    if (reason.size() > 255) return invalid_parameter("Reason must be at most 255 characters.");
    task = task.with("desiredStatus", "STOPPED").with("stopCode", "UserInitiated");
    task = task.with("stoppedReason", reason.empty() ? "Task stopped by user" : reason).with("stoppingAt", call.at.seconds());
    const std::string id = last_part(task.text("taskArn"));
    changed({scope, id}, task, false);
    kit_.store.when_durable(kit_.store.head(), [this, id] { runtime_.stop(id); });
  }
  return json::object({{"task", shown_only(task)}});
}

// --- tags and settings -----------------------------------------------------------------------------------------

Result<Value> Ecs::list_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view arn = call.params.text("resourceArn");
  const Value* found = arn.find(":cluster/") != arn.npos ? find_cluster(scope, arn) : arn.find(":task/") != arn.npos ? find_task(scope, arn) : find_definition(scope, arn);
  if (!found) return invalid_parameter(fmt::format("The specified resource cannot be found: {}", arn));
  const Value& tags = found->find("_tags") ? (*found)["_tags"] : (*found)["tags"];
  return json::object({{"tags", tags.is_array() ? tags : Value::array()}});
}

Result<Value> Ecs::tag_resource(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view arn = call.params.text("resourceArn");
  const bool cluster = arn.find(":cluster/") != arn.npos, task = arn.find(":task/") != arn.npos;
  const Value* found = cluster ? find_cluster(scope, arn) : task ? find_task(scope, arn) : find_definition(scope, arn);
  if (!found) return invalid_parameter(fmt::format("The specified resource cannot be found: {}", arn));
  const std::string_view member = cluster || task ? "tags" : "_tags";
  std::vector<Value> tags;
  if ((*found)[member].is_array()) tags.assign((*found)[member].items().begin(), (*found)[member].items().end());
  const auto take = [&](std::string_view key) { std::erase_if(tags, [&](const Value& tag) { return tag.text("key") == key; }); };
  if (call.params["tagKeys"].is_array()) {
    for (const Value& key : call.params["tagKeys"].items()) take(key.as_string());
  }
  if (call.params["tags"].is_array()) {
    for (const Value& tag : call.params["tags"].items()) {
      take(tag.text("key"));
      tags.push_back(tag);
    }
  }
  if (tags.size() > 50) return invalid_parameter("A resource has at most 50 tags.");
  const Value updated = found->with(member, Value::array(std::move(tags)));
  if (cluster) {
    clusters_.put(scope, updated.text("clusterName"), {updated});
  } else if (task) {
    tasks_.put(scope, last_part(updated.text("taskArn")), {updated});
  } else {
    definitions_.put(scope, fmt::format("{}:{:08}", updated.text("family"), updated["revision"].as_int64().value_or(0)), {updated});
  }
  return Value::object();
}

Result<Value> Ecs::account_settings(const Call& call) {
  std::vector<Value> settings;
  for (const std::string_view name : {"serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat", "awsvpcTrunking"}) {
    settings.push_back(json::object({{"name", name}, {"value", name == "awsvpcTrunking" ? "disabled" : "enabled"}, {"principalArn", call.caller.arn}}));
  }
  return json::object({{"settings", Value::array(std::move(settings))}});
}

}  // namespace ecs
