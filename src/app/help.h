#pragma once
// `gantry help`, `gantry help COMMAND`, `gantry COMMAND --help`.
#include <string_view>

namespace app {

// Prints it; 2 when there is no such command.
int help(std::string_view topic);

}  // namespace app
