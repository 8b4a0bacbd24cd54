// gantry: one program, a command for everything it does.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "cli/eval.h"
#include "cli/run.h"
#include "cli/validate.h"

namespace {

using app::Config;

struct Command {
  std::string_view name, usage, help;
  int (*run)(const Config&, std::vector<std::string>);
};

constexpr Command kCommands[] = {
    {"serve", "serve [flags]", "run the server", app::serve},
    {"image", "image import FILE NAME[:TAG] | ls | rm NAME | pull NAME", "container images", app::image},
    {"run", "run FILE [--input JSON|@FILE] [--mock FILE] [--fast-forward]", "run a workflow here, and watch it",
     [](const Config& config, std::vector<std::string> arguments) {
       const auto given = config.origin("endpoint").values;
       return cli::run({config.get("account"), config.get("region"), given.empty() ? "" : given.back()}, std::move(arguments));
     }},
    {"eval", "eval --language L --expr E [--data JSON] | --jsonl", "evaluate an expression: jsonata, jsonpath or intrinsic",
     [](const Config&, std::vector<std::string> arguments) { return cli::eval(std::move(arguments)); }},
    {"validate", "validate FILE...", "check state machine definitions, as AWS words it",
     [](const Config&, std::vector<std::string> arguments) { return cli::validate(std::move(arguments)); }},
    {"bench", "bench [WORKLOAD...]", "measure: work per CPU-second, workload by workload (bench --help)", app::bench},
    {"config", "config", "print the settings in force and where each came from", app::print_config},
};

int help(std::string_view topic) {
  if (topic == "serve" || topic == "config") {
    fmt::print("gantry serve [flags]\n\nRuns the server; prints 'gantry: ready on URL' once it answers. SIGTERM stops it in order.\n"
               "Every flag is also a variable (--data-dir is GANTRY_DATA_DIR) and a key of the --config file.\n\n");
    for (const app::Setting& s : app::settings()) {
      const std::string flag = fmt::format("--{} {}", s.name, s.argument);
      fmt::print("  {:<28} {}{}\n", flag, s.help, s.fallback.empty() || s.argument.empty() ? "" : fmt::format(" [{}]", s.fallback));
    }
    fmt::print("\nThen, for instance:\n  aws --endpoint-url http://127.0.0.1:4566 stepfunctions list-state-machines\n");
    return 0;
  }
  fmt::print("gantry is AWS Step Functions, and what its workflows lean on, on a machine of your own.\n\n");
  for (const Command& command : kCommands) fmt::print("  gantry {:<58} {}\n", command.usage, command.help);
  fmt::print("\n'gantry help serve' lists the settings. 'gantry version' tells the version.\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // The supervisor of a container task is this program as well: see containers/oci/shim.h.
  if (!arguments.empty() && arguments[0] == "shim") return app::shim(argc, argv);
  const std::string name = arguments.empty() ? "help" : arguments[0];
  if (!arguments.empty()) arguments.erase(arguments.begin());
  const bool wants_help = std::ranges::find(arguments, "--help") != arguments.end();
  if (name == "help" || name == "--help" || name == "-h") return help(arguments.empty() ? "" : arguments[0]);
  if (name == "version" || name == "--version") {
    fmt::print("gantry {}\n", app::kVersion);
    return 0;
  }
  const auto command = std::ranges::find(kCommands, name, &Command::name);
  if (command == std::end(kCommands)) {
    fmt::print(stderr, "gantry: there is no command '{}'. 'gantry help' lists them.\n", name);
    return 2;
  }
  // The load generator has options of its own to tell of.
  if (wants_help && name != "bench") return help(name);
  auto config = Config::load(arguments);
  if (!config) {
    fmt::print(stderr, "gantry: {}\n", config.error().message);
    return 2;
  }
  return command->run(*config, std::move(arguments));
}
