#include "bench/subject.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <time.h>

extern char** environ;

namespace bench {
namespace {

struct Process {
  pid_t parent = 0;
  double seconds = 0;  // its own and that of children it has waited for
};

std::string read_small(const std::string& path) {
  std::string text(4096, '\0');
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t got = read(fd, text.data(), text.size());
  close(fd);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// proc(5): pid (comm) state ppid ... utime stime cutime cstime at 14 to 17.
bool read_stat(pid_t pid, Process& out) {
  const std::string text = read_small(fmt::format("/proc/{}/stat", pid));
  const size_t end = text.rfind(')');
  if (end == text.npos) return false;
  char state;
  int parent;
  unsigned long user, system;
  long child_user, child_system;
  if (std::sscanf(text.c_str() + end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &state, &parent, &user, &system,
                  &child_user, &child_system) != 6) {
    return false;
  }
  out.parent = parent;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  // Its own time to the nanosecond: hundredths of a second, of a supervisor that takes many small tasks, would be told too low.
  clockid_t clock;
  timespec own;
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &own) == 0) {
    out.seconds = static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) / 1e9;
  } else {
    out.seconds = static_cast<double>(user + system) / ticks;
  }
  out.seconds += static_cast<double>(child_user + child_system) / ticks;
  return true;
}

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> out;
  DIR* dir = opendir("/proc");
  if (!dir) return out;
  while (const dirent* entry = readdir(dir)) {
    const pid_t pid = std::atoi(entry->d_name);
    Process process;
    if (pid > 0 && read_stat(pid, process)) out[pid] = process;
  }
  closedir(dir);
  return out;
}

bool descends(const std::map<pid_t, Process>& all, pid_t pid, pid_t from) {
  for (int depth = 0; depth < 64; ++depth) {
    if (pid == from) return true;
    const auto it = all.find(pid);
    if (it == all.end()) return false;
    pid = it->second.parent;
  }
  return false;
}

}  // namespace

double now_s() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

Result<std::unique_ptr<Subject>> Subject::begin(const Settings& settings) {
  std::unique_ptr<Subject> subject(new Subject);
  if (!settings.endpoint.empty()) {
    subject->address_ = TRY(Address::of(settings.endpoint));
    subject->pid_ = settings.pid;
    return subject;
  }
  // What outlives the server (supervisors of containers) becomes a child of ours, so that its time is counted.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const char* tmp = std::getenv("TMPDIR");
  std::string folder = fmt::format("{}/gantry-bench-XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(folder.data())) return fail("Bench", fmt::format("cannot make {}: {}", folder, std::strerror(errno)));
  subject->folder_ = folder;
  subject->flags_ = settings.flags;
  subject->ours_ = true;
  TRY(subject->start());
  return subject;
}

Result<double> Subject::start() {
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return fail("Bench", "no pipe");
  std::vector<std::string> arguments{"gantry", "serve", "--listen", "127.0.0.1:0", "--data-dir", folder_};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return fail("Bench", "cannot find the program itself");
  const double begun = now_s();
  const int failed = posix_spawn(&pid_, self, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  if (failed) return fail("Bench", fmt::format("cannot start the server: {}", std::strerror(failed)));
  std::string said;
  char buffer[1024];
  constexpr std::string_view kReady = "gantry: ready on ";
  while (said.find(kReady) == said.npos || said.back() != '\n') {
    const ssize_t got = read(out[0], buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return close(out[0]), fail("Bench", fmt::format("the server did not start: {}", said));
    said.append(buffer, static_cast<size_t>(got));
  }
  const double seconds = now_s() - begun;
  close(out[0]);
  const size_t at = said.find(kReady) + kReady.size();
  address_ = TRY(Address::of(said.substr(at, said.find('\n', at) - at)));
  return seconds;
}

double Subject::cpu_seconds() const {
  const auto all = all_processes();
  double sum = 0;
  if (!ours_) {
    for (const auto& [pid, process] : all) {
      if (pid_ > 0 && descends(all, pid, pid_)) sum += process.seconds;
    }
    return sum;
  }
  // Everything below us is the server's; what has ended is in our own account once it is reaped.
  const pid_t self = getpid();
  for (const auto& [pid, process] : all) {
    if (pid != self && descends(all, pid, self)) sum += process.seconds;
  }
  rusage reaped{};
  getrusage(RUSAGE_CHILDREN, &reaped);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return sum + seconds(reaped.ru_utime) + seconds(reaped.ru_stime);
}

size_t Subject::resident_bytes() const {
  long pages = 0, resident = 0;
  const std::string text = read_small(fmt::format("/proc/{}/statm", pid_));
  if (std::sscanf(text.c_str(), "%ld %ld", &pages, &resident) != 2) return 0;
  return static_cast<size_t>(resident) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

Status Subject::kill() {
  if (!ours_) return fail("Bench", "a server that was not started here is not killed");
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
  return {};
}

void Subject::stop() {
  if (!ours_ || pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

Subject::~Subject() {
  stop();
  if (!ours_) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace bench
