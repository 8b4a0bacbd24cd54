#pragma once
// The server that is measured: a process of our own with a data directory that goes with it, or one that is there
// already. Tells what the whole tree of its processes has cost.
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/load.h"

namespace bench {

class Subject {
 public:
  struct Settings {
    std::string endpoint;            // of a server that runs already; empty: one is started
    pid_t pid = 0;                   // of that server, on this machine
    std::vector<std::string> flags;  // further ones of `gantry serve`
  };
  static Result<std::unique_ptr<Subject>> begin(const Settings& settings);
  ~Subject();

  const Address& address() const { return address_; }
  const std::string& folder() const { return folder_; }
  bool ours() const { return ours_; }

  // CPU-seconds of the server, of everything that it started, and of what has ended of that.
  double cpu_seconds() const;
  // Resident memory of the server's process alone.
  size_t resident_bytes() const;

  // Ends the process as a power cut would; starts it again on the same data; in seconds until it said it was ready.
  Status kill();
  Result<double> start();
  // In order.
  void stop();

 private:
  Subject() = default;
  std::string binary_ = "/proc/self/exe";
  std::vector<std::string> flags_;
  std::string folder_;
  Address address_;
  pid_t pid_ = 0;
  bool ours_ = false;
};

// Seconds of a clock that never goes back.
double now_s();

}  // namespace bench
