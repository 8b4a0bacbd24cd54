#include "services/ecs/ecs.h"

#include <fmt/format.h>

#include "protocol/pass_role.h"

namespace ecs {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

json::Value to_json(const Document& document) { return document.shown; }
Document from_json(const json::Value& value, std::type_identity<Document>) { return {value}; }

Value shown_only(const Value& document) {
  std::vector<json::Member> members;
  for (const auto& member : document.members()) {
    if (!member.name.starts_with("_")) members.push_back(member);
  }
  return Value::object(std::move(members));
}

std::unexpected<Error> client_error(std::string message) { return fail("ClientException", std::move(message)); }
std::unexpected<Error> invalid_parameter(std::string message) { return fail("InvalidParameterException", std::move(message)); }
std::string last_part(std::string_view arn) { return std::string(arn.substr(arn.rfind('/') + 1)); }

Ecs::Ecs(services::Kit& kit, containers::ContainerRuntime& runtime)
    : kit_(kit), runtime_(runtime), clusters_(kit.store, "ecs/cluster"), definitions_(kit.store, "ecs/task-definition"),
      families_(kit.store, "ecs/family"), tasks_(kit.store, "ecs/task") {}

namespace {

std::vector<Need> on(const Call& call, std::string resource) {
  return {Need{.action = "ecs:" + call.operation, .resources = {std::move(resource)}}};
}

std::string cluster_arn(const Call& call) {
  const std::string name(call.params.text("cluster", "default"));
  return name.starts_with("arn:") ? name : call.arn("cluster/" + name);
}

}  // namespace

void Ecs::load() {
  clusters_.load();
  definitions_.load();
  families_.load();
  tasks_.load();
  for (const auto& [scope, tasks] : tasks_.scopes()) {
    for (const auto& [id, task] : tasks) {
      where_[id] = scope;
      if (const std::string_view token = task.shown.text("_clientToken"); !token.empty()) {
        tokens_[fmt::format("{}/{}/{}", scope.account, scope.region, token)] = id;
      }
    }
  }
  auto& registry = kit_.registry;
  const auto add = [&](std::string_view name, Result<Value> (Ecs::*method)(const Call&), std::function<std::vector<Need>(const Call&)> needs) {
    registry.add("ecs", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, std::move(needs)));
  };
  const auto any = [](const Call& call) { return on(call, "*"); };
  const auto cluster = [](const Call& call) { return on(call, cluster_arn(call)); };
  add("CreateCluster", &Ecs::create_cluster, any);
  add("DescribeClusters", &Ecs::describe_clusters, any);
  add("ListClusters", &Ecs::list_clusters, any);
  add("DeleteCluster", &Ecs::delete_cluster, cluster);
  add("UpdateCluster", &Ecs::update_cluster, cluster);
  add("UpdateClusterSettings", &Ecs::update_cluster, cluster);
  add("PutClusterCapacityProviders", &Ecs::put_capacity_providers, cluster);
  add("DescribeCapacityProviders", &Ecs::describe_capacity_providers, any);
  add("RegisterTaskDefinition", &Ecs::register_task_definition, [](const Call& call) {
    auto needs = on(call, "*");
    for (const std::string_view role : {"taskRoleArn", "executionRoleArn"}) {
      if (const std::string_view arn = call.params.text(role); !arn.empty()) needs.push_back(protocol::pass_role(arn, "ecs-tasks.amazonaws.com"));
    }
    return needs;
  });
  add("DescribeTaskDefinition", &Ecs::describe_task_definition, any);
  add("ListTaskDefinitions", &Ecs::list_task_definitions, any);
  add("ListTaskDefinitionFamilies", &Ecs::list_families, any);
  add("DeregisterTaskDefinition", &Ecs::deregister_task_definition, any);
  registry.add("ecs", "RunTask", {.handle = [this](const Call& call, protocol::Reply reply) { run_task(call, std::move(reply)); },
                                  .needs = [this](const Call& call) { return run_task_needs(call); }});
  const auto task = [](const Call& call) {
    const std::string text(call.params.text("task"));
    return on(call, text.starts_with("arn:") ? text : call.arn("task/" + last_part(cluster_arn(call)) + "/" + text));
  };
  add("StopTask", &Ecs::stop_task, task);
  add("DescribeTasks", &Ecs::describe_tasks, [](const Call& call) {
    Need need{.action = "ecs:DescribeTasks", .resources = {}};
    if (call.params["tasks"].is_array()) {
      for (const Value& one : call.params["tasks"].items()) {
        const std::string text(one.is_string() ? one.as_string() : "");
        need.resources.push_back(text.starts_with("arn:") ? text : call.arn("task/" + last_part(cluster_arn(call)) + "/" + text));
      }
    }
    if (need.resources.empty()) need.resources.emplace_back("*");
    return std::vector<Need>{need};
  });
  add("ListTasks", &Ecs::list_tasks, any);
  const auto resource = [](const Call& call) { return on(call, std::string(call.params.text("resourceArn", "*"))); };
  add("TagResource", &Ecs::tag_resource, resource);
  add("UntagResource", &Ecs::tag_resource, resource);
  add("ListTagsForResource", &Ecs::list_tags, resource);
  add("ListAccountSettings", &Ecs::account_settings, any);
  runtime_.on_event([this](const containers::Event& event) { runtime_event(event); });
}

Result<std::pair<size_t, std::string>> Ecs::page(const Call& call, size_t most) const {
  size_t limit = most;
  if (const auto asked = call.params["maxResults"].as_int64()) {
    if (*asked < 1 || *asked > static_cast<int64_t>(most)) return invalid_parameter(fmt::format("maxResults must be between 1 and {}", most));
    limit = static_cast<size_t>(*asked);
  }
  std::string from;
  if (const std::string_view token = call.params.text("nextToken"); !token.empty()) {
    auto opened = kit_.sealer.open("ecs:" + call.operation + call.account + call.region, token);
    if (!opened) return invalid_parameter("Invalid token provided in nextToken");
    from = *opened;
  }
  return std::pair{limit, from};
}

void Ecs::next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const {
  if (!from.empty()) out.add("nextToken", kit_.sealer.seal("ecs:" + call.operation + call.account + call.region, from));
}

const Value* Ecs::find_cluster(const Scope& scope, std::string_view name_or_arn) const {
  const Document* found = clusters_.find(scope, last_part(name_or_arn.empty() ? "default" : name_or_arn));
  return found ? &found->shown : nullptr;
}

const Value* Ecs::find_task(const Scope& scope, std::string_view id_or_arn) const {
  const Document* found = tasks_.find(scope, last_part(id_or_arn));
  return found ? &found->shown : nullptr;
}

}  // namespace ecs
