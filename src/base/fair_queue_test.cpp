#include "base/fair_queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace {

std::string taken(FairQueue<int>& queue, int most = 100) {
  std::string out;
  for (int i = 0; i < most; ++i) {
    const auto next = queue.take();
    if (!next) break;
    out += next->first + std::to_string(next->second) + " ";
  }
  return out;
}

TEST(FairQueue, WhoHasLittleWaitsForOneTurnOfTheOthers) {
  FairQueue<int> queue(100, 100);
  for (int i = 0; i < 5; ++i) queue.add("a", i);
  for (int i = 0; i < 2; ++i) queue.add("b", i);
  EXPECT_EQ(taken(queue, 2), "a0 b0 ");
  queue.add("c", 0);
  EXPECT_EQ(taken(queue), "a1 b1 c0 a2 a3 a4 ");
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.under_way(), 8u);
}

TEST(FairQueue, NoOwnerHasMoreUnderWayThanItMayAndTheOthersHaveThePlaces) {
  FairQueue<int> queue(3, 2);
  for (int i = 0; i < 4; ++i) queue.add("a", i);
  EXPECT_EQ(taken(queue), "a0 a1 ");
  queue.add("b", 0);
  queue.add("b", 1);
  EXPECT_EQ(taken(queue), "b0 ");  // all places are taken
  queue.ended("a");
  EXPECT_EQ(taken(queue), "a2 ");
  queue.ended("b");
  EXPECT_EQ(taken(queue), "b1 ");
}

TEST(FairQueue, OwnersAreForgottenWhenNothingOfTheirsIsLeft) {
  FairQueue<std::unique_ptr<int>> queue(10, 10);
  for (int i = 0; i < 10; ++i) queue.add("owner" + std::to_string(i), std::make_unique<int>(i));
  while (const auto next = queue.take()) queue.ended(next->first);
  queue.ended("nobody");
  EXPECT_EQ(queue.owners(), 0u);
  EXPECT_EQ(queue.under_way(), 0u);
}

}  // namespace
