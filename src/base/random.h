#pragma once
// Randomness as an argument. `SystemRandom` is fit for keys and tokens; `SeededRandom` repeats itself, for
// tests and the simulator.
#include <cstdint>
#include <string>
#include <string_view>

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;

  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound);
  // Uniform in [0, 1).
  double unit();
  // A version 4 UUID in lower case, "8f14e45f-ceea-4e7b-9d0a-6bf2c0a4f3d1".
  std::string uuid();
  // `length` letters drawn from `alphabet`.
  std::string text(size_t length, std::string_view alphabet);
  std::string hex(size_t length) { return text(length, "0123456789abcdef"); }
};

class SystemRandom final : public Random {
 public:
  uint64_t next() override;

 private:
  uint64_t pool_[64];
  size_t left_ = 0;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override;

 private:
  uint64_t state_;
};
