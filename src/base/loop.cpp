#include "base/loop.h"

Loop::TimerId ManualLoop::after(int64_t delay_ms, Function<void()> work) {
  const int64_t due = elapsed_ms_ + (delay_ms > 0 ? delay_ms : 0);
  const TimerId id = next_++;
  timers_.emplace(std::pair{due, id}, std::move(work));
  due_.emplace(id, due);
  return id;
}

void ManualLoop::cancel(TimerId timer) {
  const auto it = due_.find(timer);
  if (it == due_.end()) return;
  timers_.erase({it->second, timer});
  due_.erase(it);
}

void ManualLoop::blocking(Function<void()> work, Function<void()> done) {
  post([work = std::move(work), done = std::move(done)]() mutable {
    work();
    done();
  });
}

void ManualLoop::run_ready() {
  while (!ready_.empty()) {
    auto work = std::move(ready_.front());
    ready_.pop_front();
    work();
  }
}

void ManualLoop::advance_to(int64_t elapsed_ms) {
  if (elapsed_ms <= elapsed_ms_) return;
  clock_.advance(elapsed_ms - elapsed_ms_);
  elapsed_ms_ = elapsed_ms;
}

void ManualLoop::run_for(int64_t ms) {
  const int64_t end = elapsed_ms_ + ms;
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    advance_to(node.key().first);
    node.mapped()();
    run_ready();
  }
  advance_to(end);
}

void ManualLoop::run_all(int64_t limit_ms) {
  const int64_t end = elapsed_ms_ + limit_ms;
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    run_for(timers_.begin()->first.first - elapsed_ms_);
  }
}
