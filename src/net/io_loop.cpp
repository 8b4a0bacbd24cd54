#include "net/io_loop.h"

#include "net/io_impl.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

namespace net {
namespace asio = boost::asio;

namespace {
int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Asio wants handlers that it may move, and so do we: no copy is made.
struct Moved {
  Function<void()> work;
  void operator()() { work(); }
};

void watch_again(std::shared_ptr<asio::posix::stream_descriptor> descriptor, std::shared_ptr<Function<void()>> ready) {
  auto& raw = *descriptor;
  raw.async_wait(asio::posix::stream_descriptor::wait_read,
                 [descriptor = std::move(descriptor), ready = std::move(ready)](const boost::system::error_code& error) mutable {
                   if (error || !descriptor->is_open()) return;
                   (*ready)();
                   if (descriptor->is_open()) watch_again(std::move(descriptor), std::move(ready));
                 });
}
}  // namespace

IoLoop::IoLoop(int blocking_threads) : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);
  impl_->poller = std::make_unique<Poller>(*this);
  for (int i = 0; i < blocking_threads; ++i) impl_->workers.emplace_back([this] { impl_->work(); });
}

IoLoop::~IoLoop() {
  impl_->end_jobs();
  impl_->poller.reset();
  for (auto& [fd, descriptor] : impl_->watched) descriptor->release();
}

Clock& IoLoop::clock() { return impl_->clock; }

void IoLoop::post(Function<void()> work) { asio::post(impl_->io, Moved{std::move(work)}); }

Loop::TimerId IoLoop::after(int64_t delay_ms, Function<void()> work) {
  const TimerId id = impl_->next_timer++;
  const int64_t due = steady_ms() + (delay_ms > 0 ? delay_ms : 0);
  impl_->timers.emplace(std::pair{due, id}, std::move(work));
  impl_->due.emplace(id, due);
  if (due < impl_->alarm_at) impl_->arm();
  return id;
}

void IoLoop::cancel(TimerId timer) {
  const auto it = impl_->due.find(timer);
  if (it == impl_->due.end()) return;
  impl_->timers.erase({it->second, timer});
  impl_->due.erase(it);
}

void IoLoop::Impl::arm() {
  if (timers.empty()) return;
  alarm_at = timers.begin()->first.first;
  alarm.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(alarm_at)));
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    alarm_at = INT64_MAX;
    run_due();
    arm();
  });
}

void IoLoop::Impl::run_due() {
  const int64_t now = steady_ms();
  while (!timers.empty() && timers.begin()->first.first <= now) {
    auto node = timers.extract(timers.begin());
    due.erase(node.key().second);
    node.mapped()();
  }
}

void IoLoop::blocking(Function<void()> work, Function<void()> done) {
  {
    std::lock_guard lock(impl_->jobs_mutex);
    impl_->jobs.push_back({std::move(work), std::move(done)});
  }
  impl_->jobs_ready.notify_one();
}

void IoLoop::Impl::end_jobs() {
  {
    std::lock_guard lock(jobs_mutex);
    jobs_closed = true;
  }
  jobs_ready.notify_all();
  for (std::thread& worker : workers) worker.join();
  workers.clear();
}

void IoLoop::Impl::work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(jobs_mutex);
      jobs_ready.wait(lock, [&] { return jobs_closed || !jobs.empty(); });
      if (jobs_closed) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    job.work();
    asio::post(io, Moved{std::move(job.done)});
  }
}

void IoLoop::run() {
  // A burst is what was waited for and everything else that is ready; what it decided is committed as one group behind it.
  constexpr size_t kBurst = 256;
  if (impl_->before_wait) impl_->before_wait();
  while (!impl_->stopped) {
    ++impl_->bursts;
    impl_->ran = 0;
    for (size_t one = impl_->io.run_one(); one > 0 && !impl_->stopped && ++impl_->ran < kBurst;) one = impl_->io.poll_one();
    if (impl_->before_wait) impl_->before_wait();
  }
  impl_->end_jobs();
}

void IoLoop::stop() {
  impl_->stopped = true;
  post([] {});
}

void IoLoop::before_wait(Function<void()> work) { impl_->before_wait = std::move(work); }

void IoLoop::on_terminate(Function<void()> then) {
  impl_->signals.add(SIGTERM);
  impl_->signals.add(SIGINT);
  impl_->signals.async_wait([then = std::move(then)](const boost::system::error_code& error, int) mutable {
    if (!error) then();
  });
}

void IoLoop::watch(int fd, Function<void()> ready) {
  auto descriptor = std::make_shared<asio::posix::stream_descriptor>(impl_->io, fd);
  impl_->watched[fd] = descriptor;
  watch_again(std::move(descriptor), std::make_shared<Function<void()>>(std::move(ready)));
}

void IoLoop::forget(int fd) {
  const auto it = impl_->watched.find(fd);
  if (it == impl_->watched.end()) return;
  it->second->release();  // the descriptor stays the caller's
  impl_->watched.erase(it);
}

}  // namespace net
