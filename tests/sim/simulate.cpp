// The long run: simulate COUNT [FIRST]. Tells every broken promise with the seed that repeats it, and a line now
// and then; status 1 when there was one.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "simulation.h"

int main(int argc, char** argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto begun = std::chrono::steady_clock::now();
  auto told = begun;
  uint64_t failed = 0, crashes = 0, executions = 0, events = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const sim::Outcome outcome = sim::check_seed(seed);
    crashes += outcome.crashes, executions += outcome.executions, events += outcome.events;
    for (const std::string& failure : outcome.failures) fmt::print("{}\n", failure);
    failed += outcome.failures.empty() ? 0 : 1;
    const auto now = std::chrono::steady_clock::now();
    if (now - told > std::chrono::seconds(5) || seed + 1 == first + count) {
      told = now;
      fmt::print("simulate: {} of {} seeds in {} s: {} executions, {} events, {} crashes, {} seeds failed\n", seed + 1 - first, count,
                 std::chrono::duration_cast<std::chrono::seconds>(now - begun).count(), executions, events, crashes, failed);
      std::fflush(stdout);
    }
    if (failed >= 20) break;
  }
  return failed > 0 ? 1 : 0;
}
