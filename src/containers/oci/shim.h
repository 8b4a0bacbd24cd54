#pragma once
// The supervisor of one task.
//
// A small process of its own session that owns the task's containers, their output and their exit codes, so that
// the server may die and come back without anything being lost. It writes what happens to the task's event file
// (task_file.h) and, where the server is there, tells it to look. When everything is cleaned up it ends, or takes the next task.
#include <string>
#include <string_view>

#include "containers/oci/crun.h"

namespace containers::oci {

// What all supervisors of a starter share, and what one keeps from task to task.
struct Workshop {
  bool view = false;  // it has a view of the file systems of its own, which each supervisor takes a copy of
  Crun crun;
  int outside = -1;   // what is at kSmall in everybody's view, once this supervisor has its own
};

// Runs a task to its end. Leaves at once where the folder is gone or another one has it. True when nothing of the task is left in
// this process, so that it may be given another.
bool supervise(Workshop& workshop, const std::string& folder, std::string_view task);

}  // namespace containers::oci
