#pragma once
// One simulated life: clients start, watch and stop executions of random machines on an engine whose disk fails,
// fills up and loses power, while workers outside answer tasks. All of it is decided by the seed, virtual time
// included, so that a failure repeats itself bit for bit.
#include <map>
#include <string>
#include <vector>

#include <cstdint>

namespace sim {

struct Outcome {
  std::vector<std::string> failures;             // promises that were broken; none when all is well
  std::map<std::string, std::string> histories;  // of executions whose history has one order alone, without times
  uint64_t digest = 0;                           // of everything that happened
  uint64_t executions = 0, crashes = 0, events = 0, disk_calls = 0;
};

// `disturbed`: with crashes and faults; without them the same clients do the same.
Outcome simulate(uint64_t seed, bool disturbed);

// Both, and that the disturbed run told the same stories as the other.
Outcome check_seed(uint64_t seed);

}  // namespace sim
