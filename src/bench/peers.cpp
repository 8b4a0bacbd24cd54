#include "bench/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace bench {

Result<std::vector<std::vector<std::string>>> peer_lines(const std::string& folder, std::string_view script_and_arguments) {
  FILE* pipe = popen(fmt::format("'{}'/{}", folder, script_and_arguments).c_str(), "r");
  if (!pipe) return fail("Bench", fmt::format("cannot run {}/{}", folder, script_and_arguments));
  std::string text;
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  if (pclose(pipe) != 0) return fail("Bench", fmt::format("{}/{} failed", folder, script_and_arguments));
  std::vector<std::vector<std::string>> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::vector<std::string>& fields = lines.emplace_back();
    for (size_t from = at; from <= end;) {
      const size_t to = std::min(text.find('\t', from), end);
      fields.push_back(text.substr(from, to - from));
      from = to + 1;
    }
    at = end + 1;
  }
  return lines;
}

Status beside_peers(Bench& bench, std::string_view workload) {
  bench.progress("the peers", 0);
  const auto lines = TRY(peer_lines(bench.peers, fmt::format("executions/run {} --seconds {}", workload, std::max(1.0, 5 * bench.size))));
  for (const auto& fields : lines) {
    if (fields.size() != 5) return fail("Bench", "executions/run prints something else");
    const auto ours = std::ranges::find_if(bench.figures, [&](const Figure& f) { return f.definition == fields[2]; });
    if (ours == bench.figures.end()) continue;
    Figure theirs{.workload = std::string(workload), .what = fmt::format("{}, by {}", fields[2], fields[0]), .unit = ours->unit};
    if (fields[3] == "failed") {
      theirs.fault = fields[4];
      bench.figures.push_back(std::move(theirs));
      continue;
    }
    theirs.work = std::atof(fields[3].c_str());
    theirs.cpu_s = std::atof(fields[4].c_str());
    // Processor time is counted in hundredths.
    theirs.value = theirs.work / std::max(theirs.cpu_s, 0.01);
    Figure ratio{.workload = theirs.workload, .what = fmt::format("Gantry beside {}, {}", fields[0], fields[2]), .value = ours->value / theirs.value, .unit = "times"};
    bench.figures.push_back(std::move(theirs));
    bench.figures.push_back(std::move(ratio));
  }
  return {};
}

}  // namespace bench
