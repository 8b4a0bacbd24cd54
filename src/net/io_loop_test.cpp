#include "net/io_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace {

TEST(IoLoop, NothingRunsElsewhereWhenItHasStopped) {
  std::atomic<bool> begun = false, ended = false, dropped = true;
  net::IoLoop loop(1);
  loop.blocking(
      [&] {
        begun = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ended = true;
      },
      [] {});
  loop.blocking([&] { dropped = false; }, [] {});
  while (!begun) std::this_thread::yield();
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_TRUE(ended) << "what was under way is waited for";
  EXPECT_TRUE(dropped) << "what had not begun does not begin";
}

}  // namespace
