#include "app/commands.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/footprint.h"
#include "app/server.h"
#include "bench/bench.h"

namespace app {

namespace {
// Shells commonly allow 1,024 open files and leave raising that to whoever needs more: every connection is one.
void raise_file_limit() {
  constexpr rlim_t kEnough = 1'048'576;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Past what stop() waits for, something hangs that nothing can call back: a device, a file system. Who was answered was answered
// of what is kept, so nothing is lost by going.
void end_soon() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(15));
    fmt::print(stderr, "gantry: a disk or a program does not come back: ended without it. What was acknowledged is kept\n");
    std::_Exit(1);
  }).detach();
}
}  // namespace

int serve(const Config& config, std::vector<std::string> arguments) {
  if (!arguments.empty()) {
    fmt::print(stderr, "gantry: serve does not know '{}'; 'gantry help serve' lists the settings\n", arguments[0]);
    return 2;
  }
  raise_file_limit();
  net::IoLoop loop;
  auto server = Server::start(loop, config);
  if (!server) return told(server.error());
  loop.on_terminate([&] {
    end_soon();
    (*server)->stop([&] { loop.stop(); });
  });
  fmt::print("gantry: ready on {}\n", (*server)->url());
  std::fflush(stdout);
  constexpr int64_t kStartedMs = 500;  // the first requests are behind it
  loop.after(kStartedMs, let_go_of_start_up);
  loop.run();
  return 0;
}

int told(const Error& error) {
  fmt::print(stderr, "gantry: {}\n", error.message);
  return 1;
}

std::string megabytes(uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

int bench(const Config& config, std::vector<std::string> arguments) { return ::bench::run(std::move(arguments), config.get("endpoint")); }

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
