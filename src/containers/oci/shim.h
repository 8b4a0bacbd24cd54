#pragma once
// The supervisor of one task: `gantry shim FOLDER`.
//
// A small process of its own session that owns the task's containers, their output and their exit codes, so that
// the server may die and come back without anything being lost. It writes what happens to the task's event file
// (task_file.h) and, where the server is there, tells it to look. It ends when everything is cleaned up.

namespace containers::oci {

int shim_main(int argc, char** argv);

}  // namespace containers::oci
