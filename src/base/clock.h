#pragma once
// An instant is a moment of UTC, in milliseconds since 1970: the precision that AWS shows.
// A clock tells the present one. Whoever needs the time is given a Clock, so that tests and the simulator
// decide what time it is.
#include <compare>
#include <cstdint>

struct Instant {
  int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;
  Instant operator+(int64_t milliseconds) const { return {ms + milliseconds}; }
  int64_t operator-(Instant other) const { return ms - other.ms; }
  double seconds() const { return static_cast<double>(ms) / 1000.0; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// A clock that stands still until it is told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = {1'700'000'000'000}) : now_(start) {}
  Instant now() const override { return now_; }
  void advance(int64_t milliseconds) { now_ = now_ + milliseconds; }
  void set(Instant at) { now_ = at; }

 private:
  Instant now_;
};
