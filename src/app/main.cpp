// gantry: one program, a command for everything it does.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/help.h"
#include "cli/eval.h"
#include "cli/run.h"
#include "cli/validate.h"

namespace {

using app::Config;

// What each is for and how it is used: help.cpp.
struct Command {
  std::string_view name;
  int (*run)(const Config&, std::vector<std::string>);
};

constexpr Command kCommands[] = {
    {"serve", app::serve},
    {"run", [](const Config& config, std::vector<std::string> arguments) {
       return cli::run({config.get("account"), config.get("region"), config.get("endpoint")}, std::move(arguments));
     }},
    {"validate", [](const Config&, std::vector<std::string> arguments) { return cli::validate(std::move(arguments)); }},
    {"eval", [](const Config&, std::vector<std::string> arguments) { return cli::eval(std::move(arguments)); }},
    {"image", app::image},
    {"backup", app::backup},
    {"restore", app::restore},
    {"inspect", app::inspect},
    {"bench", app::bench},
    {"config", app::print_config},
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // What starts the supervisors of container tasks is this program as well: see containers/oci/starter.h.
  if (!arguments.empty() && arguments[0] == "shim") return app::shim();
  const std::string name = arguments.empty() ? "help" : arguments[0];
  if (!arguments.empty()) arguments.erase(arguments.begin());
  const bool wants_help = std::ranges::find(arguments, "--help") != arguments.end();
  if (name == "help" || name == "--help" || name == "-h") return app::help(arguments.empty() ? "" : arguments[0]);
  if (name == "version" || name == "--version") {
    fmt::print("gantry {}\n", app::kVersion);
    return 0;
  }
  const auto command = std::ranges::find(kCommands, name, &Command::name);
  if (command == std::end(kCommands)) return app::help(name);
  // The load generator has options of its own to tell of.
  if (wants_help && name != "bench") return app::help(name);
  auto config = Config::load(arguments);
  if (!config) {
    fmt::print(stderr, "gantry: {}\n", config.error().message);
    return 2;
  }
  return command->run(*config, std::move(arguments));
}
