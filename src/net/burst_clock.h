#pragma once
// The time for what needs it at each request, looked up once a burst of the loop.
#include <chrono>
#include <cstdint>
#include <string>

#include "base/time_text.h"
#include "net/io_impl.h"

namespace net {

class BurstClock {
 public:
  explicit BurstClock(const IoLoop::Impl& io) : io_(io) {}

  // Of the steady clock: deadlines neither come early, by more than a burst, nor are put off when somebody sets the wall clock.
  int64_t now_ms() {
    look();
    return steady_ms_;
  }
  // As the Date header has it.
  const std::string& http_date_now() {
    look();
    return date_;
  }

 private:
  void look() {
    if (looked_at_ == io_.bursts) return;
    looked_at_ = io_.bursts;
    steady_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    const int64_t s = io_.clock.now().ms / 1000;
    if (s != date_s_) date_ = http_date({s * 1000}), date_s_ = s;
  }

  const IoLoop::Impl& io_;
  uint64_t looked_at_ = UINT64_MAX;  // the burst
  int64_t steady_ms_ = 0, date_s_ = INT64_MIN;
  std::string date_;
};

}  // namespace net
