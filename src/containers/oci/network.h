#pragma once
// A task's network: a namespace of its own, joined to its VPC's bridge.
//
// One bridge a VPC, with every subnet of it on the same wire, and no address of the host on it, of neither version: tasks of a VPC
// reach each other, nothing else of the host, and no other VPC. What is made here is named gtry-* and removed by
// name; the veth pair goes with the namespace.
#include <string>

#include "base/result.h"
#include "containers/runtime.h"

namespace containers::oci {

struct TaskNetwork {
  int space = -1;     // keeps the namespace, until its containers have it
  std::string path;   // "/proc/<pid>/fd/<space>"
  int metadata = -1;  // listens on 169.254.170.2:80 inside, or -1
};

// Blocks for some milliseconds; needs root. For a process with one thread.
Result<TaskNetwork> make_network(const TaskSpec& task);
void drop_network(TaskNetwork& network);

// Takes away the bridges of VPCs that nobody is in; one that is used keeps its place.
void remove_empty_bridges();

}  // namespace containers::oci
