#include "containers/oci/shim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/crypto.h"
#include "base/encoding.h"
#include "containers/oci/bundle.h"
#include "containers/oci/cgroups.h"
#include "containers/oci/health.h"
#include "containers/oci/metadata_proxy.h"
#include "containers/oci/network.h"
#include "containers/oci/patience.h"
#include "containers/oci/task_file.h"
#include "language/json/parse.h"

namespace containers::oci {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLineMax = 256 * 1024;
int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
}

std::string read_text_at(int folder, const std::string& name) {
  std::string text;
  const int fd = openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  char buffer[16384];
  for (ssize_t got; fd >= 0 && (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  if (fd >= 0) close(fd);
  return text;
}

int stop_signal(const Image& image) {
  const std::string_view name = image.config.text("StopSignal", "SIGTERM");
  static constexpr std::pair<std::string_view, int> kSignals[] = {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT}, {"SIGQUIT", SIGQUIT}, {"SIGHUP", SIGHUP},
                                                                  {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGKILL", SIGKILL}, {"SIGWINCH", SIGWINCH}};
  for (const auto& [known, number] : kSignals) {
    if (name == known || name == known.substr(3)) return number;
  }
  const int number = std::atoi(std::string(name).c_str());
  return number > 0 && number < 65 ? number : SIGTERM;
}

struct Container {
  enum class State : uint8_t { waiting, running, exited };
  const ContainerSpec* spec = nullptr;
  const Image* image = nullptr;
  State state = State::waiting;
  std::string written;  // what it writes is in two folders whose names begin so: "<task's folder>/0."
  std::string small;   // its bundle, its /etc, where its root is mounted
  std::string id, cgroup;
  pid_t pid = -1;
  int exit_code = 0;
  int streams[2] = {-1, -1};
  std::string partial[2];
  int64_t kill_at = INT64_MAX;
  int64_t started_at = 0;
  json::Value process;  // what its first process is, in the runtime's terms
  std::optional<Health> health;
};

class Supervisor {
 public:
  Supervisor(Workshop& workshop, std::string folder, Prepared task)
      : workshop_(workshop), folder_(std::move(folder)), task_(std::move(task)), events_(folder_, task_.spec.id) {}

  ~Supervisor() {
    for (const int fd : {signals_, control_}) {
      if (fd >= 0) close(fd);
    }
  }

  // Whether nothing is left of the task.
  bool run() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (set_up()) {
      start_ready();
      if (stop_asked_) stop_all();
      while (!finished()) wait_for_something();
    }
    drop_network(network_);
    if (control_ >= 0) unlinkat(workshop_.outside, fs::path(control_path(task_.spec.id)).filename().c_str(), 0);
    // Nobody waits for the rest; should this process be killed in it, the server does it when it forgets the task.
    const bool heard = tell({.type = Event::Type::stopped});
    clean_up(heard);
    return heard && !asked_for_metadata_ && forgotten();
  }

 private:
  // --- telling ---
  // Whether the server was there to be told; when nobody listens, the file will be read at the next start.
  bool tell(Event event) {
    events_.write(std::move(event));
    const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, task_.server_socket.c_str(), sizeof to.sun_path - 1);
    const bool heard = sendto(s, task_.spec.id.data(), task_.spec.id.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), sizeof to) >= 0;
    close(s);
    return heard;
  }
  bool failed(std::string reason) {
    tell({.type = Event::Type::failed, .reason = std::move(reason)});
    return false;
  }

  // --- beginning ---
  // A view of the file systems of our own, from the first task on: what is mounted in it goes with this process.
  bool own_view() {
    if (workshop_.outside >= 0) return true;
    const int outside = open(kSmall, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!workshop_.view || outside < 0 || unshare(CLONE_NEWNS) != 0) return false;
    workshop_.outside = outside;
    return mount("tmpfs", kSmall, "tmpfs", MS_NOSUID | MS_NODEV, "size=32m,mode=0700") == 0;
  }

  bool set_up() {
    if (workshop_.outside < 0 && mkdir(kSmall, 0700) != 0 && errno != EEXIST) return failed(fmt::format("CannotStartContainerError: {}: {}", kSmall, std::strerror(errno)));
    if (!own_view()) return failed("CannotStartContainerError: cannot make a mount namespace: gantry needs root for that");
    control_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    // In everybody's view: our own has something else there.
    const std::string path = fmt::format("/proc/self/fd/{}/{}", workshop_.outside, fs::path(control_path(task_.spec.id)).filename().string());
    std::strncpy(here.sun_path, path.c_str(), sizeof here.sun_path - 1);
    if (bind(control_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) return failed(fmt::format("CannotStartContainerError: {}", std::strerror(errno)));
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    signals_ = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    auto network = make_network(task_.spec);
    if (!network) return failed(network.error().message);
    network_ = *network;
    // One that is alone has the task's limits itself.
    if (task_.spec.containers.size() > 1) limit_task(task_.spec.id, task_.spec.memory_bytes, task_.spec.cpu_millis);
    for (const std::string& volume : task_.spec.volumes) fs::create_directories(folder_ + "/volumes/" + volume);
    for (size_t i = 0; i < task_.spec.containers.size(); ++i) {
      Container c;
      c.spec = &task_.spec.containers[i];
      c.image = &task_.images[i];
      c.written = fmt::format("{}/{}.", folder_, i);
      c.small = fmt::format("{}/{}", kSmall, i);
      c.id = fmt::format("{}-{}", task_.spec.id, i);
      // A group of its own below the task's; one that is alone has that.
      c.cgroup = task_.spec.containers.size() == 1 ? fmt::format("/gantry/{}", task_.spec.id) : fmt::format("/gantry/{}/{}", task_.spec.id, i);
      containers_.push_back(std::move(c));
    }
    return true;
  }

  // Starts every container whose conditions are met; one that cannot be met any more fails the task.
  void start_ready() {
    for (bool again = true; again && !stopping_ && !stop_asked_;) {
      again = false;
      for (Container& c : containers_) {
        if (c.state != Container::State::waiting) continue;
        bool ready = true;
        for (const auto& [name, condition] : c.spec->depends_on) {
          const auto other = std::ranges::find_if(containers_, [&, wanted = &name](const Container& o) { return o.spec->name == *wanted; });
          if (other == containers_.end()) continue;
          const bool over = other->state == Container::State::exited;
          const char* never = nullptr;
          if (condition == DependsOn::success && over && other->exit_code != 0) never = "did not succeed";
          if (condition == DependsOn::healthy && over) never = "ended before it was HEALTHY";
          if (condition == DependsOn::healthy && !other->spec->health_check) never = "is waited for to be HEALTHY and has no health check";
          const bool met = condition == DependsOn::start ? other->state != Container::State::waiting
                           : condition == DependsOn::healthy ? other->health && other->health->state() == Health::State::healthy : over;
          if (!met && steady_ms() >= start_by(*other)) never = "has used up its start timeout";
          if (never) {
            failed(fmt::format("Container {} cannot start: its dependency {} {}", c.spec->name, name, never));
            return stop_all();
          }
          ready = ready && met;
        }
        if (!ready) continue;
        start(c);
        again = true;
        if (stopping_ || stop_asked_) return;
      }
    }
  }

  // Until when those that depend on a container wait for it.
  static int64_t start_by(const Container& c) {
    if (c.state == Container::State::waiting || c.spec->start_timeout_s <= 0) return INT64_MAX;
    return c.started_at + c.spec->start_timeout_s * int64_t{1'000};
  }

  Status prepare(Container& c) {
    for (const char* part : {"upper", "work"}) mkdir((c.written + part).c_str(), 0755);
    for (const char* sub : {"", "/root", "/bundle", "/etc"}) mkdir((c.small + sub).c_str(), 0755);
    std::string lower;
    for (auto it = c.image->layers.rbegin(); it != c.image->layers.rend(); ++it) lower += (lower.empty() ? "" : ":") + *it;
    const std::string options = fmt::format("lowerdir={},upperdir={}upper,workdir={}work", lower, c.written, c.written);
    // Nothing of it is to survive a power cut: its end does not wait until the whole disk is written.
    if (mount("overlay", (c.small + "/root").c_str(), "overlay", 0, (options + ",volatile").c_str()) != 0 &&
        mount("overlay", (c.small + "/root").c_str(), "overlay", 0, options.c_str()) != 0) {
      return fail("Shim", fmt::format("CannotCreateContainerError: cannot mount its file system: {}", std::strerror(errno)));
    }
    const std::string address = task_.spec.network ? task_.spec.network->address : "127.0.0.1";
    const std::string hostname = c.spec->hostname.empty() ? "gantry" : c.spec->hostname;
    // Made anew: they were the last task's to change.
    for (const char* file : {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}) unlink((c.small + file).c_str());
    write_text(c.small + "/etc/hosts", fmt::format("127.0.0.1 localhost\n{} {}\n", address, hostname));
    write_text(c.small + "/etc/resolv.conf", "");
    write_text(c.small + "/etc/hostname", hostname + "\n");
    auto config = bundle_config(task_.spec, *c.spec, *c.image, {c.small + "/root", network_.path, c.cgroup, folder_ + "/volumes", c.small + "/etc"});
    if (!config) return std::unexpected(std::move(config).error());
    c.process = (*config)["process"];
    static const std::string filter = filter_file((*config)["linux"]["seccomp"]);
    filter_ = filter;
    // Beside the rules, should this runtime not know of that.
    if (const std::string compiled = read_text_at(workshop_.outside, filter_); !compiled.empty()) {
      *config = config->with("annotations", json::object({{"run.oci.seccomp_bpf_data", base64_encode(compiled)}}));
      filter_.clear();
    }
    write_text(c.small + "/bundle/config.json", json::write(*config));
    return {};
  }

  // Compiling the filter of system calls costs crun a tenth of its time, and it is the same for all containers: what the first
  // one's came to is kept for those that follow.
  std::string filter_file(const json::Value& rules) const {
    return "filter-" + hex_encode(sha256(json::write(rules) + workshop_.crun.version())).substr(0, 32);
  }
  void keep_filter(const Container& c) {
    if (filter_.empty()) return;
    const std::string compiled = read_text(fmt::format("{}/{}/seccomp.bpf", notes(), c.id)), fresh = fmt::format("{}.{}", filter_, getpid());
    if (compiled.empty()) return;
    const int fd = openat(workshop_.outside, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    const bool written = write(fd, compiled.data(), compiled.size()) == static_cast<ssize_t>(compiled.size());
    close(fd);
    if (!written || renameat(workshop_.outside, fresh.c_str(), workshop_.outside, filter_.c_str()) != 0) unlinkat(workshop_.outside, fresh.c_str(), 0);
    filter_.clear();
  }

  void start(Container& c) {
    if (auto prepared = prepare(c); !prepared) return could_not_start(c, prepared.error().message, 1);
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return could_not_start(c, std::string("CannotStartContainerError: ") + std::strerror(errno), 1);
    const std::string log = c.small + "/crun.log", pid_file = c.small + "/pid", bundle = c.small + "/bundle";
    unlink(log.c_str());
    pid_t starter = -1;
    // crun's "run" goes through two processes more to be rid of its parent; "create" does not, and leaves one byte to be written.
    const bool two_steps = workshop_.crun.is_crun();
    std::vector<std::string> words = two_steps ? std::vector<std::string>{"create"} : std::vector<std::string>{"run", "--detach"};
    words.insert(words.end(), {"--bundle", bundle, "--pid-file", pid_file, c.id});
    const int error = call(std::move(words), log, out[1], err[1], starter);
    close(out[1]), close(err[1]);
    c.streams[0] = out[0], c.streams[1] = err[0];
    for (const int fd : c.streams) fcntl(fd, F_SETFL, O_NONBLOCK);
    int status = 0;
    if (error == 0 && !comes_back(starter, status, std::max(0, c.spec->stop_timeout_s))) {
      const char* why = stop_asked_ ? "CannotStartContainerError: the task was stopped while its container was starting"
                                    : "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s";
      return could_not_start(c, why, 1);
    }
    c.pid = std::atoi(read_text(pid_file).c_str());
    if (error != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || c.pid <= 0) {
      std::string why = error != 0 ? std::strerror(error) : read_text(log);
      if (why.empty() && WIFSIGNALED(status)) why = fmt::format("{} was ended by signal {}", workshop_.crun.name(), WTERMSIG(status));
      const bool missing = why.find("not found") != why.npos || why.find("No such file") != why.npos;
      return could_not_start(c, fmt::format("CannotStartContainerError: {}", why.substr(0, 500)), missing ? 127 : why.find("ermission denied") != why.npos ? 126 : 128);
    }
    if (two_steps) keep_filter(c);
    c.state = Container::State::running;
    c.started_at = steady_ms();
    if (c.spec->health_check) c.health.emplace(*c.spec->health_check, c.started_at);
    // Its time is when the program begins, not when we come to think of it: it may be over by then.
    tell({.type = Event::Type::container_started, .container = c.spec->name, .pid = c.pid});
    if (two_steps) let_go(c);
    reap();
  }

  // What "crun start" does: the container's first process waits at a pipe of the runtime's notes. One that has ended is seen
  // to have by its signal.
  static void let_go(const Container& c) {
    const std::string gate = fmt::format("{}/{}/exec.fifo", notes(), c.id);
    const int fd = open(gate.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    unlink(gate.c_str());
    if (fd < 0) return;
    const char go = 0;
    if (write(fd, &go, 1) != 1) kill(c.pid, SIGKILL);
    close(fd);
  }

  int call(std::vector<std::string> arguments, const std::string& log, int out, int err, pid_t& process) const {
    return workshop_.crun.start({.arguments = std::move(arguments), .notes = notes(), .log = log, .out = out, .err = err}, process);
  }
  static std::string notes() { return std::string(kSmall) + "/state"; }

  // --- health ---
  // Begins a check that is due, or gives up one that takes too long.
  void look_after(Container& c) {
    if (c.state != Container::State::running || !c.health || stopping_ || steady_ms() < c.health->due()) return;
    const std::string pid_file = c.small + "/check.pid";
    if (c.health->checking()) {
      // What it runs inside first: the runtime, which waits for that, ends with it.
      if (const int inside = std::atoi(read_text(pid_file).c_str()); inside > 0) kill(inside, SIGKILL);
      kill(c.health->process(), SIGKILL);
      return checked(c, false);
    }
    std::vector<json::Value> command;
    const auto& given = c.spec->health_check->command;
    if (given[0] == "CMD-SHELL") command = {json::Value("/bin/sh"), json::Value("-c")};
    for (size_t i = given[0] == "CMD" || given[0] == "CMD-SHELL" ? 1 : 0; i < given.size(); ++i) command.emplace_back(given[i]);
    write_text(c.small + "/check.json", json::write(c.process.with("args", json::Value::array(std::move(command)))));
    unlink(pid_file.c_str());
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t process = -1;
    const int error = call({"exec", "--process", c.small + "/check.json", "--pid-file", pid_file, c.id}, c.small + "/check.log", null, null, process);
    close(null);
    if (error != 0) return checked(c, false);
    c.health->begin(process, steady_ms());
  }

  void checked(Container& c, bool well) {
    if (!c.health->end(well, steady_ms())) return;
    tell({.type = Event::Type::health, .container = c.spec->name, .healthy = c.health->state() == Health::State::healthy});
    start_ready();
  }

  // Whether the runtime has ended by itself. One that hangs is killed after three minutes, or once the task was told to stop
  // and has had the time for that; what it has begun goes with the task's groups.
  bool comes_back(pid_t starter, int& status, int stop_timeout_s) {
    Patience patience(steady_ms());
    const int process = static_cast<int>(syscall(SYS_pidfd_open, starter, 0));
    while (true) {
      const pid_t ended = waitpid(starter, &status, WNOHANG);
      const bool over = ended == starter || (ended < 0 && errno != EINTR);
      const int64_t left = patience.left(steady_ms());
      if (!over && left == 0) {
        kill(starter, SIGKILL);
        waitpid(starter, &status, 0);
      }
      if (over || left == 0) {
        if (process >= 0) close(process);
        return over;
      }
      // What else ends meanwhile is looked at later: its signal stays where it is. (poll leaves out a descriptor below 0.)
      pollfd fds[2] = {{process, POLLIN, 0}, {stop_asked_ ? -1 : control_, POLLIN, 0}};
      poll(fds, 2, static_cast<int>(process >= 0 ? left : std::min<int64_t>(left, 20)));
      if (fds[1].revents && hear_stop()) patience.told_to_stop(steady_ms(), stop_timeout_s);
    }
  }

  bool hear_stop() {
    char command[16];
    if (recv(control_, command, sizeof command, 0) > 0) stop_asked_ = true;
    return stop_asked_;
  }

  void could_not_start(Container& c, std::string reason, int code) {
    while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
    c.state = Container::State::exited;
    c.exit_code = code;
    tell({.type = Event::Type::container_exited, .container = c.spec->name, .exit_code = code, .reason = std::move(reason)});
    if (c.spec->essential) stop_all();
  }

  // --- going on ---
  bool finished() const {
    return std::ranges::all_of(containers_, [&](const Container& c) {
      return c.state == Container::State::exited || (stopping_ && c.state == Container::State::waiting);
    });
  }

  void wait_for_something() {
    std::vector<pollfd> fds = {{signals_, POLLIN, 0}, {control_, POLLIN, 0}, {asked_for_metadata_ ? -1 : network_.metadata, POLLIN, 0}};
    std::vector<std::pair<Container*, int>> sources;
    int64_t next = INT64_MAX;
    for (Container& c : containers_) {
      if (c.state == Container::State::running) next = std::min(next, c.kill_at);
      if (c.state == Container::State::running && c.health && !stopping_) next = std::min(next, c.health->due());
      for (const auto& [name, condition] : c.spec->depends_on) {
        if (c.state != Container::State::waiting || stopping_) continue;
        const auto other = std::ranges::find_if(containers_, [&, wanted = &name](const Container& o) { return o.spec->name == *wanted; });
        if (other != containers_.end()) next = std::min(next, start_by(*other));
      }
      for (int i = 0; i < 2; ++i) {
        if (c.streams[i] < 0) continue;
        fds.push_back({c.streams[i], POLLIN, 0});
        sources.emplace_back(&c, i);
      }
    }
    const int64_t wait = next == INT64_MAX ? -1 : std::max<int64_t>(0, next - steady_ms());
    poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(wait, 60'000)));
    for (size_t i = 0; i < sources.size(); ++i) {
      if (fds[i + 3].revents) read_output(*sources[i].first, sources[i].second);
    }
    if (fds[1].revents) hear_stop();
    // Many tasks never ask.
    if (fds[2].revents) {
      asked_for_metadata_ = true;
      start_metadata_proxy(network_.metadata, task_.spec.metadata_url, task_.spec.id);
    }
    signalfd_siginfo signal;
    while (read(signals_, &signal, sizeof signal) > 0) {
    }
    reap();
    for (Container& c : containers_) look_after(c);
    if (!stopping_ && !stop_asked_) start_ready();
    if (stop_asked_) stop_all();
    for (Container& c : containers_) {
      if (c.state == Container::State::running && steady_ms() >= c.kill_at) {
        kill(c.pid, SIGKILL);
        c.kill_at = steady_ms() + 1'000;
      }
    }
  }

  void read_output(Container& c, int stream) {
    char buffer[16384];
    while (c.streams[stream] >= 0) {
      const ssize_t n = read(c.streams[stream], buffer, sizeof buffer);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n <= 0) {
        if (!c.partial[stream].empty()) emit_line(c, stream, std::move(c.partial[stream]));
        c.partial[stream].clear();
        close(c.streams[stream]);
        c.streams[stream] = -1;
        return;
      }
      std::string_view text(buffer, static_cast<size_t>(n));
      for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        c.partial[stream].append(text.substr(0, end));
        const bool told = c.partial[stream].size() >= kLineMax;
        emit_long(c, stream);
        if (!told || !c.partial[stream].empty()) emit_line(c, stream, std::exchange(c.partial[stream], {}));
        text.remove_prefix(end + 1);
      }
      c.partial[stream].append(text);
      emit_long(c, stream);
    }
  }

  // A line that is too long is told in pieces, none of it lost.
  void emit_long(Container& c, int stream) {
    std::string& partial = c.partial[stream];
    while (partial.size() >= kLineMax) {
      size_t cut = kLineMax;  // between two characters
      while (cut > kLineMax - 4 && cut < partial.size() && (static_cast<uint8_t>(partial[cut]) & 0xC0) == 0x80) --cut;
      emit_line(c, stream, partial.substr(0, cut));
      partial.erase(0, cut);
    }
  }

  // The event file is JSON: bytes that are no UTF-8 are shown as U+FFFD.
  void emit_line(Container& c, int stream, const std::string& bytes) {
    std::string line;
    for (size_t at = 0; at < bytes.size();) append_utf8(line, next_code_point(bytes, at));
    tell({.type = Event::Type::output, .container = c.spec->name, .stream = stream == 0 ? Stream::out : Stream::err, .line = std::move(line)});
  }

  void reap() {
    int status = 0;
    while (true) {
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return;
      const auto it = std::ranges::find_if(containers_, [&](const Container& c) { return c.pid == pid && c.state == Container::State::running; });
      if (it == containers_.end()) {
        const auto looked = std::ranges::find_if(containers_, [&](const Container& c) { return c.health && c.health->process() == pid; });
        if (looked != containers_.end()) checked(*looked, WIFEXITED(status) && WEXITSTATUS(status) == 0);
        continue;
      }
      ended(*it, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
  }

  void ended(Container& c, int code) {
    for (int i = 0; i < 2; ++i) drain(c, i);
    const bool oom = ran_out_of_memory(c.cgroup);
    c.state = Container::State::exited;
    c.exit_code = code;
    tell({.type = Event::Type::container_exited, .container = c.spec->name, .exit_code = code, .out_of_memory = oom,
          .reason = oom ? "OutOfMemoryError: Container killed due to memory usage" : ""});
    if (c.spec->essential) {
      stop_all();
    } else {
      start_ready();
    }
    // With a container's first process all others of its process namespace have ended: its group is empty. That of
    // the last one goes with the task's.
    if (!finished()) remove_group(c.cgroup);
  }

  // All that the container printed; grandchildren that live on in no one's hands do not hold it up.
  void drain(Container& c, int stream) {
    if (c.streams[stream] < 0) return;
    read_output(c, stream);
    if (c.streams[stream] < 0) return;
    if (!c.partial[stream].empty()) emit_line(c, stream, std::exchange(c.partial[stream], {}));
    close(c.streams[stream]);
    c.streams[stream] = -1;
  }

  void stop_all() {
    if (stopping_) return;
    stopping_ = true;
    for (Container& c : containers_) {
      if (c.state != Container::State::running) continue;
      kill(c.pid, stop_signal(*c.image));
      c.kill_at = steady_ms() + std::max(0, c.spec->stop_timeout_s) * 1000LL;
    }
  }

  // --- the end ---
  // What is mounted goes with this process. The folder is the server's to remove; where there is none, what takes
  // room goes now.
  void clean_up(bool heard) {
    remove_task_groups(task_.spec.id);
    if (heard) return;
    for (const Container& c : containers_) {
      umount2((c.small + "/root").c_str(), MNT_DETACH);
      std::error_code ignored;
      for (const char* part : {"upper", "work"}) fs::remove_all(c.written + part, ignored);
    }
    std::error_code ignored;
    fs::remove_all(folder_ + "/volumes", ignored);
  }

  // What it had mounted, noted and started, for the next task; false where something holds on.
  bool forgotten() const {
    for (const Container& c : containers_) {
      if (umount2((c.small + "/root").c_str(), UMOUNT_NOFOLLOW) != 0) return false;
      std::error_code error;
      fs::remove_all(fmt::format("{}/{}", notes(), c.id), error);
      if (error) return false;
    }
    return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
  }

  Workshop& workshop_;
  std::string folder_;
  Prepared task_;
  EventWriter events_;
  TaskNetwork network_;
  std::vector<Container> containers_;
  int signals_ = -1, control_ = -1;
  std::string filter_;  // where the filter that is compiled next will be kept; "": it is
  bool stop_asked_ = false, stopping_ = false, asked_for_metadata_ = false;
};

}  // namespace

bool supervise(Workshop& workshop, const std::string& folder, std::string_view text) {
  prctl(PR_SET_NAME, "gantry-shim");
  auto document = json::parse(text);
  auto task = document ? prepared_from_json(*document) : std::nullopt;
  if (!task || !write_number_once(folder + "/shim.pid", static_cast<uint64_t>(getpid()))) return false;
  return Supervisor(workshop, folder, std::move(*task)).run();
}

}  // namespace containers::oci
