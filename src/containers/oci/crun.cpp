#include "containers/oci/crun.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

extern char** environ;
extern "C" const char gantry_no_systemd_begin[], gantry_no_systemd_end[];

namespace containers::oci {
namespace {

bool seal(int file) { return fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0; }

// A file in memory that `fill` writes and nobody can change afterwards; -1 when that fails.
int sealed_file(const char* name, const std::function<bool(int)>& fill) {
  const int to = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (to >= 0 && fill(to) && seal(to)) return to;
  if (to >= 0) close(to);
  return -1;
}

int sealed_copy(int from, off_t bytes) {
  return sealed_file("gantry-runtime", [=](int to) {
    for (off_t at = 0; at < bytes;) {
      if (sendfile(to, from, &at, static_cast<size_t>(bytes - at)) <= 0) return false;
    }
    return true;
  });
}

int sealed_no_systemd() {
  return sealed_file("gantry-no-systemd", [](int to) {
    const auto bytes = gantry_no_systemd_end - gantry_no_systemd_begin;
    return write(to, gantry_no_systemd_begin, static_cast<size_t>(bytes)) == bytes;
  });
}

std::string path_of(int file) { return fmt::format("/proc/self/fd/{}", file); }

// The surroundings of this process, with what is loaded before all else.
std::vector<std::string> surroundings(const std::string& preload) {
  std::vector<std::string> out;
  for (char** at = environ; *at; ++at) {
    if (preload.empty() || !std::string_view(*at).starts_with("LD_PRELOAD=")) out.emplace_back(*at);
  }
  if (!preload.empty()) out.push_back("LD_PRELOAD=" + preload);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Crun Crun::prepare() {
  Crun out;
  for (const char* path : {"/usr/bin/crun", "/usr/local/bin/crun"}) {
    struct stat facts {};
    const int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) continue;
    out.crun_ = true;
    if (fstat(from, &facts) == 0) {
      out.version_ = fmt::format("{} {} {}.{}", path, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
      out.program_ = sealed_copy(from, facts.st_size);
    }
    close(from);
    break;
  }
  if (!out.crun_) return out;
  out.no_systemd_ = sealed_no_systemd();
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_t process = -1;
  int status = -1;
  // Whether it finds every name that it wants: all are looked up before anything is done.
  const bool tried = out.no_systemd_ >= 0 && setenv("LD_BIND_NOW", "1", 1) == 0 &&
                     out.start({.arguments = {"--version"}, .notes = "/nonexistent", .log = "/dev/null", .out = null, .err = null}, process) == 0;
  unsetenv("LD_BIND_NOW");
  while (tried && waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  close(null);
  if (!tried || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    if (out.no_systemd_ >= 0) close(out.no_systemd_);
    out.no_systemd_ = -1;
  }
  return out;
}

int Crun::start(const Call& call, pid_t& process) const {
  std::vector<std::string> words = {std::string(name()), "--root", call.notes, "--log", call.log};
  if (crun_) words.emplace_back("--cgroup-manager=cgroupfs");
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> variables = surroundings(no_systemd_ >= 0 ? path_of(no_systemd_) : "");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, call.out, 1);
  posix_spawn_file_actions_adddup2(&actions, call.err, 2);
  // Open when it is loaded; the runtime closes whatever it does not know before a container's program runs.
  if (no_systemd_ >= 0) posix_spawn_file_actions_adddup2(&actions, no_systemd_, no_systemd_);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const std::string path = program_ >= 0 ? path_of(program_) : words[0];
  const int error = posix_spawnp(&process, path.c_str(), &actions, &attributes, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace containers::oci
