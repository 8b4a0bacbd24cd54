#pragma once
// What the program needed to start need not stay in memory.

namespace app {

// Lets go of the pages of code and constants that the process has mapped so far. They are the files' own, unchanged, and
// come back from the system's memory as they are used: what remains is what a running server uses.
void let_go_of_start_up();

}  // namespace app
