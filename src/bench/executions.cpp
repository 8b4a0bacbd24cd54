// B1 to B6 and B8: executions, in numbers.
#include <fmt/format.h>

#include "bench/machine.h"

namespace bench {

Figure rate(std::string_view workload, std::string what, std::string unit, double goal, double work, const Spent& spent) {
  return {.workload = std::string(workload), .what = std::move(what), .value = spent.cpu_s > 0 ? work / spent.cpu_s : 0,
          .unit = std::move(unit), .goal = goal, .work = work, .cpu_s = spent.cpu_s, .wall_s = spent.wall_s};
}

namespace {

constexpr size_t kConnections = 64;

Result<std::string> checked_machine(Bench& bench, std::string_view name, const Definition& what, Type type) {
  bench.progress("checking the output", 0);
  const std::string arn = TRY(make_machine(bench, name, what, type));
  TRY(check_once(bench, arn, what, type));
  return arn;
}

struct Executions {
  std::string_view workload, machine, definition, what, unit;
  double goal;
  uint64_t full, smoke;
  double work;  // of one execution
  size_t connections = kConnections;
  Type type = Type::standard;
};

Status run_executions(Bench& bench, const Executions& e) {
  const Definition what = definition(e.definition);
  const std::string arn = TRY(checked_machine(bench, e.machine, what, e.type));
  const uint64_t count = bench.count(e.full, e.smoke);
  bench.progress(e.what, 0);
  const Spent spent = TRY(measured(bench, [&] {
    return e.type == Type::express ? run_express(bench, arn, what, e.connections, count) : run_standard(bench, arn, what, e.connections, count);
  }));
  bench.figures.push_back(rate(e.workload, std::string(e.what), std::string(e.unit), e.goal, static_cast<double>(count) * e.work, spent));
  bench.figures.back().definition = e.definition;
  return {};
}

}  // namespace

Status starts(Bench& bench) {
  const Definition what = definition("pass");
  const std::string arn = TRY(checked_machine(bench, "b1-pass", what, Type::standard));
  const uint64_t count = bench.count(200'000, 200);
  bench.progress("StartExecution, one Pass, 64 connections", 0);
  // Where it takes no time all are counted. The server may have some of before.
  const bool counted = count < 5'000;
  const auto succeeded = [&]() -> Result<uint64_t> { return counted ? count_executions(bench, arn, "SUCCEEDED") : 0; };
  const uint64_t before = TRY(succeeded());
  std::string last;
  const Spent spent = TRY(measured(bench, [&]() -> Status {
    last = TRY(start_many(bench, arn, what.input, kConnections, count));
    return {};
  }));
  const uint64_t there = TRY(succeeded()) - before;
  if (counted && there != count) return fail("Bench", fmt::format("{} executions were started, {} succeeded", count, there));
  Figure figure = rate("B1", "StartExecution, one Pass, 64 connections", "requests/CPU-s", 50'000, static_cast<double>(count), spent);
  bench.figures.push_back(figure);
  bench.figures.back().definition = "pass";
  figure.what = "the same, by the clock, the generator beside it";
  figure.value = static_cast<double>(count) / spent.wall_s, figure.unit = "requests/s", figure.goal = 30'000;
  bench.figures.push_back(figure);
  return {};
}

Status start_to_finish(Bench& bench) {
  return run_executions(bench, {"B2", "b2-pass", "pass", "start to finished, one Pass, polled", "executions/CPU-s", 20'000, 20'000, 100, 1});
}

Status chain(Bench& bench) {
  TRY(run_executions(bench, {"B3", "b3-chain", "chain100", "100 Pass, Standard, 64 at once", "transitions/CPU-s", 250'000, 5'000, 64, 100}));
  // One alone: what a person waits for.
  const Definition what = definition("chain100");
  const std::string arn = TRY(checked_machine(bench, "b3-chain", what, Type::standard));
  const uint64_t count = bench.count(300, 5);
  const Spent spent = TRY(measured(bench, [&] { return run_standard(bench, arn, what, 1, count); }));
  bench.figures.push_back({.workload = "B3", .what = "100 Pass, one alone, start to finished", .value = spent.wall_s / static_cast<double>(count) * 1000,
                           .unit = "ms", .goal = 1.5, .less_is_better = true, .work = static_cast<double>(count), .cpu_s = spent.cpu_s,
                           .wall_s = spent.wall_s});
  return {};
}

Status loop(Bench& bench) {
  return run_executions(bench, {"B4", "b4-loop", "loop1000", "Choice loop of 1,000 rounds, MathAdd", "transitions/CPU-s", 250'000, 400, 4, 2003});
}

Status fan_out(Bench& bench) {
  TRY(run_executions(bench, {"B5", "b5-map", "map1000", "inline Map over 1,000 items", "items/CPU-s", 200'000, 400, 4, 1000}));
  return run_executions(bench, {"B5", "b5-parallel", "parallel10x10", "Parallel 10 x 10 Pass", "transitions/CPU-s", 250'000, 4'000, 10, 101});
}

Status express_transform(Bench& bench) {
  if (const auto made = make_machine(bench, "b6-jsonata", definition("jsonata1000"), Type::express);
      !made && made.error().message.find("INVALID_JSONATA_EXPRESSION") != std::string::npos) {
    return fail("Skipped", "this server does not take JSONata");
  }
  return run_executions(bench, {"B6", "b6-jsonata", "jsonata1000", "Express sync, JSONata transform of 1,000 elements", "executions/CPU-s", 2'500,
                                4'000, 5, 1, 8, Type::express});
}

Status express(Bench& bench) {
  TRY(run_executions(bench, {"B8", "b8-pass", "pass", "Express sync, one Pass, 64 at once", "executions/CPU-s", 70'000, 200'000, 200, 1,
                             kConnections, Type::express}));
  return run_executions(bench, {"B8", "b8-chain", "chain100", "Express sync, 100 Pass, 64 at once", "transitions/CPU-s", 2'000'000, 20'000, 50, 100,
                                kConnections, Type::express});
}

}  // namespace bench
