// What a task can ask about itself: the metadata and credentials endpoints (spec/ecs-fargate.md 8).
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

namespace {

net::Response answer_json(const Value& value) {
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = json::write(value);
  return response;
}

net::Response not_found() {
  net::Response response;
  response.status = 404;
  response.headers.add("Content-Type", "text/plain");
  response.body = "there is nothing here\n";
  return response;
}

std::string time_text(const Value& seconds) {
  return seconds.is_number() ? iso8601_ms({static_cast<int64_t>(std::llround(seconds.as_double() * 1000))}) : "";
}

Value container_metadata(const Value& task, const Value& c) {
  const std::string definition = last_part(task.text("taskDefinitionArn"));
  const size_t colon = definition.find(':');
  const Value labels = json::object({{"com.amazonaws.ecs.cluster", task.text("clusterArn")}, {"com.amazonaws.ecs.container-name", c.text("name")},
                                     {"com.amazonaws.ecs.task-arn", task.text("taskArn")}, {"com.amazonaws.ecs.task-definition-family", definition.substr(0, colon)},
                                     {"com.amazonaws.ecs.task-definition-version", colon == definition.npos ? "" : definition.substr(colon + 1)}});
  json::ObjectBuilder out;
  out.add("DockerId", c.text("runtimeId")).add("Name", c.text("name")).add("DockerName", c.text("name")).add("Image", c.text("image"));
  out.add("ImageID", c.text("imageDigest")).add("Labels", labels).add("DesiredStatus", task.text("desiredStatus")).add("KnownStatus", c.text("lastStatus"));
  if (c.find("exitCode")) out.add("ExitCode", c["exitCode"]);
  out.add("Limits", json::object({{"CPU", std::atoi(std::string(c.text("cpu")).c_str())}})).add("CreatedAt", time_text(task["createdAt"])).add("StartedAt", time_text(task["startedAt"]));
  out.add("Type", "NORMAL").add("ContainerARN", c.text("containerArn")).add("Snapshotter", "overlayfs");
  const Value& interface = task["_interface"];
  if (interface.is_object()) {
    out.add("Networks", json::array({json::object({{"NetworkMode", "awsvpc"}, {"IPv4Addresses", json::array({interface["PrivateIpAddress"]})}, {"AttachmentIndex", 0},
                                                   {"MACAddress", interface["MacAddress"]}, {"PrivateDNSName", interface["PrivateDnsName"]}})}));
  }
  return out.build();
}

Value task_metadata(const Value& task) {
  const std::string definition = last_part(task.text("taskDefinitionArn"));
  const size_t colon = definition.find(':');
  std::vector<Value> containers;
  for (const Value& c : task["containers"].items()) containers.push_back(container_metadata(task, c));
  json::ObjectBuilder out;
  out.add("Cluster", task.text("clusterArn")).add("TaskARN", task.text("taskArn")).add("Family", definition.substr(0, colon));
  out.add("Revision", colon == definition.npos ? "" : definition.substr(colon + 1)).add("DesiredStatus", task.text("desiredStatus")).add("KnownStatus", task.text("lastStatus"));
  out.add("Limits", json::object({{"CPU", std::atof(std::string(task.text("cpu")).c_str()) / 1024}, {"Memory", std::atoi(std::string(task.text("memory")).c_str())}}));
  out.add("PullStartedAt", time_text(task["pullStartedAt"])).add("PullStoppedAt", time_text(task["pullStoppedAt"])).add("AvailabilityZone", task.text("availabilityZone"));
  out.add("LaunchType", task.text("launchType")).add("Containers", Value::array(std::move(containers)));
  return out.build();
}

}  // namespace

void Ecs::task_endpoint(const std::string& task_id, const std::string& path, Function<void(net::Response)> answer) {
  const auto it = where_.find(task_id);
  const Value* task = it == where_.end() ? nullptr : find_task(it->second, task_id);
  if (!task || task->text("lastStatus") == "STOPPED") return answer(not_found());
  const Scope scope = it->second;
  if (path == "/v2/credentials/" + task_id) {
    const Value* definition = find_definition(scope, task->text("taskDefinitionArn"));
    std::string role((*task)["overrides"].text("taskRoleArn"));
    if (role.empty() && definition) role = definition->text("taskRoleArn");
    if (role.empty()) return answer(not_found());
    auto assume = kit_.registry.internal(protocol::Principal::aws_service("ecs-tasks.amazonaws.com", scope.account), scope.region, "sts", "AssumeRole",
                                         json::object({{"RoleArn", role}, {"RoleSessionName", task_id}}));
    kit_.registry.call(assume, [role, answer = std::move(answer)](Result<Value> assumed) mutable {
      if (!assumed) return answer(not_found());
      const Value& c = (*assumed)["Credentials"];
      const Value& until = c["Expiration"];
      answer(answer_json(json::object({{"RoleArn", role}, {"AccessKeyId", c["AccessKeyId"]}, {"SecretAccessKey", c["SecretAccessKey"]}, {"Token", c["SessionToken"]},
                                       {"Expiration", until.is_number() ? Value(iso8601_s({static_cast<int64_t>(until.as_double() * 1000)})) : until}})));
    });
    return;
  }
  // "/v4/<container>[/task]"
  if (!path.starts_with("/v4/") && !path.starts_with("/v3/")) return answer(not_found());
  const std::string rest = path.substr(4);
  const size_t slash = rest.find('/');
  const std::string container = rest.substr(0, slash), what = slash == rest.npos ? "" : rest.substr(slash);
  if (what == "/task" || what == "/taskWithTags") return answer(answer_json(task_metadata(*task)));
  for (const Value& c : (*task)["containers"].items()) {
    if (c.text("name") == container && what.empty()) return answer(answer_json(container_metadata(*task, c)));
  }
  answer(not_found());
}

}  // namespace ecs
