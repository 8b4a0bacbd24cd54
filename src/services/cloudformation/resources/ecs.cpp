#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Value own_tags(const Job& job) { return renamed_tags(job.tags(Tags::yes), "key", "value"); }

Result<Physical> create_cluster(Job& job) {
  const std::string name = job.name("ClusterName", 255);
  const Value params = to_params("ecs", "CreateCluster", job.properties()).with("clusterName", name).with("tags", own_tags(job));
  const Value made = TRY(job.call("ecs", "CreateCluster", params));
  return Physical{name, {}, json::object({{"Arn", made["cluster"]["clusterArn"]}})};
}

Result<Physical> update_cluster(Job& job) {
  TRY(job.call("ecs", "UpdateCluster", to_params("ecs", "UpdateCluster", job.properties(), {"ClusterSettings", "Configuration"}).with("cluster", job.physical_id())));
  return Physical{};
}

Status remove_cluster(Job& job) {
  TRY(job.call_unless("ecs", "DeleteCluster", json::object({{"cluster", job.physical_id()}}), {"ClusterNotFoundException"}));
  return {};
}

Result<Physical> create_task_definition(Job& job) {
  const Value params = to_params("ecs", "RegisterTaskDefinition", job.properties()).with("family", job.name("Family", 255)).with("tags", own_tags(job));
  const Value made = TRY(job.call("ecs", "RegisterTaskDefinition", params));
  const std::string id(made["taskDefinition"].text("taskDefinitionArn"));
  return Physical{id, {}, json::object({{"TaskDefinitionArn", id}})};
}

Status remove_task_definition(Job& job) {
  TRY(job.call_unless("ecs", "DeregisterTaskDefinition", json::object({{"taskDefinition", job.physical_id()}}), {"ClientException"}));
  return {};
}

Result<Physical> create_service(Job& job) {
  const Value params = to_params("ecs", "CreateService", job.properties()).with("serviceName", job.name("ServiceName", 255)).with("clientToken", job.subject().token).with("tags", own_tags(job));
  const Value made = TRY(job.call("ecs", "CreateService", params));
  return Physical{std::string(made["service"].text("serviceArn")), {}, json::object({{"ServiceArn", made["service"]["serviceArn"]}, {"Name", made["service"]["serviceName"]}})};
}

Result<Physical> update_service(Job& job) {
  TRY(job.call("ecs", "UpdateService", to_params("ecs", "UpdateService", job.properties()).with("service", job.physical_id())));
  return Physical{};
}

Status remove_service(Job& job) {
  TRY(job.call_unless("ecs", "DeleteService", json::object({{"cluster", job.text("Cluster")}, {"service", job.physical_id()}, {"force", true}}),
                      {"ServiceNotFoundException", "ClusterNotFoundException"}));
  return {};
}

}  // namespace

void add_ecs_types(Catalog& catalog) {
  catalog.add({.name = "AWS::ECS::Cluster", .service = "ecs", .operation = "CreateCluster", .name_property = "ClusterName", .replacing = {"ClusterName"},
               .attributes = {"Arn"}, .taggable = true, .create = create_cluster, .update = update_cluster, .remove = remove_cluster});
  catalog.add({.name = "AWS::ECS::TaskDefinition", .service = "ecs", .operation = "RegisterTaskDefinition", .attributes = {"TaskDefinitionArn"},
               .create = create_task_definition, .remove = remove_task_definition});
  catalog.add({.name = "AWS::ECS::Service", .service = "ecs", .operation = "CreateService", .name_property = "ServiceName", .replacing = {"ServiceName", "Cluster", "LaunchType"},
               .attributes = {"ServiceArn", "Name"}, .create = create_service, .update = update_service, .remove = remove_service});
}

}  // namespace cloudformation
