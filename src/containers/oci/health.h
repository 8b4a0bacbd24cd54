#pragma once
// Whether a container is well, from the outcomes of the command that its health check names.
//
// As Docker has it: a check each interval, the first one an interval behind the start; one that succeeds makes the
// container healthy, as many failures in a row as there are retries unhealthy. Failures in the start period do not count
// until it has once been healthy.
#include <sys/types.h>

#include <cstdint>

#include "containers/runtime.h"

namespace containers::oci {

class Health {
 public:
  enum class State : uint8_t { unknown, healthy, unhealthy };

  Health(const HealthCheck& check, int64_t now_ms) : check_(check), begun_(now_ms), due_(now_ms + check.interval_s * int64_t{1'000}) {}

  State state() const { return state_; }
  // When the next check begins, or the one that runs is given up.
  int64_t due() const { return due_; }
  bool checking() const { return process_ > 0; }
  pid_t process() const { return process_; }

  void begin(pid_t process, int64_t now_ms) {
    process_ = process;
    due_ = now_ms + check_.timeout_s * int64_t{1'000};
  }
  // A check has ended, or could not be made. True when the state has changed.
  bool end(bool well, int64_t now_ms) {
    process_ = -1;
    due_ = now_ms + check_.interval_s * int64_t{1'000};
    const State before = state_;
    if (well) {
      failures_ = 0;
      state_ = State::healthy;
    } else if (state_ != State::unknown || now_ms - begun_ >= check_.start_period_s * int64_t{1'000}) {
      if (++failures_ >= check_.retries) state_ = State::unhealthy;
    }
    return state_ != before;
  }

 private:
  HealthCheck check_;
  State state_ = State::unknown;
  int failures_ = 0;
  pid_t process_ = -1;
  int64_t begun_, due_;
};

}  // namespace containers::oci
