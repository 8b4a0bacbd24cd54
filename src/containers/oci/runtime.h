#pragma once
// The embedded container runtime: crun (or runc) driven directly, a supervisor per task (shim.h).
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "containers/runtime.h"

namespace containers::oci {

struct Settings {
  std::string data_dir;                   // images/ and tasks/ are made in it
  std::vector<std::string> shim_command;  // what starts supervisors (starter.h): {"/proc/self/exe", "shim"}
};

// Why this machine cannot run containers so, in one line that says what to install; "" when it can.
std::string missing();

Result<std::unique_ptr<ContainerRuntime>> open_runtime(Loop& loop, Settings settings);

}  // namespace containers::oci
