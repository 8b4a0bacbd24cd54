#include "containers/oci/bundle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace containers::oci {

using json::Value;

namespace {

std::vector<std::string> texts(const Value& value) {
  std::vector<std::string> out;
  if (value.is_array()) {
    for (const Value& item : value.items()) {
      if (item.is_string()) out.emplace_back(item.as_string());
    }
  }
  return out;
}

Value list(const std::vector<std::string>& items) {
  std::vector<Value> out;
  for (const std::string& item : items) out.emplace_back(item);
  return Value::array(std::move(out));
}

// What a container on Fargate may do.
constexpr std::string_view kCapabilities[] = {"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
                                              "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"};

Value capabilities(const ContainerSpec& container) {
  std::vector<std::string> names(std::begin(kCapabilities), std::end(kCapabilities));
  for (const std::string& dropped : container.capabilities_drop) {
    if (dropped == "ALL") names.clear();
    std::erase(names, "CAP_" + dropped);
  }
  for (const std::string& added : container.capabilities_add) {
    if (std::ranges::find(names, "CAP_" + added) == names.end()) names.push_back("CAP_" + added);
  }
  const Value all = list(names);
  return json::object({{"bounding", all}, {"effective", all}, {"permitted", all}});
}

// System calls that no container needs and that reach into the kernel's keys, namespaces, modules or clock.
Value make_seccomp() {
  const Value denied = list({"keyctl", "add_key", "request_key", "mount", "umount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsmount",
                             "fsconfig", "fspick", "mount_setattr", "setns", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
                             "bpf", "perf_event_open", "userfaultfd", "reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime", "clock_adjtime",
                             "adjtimex", "stime", "open_by_handle_at", "name_to_handle_at", "lookup_dcookie", "quotactl", "syslog", "sysfs", "ustat", "vm86",
                             "vm86old", "uselib", "nfsservctl", "_sysctl", "iopl", "ioperm", "io_uring_setup", "io_uring_enter", "io_uring_register", "vhangup",
                             "process_vm_readv", "process_vm_writev", "personality"});
  constexpr int kEperm = 1, kEnosys = 38;
  const Value new_user = json::object({{"index", 0}, {"value", 0x10000000}, {"valueTwo", 0x10000000}, {"op", "SCMP_CMP_MASKED_EQ"}});
  const Value plain_personality = json::object({{"index", 0}, {"value", 0}, {"op", "SCMP_CMP_EQ"}});
  return json::object({{"defaultAction", "SCMP_ACT_ALLOW"},
                       {"architectures", list({"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"})},
                       {"syscalls", json::array({json::object({{"names", denied}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", kEperm}}),
                                                 json::object({{"names", list({"clone", "unshare"})}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", kEperm}, {"args", json::array({new_user})}}),
                                                 // The C library falls back to clone, whose flags can be looked at.
                                                 json::object({{"names", list({"clone3"})}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", kEnosys}})})}});
}
const Value& seccomp() {
  static const Value rules = make_seccomp();
  return rules;
}

Value mount(std::string_view destination, std::string_view type, std::string_view source, std::vector<std::string> options) {
  return json::object({{"destination", destination}, {"type", type}, {"source", source}, {"options", list(options)}});
}

struct User {
  int64_t uid = 0, gid = 0;
  std::string home = "/";
};

// A small file of the image's. Whoever made the image may have put a link there, which then leads to a file of the image's too, a pipe
// or a device: nothing is read of these.
std::string file_of_image(const std::string& root, const char* file) {
  constexpr size_t kBytesMax = 4 << 20;
  std::string text;
  const int folder = open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const open_how how{.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC, .mode = 0, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  const int fd = static_cast<int>(syscall(SYS_openat2, folder, file, &how, sizeof how));
  struct stat facts {};
  if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
    char buffer[16 * 1024];
    for (ssize_t got; text.size() < kBytesMax && (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  }
  if (fd >= 0) close(fd);
  if (folder >= 0) close(folder);
  return text;
}

// "name", "uid", "name:group", "uid:gid", looked up in the image's own files.
Result<User> find_user(const std::string& text, const std::string& root) {
  User user;
  if (text.empty()) return user;
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon), group = colon == text.npos ? "" : text.substr(colon + 1);
  const auto digits = [](const std::string& s) { return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; }); };
  const auto lookup = [&](const char* file, const std::string& wanted, size_t key) -> std::vector<std::string> {
    std::istringstream in(file_of_image(root, file));
    std::string line;
    while (std::getline(in, line)) {
      std::vector<std::string> fields;
      for (size_t at = 0; at <= line.size();) {
        const size_t end = std::min(line.find(':', at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end + 1;
      }
      if (fields.size() > 2 && fields[key] == wanted) return fields;
    }
    return {};
  };
  const auto entry = lookup("/etc/passwd", name, digits(name) ? 2 : 0);
  if (digits(name)) {
    user.uid = std::atoll(name.c_str());
  } else if (entry.empty()) {
    return fail("Bundle", fmt::format("CannotStartContainerError: unable to find user {}: no matching entries in passwd file", name));
  } else {
    user.uid = std::atoll(entry[2].c_str());
  }
  if (entry.size() > 5) {
    user.gid = std::atoll(entry[3].c_str());
    user.home = entry[5];
  }
  if (digits(group)) {
    user.gid = std::atoll(group.c_str());
  } else if (!group.empty()) {
    const auto found = lookup("/etc/group", group, 0);
    if (found.empty()) return fail("Bundle", fmt::format("CannotStartContainerError: unable to find group {}: no matching entries in group file", group));
    user.gid = std::atoll(found[2].c_str());
  }
  return user;
}

Value environment(const ContainerSpec& container, const Value& image_env, const User& user) {
  std::vector<std::pair<std::string, std::string>> variables = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                                                                {"HOSTNAME", container.hostname}, {"HOME", user.home}};
  const auto set = [&](const std::string& name, const std::string& value) {
    const auto it = std::ranges::find(variables, name, &std::pair<std::string, std::string>::first);
    if (it != variables.end()) {
      it->second = value;
    } else {
      variables.emplace_back(name, value);
    }
  };
  for (const std::string& line : texts(image_env)) {
    const size_t equals = line.find('=');
    if (equals != line.npos) set(line.substr(0, equals), line.substr(equals + 1));
  }
  for (const auto& [name, value] : container.environment) set(name, value);
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return list(lines);
}

uint64_t own_file_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY ? limit.rlim_max : UINT64_MAX;
}

Value resources(const TaskSpec& task, const ContainerSpec& container) {
  int64_t memory = task.memory_bytes;
  if (container.memory_bytes > 0) memory = memory > 0 ? std::min(memory, container.memory_bytes) : container.memory_bytes;
  json::ObjectBuilder out;
  // None but those that every runtime gives by itself: null, zero, full, random, urandom, terminals.
  out.add("devices", json::array({json::object({{"allow", false}, {"access", "rwm"}})}));
  if (memory > 0) out.add("memory", json::object({{"limit", memory}, {"swap", memory}}));
  constexpr int64_t kPeriodUs = 100'000;
  json::ObjectBuilder cpu;
  // Among the task's containers as the definition says; one that is alone stands for the task among tasks.
  constexpr int64_t kSharesOfOne = 1'024;  // of one processor
  const int64_t shares = task.containers.size() == 1 && task.cpu_millis > 0 ? task.cpu_millis * kSharesOfOne / 1'000 : container.cpu_shares;
  cpu.add("shares", std::clamp<int64_t>(shares, 2, 262'144));
  if (task.cpu_millis > 0) cpu.add("quota", std::max<int64_t>(1'000, task.cpu_millis * kPeriodUs / 1000)).add("period", kPeriodUs);
  out.add("cpu", cpu.build());
  out.add("pids", json::object({{"limit", std::clamp<int64_t>(task.pids_max, 1, 32'768)}}));
  return out.build();
}

}  // namespace

Result<Value> bundle_config(const TaskSpec& task, const ContainerSpec& container, const Image& image, const BundlePlace& place) {
  std::vector<std::string> arguments = container.entry_point ? *container.entry_point : texts(image.config["Entrypoint"]);
  // A new entry point makes the image's command meaningless.
  const auto command = container.command ? *container.command : container.entry_point ? std::vector<std::string>() : texts(image.config["Cmd"]);
  arguments.insert(arguments.end(), command.begin(), command.end());
  if (arguments.empty()) return fail("Bundle", "CannotStartContainerError: no command specified");
  const User user = TRY(find_user(container.user.empty() ? std::string(image.config.text("User")) : container.user, place.root));
  std::string directory = container.working_directory.empty() ? std::string(image.config.text("WorkingDir")) : container.working_directory;
  if (directory.empty()) directory = "/";

  std::vector<Value> limits;
  auto ulimits = container.ulimits;
  ulimits.try_emplace("nofile", 65'535, 65'535);
  for (const auto& [name, limit] : ulimits) {
    std::string upper = "RLIMIT_";
    for (const char c : name) upper.push_back(static_cast<char>(std::toupper(c)));
    // A limit above our own cannot be given where we may not raise it.
    const uint64_t most = name == "nofile" ? own_file_limit() : UINT64_MAX;
    limits.push_back(json::object({{"type", upper}, {"soft", std::min(limit.first, most)}, {"hard", std::min(limit.second, most)}}));
  }
  const Value process = json::object({{"terminal", false}, {"user", json::object({{"uid", user.uid}, {"gid", user.gid}})}, {"args", list(arguments)},
                                      {"env", environment(container, image.config["Env"], user)}, {"cwd", directory}, {"capabilities", capabilities(container)},
                                      {"rlimits", Value::array(std::move(limits))}, {"noNewPrivileges", true}});
  std::vector<Value> mounts = {
      mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}),
      mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
      mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
      mount("/etc/hosts", "bind", place.etc + "/hosts", {"bind"}),
      mount("/etc/resolv.conf", "bind", place.etc + "/resolv.conf", {"bind"}),
      mount("/etc/hostname", "bind", place.etc + "/hostname", {"bind"}),
  };
  for (const Mount& m : container.mounts) {
    const std::string source = m.host_path.empty() ? place.volumes + "/" + m.volume : m.host_path;
    mounts.push_back(mount(m.container_path, "bind", source, {"bind", m.read_only ? "ro" : "rw", "rprivate", "nosuid", "nodev"}));
  }
  const Value namespaces = json::array({json::object({{"type", "pid"}}), json::object({{"type", "mount"}}), json::object({{"type", "ipc"}}), json::object({{"type", "uts"}}),
                                        json::object({{"type", "cgroup"}}), json::object({{"type", "network"}, {"path", place.network_path}})});
  const Value linux_part = json::object({{"namespaces", namespaces}, {"cgroupsPath", place.cgroup}, {"resources", resources(task, container)}, {"seccomp", seccomp()},
                                         {"maskedPaths", list({"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                                                               "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"})},
                                         {"readonlyPaths", list({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"})}});
  return json::object({{"ociVersion", "1.0.2"}, {"process", process}, {"root", json::object({{"path", place.root}, {"readonly", container.read_only_root}})},
                       {"hostname", container.hostname}, {"mounts", Value::array(std::move(mounts))}, {"linux", linux_part}});
}

}  // namespace containers::oci
