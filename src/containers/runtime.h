#pragma once
// A container runtime runs tasks: groups of containers that share a network, as ECS on Fargate has them.
//
// A task outlives the server. `recover()` comes first, since a restart has to adopt what still runs: it tells
// which tasks exist, and from then on their events arrive again, from the first one not yet acknowledged.
// Launching is idempotent by the task's id: a second launch of one that exists changes nothing.
// Nothing here knows ECS: services/ecs turns a task definition into a TaskSpec and events into a lifecycle.
//
// All calls are made, and all events arrive, on the loop's thread.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"

namespace containers {

struct Mount {
  std::string volume;          // name of a task volume (shared scratch of the task), or
  std::string host_path;       // a path of the host that the operator allows
  std::string container_path;  // absolute
  bool read_only = false;
};

enum class DependsOn : uint8_t { start, complete, success, healthy };

struct HealthCheck {
  std::vector<std::string> command;  // ["CMD", "x"] or ["CMD-SHELL", "x"]
  int interval_s = 30, timeout_s = 5, retries = 3, start_period_s = 0;
};

struct ContainerSpec {
  std::string name;   // unique in the task
  std::string image;  // as written: "busybox", "amazon/amazon-ecs-sample", "reg.example/x@sha256:..."
  std::optional<std::vector<std::string>> entry_point;  // nothing: the image's
  std::optional<std::vector<std::string>> command;      // nothing: the image's
  std::vector<std::pair<std::string, std::string>> environment;
  std::string user;               // "" = the image's; "uid[:gid]" or a name of the image's passwd
  std::string working_directory;  // "" = the image's
  std::string hostname;
  bool essential = true;
  bool read_only_root = false;
  bool init = false;              // run under a small init that reaps
  bool terminal = false;
  int64_t memory_bytes = 0;       // 0: only the task's limit
  int64_t cpu_shares = 0;         // relative weight inside the task, 0: the least
  std::map<std::string, std::pair<uint64_t, uint64_t>> ulimits;  // "nofile" -> soft, hard
  std::vector<std::string> capabilities_add, capabilities_drop;
  std::vector<Mount> mounts;
  std::vector<std::pair<std::string, DependsOn>> depends_on;
  std::optional<HealthCheck> health_check;
  int stop_timeout_s = 30;        // between SIGTERM (or the image's stop signal) and SIGKILL
  int start_timeout_s = 0;        // 0: none
};

// An interface on a subnet's bridge. Subnets of one VPC reach each other; VPCs do not.
struct NetworkSpec {
  std::string vpc_id;         // names the isolated network
  std::string subnet_cidr;    // "10.0.0.0/24"
  std::string address;        // "10.0.0.17"
  std::string mac;            // "0a:58:0a:00:00:11"
  bool public_access = true;  // may reach the world outside the VPC, where the host can
};

struct TaskSpec {
  std::string id;  // 32 hex digits
  std::string owner;  // an account: those of many are begun in turns
  std::vector<ContainerSpec> containers;
  int64_t cpu_millis = 256;             // of a thousandth of a core: 0.25 vCPU = 250
  int64_t memory_bytes = 512 * 1048576LL;
  int64_t pids_max = 32'768;
  int64_t scratch_bytes = 20LL << 30;
  std::vector<std::string> volumes;     // names of scratch volumes that containers may mount
  std::optional<NetworkSpec> network;   // nothing: a network of its own with loopback alone
  // Where the metadata and credentials endpoint (169.254.170.2:80 inside the task) is served: a URL prefix
  // on the host to which the runtime forwards such requests, with the task's id as first path segment.
  std::string metadata_url;
};

enum class Stream : uint8_t { out, err };

struct Event {
  enum class Type : uint8_t {
    pulling,            // fetching images begins
    pulled,             // every image is here; `digests`
    container_started,  // `container`, `pid`
    output,             // `container`, `stream`, `line` (without its newline, at most 256 KiB)
    health,             // `container`, `healthy`
    container_exited,   // `container`, `exit_code`, `out_of_memory`, `reason`
    failed,             // the task could not be started; `reason` begins with a CannotPullContainerError: or the like
    stopped,            // every container has ended and its network is free: the last event
  };
  Type type;
  std::string task;
  uint64_t sequence = 0;  // counts the task's events from 1; acknowledge() takes it back
  Instant at;
  std::string container;
  Stream stream = Stream::out;
  std::string line;
  int exit_code = 0;
  bool out_of_memory = false;
  bool healthy = false;
  int64_t pid = 0;
  std::string reason;
  std::map<std::string, std::string> digests;  // container -> "sha256:..."
};

class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;
  // "oci", "docker": for humans.
  virtual std::string name() const = 0;

  // Where events go. Set once, before recover().
  virtual void on_event(Function<void(const Event&)> sink) = 0;
  // The ids of the tasks that exist, running or ended but not yet forgotten.
  virtual void recover(Function<void(Result<std::vector<std::string>>)> done) = 0;
  // Starts a task; what becomes of it arrives as events, refusal included (Type::failed, then stopped).
  virtual void launch(TaskSpec spec) = 0;
  // Asks every container to stop, then kills. A task that is not there or has ended: nothing happens.
  virtual void stop(const std::string& task) = 0;
  // Events up to `sequence` are stored elsewhere and need not be told again.
  virtual void acknowledge(const std::string& task, uint64_t sequence) = 0;
  // Drops what is left of an ended task.
  virtual void forget(const std::string& task) = 0;
};

}  // namespace containers
