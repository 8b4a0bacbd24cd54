#include "containers/oci/runtime.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "base/fair_queue.h"
#include "containers/images.h"
#include "containers/oci/cgroups.h"
#include "containers/oci/starter.h"
#include "containers/oci/task_file.h"
#include "language/json/parse.h"

namespace containers::oci {
namespace {

namespace fs = std::filesystem;

bool on_path(const char* name) {
  for (const char* folder : {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/"}) {
    if (access((std::string(folder) + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Whether that process is a supervisor of ours; one that was forked just now has the starter's name still.
bool is_shim(uint64_t pid) {
  if (pid == 0) return false;
  std::ifstream in(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(in, name);
  return name == "gantry-shim" || name == "gantry-starter";
}

// What is in this folder has nothing to do with each other ("chattr +T"): ext4 then puts each task elsewhere on the disk. All in one
// place, it would pass over each file deleted there in the last minute for each one that it makes. Other file systems have no need.
void spread_out(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int flags = 0;
  if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
    flags |= FS_TOPDIR_FL;
    ioctl(fd, FS_IOC_SETFLAGS, &flags);
  }
  if (fd >= 0) close(fd);
}

class Runtime final : public ContainerRuntime {
 public:
  Runtime(Loop& loop, Settings settings)
      : loop_(loop), settings_(std::move(settings)), images_(settings_.data_dir + "/images"), starter_(settings_.shim_command) {}

  ~Runtime() override {
    *alive_ = false;
    if (socket_ >= 0) {
      // Wakes the reader, which then sees that it is over.
      closing_ = true;
      const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      sockaddr_un to = address();
      sendto(s, "", 0, MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), sizeof to);
      close(s);
      reader_.join();
      close(socket_);
      unlink(socket_path().c_str());
    }
  }

  Status open() {
    std::error_code error;
    fs::create_directories(settings_.data_dir + "/tasks", error);
    if (error) return fail("Runtime", fmt::format("cannot make {}/tasks: {}", settings_.data_dir, error.message()));
    settings_.data_dir = fs::canonical(settings_.data_dir, error).string();
    spread_out(settings_.data_dir + "/tasks");
    for (const char* sub : {"/proc", "/dev", "/sys", "/etc"}) fs::create_directories(mount_points() + sub, error);
    for (const char* file : {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}) std::ofstream(mount_points() + file, std::ios::app);
    if (socket_path().size() >= sizeof(sockaddr_un::sun_path)) return fail("Runtime", "the data directory's path is too long for a socket: choose a shorter one");
    unlink(socket_path().c_str());
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un here = address();
    if (socket_ < 0 || bind(socket_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) {
      return fail("Runtime", fmt::format("cannot listen on {}: {}", socket_path(), std::strerror(errno)));
    }
    chmod(socket_path().c_str(), 0600);
    reader_ = std::thread([this] { listen(); });
    return {};
  }

  std::string name() const override { return "oci"; }
  void on_event(Function<void(const Event&)> sink) override { sink_ = std::move(sink); }

  void recover(Function<void(Result<std::vector<std::string>>)> done) override {
    std::vector<std::string> ids;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(settings_.data_dir + "/tasks", error)) {
      const std::string id = entry.path().filename().string();
      Task task;
      const uint64_t acknowledged = read_number(folder(id) + "/acknowledged");
      task.told = acknowledged;
      // A task that was never handed to a supervisor has not begun: whoever wants it launches it again. A supervisor
      // that is about to come finds no folder, and leaves.
      if (!fs::exists(folder(id) + "/shim.pid")) {
        const std::string aside = settings_.data_dir + "/not-begun";
        fs::remove_all(aside, error);
        fs::rename(entry.path(), aside, error);
        if (!error && !fs::exists(aside + "/shim.pid")) {
          fs::remove_all(aside, error);
          continue;
        }
        fs::rename(aside, entry.path(), error);
      }
      tasks_.emplace(id, task);
      ids.push_back(id);
    }
    done(ids);
    for (const std::string& id : ids) {
      look(id);
      adopt(id);
    }
    watch_supervisors();
  }

  void launch(TaskSpec spec) override {
    const std::string id = spec.id;
    if (tasks_.contains(id)) return;
    tasks_.emplace(id, Task{});
    if (!watching_) watch_supervisors();
    const std::string owner = spec.owner;
    launches_.add(owner, std::make_shared<Launch>(Launch{.folder = folder(id), .spec = std::move(spec)}));
    launch_next();
  }

  void stop(const std::string& task) override {
    const auto it = tasks_.find(task);
    if (it == tasks_.end() || it->second.ended) return;
    const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, control_path(task).c_str(), sizeof to.sun_path - 1);
    const bool told = sendto(s, "stop", 4, MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), sizeof to) == 4;
    close(s);
    if (told) return;
    // Its supervisor is not listening yet: it is asked again until it does or the task has ended.
    loop_.after(50, [this, task, alive = alive_] {
      if (*alive) stop(task);
    });
  }

  void acknowledge(const std::string& task, uint64_t sequence) override {
    const auto it = tasks_.find(task);
    if (it == tasks_.end() || it->second.acknowledged >= sequence) return;
    it->second.acknowledged = sequence;
    if (it->second.acknowledging) return;
    // Written behind, a few at a time: being told something twice does no harm.
    it->second.acknowledging = true;
    loop_.after(200, [this, task, alive = alive_] {
      if (!*alive) return;
      const auto again = tasks_.find(task);
      if (again == tasks_.end()) return;
      again->second.acknowledging = false;
      write_number(folder(task) + "/acknowledged", again->second.acknowledged);
    });
  }

  void forget(const std::string& task) override {
    tasks_.erase(task);
    loop_.blocking([task, path = folder(task)] {
      // Its supervisor takes away what the task had of the machine, unless it is killed in it.
      if (!is_shim(read_number(path + "/shim.pid"))) remove_task_groups(task);
      unlink(control_path(task).c_str());
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }, [] {});
  }

 private:
  struct Task {
    uint64_t offset = 0;  // in the event file
    uint64_t told = 0;    // sequence of the last event that went to the sink
    uint64_t acknowledged = 0;
    bool acknowledging = false;
    bool ended = false;
    uint64_t shim = 0;    // its supervisor's process, once that is known
    bool lost = false;    // the supervisor is gone
  };
  struct Launch {
    std::string folder;
    TaskSpec spec;
    pid_t shim = 0;
  };

  std::string folder(const std::string& task) const { return settings_.data_dir + "/tasks/" + task; }
  std::string mount_points() const { return settings_.data_dir + "/mount-points"; }
  std::string socket_path() const { return settings_.data_dir + "/runtime.socket"; }
  sockaddr_un address() const {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::strncpy(out.sun_path, socket_path().c_str(), sizeof out.sun_path - 1);
    return out;
  }

  // On a thread that may wait: images, then the supervisor.
  void prepare(Launch& work) {
    std::error_code error;
    fs::create_directories(work.folder, error);
    Prepared task{.spec = std::move(work.spec), .images = {}, .server_socket = socket_path()};
    {
      EventWriter events(work.folder, task.spec.id);
      events.write({.type = Event::Type::pulling});
      std::map<std::string, std::string> digests;
      for (const ContainerSpec& container : task.spec.containers) {
        auto image = images_.find(container.image);
        if (!image) {
          auto pulled = images_.pull(container.image);
          if (!pulled) {
            events.write({.type = Event::Type::failed, .container = container.name, .reason = pulled.error().message});
            events.write({.type = Event::Type::stopped});
            write_number(work.folder + "/shim.pid", 0);
            return;
          }
          image = std::move(*pulled);
        }
        digests[container.name] = image->digest;
        // Undermost: otherwise each container would make its own mount points in its own layer.
        image->layers.insert(image->layers.begin(), mount_points());
        task.images.push_back(std::move(*image));
      }
      Event pulled{.type = Event::Type::pulled};
      pulled.digests = std::move(digests);
      events.write(std::move(pulled));
    }
    const auto started = starter_.start(work.folder, json::write(to_json(task)));
    if (started) {
      work.shim = *started;
      return;
    }
    EventWriter events(work.folder, task.spec.id);
    events.write({.type = Event::Type::failed, .reason = fmt::format("CannotStartContainerError: the supervisor could not be started: {}", started.error().message)});
    events.write({.type = Event::Type::stopped});
  }

  void listen() {
    char buffer[256];
    while (true) {
      const ssize_t n = recv(socket_, buffer, sizeof buffer, 0);
      if (closing_) return;
      if (n <= 0) continue;
      loop_.post([this, id = std::string(buffer, static_cast<size_t>(n)), alive = alive_] {
        if (*alive) look(id);
      });
    }
  }

  // Reads what a task's file holds beyond what was told.
  void look(const std::string& id) {
    const auto it = tasks_.find(id);
    if (it == tasks_.end()) return;
    for (const Event& read : read_events(folder(id), it->second.offset)) {
      if (read.sequence <= it->second.told) continue;
      it->second.told = read.sequence;
      if (read.type == Event::Type::stopped) it->second.ended = true;
      Event event = read;
      event.task = id;
      if (sink_) sink_(event);
      if (!tasks_.contains(id)) return;  // the sink has forgotten it
    }
  }

  // A few at a time, so that nobody's thousand keeps another's one, or what else waits for the loop's threads.
  void launch_next() {
    while (auto next = launches_.take()) {
      loop_.blocking([this, work = next->second] { prepare(*work); },
                     [this, owner = next->first, work = next->second, id = next->second->spec.id, alive = alive_] {
                       if (!*alive) return;
                       launches_.ended(owner);
                       if (const auto it = tasks_.find(id); it != tasks_.end()) it->second.shim = static_cast<uint64_t>(work->shim);
                       look(id);
                       launch_next();
                     });
    }
  }

  // A supervisor may be killed at any time.
  void watch_supervisors() {
    watching_ = true;
    constexpr int64_t kLookAgainMs = 2'000;
    loop_.after(kLookAgainMs, [this, alive = alive_] {
      if (!*alive) return;
      watching_ = !tasks_.empty();
      if (!watching_) return;
      std::vector<std::string> gone;
      for (auto& [id, task] : tasks_) {
        if (task.ended || task.lost) continue;
        if (task.shim == 0) task.shim = read_number(folder(id) + "/shim.pid");
        if (task.shim != 0 && !is_shim(task.shim)) gone.push_back(id);
      }
      for (const std::string& id : gone) adopt(id);
      watch_supervisors();
    });
  }

  // A task whose supervisor is gone without having said so: killed, or the machine went down. What it has left is taken away.
  void adopt(const std::string& id) {
    if (const auto it = tasks_.find(id); it == tasks_.end() || it->second.ended || is_shim(it->second.shim) || is_shim(read_number(folder(id) + "/shim.pid"))) return;
    look(id);  // its last words
    const auto it = tasks_.find(id);
    if (it == tasks_.end() || it->second.ended || it->second.lost) return;
    it->second.lost = true;
    loop_.blocking([id, path = folder(id)] {
                     remove_task_groups(id);
                     EventWriter events(path, id);
                     events.write({.type = Event::Type::failed, .reason = "CannotInspectContainerError: the task's supervisor was lost"});
                     events.write({.type = Event::Type::stopped});
                   },
                   [this, id, alive = alive_] {
                     if (*alive) look(id);
                   });
  }

  Loop& loop_;
  Settings settings_;
  ImageStore images_;
  Starter starter_;
  Function<void(const Event&)> sink_;
  std::map<std::string, Task> tasks_;
  FairQueue<std::shared_ptr<Launch>> launches_{4, 4};
  bool watching_ = false;  // the timer of watch_supervisors is set
  int socket_ = -1;
  std::atomic<bool> closing_ = false;
  std::thread reader_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::string missing() {
  if (geteuid() != 0) return "containers need root: run gantry as root";
  if (!on_path("crun") && !on_path("runc")) return "containers need crun: apt-get install crun";
  return "";
}

Result<std::unique_ptr<ContainerRuntime>> open_runtime(Loop& loop, Settings settings) {
  auto runtime = std::make_unique<Runtime>(loop, std::move(settings));
  TRY(runtime->open());
  return runtime;
}

}  // namespace containers::oci
