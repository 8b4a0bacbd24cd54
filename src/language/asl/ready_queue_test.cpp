#include "language/asl/ready_queue.h"

#include <gtest/gtest.h>

#include <deque>

namespace {

TEST(ReadyQueue, IsADequeWhateverIsDoneToIt) {
  asl::ReadyQueue queue;
  std::deque<uint32_t> model;
  uint64_t state = 7;
  for (uint32_t step = 0; step < 20'000; ++step) {
    const uint64_t draw = (state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 33;
    // Long runs of one kind, so that it grows and shrinks at both ends.
    const uint64_t kind = (draw % 4 + step / 500) % 5;
    if (kind == 0) {
      queue.push_back(step), model.push_back(step);
    } else if (kind == 1) {
      queue.push_front(step), model.push_front(step);
    } else if (kind == 2 && !model.empty()) {
      const uint32_t one = model[draw % model.size()];
      queue.erase(one);
      std::erase(model, one);
    } else if (kind == 3 && draw % 200 == 0) {
      queue.clear(), model.clear();
    } else if (!model.empty()) {
      queue.pop_front(), model.pop_front();
    }
    ASSERT_EQ(queue.empty(), model.empty());
    ASSERT_EQ(queue.size(), model.size());
    if (!model.empty()) ASSERT_EQ(queue.front(), model.front());
    if (step % 50 == 0) ASSERT_TRUE(std::equal(queue.begin(), queue.end(), model.begin(), model.end()));
  }
}

}  // namespace
