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
#include <initializer_list>
#include <vector>

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

namespace {

// A supervisor that this process has made, and the way to give it another task.
struct Forked {
  pid_t process = -1;
  int socket = -1;
  bool free = false;
};

// More than these are not kept waiting: what has ended at once in numbers need not begin at once again.
constexpr std::ptrdiff_t kFreeMax = 8;
// When nothing has happened for so long, they go.
constexpr int kFreeMs = 60'000;

// One that is given a task says so when it may be given the next.
[[noreturn]] void be_supervisor(Workshop workshop, int socket, std::string folder, std::string task) {
  constexpr char kFree = 'f';
  while (supervise(workshop, folder, task) && send_all(socket, {&kFree, 1})) {
    Lengths lengths;
    if (!receive_all(socket, &lengths, sizeof lengths)) break;
    folder.assign(lengths.folder, '\0'), task.assign(lengths.task, '\0');
    if (!receive_all(socket, folder.data(), folder.size()) || !receive_all(socket, task.data(), task.size())) break;
  }
  _exit(0);
}

class Supervisors {
 public:
  // Those that listen, for poll.
  void watch(std::vector<pollfd>& fds) const {
    for (const Forked& one : all_) fds.push_back({one.socket, POLLIN, 0});
  }
  // One has something to say: that it is free, or that it is gone.
  void hear(int socket) {
    const auto it = std::ranges::find(all_, socket, &Forked::socket);
    char said;
    if (it == all_.end()) return;
    if (recv(socket, &said, 1, MSG_DONTWAIT) == 1 && std::ranges::count(all_, true, &Forked::free) < kFreeMax) {
      it->free = true;
    } else {
      close(socket);
      all_.erase(it);
    }
  }
  bool any_free() const { return std::ranges::count(all_, true, &Forked::free) > 0; }
  void dismiss() {
    std::erase_if(all_, [](const Forked& one) { return one.free && close(one.socket) == 0; });
  }
  // Its process, or an error number below 0. `unwanted` is what a new one closes.
  pid_t give(const Workshop& workshop, const std::string& folder, const std::string& task, std::initializer_list<int> unwanted) {
    const Lengths lengths{static_cast<uint32_t>(folder.size()), static_cast<uint32_t>(task.size())};
    for (auto it = all_.begin(); it != all_.end();) {
      if (it->free && send_all(it->socket, std::string(bytes_of(lengths)).append(folder).append(task))) {
        it->free = false;
        return it->process;
      }
      it = it->free ? (close(it->socket), all_.erase(it)) : it + 1;
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -errno;
    const pid_t child = fork();
    if (child == 0) {
      for (const int fd : unwanted) close(fd);
      for (const Forked& one : all_) close(one.socket);
      close(pair[0]);
      setsid();
      be_supervisor(workshop, pair[1], folder, task);
    }
    close(pair[1]);
    if (child < 0) {
      close(pair[0]);
      return -EAGAIN;
    }
    all_.push_back({.process = child, .socket = pair[0], .free = false});
    return child;
  }

 private:
  std::vector<Forked> all_;
};

}  // namespace

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
  weigh_all_tasks();
  if (fork() == 0) {
    remove_leftovers();
    _exit(0);
  }
  // What a library does at its first use is done here, once for all.
  sha256("");
  const Workshop workshop{.view = make_view(), .crun = Crun::prepare()};
  Supervisors supervisors;
  while (true) {
    std::vector<pollfd> ready = {{requests, POLLIN, 0}, {signals, POLLIN, 0}};
    supervisors.watch(ready);
    const int events = poll(ready.data(), ready.size(), supervisors.any_free() ? kFreeMs : -1);
    if (events < 0 && errno != EINTR) return 1;
    if (events == 0) supervisors.dismiss();
    signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) > 0) {
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    for (size_t i = 2; i < ready.size(); ++i) {
      if (ready[i].revents) supervisors.hear(ready[i].fd);
    }
    if (ready[0].revents == 0) continue;
    Lengths lengths;
    if (!receive_all(requests, &lengths, sizeof lengths) || lengths.folder > kTextMax || lengths.task > kTextMax) return 0;
    std::string folder(lengths.folder, '\0'), task(lengths.task, '\0');
    if (!receive_all(requests, folder.data(), folder.size()) || !receive_all(requests, task.data(), task.size())) return 0;
    const pid_t answer = supervisors.give(workshop, folder, task, {requests, signals});
    if (!send_all(requests, bytes_of(answer))) return 0;
  }
}

}  // namespace containers::oci
