#include "base/clock.h"

#include <ctime>

Instant SystemClock::now() const {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return {static_cast<int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000};
}
