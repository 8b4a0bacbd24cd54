#pragma once
// A task's network: a namespace of its own, joined to its VPC's bridge.
//
// One bridge a VPC, with every subnet of it on the same wire, and no address of the host on it: tasks of a VPC
// reach each other, nothing else of the host, and no other VPC. What is made here is named gtry-* and removed by
// name; the veth pair goes with the namespace.
#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "containers/runtime.h"

namespace containers::oci {

struct TaskNetwork {
  pid_t holder = -1;  // a process that keeps the namespace: kill it and the network is gone
  std::string path;   // "/proc/<holder>/ns/net"
  int metadata = -1;  // listens on 169.254.170.2:80 inside, or -1
};

// Blocks for some milliseconds; needs root.
Result<TaskNetwork> make_network(const TaskSpec& task);
void drop_network(TaskNetwork& network);

}  // namespace containers::oci
