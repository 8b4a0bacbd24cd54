#pragma once
// The starter: one small process below the server, from which every supervisor is forked.
//
// It has loaded the program, made a view of the file systems and a sealed copy of the runtime once, so that a task
// costs a fork instead of the start of a large program; and where a supervisor has done its task, not even that: a few of them wait for the
// next one. It is there from the first task on, ends with the server
// and comes back when it is needed; supervisors that have a task outlive both.
#include <sys/types.h>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace containers::oci {

// The server's side. May be used from several threads.
class Starter {
 public:
  // `command` starts it: {"/proc/self/exe", "shim"}.
  explicit Starter(std::vector<std::string> command) : command_(std::move(command)) {}
  ~Starter();

  // Starts a supervisor for a task's folder; `task` is what it is to run (task_file.h). Its process.
  Result<pid_t> start(std::string_view folder, std::string_view task);

 private:
  Status begin();
  void end();

  std::vector<std::string> command_;
  std::mutex mutex_;
  int socket_ = -1;
  pid_t process_ = -1;
};

// Its own side: serves requests on standard input until that is closed.
int starter_main();

}  // namespace containers::oci
