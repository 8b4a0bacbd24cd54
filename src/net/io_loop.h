#pragma once
// The loop of the real program: Asio's event loop on the thread that calls run(), and a few threads for
// what blocks. Only this folder knows Asio.
#include <memory>

#include "base/loop.h"

namespace net {

class IoLoop final : public Loop {
 public:
  struct Impl;  // io_impl.h

  explicit IoLoop(int blocking_threads = 4);
  ~IoLoop() override;

  Clock& clock() override;
  void post(Function<void()> work) override;
  TimerId after(int64_t delay_ms, Function<void()> work) override;
  void cancel(TimerId timer) override;
  void blocking(Function<void()> work, Function<void()> done) override;

  // Runs until stop(). Between bursts of work `before_wait` is called once, before the loop goes to sleep or
  // looks at its sockets again: where a group commit begins. When it returns, nothing that was handed to blocking() runs
  // any more, so that what such work uses can be taken down.
  void run();
  void stop();
  void before_wait(Function<void()> work);
  // Calls `then` on SIGTERM and SIGINT.
  void on_terminate(Function<void()> then);
  // Calls `ready` whenever the file descriptor can be read (level-triggered), until it is forgotten.
  void watch(int fd, Function<void()> ready);
  void forget(int fd);

  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace net
