#pragma once
// A task's control groups, in whichever trees the machine has: version 1 has a tree a controller, version 2 one.
//
// A task's groups stand below /gantry/<id>; crun makes them with the limits of each container and leaves them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace containers::oci {

// In this process's own view of the file systems: leaves only the trees that are of use. A group costs what it costs
// in each tree, crun makes one in every tree that it sees, and refuses to see version 2 beside controllers of version 1. False where that cannot be done.
bool narrow_view();

// Gives all tasks together what as many ordinary processes get as there are processors: otherwise they would have to share what is one's.
void weigh_all_tasks();

// Ends what still runs in a task's groups and takes them away. Blocks until that is over, for seconds at most.
void remove_task_groups(std::string_view task);

// Every task that has groups, and taking away those of one that nothing runs in.
std::vector<std::string> tasks_with_groups();
void remove_empty_groups(std::string_view task);

// Makes the group above those of a task's containers, with the limits that they share. 0: none.
void limit_task(std::string_view task, int64_t memory_bytes, int64_t cpu_millis);

// Takes one empty group away, everywhere: "/gantry/<id>/0".
void remove_group(std::string_view group);

// Whether the kernel has ended a process of this group for want of memory.
bool ran_out_of_memory(std::string_view group);

}  // namespace containers::oci
