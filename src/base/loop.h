#pragma once
// The loop is the one thread on which the program thinks.
//
// Everything that decides (operations, engine, schedulers) runs on it, one thing after another, so none of
// it takes locks. Whatever waits (sockets, disks, child processes) happens elsewhere and comes back as a
// posted function. The engine and the services see time and waiting through this interface only; the
// server gives them net's implementation, tests and the simulator a ManualLoop.
#include <cstdint>
#include <map>
#include <deque>

#include "base/clock.h"
#include "base/function.h"

class Loop {
 public:
  using TimerId = uint64_t;  // never 0

  virtual ~Loop() = default;
  virtual Clock& clock() = 0;
  // Runs `work` on the loop's thread, after what was posted before. May be called from any thread.
  virtual void post(Function<void()> work) = 0;
  // Runs `work` once, `delay_ms` from now (0 and less: as soon as may be). From the loop's thread only.
  virtual TimerId after(int64_t delay_ms, Function<void()> work) = 0;
  // Forgets a timer; one that has run already is no error.
  virtual void cancel(TimerId timer) = 0;
  // Runs `work` on another thread, then `done` on the loop's. For what blocks: file systems, child
  // processes, name look-ups. The number at once is bounded; more wait in order.
  virtual void blocking(Function<void()> work, Function<void()> done) = 0;
};

// A loop without threads, for tests and simulation: nothing happens until it is told to run, and time
// moves only from one timer to the next. Its clock may be set meanwhile: timers keep to what has gone by, as a real loop's do.
class ManualLoop : public Loop {
 public:
  explicit ManualLoop(Instant start = {1'700'000'000'000}) : clock_(start) {}

  ManualClock& clock() override { return clock_; }
  void post(Function<void()> work) override { ready_.push_back(std::move(work)); }
  TimerId after(int64_t delay_ms, Function<void()> work) override;
  void cancel(TimerId timer) override;
  void blocking(Function<void()> work, Function<void()> done) override;

  // Runs everything that is ready, and what that makes ready; time stands still.
  void run_ready();
  // Runs until `ms` have gone by, each timer at its instant.
  void run_for(int64_t ms);
  // Runs until nothing is ready and no timer is left. `limit_ms` of virtual time bounds it.
  void run_all(int64_t limit_ms = 366LL * 86'400'000);
  bool idle() const { return ready_.empty() && timers_.empty(); }
  int64_t elapsed_ms() const { return elapsed_ms_; }  // whatever the clock was set to

 private:
  void advance_to(int64_t elapsed_ms);

  ManualClock clock_;
  int64_t elapsed_ms_ = 0;
  std::deque<Function<void()>> ready_;
  std::map<std::pair<int64_t, TimerId>, Function<void()>> timers_;  // by what has gone by when they are due
  std::map<TimerId, int64_t> due_;
  TimerId next_ = 1;
};
