#include "engine/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

// Jobs of so many steps, cut where their turn ends, and in what order they were worked on.
struct Takers {
  void add(const std::string& account, uint32_t steps) {
    turns.wait(account, [this, account, steps](uint32_t allowed) {
      const uint32_t now = std::min(steps, allowed);
      made[account] += now;
      order.push_back(account);
      if (now == steps) {
        ended.push_back(account);
      } else {
        add(account, steps - now);
      }
      return now;
    });
  }
  ManualLoop loop;
  bool ready = true;
  engine::Turns turns{loop, [this] { return ready; }};
  std::map<std::string, uint64_t> made;
  std::vector<std::string> order, ended;
};

TEST(Turns, ALittleWorkEndsBeforeAnothersPileThoughItCameLater) {
  Takers w;
  w.turns.set_limits({.turn = 100, .slice = 300});
  for (int i = 0; i < 1'000; ++i) w.add("heavy", 8'000);
  w.add("light", 1);
  w.loop.run_ready();
  EXPECT_EQ(w.ended.front(), "light");
  EXPECT_EQ(w.ended.size(), 1'001u);
  EXPECT_EQ(w.made["heavy"], 8'000'000u);
  EXPECT_LE(std::ranges::find(w.order, "light") - w.order.begin(), 3);
  EXPECT_EQ(w.turns.waiting(), 0u);
}

TEST(Turns, ThoseThatHaveMuchToDoDoTheSameAmountHoweverManyJobsItIsIn) {
  Takers w;
  w.turns.set_limits({.turn = 100, .slice = 300});
  std::map<std::string, uint64_t> at_end;
  for (int i = 0; i < 500; ++i) w.add("many", 20);
  w.add("one", 10'000);
  for (int i = 0; i < 50; ++i) w.add("some", 200);
  w.turns.wait("many", [&](uint32_t) {
    at_end = w.made;
    return 1u;
  });
  w.loop.run_ready();
  for (const char* account : {"one", "some"}) EXPECT_NEAR(static_cast<double>(at_end[account]), 10'000, 400) << account;
}

TEST(Turns, WhatOnePieceOfWorkTookTooMuchIsOwed) {
  Takers w;
  w.turns.set_limits({.turn = 100, .slice = 100});
  std::vector<std::string> order;
  for (int i = 0; i < 3; ++i) {
    w.turns.wait("long", [&](uint32_t) {
      order.push_back("long");
      return 1'000u;  // cannot be cut
    });
  }
  for (int i = 0; i < 15; ++i) {
    w.turns.wait("short", [&](uint32_t) {
      order.push_back("short");
      return 100u;
    });
  }
  w.loop.run_ready();
  ASSERT_EQ(order.size(), 18u);
  EXPECT_EQ(order[0], "long");
  EXPECT_GE(std::count(order.begin(), order.begin() + 11, "short"), 9);
}

TEST(Turns, AtOnceIsForALittleAndComesAgainWithEachSlice) {
  Takers w;
  w.turns.set_limits({.at_once = 30, .first = 20});
  EXPECT_EQ(w.turns.at_once("a"), 20u);
  w.turns.made("a", 20);
  EXPECT_EQ(w.turns.at_once("a"), 20u);
  w.turns.made("a", 15);
  EXPECT_EQ(w.turns.at_once("a"), 0u);
  EXPECT_EQ(w.turns.at_once("b"), 20u);  // its own
  w.loop.run_ready();
  EXPECT_EQ(w.turns.at_once("a"), 20u);
  w.loop.run_ready();
  EXPECT_TRUE(w.loop.idle());
}

TEST(Turns, WhatStandsInLineWaitsWhileTheStoreTakesNothing) {
  Takers w;
  w.ready = false;
  w.add("a", 1);
  w.loop.run_for(10'000);
  EXPECT_TRUE(w.ended.empty());
  w.ready = true;
  w.loop.run_for(1'000);
  EXPECT_EQ(w.ended.size(), 1u);
}

TEST(Turns, OneSliceAtATimeSoThatTheLoopHasItsOther) {
  Takers w;
  w.turns.set_limits({.turn = 100, .slice = 100});
  w.add("a", 1'000);
  int between = 0;
  std::function<void()> other = [&] {
    ++between;
    if (w.ended.empty()) w.loop.post(other);
  };
  w.loop.post(other);
  w.loop.run_ready();
  EXPECT_GE(between, 10);
}

}  // namespace
