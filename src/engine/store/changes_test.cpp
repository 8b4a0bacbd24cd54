#include "engine/store/changes.h"

#include <gtest/gtest.h>

namespace {

using store::Changes;

TEST(Changes, WakesOnceUntilWhatChangedIsTaken) {
  Changes changes;
  int woken = 0;
  changes.listen([&] { ++woken; });
  Changes::Topic one{.keys = {Changes::key("ecs/task", "1", "r", "a")}}, all{.keys = {Changes::key("ecs/task", "1", "r")}};
  changes.watch(one);
  changes.watch(all);
  changes.say("ecs/task", "1", "r", "a");
  changes.say("ecs/task", "1", "r", "b");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(changes.take().size(), 2u);
  changes.say("ecs/task", "1", "r", "b");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(changes.take(), std::vector<Changes::Topic*>{&all});
  EXPECT_TRUE(changes.take().empty());
}

TEST(Changes, AnIdStandsForWhatLiesBelowItAndForNothingElse) {
  Changes changes;
  changes.listen([] {});
  Changes::Topic stack{.keys = {Changes::key("resource", "1", "r", "uuid")}}, group{.keys = {Changes::key("stream", "1", "r", "/aws/x")}};
  changes.watch(stack);
  changes.watch(group);
  changes.say("resource", "1", "r", "uuid2");
  changes.say("resource", "2", "r", "uuid");
  changes.say("resource", "1", "s", "uuid");
  changes.say("stream", "1", "r", "/aws/xy\1s");
  EXPECT_TRUE(changes.take().empty());
  changes.say("resource", "1", "r", "uuid/Queue");
  changes.say("stream", "1", "r", "/aws/x\1s/t");
  EXPECT_EQ(changes.take().size(), 2u);
}

TEST(Changes, WhatNobodyWatchedIsKnownToHaveChanged) {
  Changes changes;
  changes.listen([] { FAIL() << "nobody watches"; });
  const Changes::Topic early{.keys = {Changes::key("k", "1", "r", "a")}}, late{.keys = {Changes::key("k", "1", "r", "b")}};
  changes.say("k", "1", "r", "a");
  const auto between = changes.now();
  changes.say("k", "1", "r", "b");
  EXPECT_TRUE(changes.changed_since(early, 0));
  EXPECT_FALSE(changes.changed_since(early, between));
  EXPECT_TRUE(changes.changed_since(late, between));
}

TEST(Changes, WhoNoLongerWatchesIsToldNothing) {
  Changes changes;
  changes.listen([] {});
  Changes::Topic topic{.keys = {Changes::key("k", "1", "r"), Changes::key("l", "1", "r")}};
  changes.watch(topic);
  changes.say("k", "1", "r", "a");
  changes.unwatch(topic);
  changes.say("l", "1", "r", "a");
  EXPECT_TRUE(changes.take().empty());
  EXPECT_FALSE(topic.changed);
}

TEST(Changes, NothingIsNotedWhileNobodyListens) {
  Changes changes;
  changes.say("k", "1", "r", "a");
  EXPECT_FALSE(changes.listening());
  EXPECT_EQ(changes.now(), 0u);
  changes.listen([] {});
  changes.say("k", "1", "r", "a");
  EXPECT_EQ(changes.now(), 1u);
  changes.ignore();
  changes.say("k", "1", "r", "a");
  EXPECT_EQ(changes.now(), 1u);
}

}  // namespace
