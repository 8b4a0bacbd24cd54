#include "containers/oci/starter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/crypto.h"
#include "containers/oci/cgroups.h"
#include "containers/oci/leftovers.h"
#include "containers/oci/shim.h"

extern char** environ;

namespace containers::oci {
namespace {

constexpr uint32_t kTextMax = 64 << 20;

// A request is two texts, each behind its length; the answer is the supervisor's process, or an error number below 0.
struct Lengths {
  uint32_t folder = 0, task = 0;
};

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool receive_all(int from, void* into, size_t bytes) {
  auto* at = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t n = recv(from, at, bytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<size_t>(n);
  }
  return true;
}

template <typename T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// What is mounted on the machine later is seen, what is mounted here is seen by nobody else.
bool make_view() {
  return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 && narrow_view();
}

}  // namespace

Starter::~Starter() { end(); }

Status Starter::begin() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return fail("Starter", std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (std::string& word : command_) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int error = posix_spawnp(&process_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pair[1]);
  if (error != 0) {
    close(pair[0]);
    process_ = -1;
    return fail("Starter", std::strerror(error));
  }
  socket_ = pair[0];
  return {};
}

void Starter::end() {
  if (socket_ >= 0) close(socket_);
  if (process_ > 0) {
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  socket_ = -1;
  process_ = -1;
}

Result<pid_t> Starter::start(std::string_view folder, std::string_view task) {
  if (task.size() > kTextMax) return fail("Starter", "the task is too large");
  const Lengths lengths{static_cast<uint32_t>(folder.size()), static_cast<uint32_t>(task.size())};
  const std::string request = std::string(bytes_of(lengths)).append(folder).append(task);
  std::lock_guard lock(mutex_);
  // It may have been killed since: then another is started. Two supervisors for one folder are none too many, since
  // the second one sees the first (shim.pid) and leaves.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (socket_ < 0) TRY(begin());
    pid_t answer = 0;
    if (send_all(socket_, request) && receive_all(socket_, &answer, sizeof answer)) {
      if (answer > 0) return answer;
      return fail("Starter", std::strerror(-answer));
    }
    end();
  }
  return fail("Starter", "the process that starts supervisors ends at once");
}

int starter_main() {
  const int requests = fcntl(0, F_DUPFD_CLOEXEC, 3);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (requests < 0 || null < 0) return 1;
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  close_range(static_cast<unsigned>(std::max(requests, null)) + 1, ~0U, 0);
  prctl(PR_SET_NAME, "gantry-starter");
  // What is sent to the server's group, Ctrl-C of a terminal for one, is not meant for tasks.
  setsid();
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ended, nullptr);
  const int signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fork() == 0) {
    remove_leftovers();
    _exit(0);
  }
  // What a library does at its first use is done here, once for all.
  sha256("");
  const Workshop workshop{.view = make_view(), .crun = Crun::prepare()};
  while (true) {
    pollfd ready[] = {{requests, POLLIN, 0}, {signals, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return 1;
    signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) > 0) {
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (ready[0].revents == 0) continue;
    Lengths lengths;
    if (!receive_all(requests, &lengths, sizeof lengths) || lengths.folder > kTextMax || lengths.task > kTextMax) return 0;
    std::string folder(lengths.folder, '\0'), task(lengths.task, '\0');
    if (!receive_all(requests, folder.data(), folder.size()) || !receive_all(requests, task.data(), task.size())) return 0;
    const pid_t child = fork();
    if (child == 0) {
      close(requests), close(signals);
      setsid();
      _exit(supervise(workshop, folder, task));
    }
    const pid_t answer = child < 0 ? -errno : child;
    if (!send_all(requests, bytes_of(answer))) return 0;
  }
}

}  // namespace containers::oci
