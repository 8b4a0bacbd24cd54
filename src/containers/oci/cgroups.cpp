#include "containers/oci/cgroups.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace containers::oci {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSharesOfOne = 1'024;  // what the kernel gives one ordinary process, and ECS a processor

const std::vector<std::string>& trees() {
  static const std::vector<std::string> found = [] {
    if (access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0) return std::vector<std::string>{"/sys/fs/cgroup"};
    std::vector<std::string> out;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", ignored)) {
      if (!entry.is_symlink(ignored)) out.push_back(entry.path().string());
    }
    return out;
  }();
  return found;
}

// Ends every process of a group and waits until it is gone.
void end_processes(const std::string& folder) {
  std::vector<pollfd> ending;
  std::ifstream in(folder + "/cgroup.procs");
  for (pid_t pid = 0; in >> pid;) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) continue;
    // Its number may have gone to another process since it was read: that one is in no group of ours.
    std::ifstream groups(fmt::format("/proc/{}/cgroup", pid));
    const std::string text(std::istreambuf_iterator<char>(groups), {});
    if (text.find("/gantry/") != text.npos) syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
    ending.push_back({fd, POLLIN, 0});
  }
  constexpr int kEndedWithinMs = 10'000;
  for (pollfd& one : ending) {
    poll(&one, 1, kEndedWithinMs);
    close(one.fd);
  }
}

// A process that ends leaves its group a little after it can be waited for: then the folder is busy for that long.
void remove_folder(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) remove_folder(entry.path().string());
  }
  constexpr int kRounds = 50;
  constexpr useconds_t kRoundUs = 2'000;
  for (int round = 0; round < kRounds && rmdir(folder.c_str()) != 0 && errno == EBUSY; ++round) {
    end_processes(folder);
    if (round > 0) usleep(kRoundUs);
  }
}

void put(const std::string& file, std::string_view text) {
  std::ofstream out(file);
  out << text;
}

// "cpu,cpuacct" is one tree with two controllers. "crun exec" wants to know of the freezer that the container is not frozen.
bool is_of_use(std::string_view controllers) {
  for (size_t at = 0; at < controllers.size();) {
    const size_t end = std::min(controllers.find(',', at), controllers.size());
    const std::string_view one = controllers.substr(at, end - at);
    if (one == "memory" || one == "cpu" || one == "pids" || one == "devices" || one == "freezer") return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

bool narrow_view() {
  if (access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0) return true;
  // Made aside and put in the other's place.
  constexpr const char* kAside = "/run";
  const std::string root = "/sys/fs/cgroup";
  if (::mount("tmpfs", kAside, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=0755") != 0) return false;
  bool ok = true;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const std::string name = entry.path().filename().string(), ours = fmt::format("{}/{}", kAside, name);
    if (!is_of_use(name)) continue;
    std::error_code ignored;
    if (entry.is_symlink(ignored)) {
      fs::copy_symlink(entry.path(), ours, ignored);
    } else if (mkdir(ours.c_str(), 0755) != 0 || ::mount(entry.path().c_str(), ours.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      ok = false;
    }
  }
  // What is covered would be copied for each task like all that is mounted.
  ok = ok && !error && umount2(root.c_str(), MNT_DETACH) == 0 && ::mount(kAside, root.c_str(), nullptr, MS_MOVE, nullptr) == 0;
  if (!ok) umount2(kAside, MNT_DETACH);
  return ok;
}

void weigh_all_tasks() {
  const long processors = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
  for (const char* group : {"/sys/fs/cgroup/cpu/gantry", "/sys/fs/cgroup/gantry"}) {
    const std::string shares = fmt::format("{}/cpu.shares", group), weight = fmt::format("{}/cpu.weight", group);
    if (access(fs::path(group).parent_path().append("cgroup.procs").c_str(), F_OK) != 0) continue;
    mkdir(group, 0755);
    if (access(shares.c_str(), W_OK) == 0) put(shares, std::to_string(std::min(262'144L, kSharesOfOne * processors)));
    if (access(weight.c_str(), W_OK) == 0) put(weight, std::to_string(std::min(10'000L, 100 * processors)));
  }
}

void limit_task(std::string_view task, int64_t memory_bytes, int64_t cpu_millis) {
  constexpr int64_t kPeriodUs = 100'000;
  const int64_t quota = cpu_millis > 0 ? std::max<int64_t>(1'000, cpu_millis * kPeriodUs / 1'000) : 0;
  const auto make = [&](std::string_view tree) {
    const std::string above = fmt::format("{}/gantry", tree), folder = fmt::format("{}/{}", above, task);
    mkdir(above.c_str(), 0755);
    mkdir(folder.c_str(), 0755);
    return folder;
  };
  if (access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0) {
    for (const char* group : {"/sys/fs/cgroup", "/sys/fs/cgroup/gantry"}) {
      mkdir(group, 0755);
      put(fmt::format("{}/cgroup.subtree_control", group), "+memory +cpu +pids");
    }
    const std::string folder = make("/sys/fs/cgroup");
    if (memory_bytes > 0) put(folder + "/memory.max", std::to_string(memory_bytes)), put(folder + "/memory.swap.max", "0");
    if (quota > 0) put(folder + "/cpu.max", fmt::format("{} {}", quota, kPeriodUs));
    if (quota > 0) put(folder + "/cpu.weight", std::to_string(std::clamp<int64_t>(cpu_millis / 10, 1, 10'000)));
    return;
  }
  if (memory_bytes > 0) {
    const std::string folder = make("/sys/fs/cgroup/memory");
    put(folder + "/memory.limit_in_bytes", std::to_string(memory_bytes));
    put(folder + "/memory.memsw.limit_in_bytes", std::to_string(memory_bytes));
  }
  if (quota > 0) {
    const std::string folder = make("/sys/fs/cgroup/cpu");
    put(folder + "/cpu.cfs_period_us", std::to_string(kPeriodUs));
    put(folder + "/cpu.cfs_quota_us", std::to_string(quota));
    put(folder + "/cpu.shares", std::to_string(std::clamp<int64_t>(cpu_millis * kSharesOfOne / 1'000, 2, 262'144)));
  }
}

void remove_task_groups(std::string_view task) {
  for (const std::string& tree : trees()) {
    const std::string folder = fmt::format("{}/gantry/{}", tree, task);
    if (rmdir(folder.c_str()) == 0 || errno == ENOENT) continue;
    remove_folder(folder);
  }
}

std::vector<std::string> tasks_with_groups() {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const std::string& tree : trees()) {
    for (const auto& entry : fs::directory_iterator(tree + "/gantry", ignored)) {
      if (entry.is_directory(ignored)) out.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

void remove_empty_groups(std::string_view task) {
  for (const std::string& tree : trees()) {
    const std::string folder = fmt::format("{}/gantry/{}", tree, task);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.is_directory(ignored)) rmdir(entry.path().c_str());
    }
    rmdir(folder.c_str());
  }
}

void remove_group(std::string_view group) {
  for (const std::string& tree : trees()) rmdir(fmt::format("{}{}", tree, group).c_str());
}

bool ran_out_of_memory(std::string_view group) {
  for (const char* tree : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    for (const char* file : {"/memory.oom_control", "/memory.events"}) {
      std::ifstream in(fmt::format("{}{}{}", tree, group, file));
      if (!in) continue;
      const std::string text(std::istreambuf_iterator<char>(in), {});
      const size_t at = text.find("oom_kill ");
      if (at != text.npos && std::atoi(text.c_str() + at + 9) > 0) return true;
    }
  }
  return false;
}

}  // namespace containers::oci
