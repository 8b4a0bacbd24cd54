#include "bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "bench/peers.h"
#include "bench/report.h"
#include "bench/workload.h"

namespace bench {
namespace {

constexpr Workload kWorkloads[] = {
    {"B1", "StartExecution of a one-Pass Standard machine, 64 connections", starts, true},
    {"B2", "the same, start to finished", start_to_finish, true},
    {"B3", "a chain of 100 Pass, 64 at once and one alone", chain, true},
    {"B4", "a Choice loop of 1,000 rounds with States.MathAdd", loop, true},
    {"B5", "inline Map over 1,000 items; Parallel 10 x 10", fan_out, true},
    {"B6", "Express sync, JSONata transform of a 1,000-element array", express_transform, true},
    {"B7", "JSONata and JSONPath expressions, compiled once, in this process", expressions},
    {"B8", "Express sync, one Pass and 100 Pass", express},
    {"B9", "100,000 open executions, kill -9, start again", crash},
    {"B10", "ecs:runTask.sync of a static `true`", containers},
    {"footprint", "start-up time and idle memory", footprint},
};

int usage() {
  fmt::print(stderr,
             "gantry bench [WORKLOAD...] [--smoke] [--size PART] [--write FILE] [--peers DIR] [--endpoint URL [--pid PID]] [-- SERVE FLAGS]\n\n"
             "Measures work per CPU-second of the server and all its processes. Starts a server of its own for each\n"
             "workload, unless there is an --endpoint (its --pid on this machine makes CPU time visible).\n\n"
             "  --smoke        tiny counts: is the output right? Nothing is measured\n"
             "  --size 0.1     a tenth of the work\n"
             "  --write FILE   puts the table into FILE (bench/RESULTS.md)\n"
             "  --peers DIR    measures npm packages beside it (DIR is bench/peers; wants node and npm)\n\n");
  for (const Workload& w : kWorkloads) fmt::print(stderr, "  {:<10} {}\n", w.name, w.help);
  return 2;
}

// One line that is drawn over: what goes on, and how far it is.
class Progress {
 public:
  void begin(std::string_view workload) { workload_ = workload; }
  void operator()(std::string_view what, double part) {
    if (!shown_) return;
    if (!what.empty()) what_ = what;
    constexpr int kCells = 24;
    const int full = static_cast<int>(part * kCells);
    if (what.empty() && full == last_) return;
    last_ = full;
    fmt::print(stderr, "\r\x1b[K{:<4} [{:<24}] {}", workload_, std::string(static_cast<size_t>(std::clamp(full, 0, kCells)), '='), what_);
    std::fflush(stderr);
  }
  void end() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const bool shown_ = isatty(2);
  std::string workload_, what_;
  int last_ = -1;
};

struct Options {
  std::vector<const Workload*> workloads;
  Subject::Settings subject;
  Scale scale = Scale::full;
  double size = 1;
  std::string write, peers;
};

bool read_options(const std::vector<std::string>& arguments, Options& out) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool more = i + 1 < arguments.size();
    if (argument == "--") {
      out.subject.flags.assign(arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (argument == "--smoke") {
      out.scale = Scale::smoke;
    } else if (argument == "--write" && more) {
      out.write = arguments[++i];
    } else if (argument == "--peers" && more) {
      out.peers = arguments[++i];
    } else if (argument == "--size" && more) {
      out.size = std::atof(arguments[++i].c_str());
    } else if (argument == "--pid" && more) {
      out.subject.pid = std::atoi(arguments[++i].c_str());
    } else {
      const auto found = std::ranges::find(kWorkloads, argument, &Workload::name);
      if (found == std::end(kWorkloads)) return false;
      out.workloads.push_back(found);
    }
  }
  if (out.workloads.empty()) {
    for (const Workload& w : kWorkloads) out.workloads.push_back(&w);
  }
  return out.size > 0 && out.size <= 100;
}

}  // namespace

int run(std::vector<std::string> arguments, const std::string& endpoint) {
  Options options;
  options.subject.endpoint = endpoint;
  if (!read_options(arguments, options)) return usage();
  Progress progress;
  std::vector<Figure> figures;
  int failed = 0;
  for (const Workload* workload : options.workloads) {
    progress.begin(workload->name);
    progress("starting a server", 0);
    auto subject = Subject::begin(options.subject);
    if (!subject) {
      progress.end();
      fmt::print(stderr, "gantry: {}\n", subject.error().message);
      return 1;
    }
    Bench bench{.subject = **subject, .scale = options.scale, .size = options.size, .peers = options.peers,
                .progress = [&](std::string_view what, double part) { progress(what, part); }};
    Status status = workload->run(bench);
    if (status && workload->beside_peers && !options.peers.empty() && options.scale == Scale::full) status = beside_peers(bench, workload->name);
    progress.end();
    if (!status) {
      const bool skipped = status.error().code == "Skipped";
      fmt::print(stderr, "gantry: {} {}: {}\n", workload->name, skipped ? "was skipped" : "FAILED", status.error().message);
      failed += skipped ? 0 : 1;
      continue;
    }
    if (options.scale == Scale::smoke) {
      fmt::print("{:<10} right\n", workload->name);
    } else {
      fmt::print("{}", table_text(bench.figures));
    }
    std::fflush(stdout);
    for (Figure& figure : bench.figures) figures.push_back(std::move(figure));
  }
  if (options.scale == Scale::full && options.workloads.size() > 1) fmt::print("\n{}", table_text(figures));
  if (!options.write.empty() && options.scale == Scale::full) {
    std::string command = "gantry bench";
    for (const std::string& argument : arguments) command += " " + argument;
    if (const Status wrote = write_results(options.write, figures, command); !wrote) {
      fmt::print(stderr, "gantry: {}\n", wrote.error().message);
      return 1;
    }
  }
  return failed > 0 ? 1 : 0;
}

}  // namespace bench
