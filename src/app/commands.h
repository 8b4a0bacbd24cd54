#pragma once
// The commands of the program, one function each; the result is the exit status (2: used wrongly).
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace app {

inline constexpr std::string_view kVersion = "0.1.0";

int serve(const Config& config, std::vector<std::string> arguments);
int image(const Config& config, std::vector<std::string> arguments);
int validate(const Config& config, std::vector<std::string> arguments);
int backup(const Config& config, std::vector<std::string> arguments);
int restore(const Config& config, std::vector<std::string> arguments);
int inspect(const Config& config, std::vector<std::string> arguments);
int bench(const Config& config, std::vector<std::string> arguments);
int print_config(const Config& config, std::vector<std::string> arguments);
// `gantry shim`: not for people.
int shim();

// What commands have in common: says what went wrong, and gives the exit status that tells it; a size for people.
int told(const Error& error);
std::string megabytes(uint64_t bytes);

}  // namespace app
