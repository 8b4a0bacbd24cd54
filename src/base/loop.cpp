#include "base/loop.h"

Loop::TimerId ManualLoop::after(int64_t delay_ms, Function<void()> work) {
  const Instant due = clock_.now() + (delay_ms > 0 ? delay_ms : 0);
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

void ManualLoop::run_for(int64_t ms) {
  const Instant end = clock_.now() + ms;
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    if (node.key().first > clock_.now()) clock_.set(node.key().first);
    node.mapped()();
    run_ready();
  }
  clock_.set(end);
}

void ManualLoop::run_all(int64_t limit_ms) {
  const Instant end = clock_.now() + limit_ms;
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    run_for(timers_.begin()->first.first - clock_.now());
  }
}
