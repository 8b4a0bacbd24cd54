#pragma once
// How long a supervisor waits for the runtime to come back from a start: as long as the agent on AWS waits for a container, and once the
// task was told to stop no longer than it has for that.
#include <algorithm>
#include <cstdint>

namespace containers::oci {

class Patience {
 public:
  static constexpr int64_t kStartMs = 3 * 60'000;

  explicit Patience(int64_t now_ms) : until_(now_ms + kStartMs) {}
  void told_to_stop(int64_t now_ms, int stop_timeout_s) { until_ = std::min(until_, now_ms + int64_t{1'000} * stop_timeout_s); }
  int64_t left(int64_t now_ms) const { return std::max<int64_t>(until_ - now_ms, 0); }

 private:
  int64_t until_;
};

}  // namespace containers::oci
