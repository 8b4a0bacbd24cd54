// B7: expressions, compiled once, evaluated in this process; beside the npm packages where --peers says.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <map>

#include "bench/definitions.h"
#include "bench/peers.h"
#include "bench/workload.h"
#include "language/json/parse.h"
#include "language/jsonata/expression.h"
#include "language/jsonpath/path.h"

namespace bench {
namespace {

using json::Value;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// As bench/workloads/expressions.json has it in words.
Value made_document(int64_t items) {
  std::vector<Value> list;
  for (int64_t i = 0; i < items; ++i) {
    list.push_back(json::object({{"id", i},
                                 {"name", fmt::format("item-{}", i)},
                                 {"price", i * 37 % 101},
                                 {"qty", i % 7},
                                 {"tag", fmt::format("t{}", i % 13)},
                                 {"addr", json::object({{"city", fmt::format("c{}", i % 50)}, {"zip", std::to_string(10000 + i)}})}}));
  }
  return json::object({{"items", Value::array(std::move(list))}});
}

struct Measured {
  uint64_t runs = 0;
  double cpu_s = 0;
  size_t bytes = 0;  // of the result as JSON
};

Result<Measured> measure(double seconds, const std::function<Result<Value>()>& evaluate) {
  Measured out;
  out.bytes = json::written_size(TRY(evaluate()));
  const double begun = cpu_seconds();
  // The clock is looked at now and then: a small expression takes less time than looking.
  for (uint64_t batch = 1; out.cpu_s < seconds;) {
    for (uint64_t i = 0; i < batch; ++i, ++out.runs) TRY(evaluate());
    const double now = cpu_seconds() - begun;
    if (now - out.cpu_s < seconds / 100) batch *= 2;
    out.cpu_s = now;
  }
  return out;
}

struct Peer {
  double a_second = 0;
  size_t bytes = 0;
};

// What bench/peers/expressions prints.
Result<std::map<std::string, Peer>> peers(const std::string& folder, double seconds) {
  std::map<std::string, Peer> out;
  if (folder.empty()) return out;
  for (const auto& fields : TRY(peer_lines(folder, fmt::format("expressions {}", seconds)))) {
    if (fields.size() != 3) return fail("Bench", "expressions prints something else");
    out[fields[0]] = {std::atof(fields[1].c_str()), static_cast<size_t>(std::atoll(fields[2].c_str()))};
  }
  return out;
}

}  // namespace

Status expressions(Bench& bench) {
  const auto file = TRY(json::parse(definition_text("expressions")));
  const double seconds = bench.scale == Scale::smoke ? 0.001 : bench.size;
  bench.progress("the npm packages", 0);
  const auto beside = TRY(peers(bench.scale == Scale::smoke ? "" : bench.peers, seconds));
  const auto document = [&](const Value& which) { return which.is_string() ? file["documents"]["small"] : made_document(*which.as_int64()); };
  struct Ratios {
    double logarithms = 0, least = 0;
    int count = 0;
  };
  std::map<std::string, Ratios> ratios;
  const auto add = [&](const std::string& language, const std::string& id, const Measured& ours) -> Status {
    const Figure figure = rate("B7", fmt::format("{} {}", id, language), "evaluations/CPU-s", 0, static_cast<double>(ours.runs), {ours.cpu_s, 0});
    bench.figures.push_back(figure);
    const auto peer = beside.find(id);
    if (peer == beside.end()) return {};
    if (peer->second.bytes != ours.bytes) return fail("Bench", fmt::format("{}: {} bytes here, {} by the package", id, ours.bytes, peer->second.bytes));
    const double ratio = figure.value / peer->second.a_second;
    Ratios& all = ratios[language];
    all.logarithms += std::log(ratio);
    all.least = all.count == 0 ? ratio : std::min(all.least, ratio);
    ++all.count;
    bench.figures.push_back({.workload = "B7", .what = fmt::format("{} beside the npm package", id), .value = ratio, .unit = "times", .goal = language == "JSONata" ? 8.0 : 0.0});
    return {};
  };
  for (const Value& one : file["jsonata"].items()) {
    const std::string id(one.text("id"));
    bench.progress(id, 0);
    const std::optional<Value> input = document(one["document"]);
    const auto compiled = jsonata::Expression::compile(one.text("expr"));
    if (!compiled) return fail("Bench", id + " does not compile");
    const jsonata::Environment environment;
    const auto ours = TRY(measure(seconds, [&]() -> Result<Value> {
      auto result = compiled->evaluate(input, {}, environment);
      if (!result || !*result) return fail("Bench", id + " fails");
      return **std::move(result);
    }));
    TRY(add("JSONata", id, ours));
  }
  for (const Value& one : file["jsonpath"].items()) {
    const std::string id(one.text("id"));
    bench.progress(id, 0);
    const Value input = document(one["document"]);
    const auto compiled = jsonpath::Path::compile(one.text("path"));
    if (!compiled) return fail("Bench", id + " does not compile");
    const auto ours = TRY(measure(seconds, [&]() -> Result<Value> {
      auto result = compiled->evaluate(input);
      if (!result) return fail("Bench", id + " fails");
      return *std::move(result);
    }));
    TRY(add("JSONPath", id, ours));
  }
  for (const auto& [language, all] : ratios) {
    const double mean = std::exp(all.logarithms / all.count);
    bench.figures.push_back({.workload = "B7", .what = fmt::format("{}, geometric mean of the ratios", language), .value = mean, .unit = "times", .goal = language == "JSONata" ? 20.0 : 10.0});
  }
  return {};
}

}  // namespace bench
