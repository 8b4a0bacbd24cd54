#pragma once
// Asio's half of IoLoop, for the .cpp files of this folder.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/io_loop.h"
#include "net/poller.h"

namespace net {

struct IoLoop::Impl {
  struct Job {
    Function<void()> work, done;
  };

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep{io.get_executor()};
  SystemClock clock;
  bool stopped = false;
  uint64_t bursts = 0;  // of run(): how many there were
  size_t ran = 0;       // in this one: handlers, and sockets that were told of
  Function<void()> before_wait;

  // Timers: one Asio timer, set to the earliest of ours.
  std::map<std::pair<int64_t, TimerId>, Function<void()>> timers;  // by steady milliseconds
  std::unordered_map<TimerId, int64_t> due;
  TimerId next_timer = 1;
  boost::asio::steady_timer alarm{io};
  int64_t alarm_at = INT64_MAX;

  boost::asio::signal_set signals{io};
  std::unordered_map<int, std::shared_ptr<boost::asio::posix::stream_descriptor>> watched;
  std::unique_ptr<Poller> poller;

  std::mutex jobs_mutex;
  std::condition_variable jobs_ready;
  std::deque<Job> jobs;
  bool jobs_closed = false;
  std::vector<std::thread> workers;

  void arm();
  void run_due();
  void work();
  void end_jobs();  // waits for those under way; what has not begun is dropped
};

}  // namespace net
