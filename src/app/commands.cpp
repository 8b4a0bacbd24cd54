#include "app/commands.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "app/server.h"
#include "language/asl/machine.h"

namespace app {

int serve(const Config& config, std::vector<std::string> arguments) {
  if (!arguments.empty()) {
    fmt::print(stderr, "gantry: serve does not know '{}'; 'gantry help serve' lists the settings\n", arguments[0]);
    return 2;
  }
  net::IoLoop loop;
  auto server = Server::start(loop, config);
  if (!server) {
    fmt::print(stderr, "gantry: {}\n", server.error().message);
    return 1;
  }
  loop.on_terminate([&] { (*server)->stop([&] { loop.stop(); }); });
  fmt::print("gantry: ready on {}\n", (*server)->url());
  std::fflush(stdout);
  loop.run();
  return 0;
}

int validate(const Config&, std::vector<std::string> files) {
  if (files.empty()) {
    fmt::print(stderr, "gantry: validate wants the files to check\n");
    return 2;
  }
  int status = 0;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      fmt::print(stderr, "gantry: cannot read {}\n", file);
      status = 2;
      continue;
    }
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto compiled = asl::compile(text);
    for (const asl::Diagnostic& d : compiled.diagnostics) {
      const bool error = d.severity == asl::Diagnostic::Severity::error;
      fmt::print("{}: {}: {}: {} at {}\n", file, error ? "error" : "warning", d.code, d.message, d.location.value_or("null"));
    }
    if (compiled.machine) {
      fmt::print("{}: OK\n", file);
    } else if (status == 0) {
      status = 1;
    }
  }
  return status;
}

int print_config(const Config& config, std::vector<std::string>) {
  for (const Setting& setting : settings()) {
    const Origin& origin = config.origin(setting.name);
    std::string shown;
    for (const std::string& value : origin.values) shown += (shown.empty() ? "" : " ") + value;
    if (setting.secret && !shown.empty()) shown = "(set)";
    fmt::print("{:<16} {:<40} {}\n", setting.name, shown, origin.from);
  }
  return 0;
}

}  // namespace app
