#pragma once
// The supervisor of one task.
//
// A small process of its own session that owns the task's containers, their output and their exit codes, so that
// the server may die and come back without anything being lost. It writes what happens to the task's event file
// (task_file.h) and, where the server is there, tells it to look. It ends when everything is cleaned up.
#include <string>
#include <string_view>

#include "containers/oci/crun.h"

namespace containers::oci {

// What all supervisors of a starter share.
struct Workshop {
  bool view = false;  // it has a view of the file systems of its own, which each supervisor takes a copy of
  Crun crun;
};

// Runs a task to its end; what comes back is the process's exit status. Leaves at once where the folder is gone or
// another one has it.
int supervise(const Workshop& workshop, const std::string& folder, std::string_view task);

}  // namespace containers::oci
