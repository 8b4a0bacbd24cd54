#pragma once
// A workload is one question with a number for an answer: how much work a CPU-second of the server does.
//
// Each makes what it needs, checks that one execution gives the right output and the whole history before the clock
// counts, does the work, and checks again what came of it.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/subject.h"

namespace bench {

enum class Scale : uint8_t { full, smoke };

struct Figure {
  std::string workload;  // "B1"
  std::string what;
  double value = 0;      // in `unit`
  std::string unit;      // "requests/CPU-s"
  double goal = 0;       // 0: none
  bool less_is_better = false;
  double work = 0, cpu_s = 0, wall_s = 0;  // what the value comes from, where it is a rate
  std::string definition;                  // of bench/workloads, of a rate that peers are measured beside
  std::string fault;                       // why there is no value
};

struct Bench {
  Subject& subject;
  Scale scale = Scale::full;
  double size = 1;  // of the full counts
  std::string peers;  // the folder bench/peers, where it is to be measured beside others
  std::function<void(std::string_view what, double part)> progress;
  std::vector<Figure> figures;

  uint64_t count(uint64_t full, uint64_t smoke) const {
    if (scale == Scale::smoke) return smoke;
    const auto scaled = static_cast<uint64_t>(static_cast<double>(full) * size);
    return scaled > smoke ? scaled : smoke;
  }
};

struct Workload {
  std::string_view name;  // "B1"
  std::string_view help;
  Status (*run)(Bench& bench);
  bool beside_peers = false;  // bench/peers/executions has it too
};

Status starts(Bench& bench);             // B1
Status start_to_finish(Bench& bench);    // B2
Status chain(Bench& bench);              // B3
Status loop(Bench& bench);               // B4
Status fan_out(Bench& bench);            // B5
Status express_transform(Bench& bench);  // B6
Status expressions(Bench& bench);        // B7
Status express(Bench& bench);            // B8
Status crash(Bench& bench);              // B9
Status containers(Bench& bench);         // B10
Status footprint(Bench& bench);          // B10, the process itself

// Measures `work`: CPU-seconds of the server and wall-clock seconds.
struct Spent {
  double cpu_s = 0, wall_s = 0;
};
template <typename Work>
Result<Spent> measured(const Bench& bench, Work work) {
  const double cpu = bench.subject.cpu_seconds(), wall = now_s();
  TRY(work());
  return Spent{bench.subject.cpu_seconds() - cpu, now_s() - wall};
}
// The figure of a rate: work for each CPU-second.
Figure rate(std::string_view workload, std::string what, std::string unit, double goal, double work, const Spent& spent);

}  // namespace bench
