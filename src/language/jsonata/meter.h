#pragma once
// What an evaluation may do: steps and time. (Memory is the arena's to count, the stack check_stack()'s.)
#include <chrono>
#include <cstdint>

#include "language/jsonata/expression.h"

namespace jsonata {

class Meter {
 public:
  explicit Meter(const Limits& limits) : limits_(limits) {}

  // Counts work done; throws U1001 past a limit.
  void spend(uint64_t steps = 1) {
    if (steps >= left_) {
      look(steps);
    } else {
      left_ -= steps;
    }
  }

  uint64_t spent() const { return spent_ + kLookEvery - left_; }

 private:
  void look(uint64_t steps);

  // The clock is read once in so many steps, and first behind the first so many: most evaluations never read it.
  static constexpr uint64_t kLookEvery = 4'096;

  const Limits& limits_;
  uint64_t left_ = kLookEvery, spent_ = 0;
  bool started_ = false;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace jsonata
