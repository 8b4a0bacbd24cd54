// Task definitions: families of revisions, checked as Fargate checks them (spec/ecs-fargate.md 4).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

namespace {

// "1 vCPU" and ".5 vCPU" are 1024 and 512, "2GB" is 2048; plain numbers stay. -1 for anything else.
int64_t size_units(const Value& value, std::string_view unit) {
  if (const auto whole = value.as_int64()) return *whole;
  if (!value.is_string()) return -1;
  std::string text(value.as_string());
  const bool with_unit = text.size() > unit.size() && std::equal(unit.rbegin(), unit.rend(), text.rbegin(), [](char a, char b) { return std::tolower(a) == std::tolower(b); });
  if (with_unit) text.resize(text.size() - unit.size());
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return -1;
  const double amount = std::atof(text.c_str());
  return static_cast<int64_t>(std::llround(with_unit ? amount * 1024 : amount));
}

bool is_fargate_size(int64_t cpu, int64_t memory) {
  struct Size {
    int64_t cpu, least, most, step;
  };
  static constexpr Size kSizes[] = {{512, 1024, 4096, 1024}, {1024, 2048, 8192, 1024}, {2048, 4096, 16384, 1024},
                                    {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192}};
  if (cpu == 256) return memory == 512 || memory == 1024 || memory == 2048;
  return std::ranges::any_of(kSizes, [&](const Size& s) { return s.cpu == cpu && memory >= s.least && memory <= s.most && (memory - s.least) % s.step == 0; });
}

Result<Value> checked_container(const Value& given, bool fargate, bool awsvpc, const Value& definition) {
  const std::string_view name = given.text("name");
  if (!is_name(name)) return client_error("Container.name contains invalid characters.");
  if (given.text("image").empty()) return client_error("Container.image should not be null or empty.");
  if (fargate) {
    const auto on = [&](const Value& v) { return v.is_bool() && v.as_bool(); };
    if (on(given["privileged"])) return client_error("Fargate doesn't support privileged containers.");
    static constexpr std::string_view kUnsupported[] = {"links", "dnsServers", "dnsSearchDomains", "extraHosts", "dockerSecurityOptions"};
    for (const std::string_view member : kUnsupported) {
      if (given[member].size() > 0) return client_error(fmt::format("Fargate doesn't support {} for container definitions.", member));
    }
    const Value& linux_parameters = given["linuxParameters"];
    for (const std::string_view member : {"devices", "tmpfs"}) {
      if (linux_parameters[member].size() > 0) return client_error(fmt::format("Fargate doesn't support linuxParameters {}.", member));
    }
    for (const std::string_view member : {"sharedMemorySize", "maxSwap", "swappiness"}) {
      if (linux_parameters.find(member)) return client_error(fmt::format("Fargate doesn't support linuxParameters {}.", member));
    }
    if (const Value& added = linux_parameters["capabilities"]["add"]; added.is_array()) {
      for (const Value& capability : added.items()) {
        if (capability.as_string() != "SYS_PTRACE") return client_error(fmt::format("Fargate only supports adding the following linux capabilities: [SYS_PTRACE]. Invalid: {}", capability.as_string()));
      }
    }
    if (given["logConfiguration"].text("logDriver") == "awslogs" && definition.text("executionRoleArn").empty()) {
      return client_error("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
    }
  }
  if (const Value& memory = given["memory"]; memory.is_number() && memory.as_int64().value_or(0) < 6) {
    return client_error("Invalid setting for container '" + std::string(name) + "'. At least one of 'memory' or 'memoryReservation' must be specified.");
  }
  Value out = given;
  const auto fill = [&](std::string_view member, Value value) {
    if (!out.find(member)) out = out.with(member, std::move(value));
  };
  fill("cpu", 0);
  std::vector<Value> ports;
  if (given["portMappings"].is_array()) {
    for (const Value& mapping : given["portMappings"].items()) {
      Value one = mapping;
      if (awsvpc) {
        if (one.find("hostPort") && one["hostPort"].as_int64().value_or(0) != 0 && !(one["hostPort"] == one["containerPort"])) {
          return client_error("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
        }
        one = one.with("hostPort", one["containerPort"]);
      }
      if (!one.find("protocol")) one = one.with("protocol", "tcp");
      ports.push_back(one);
    }
  }
  out = out.with("portMappings", Value::array(std::move(ports)));
  fill("essential", true);
  for (const std::string_view list : {"environment", "mountPoints", "volumesFrom", "systemControls"}) fill(list, Value::array());
  return out;
}

// Every dependency names another container, essential ones are not waited for to end, and nobody waits for
// himself.
Status check_dependencies(const std::vector<Value>& containers) {
  const auto find = [&](std::string_view name) { return std::ranges::find_if(containers, [&](const Value& c) { return c.text("name") == name; }); };
  std::map<std::string, std::vector<std::string>> waits;
  for (const Value& c : containers) {
    if (!c["dependsOn"].is_array()) continue;
    for (const Value& dependency : c["dependsOn"].items()) {
      const std::string other(dependency.text("containerName"));
      const auto it = find(other);
      if (it == containers.end()) return client_error(fmt::format("Container '{}' depends on container '{}' which does not exist.", c.text("name"), other));
      const std::string_view condition = dependency.text("condition");
      if ((condition == "COMPLETE" || condition == "SUCCESS") && (*it)["essential"] == Value(true)) {
        return client_error(fmt::format("A container marked as essential cannot have a dependency condition of {}.", condition));
      }
      waits[std::string(c.text("name"))].push_back(other);
    }
  }
  for (const Value& c : containers) {
    std::vector<std::string> open = {std::string(c.text("name"))};
    std::set<std::string> seen;
    while (!open.empty()) {
      const std::string current = open.back();
      open.pop_back();
      for (const std::string& next : waits[current]) {
        if (next == c.text("name")) return client_error("Container dependencies must not be circular.");
        if (seen.insert(next).second) open.push_back(next);
      }
    }
  }
  return {};
}

}  // namespace

const Value* Ecs::find_definition(const Scope& scope, std::string_view text) const {
  const std::string name = last_part(text);
  if (name.find(':') != name.npos) {
    const size_t colon = name.find(':');
    const Document* found = definitions_.find(scope, fmt::format("{}:{:08}", name.substr(0, colon), std::atoi(name.c_str() + colon + 1)));
    return found ? &found->shown : nullptr;
  }
  const Value* newest = nullptr;
  const auto& all = definitions_.all(scope);
  for (auto it = all.lower_bound(name + ":"); it != all.end() && it->first.starts_with(name + ":"); ++it) {
    if (it->second.shown.text("status") == "ACTIVE") newest = &it->second.shown;
  }
  return newest;
}

Result<Value> Ecs::register_task_definition(const Call& call) {
  const Value& p = call.params;
  const Scope scope{call.account, call.region};
  const std::string family(p.text("family"));
  if (!is_name(family)) return client_error("Family contains invalid characters.");
  bool fargate = false;
  if (p["requiresCompatibilities"].is_array()) {
    for (const Value& one : p["requiresCompatibilities"].items()) fargate = fargate || one.as_string() == "FARGATE";
  }
  const std::string_view mode = p.text("networkMode");
  json::ObjectBuilder out;
  if (fargate) {
    if (mode != "awsvpc") return client_error("Fargate only supports network mode \xE2\x80\x98" "awsvpc\xE2\x80\x99.");
    for (const std::string_view member : {"cpu", "memory"}) {
      if (!p.find(member)) return client_error(fmt::format("Fargate requires that '{}' be defined at the task level.", member));
    }
    if (p.find("ipcMode")) return client_error("Fargate doesn't support ipcMode.");
    if (const std::string_view pid = p.text("pidMode"); !pid.empty() && pid != "task") return client_error("Fargate only supports pidMode task.");
    if (p["placementConstraints"].size() > 0) return client_error("Fargate doesn't support placement constraints.");
    if (p["volumes"].is_array()) {
      for (const Value& volume : p["volumes"].items()) {
        if (!volume["host"].text("sourcePath").empty()) return client_error("Fargate doesn't support host source paths for volumes.");
      }
    }
  }
  const int64_t cpu = p.find("cpu") ? size_units(p["cpu"], "vcpu") : 0, memory = p.find("memory") ? size_units(p["memory"], "gb") : 0;
  if (fargate && !is_fargate_size(cpu, memory)) return client_error("No Fargate configuration exists for given values.");
  if (cpu < 0) return client_error("Invalid 'cpu' setting for task.");
  if (memory < 0) return client_error("Invalid 'memory' setting for task.");
  if (!p["containerDefinitions"].is_array() || p["containerDefinitions"].size() == 0) return client_error("Container definitions should not be empty.");
  std::vector<Value> containers;
  std::set<std::string> names;
  bool essential = false;
  for (const Value& given : p["containerDefinitions"].items()) {
    containers.push_back(TRY(checked_container(given, fargate, mode == "awsvpc", p)));
    if (!names.emplace(given.text("name")).second) return client_error(fmt::format("Container names must be unique: {}", given.text("name")));
    essential = essential || containers.back()["essential"] == Value(true);
  }
  if (!essential) return client_error("Task definition does not have any essential containers.");
  TRY(check_dependencies(containers));

  const Document* counter = families_.find(scope, family);
  const int64_t revision = counter ? counter->shown.as_int64().value_or(0) + 1 : 1;
  families_.put(scope, family, {Value(revision)});
  out.add("taskDefinitionArn", call.arn(fmt::format("task-definition/{}:{}", family, revision)));
  out.add("containerDefinitions", Value::array(std::move(containers))).add("family", family).add("revision", revision).add("status", "ACTIVE");
  for (const std::string_view member : {"taskRoleArn", "executionRoleArn", "networkMode", "pidMode", "ipcMode", "proxyConfiguration", "inferenceAccelerators",
                                        "ephemeralStorage", "runtimePlatform", "enableFaultInjection"}) {
    if (const Value* value = p.find(member)) out.add(member, *value);
  }
  out.add("volumes", p["volumes"].is_array() ? p["volumes"] : Value::array());
  out.add("placementConstraints", p["placementConstraints"].is_array() ? p["placementConstraints"] : Value::array());
  if (p.find("requiresCompatibilities")) out.add("requiresCompatibilities", p["requiresCompatibilities"]);
  out.add("compatibilities", mode == "awsvpc" ? json::array({"EC2", "FARGATE"}) : json::array({"EC2"}));
  std::vector<Value> attributes = {json::object({{"name", "com.amazonaws.ecs.capability.docker-remote-api.1.18"}})};
  if (mode == "awsvpc") attributes.push_back(json::object({{"name", "ecs.capability.task-eni"}}));
  out.add("requiresAttributes", Value::array(std::move(attributes)));
  if (cpu > 0) out.add("cpu", std::to_string(cpu));
  if (memory > 0) out.add("memory", std::to_string(memory));
  out.add("registeredAt", call.at.seconds()).add("registeredBy", call.caller.arn);
  if (p["tags"].is_array()) out.add("_tags", p["tags"]);
  const Value made = out.build();
  definitions_.put(scope, fmt::format("{}:{:08}", family, revision), {made});
  json::ObjectBuilder answer;
  answer.add("taskDefinition", shown_only(made));
  if (p["tags"].is_array()) answer.add("tags", p["tags"]);
  return answer.build();
}

Result<Value> Ecs::describe_task_definition(const Call& call) {
  const Value* found = find_definition({call.account, call.region}, call.params.text("taskDefinition"));
  if (!found) return client_error("Unable to describe task definition.");
  json::ObjectBuilder out;
  out.add("taskDefinition", shown_only(*found));
  const Value& include = call.params["include"];
  if (include.is_array() && std::ranges::find(include.items(), Value("TAGS")) != include.items().end()) {
    out.add("tags", found->find("_tags") ? (*found)["_tags"] : Value::array());
  }
  return out.build();
}

Result<Value> Ecs::list_task_definitions(const Call& call) {
  const auto [limit, from] = TRY(page(call, 100));
  const std::string_view prefix = call.params.text("familyPrefix"), status = call.params.text("status", "ACTIVE");
  std::vector<const Value*> found;
  for (const auto& [key, document] : definitions_.all({call.account, call.region})) {
    if (!prefix.empty() && document.shown.text("family") != prefix) continue;
    if (document.shown.text("status") == status) found.push_back(&document.shown);
  }
  if (call.params.text("sort") == "DESC") std::ranges::reverse(found);
  size_t at = from.empty() ? 0 : static_cast<size_t>(std::atoll(from.c_str()));
  std::vector<Value> arns;
  for (; at < found.size() && arns.size() < limit; ++at) arns.emplace_back(found[at]->text("taskDefinitionArn"));
  json::ObjectBuilder out;
  out.add("taskDefinitionArns", Value::array(std::move(arns)));
  next_token(out, call, at < found.size() ? std::to_string(at) : "");
  return out.build();
}

Result<Value> Ecs::list_families(const Call& call) {
  const auto [limit, from] = TRY(page(call, 100));
  const std::string_view prefix = call.params.text("familyPrefix"), status = call.params.text("status", "ACTIVE");
  std::set<std::string> active, all_names;
  for (const auto& [key, document] : definitions_.all({call.account, call.region})) {
    const std::string family(document.shown.text("family"));
    if (!family.starts_with(prefix)) continue;
    all_names.insert(family);
    if (document.shown.text("status") == "ACTIVE") active.insert(family);
  }
  std::vector<Value> names;
  std::string next;
  for (const std::string& family : all_names) {
    const bool wanted = status == "ALL" || (status == "ACTIVE") == active.contains(family);
    if (!wanted || family < from) continue;
    if (names.size() == limit) {
      next = family;
      break;
    }
    names.emplace_back(family);
  }
  json::ObjectBuilder out;
  out.add("families", Value::array(std::move(names)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> Ecs::deregister_task_definition(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view text = call.params.text("taskDefinition");
  if (last_part(text).find(':') == std::string::npos) return client_error("Invalid task definition: a revision is needed.");
  const Value* found = find_definition(scope, text);
  if (!found) return client_error("The specified task definition does not exist.");
  const Value gone = found->with("status", "INACTIVE").with("deregisteredAt", call.at.seconds());
  definitions_.put(scope, fmt::format("{}:{:08}", gone.text("family"), gone["revision"].as_int64().value_or(0)), {gone});
  return json::object({{"taskDefinition", shown_only(gone)}});
}

}  // namespace ecs
