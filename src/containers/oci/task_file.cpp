#include "containers/oci/task_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "language/json/parse.h"

namespace containers::oci {

using json::Value;

namespace {

Value list(const std::vector<std::string>& texts) {
  std::vector<Value> out;
  for (const std::string& text : texts) out.emplace_back(text);
  return Value::array(std::move(out));
}
std::vector<std::string> texts(const Value& value) {
  std::vector<std::string> out;
  if (value.is_array()) {
    for (const Value& item : value.items()) out.emplace_back(item.as_string());
  }
  return out;
}
Value optional_list(const std::optional<std::vector<std::string>>& given) { return given ? list(*given) : Value(); }
int64_t number(const Value& value) { return value.as_int64().value_or(0); }
bool flag(const Value& value) { return value.is_bool() && value.as_bool(); }

Value container_json(const ContainerSpec& c) {
  std::vector<Value> environment, mounts, depends;
  for (const auto& [name, value] : c.environment) environment.push_back(json::array({name, value}));
  for (const Mount& m : c.mounts) {
    mounts.push_back(json::object({{"volume", m.volume}, {"host", m.host_path}, {"path", m.container_path}, {"readOnly", m.read_only}}));
  }
  for (const auto& [name, condition] : c.depends_on) depends.push_back(json::array({name, static_cast<int>(condition)}));
  json::ObjectBuilder ulimits;
  for (const auto& [name, limit] : c.ulimits) ulimits.add(name, json::array({limit.first, limit.second}));
  json::ObjectBuilder out;
  out.add("name", c.name).add("image", c.image).add("entryPoint", optional_list(c.entry_point)).add("command", optional_list(c.command));
  out.add("environment", Value::array(std::move(environment))).add("user", c.user).add("workingDirectory", c.working_directory);
  out.add("hostname", c.hostname).add("essential", c.essential).add("readOnlyRoot", c.read_only_root).add("init", c.init);
  out.add("terminal", c.terminal).add("memory", c.memory_bytes).add("cpuShares", c.cpu_shares).add("ulimits", ulimits.build());
  out.add("capabilitiesAdd", list(c.capabilities_add)).add("capabilitiesDrop", list(c.capabilities_drop));
  out.add("mounts", Value::array(std::move(mounts))).add("dependsOn", Value::array(std::move(depends)));
  if (c.health_check) {
    out.add("health", json::object({{"command", list(c.health_check->command)}, {"interval", c.health_check->interval_s}, {"timeout", c.health_check->timeout_s},
                                    {"retries", c.health_check->retries}, {"startPeriod", c.health_check->start_period_s}}));
  }
  out.add("stopTimeout", c.stop_timeout_s).add("startTimeout", c.start_timeout_s);
  return out.build();
}

ContainerSpec container_from(const Value& d) {
  ContainerSpec c;
  c.name = d.text("name");
  c.image = d.text("image");
  if (d["entryPoint"].is_array()) c.entry_point = texts(d["entryPoint"]);
  if (d["command"].is_array()) c.command = texts(d["command"]);
  for (const Value& pair : d["environment"].items()) c.environment.emplace_back(pair[0].as_string(), pair[1].as_string());
  c.user = d.text("user");
  c.working_directory = d.text("workingDirectory");
  c.hostname = d.text("hostname");
  c.essential = flag(d["essential"]);
  c.read_only_root = flag(d["readOnlyRoot"]);
  c.init = flag(d["init"]);
  c.terminal = flag(d["terminal"]);
  c.memory_bytes = number(d["memory"]);
  c.cpu_shares = number(d["cpuShares"]);
  for (const auto& [name, limit] : d["ulimits"].members()) {
    c.ulimits[std::string(name)] = {static_cast<uint64_t>(number(limit[0])), static_cast<uint64_t>(number(limit[1]))};
  }
  c.capabilities_add = texts(d["capabilitiesAdd"]);
  c.capabilities_drop = texts(d["capabilitiesDrop"]);
  for (const Value& m : d["mounts"].items()) {
    c.mounts.push_back({std::string(m.text("volume")), std::string(m.text("host")), std::string(m.text("path")), flag(m["readOnly"])});
  }
  for (const Value& pair : d["dependsOn"].items()) c.depends_on.emplace_back(pair[0].as_string(), static_cast<DependsOn>(number(pair[1])));
  if (const Value& h = d["health"]; h.is_object()) {
    c.health_check = HealthCheck{texts(h["command"]), static_cast<int>(number(h["interval"])), static_cast<int>(number(h["timeout"])),
                                 static_cast<int>(number(h["retries"])), static_cast<int>(number(h["startPeriod"]))};
  }
  c.stop_timeout_s = static_cast<int>(number(d["stopTimeout"]));
  c.start_timeout_s = static_cast<int>(number(d["startTimeout"]));
  return c;
}

}  // namespace

std::string control_path(const std::string& task) { return fmt::format("{}/{}.control", kSmall, task); }

Value to_json(const Prepared& task) {
  const TaskSpec& s = task.spec;
  std::vector<Value> containers, images;
  for (const ContainerSpec& c : s.containers) containers.push_back(container_json(c));
  for (const Image& i : task.images) images.push_back(json::object({{"name", i.name}, {"digest", i.digest}, {"config", i.config}, {"layers", list(i.layers)}}));
  json::ObjectBuilder out;
  out.add("id", s.id).add("containers", Value::array(std::move(containers))).add("cpuMillis", s.cpu_millis).add("memory", s.memory_bytes);
  out.add("pids", s.pids_max).add("scratch", s.scratch_bytes).add("volumes", list(s.volumes)).add("metadataUrl", s.metadata_url);
  if (s.network) {
    out.add("network", json::object({{"vpc", s.network->vpc_id}, {"cidr", s.network->subnet_cidr}, {"address", s.network->address},
                                     {"mac", s.network->mac}, {"public", s.network->public_access}}));
  }
  out.add("images", Value::array(std::move(images))).add("serverSocket", task.server_socket);
  return out.build();
}

std::optional<Prepared> prepared_from_json(const Value& d) {
  if (!d["containers"].is_array() || !d["images"].is_array()) return std::nullopt;
  Prepared task;
  TaskSpec& s = task.spec;
  s.id = d.text("id");
  for (const Value& c : d["containers"].items()) s.containers.push_back(container_from(c));
  s.cpu_millis = number(d["cpuMillis"]);
  s.memory_bytes = number(d["memory"]);
  s.pids_max = number(d["pids"]);
  s.scratch_bytes = number(d["scratch"]);
  s.volumes = texts(d["volumes"]);
  s.metadata_url = d.text("metadataUrl");
  if (const Value& n = d["network"]; n.is_object()) {
    s.network = NetworkSpec{std::string(n.text("vpc")), std::string(n.text("cidr")), std::string(n.text("address")), std::string(n.text("mac")), flag(n["public"])};
  }
  for (const Value& i : d["images"].items()) {
    task.images.push_back({std::string(i.text("name")), std::string(i.text("digest")), i["config"], texts(i["layers"]), 0});
  }
  task.server_socket = d.text("serverSocket");
  if (task.images.size() != s.containers.size()) return std::nullopt;
  return task;
}

Value to_json(const Event& e) {
  json::ObjectBuilder out;
  out.add("type", static_cast<int>(e.type)).add("sequence", e.sequence).add("at", e.at.ms);
  out.add_text("container", e.container);
  if (e.type == Event::Type::output) out.add("stream", static_cast<int>(e.stream)).add("line", e.line);
  if (e.type == Event::Type::container_exited) out.add("exitCode", e.exit_code).add("oom", e.out_of_memory);
  if (e.type == Event::Type::health) out.add("healthy", e.healthy);
  if (e.pid) out.add("pid", e.pid);
  out.add_text("reason", e.reason);
  if (!e.digests.empty()) {
    json::ObjectBuilder digests;
    for (const auto& [container, digest] : e.digests) digests.add(container, digest);
    out.add("digests", digests.build());
  }
  return out.build();
}

std::optional<Event> event_from_json(const Value& d) {
  if (!d.is_object()) return std::nullopt;
  Event e{};
  e.type = static_cast<Event::Type>(number(d["type"]));
  e.sequence = static_cast<uint64_t>(number(d["sequence"]));
  e.at.ms = number(d["at"]);
  e.container = d.text("container");
  e.stream = static_cast<Stream>(number(d["stream"]));
  e.line = d.text("line");
  e.exit_code = static_cast<int>(number(d["exitCode"]));
  e.out_of_memory = flag(d["oom"]);
  e.healthy = flag(d["healthy"]);
  e.pid = number(d["pid"]);
  e.reason = d.text("reason");
  if (d["digests"].is_object()) {
    for (const auto& [container, digest] : d["digests"].members()) e.digests[std::string(container)] = digest.as_string();
  }
  return e;
}

EventWriter::EventWriter(const std::string& folder, const std::string& task) : task_(task) {
  // Goes on behind what an earlier writer left; half a line that it was killed in is ended first.
  uint64_t offset = 0;
  const auto before = read_events(folder, offset);
  if (!before.empty()) sequence_ = before.back().sequence;
  const std::string path = folder + "/events.jsonl";
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat status {};
  if (fd_ >= 0 && fstat(fd_, &status) == 0 && static_cast<uint64_t>(status.st_size) > offset && ftruncate(fd_, static_cast<off_t>(offset)) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

EventWriter::~EventWriter() {
  if (fd_ >= 0) close(fd_);
}

void EventWriter::write(Event event) {
  event.task = task_;
  event.sequence = ++sequence_;
  event.at = SystemClock().now();
  std::string line = json::write(to_json(event));
  line.push_back('\n');
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = ::write(fd_, line.data() + done, line.size() - done);
    if (n <= 0) return;  // a full disk: what is lost here is told by the task's end
    done += static_cast<size_t>(n);
  }
}

std::vector<Event> read_events(const std::string& folder, uint64_t& offset) {
  std::vector<Event> events;
  const int fd = open((folder + "/events.jsonl").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return events;
  std::string text;
  char buffer[65536];
  uint64_t at = offset;
  while (true) {
    const ssize_t n = pread(fd, buffer, sizeof buffer, static_cast<off_t>(at));
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  close(fd);
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
    if (auto document = json::parse(std::string_view(text).substr(begin, end - begin))) {
      if (auto event = event_from_json(*document)) events.push_back(std::move(*event));
    }
    begin = end + 1;
  }
  offset += begin;
  return events;
}

uint64_t read_number(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[32] = {};
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  return n > 0 ? std::strtoull(text, nullptr, 10) : 0;
}

namespace {
bool put_number(const std::string& path, uint64_t number, unsigned flags) {
  const std::string text = std::to_string(number) + "\n", fresh = fmt::format("{}.{}", path, getpid());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  if (written && renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), flags) == 0) return true;
  unlink(fresh.c_str());
  return false;
}
}  // namespace

void write_number(const std::string& path, uint64_t number) { put_number(path, number, 0); }
bool write_number_once(const std::string& path, uint64_t number) { return put_number(path, number, RENAME_NOREPLACE); }

}  // namespace containers::oci
