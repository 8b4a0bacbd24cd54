#pragma once
// The runtime of a machine that can run no containers: every task fails to start, and says why.
#include <memory>
#include <string>

#include "base/loop.h"
#include "containers/runtime.h"

namespace containers {

std::unique_ptr<ContainerRuntime> make_absent_runtime(Loop& loop, std::string why);

}  // namespace containers
