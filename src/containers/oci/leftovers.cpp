#include "containers/oci/leftovers.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "containers/oci/cgroups.h"
#include "containers/oci/network.h"
#include "containers/oci/task_file.h"

namespace containers::oci {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kControl = ".control";

bool is_task(std::string_view name) {
  return name.size() == 32 && std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A supervisor listens from before it makes anything until there is nothing left but what it is about to take away.
bool is_supervised(const std::string& task) {
  const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return true;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, control_path(task).c_str(), sizeof to.sun_path - 1);
  const bool gone = connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && (errno == ECONNREFUSED || errno == ENOENT);
  close(s);
  return !gone;
}

}  // namespace

void remove_leftovers() {
  std::error_code ignored;
  std::vector<std::string> sockets;
  for (const auto& entry : fs::directory_iterator(kSmall, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kControl)) sockets.push_back(name.substr(0, name.size() - kControl.size()));
  }
  for (const std::string& task : sockets) {
    if (is_task(task) && !is_supervised(task)) unlink(control_path(task).c_str());
  }
  for (const std::string& task : tasks_with_groups()) {
    if (is_task(task) && !is_supervised(task)) remove_empty_groups(task);
  }
  remove_empty_bridges();
}

}  // namespace containers::oci
