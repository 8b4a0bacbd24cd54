#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store/memory_store.h"

namespace {

using engine::Outcome;

constexpr std::string_view kMachine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
constexpr std::string_view kPass = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})";
constexpr std::string_view kFail = R"({"StartAt":"A","States":{"A":{"Type":"Fail","Error":"E"}}})";
constexpr std::string_view kWait = R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":100,"End":true}}})";

struct World : engine::Observer {
  World() { engine.set_observer(this); }

  std::string start(std::string_view definition, std::string name, std::string alias = "", std::string account = "000000000000") {
    const std::string key = engine.add_definition(definition, asl::compile(definition).machine);
    engine::Record record{.arn = "arn:aws:states:us-east-1:" + account + ":execution:m:" + name, .name = name, .machine_arn = std::string(kMachine),
                          .alias_arn = std::move(alias), .definition = key, .role_arn = "r", .input = "{}", .start = loop.clock().now()};
    std::string arn = record.arn;
    engine.start(std::move(record), json::Value::object(), "m", "us-east-1");
    return arn;
  }
  // Names in the order of the pages of that size.
  std::string list(engine::ListAsked asked) {
    std::string names, from;
    for (int page = 0; page < 100; ++page) {
      asked.from = from;
      auto found = engine.list(asked);
      for (const auto& entry : found.entries) names += std::string(entry.name()) + std::string(engine::status_text(entry.status)).substr(0, 1) + " ";
      EXPECT_LE(found.entries.size(), asked.limit);
      if (found.next.empty()) return names;
      from = found.next;
    }
    ADD_FAILURE() << "pages without end";
    return names;
  }
  size_t keys(store::Space space) {
    size_t n = 0;
    store.scan(space, "", "", store::Order::forward, [&](std::string_view, std::string_view) { return ++n, true; });
    return n;
  }

  void status_changed(const engine::Record& r) override {
    seen.push_back(std::string(engine::status_text(r.status)));
    if (r.status != Outcome::running) ended.push_back(r.arn);
  }
  // How many ended before that one.
  size_t before(const std::string& arn) const { return static_cast<size_t>(std::ranges::find(ended, arn) - ended.begin()); }
  void progressed(const engine::Record&, const std::vector<asl::Event>&) override {}
  void forgotten(const std::string& arn) override { gone.push_back(arn); }

  ManualLoop loop;
  store::MemoryStore store;
  SeededRandom random{1};
  engine::Engine engine{loop, store, random, [](std::string_view, uint64_t) { return std::string(); }};
  std::vector<std::string> seen, gone, ended;
};

TEST(Engine, ListingsMergeAllStatusesNewestFirstInPagesOfAnySize) {
  World w;
  for (int i = 0; i < 9; ++i) {
    w.start(i % 3 == 0 ? kPass : i % 3 == 1 ? kFail : kWait, std::to_string(i));
    w.loop.run_for(i % 2);  // some begin in the same millisecond
  }
  for (const size_t limit : {1, 2, 4, 100}) {
    EXPECT_EQ(w.list({.owner = kMachine, .limit = limit}), "8R 7F 6S 5R 4F 3S 2R 1F 0S ");
    EXPECT_EQ(w.list({.owner = kMachine, .status = Outcome::failed, .limit = limit}), "7F 4F 1F ");
  }
  EXPECT_EQ(w.engine.open_in(std::string(kMachine)), 3);
  EXPECT_EQ(w.engine.open_executions(kMachine, 2).size(), 2u);
}

TEST(Engine, AnAliasListsItsOwnAndARedriveMovesAnEntry) {
  World w;
  const std::string alias = std::string(kMachine) + ":prod";
  w.start(kFail, "a");
  const std::string b = w.start(kFail, "b", alias);
  w.start(kFail, "c", alias);
  EXPECT_EQ(w.list({.owner = alias}), "cF bF ");
  EXPECT_EQ(w.list({.owner = alias, .redrives = engine::Redrives::redriven}), "");
  w.seen.clear();
  EXPECT_EQ(w.engine.redrive(b, "t"), engine::Engine::Redriven::runs);
  EXPECT_EQ(w.seen, (std::vector<std::string>{"RUNNING", "FAILED"}));
  EXPECT_EQ(w.list({.owner = alias, .redrives = engine::Redrives::redriven}), "bF ");
  EXPECT_EQ(w.list({.owner = alias, .redrives = engine::Redrives::never}), "cF ");
  EXPECT_EQ(w.list({.owner = kMachine, .limit = 1}), "cF bF aF ");
  EXPECT_EQ(w.engine.redrive(b, "t"), engine::Engine::Redriven::runs);
  EXPECT_EQ(w.list({.owner = kMachine, .redrives = engine::Redrives::redriven}), "bF ");
  EXPECT_EQ(w.engine.find(b)->redrive_count, 2);
}

TEST(Engine, ARedrivenExecutionIsOpenAgain) {
  World w;
  const std::string arn = w.start(kWait, "a");
  w.engine.stop(arn, std::nullopt, std::nullopt);
  EXPECT_EQ(w.engine.open_in(arn), 0);
  w.engine.redrive(arn, "");
  EXPECT_TRUE(w.engine.is_open(arn));
  EXPECT_EQ(w.engine.open_in(arn), 1);
  EXPECT_EQ(w.list({.owner = kMachine}), "aR ");
  w.loop.run_for(100'000);
  EXPECT_EQ(w.list({.owner = kMachine}), "aS ");
  EXPECT_EQ(w.engine.redrive(arn, ""), engine::Engine::Redriven::impossible);
}

TEST(Engine, WhatIsOlderThanTheRetentionGoesWithoutATrace) {
  World w;
  const size_t index = w.keys(store::Space::index);
  w.engine.keep_for(1'000'000);
  for (int i = 0; i < 450; ++i) w.start(i % 2 == 0 ? kPass : kFail, std::to_string(i));
  const std::string open = w.start(kWait, "open");
  w.engine.redrive("arn:aws:states:us-east-1:000000000000:execution:m:1", "");
  w.loop.run_for(600'000);
  const std::string young = w.start(kPass, "young");
  EXPECT_EQ(w.gone.size(), 0u);
  w.loop.run_for(500'000);
  EXPECT_EQ(w.gone.size(), 450u);
  EXPECT_EQ(w.list({.owner = kMachine}), "youngS openS ");
  EXPECT_FALSE(w.engine.find("arn:aws:states:us-east-1:000000000000:execution:m:1"));
  w.start(kPass, "1");  // the name may be used again
  w.loop.run_for(1'200'000);
  EXPECT_EQ(w.keys(store::Space::executions), 0u);
  EXPECT_EQ(w.keys(store::Space::history), 0u);
  EXPECT_EQ(w.keys(store::Space::names), 0u);
  EXPECT_EQ(w.keys(store::Space::index), index);
}

// What passes through in one step is three keys: itself with its history, its name, its place in a listing.
TEST(Engine, WhatSucceedsAtOnceIsOneRow) {
  World w;
  const size_t index = w.keys(store::Space::index);
  const std::string arn = w.start(kPass, "a");
  EXPECT_EQ(w.keys(store::Space::executions), 1u);
  EXPECT_EQ(w.keys(store::Space::names), 1u);
  EXPECT_EQ(w.keys(store::Space::history), 0u);
  EXPECT_EQ(w.keys(store::Space::index), index + 1);
  const auto up = w.engine.history(arn, 1, 100, store::Order::forward);
  ASSERT_EQ(up.size(), 4u);
  EXPECT_EQ(up.front().type, asl::EventType::ExecutionStarted);
  const auto down = w.engine.history(arn, 3, 2, store::Order::backward);
  ASSERT_EQ(down.size(), 2u);
  EXPECT_EQ(down.front().id, 3u);
  EXPECT_FALSE(w.engine.deliver(arn, asl::OutOfTime{}));
  EXPECT_EQ(w.engine.redrive(arn, ""), engine::Engine::Redriven::impossible);
}

// Retention goes by rows where it can: what stands among them and stays does not keep it.
TEST(Engine, ForgettingPassesOverWhatRunsOn) {
  World w;
  w.start(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5000,"Next":"P"},"P":{"Type":"Pass","End":true}}})", "long");
  for (int i = 0; i < 1'200; ++i) w.start(kPass, std::to_string(i));
  for (int i = 0; i < 700; ++i) w.start(kWait, "w" + std::to_string(i));
  w.start(kPass, "last");
  w.loop.run_for(1'000'000);
  w.engine.keep_for(1'500'000);
  w.loop.run_for(400'000);
  EXPECT_EQ(w.gone.size(), 0u);
  w.loop.run_for(300'000);
  EXPECT_EQ(w.gone.size(), 1'901u);
  EXPECT_EQ(w.list({.owner = kMachine}), "longR ");
  w.loop.run_for(5'000'000);
  EXPECT_EQ(w.gone.size(), 1'902u);
  EXPECT_EQ(w.keys(store::Space::executions) + w.keys(store::Space::names) + w.keys(store::Space::history), 0u);
}

TEST(Engine, NoExecutionRunsForMoreThanAYear) {
  World w;
  w.engine.recover();
  const std::string arn = w.start(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":99999999,"End":true}}})", "old");
  w.loop.run_for(365LL * 86'400'000);
  EXPECT_TRUE(w.engine.is_open(arn));
  w.loop.run_for(2LL * 86'400'000);
  EXPECT_EQ(w.engine.find(arn)->status, Outcome::timed_out);
}

TEST(Engine, AnExpressExecutionRunsForFiveMinutes) {
  World w;
  w.engine.recover();
  const auto start = [&](std::string_view definition, std::string name) {
    const std::string key = w.engine.add_definition(definition, asl::compile(definition, {.express = true}).machine);
    engine::Record record{.arn = "arn:aws:states:us-east-1:000000000000:express:m:" + name + ":1", .name = name, .machine_arn = std::string(kMachine),
                          .definition = key, .role_arn = "r", .input = "{}", .start = w.loop.clock().now()};
    w.engine.start_express(std::move(record), json::Value::object(), "m", "us-east-1",
                           [&w](const engine::Record& closed) { w.gone.push_back(closed.name + " " + std::string(engine::status_text(closed.status))); });
  };
  start(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":299,"End":true}}})", "short");
  start(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":301,"End":true}}})", "long");
  start(R"({"StartAt":"A","TimeoutSeconds":900,"States":{"A":{"Type":"Wait","Seconds":800,"End":true}}})", "longer");
  w.loop.run_for(299'500);
  EXPECT_EQ(w.gone, std::vector<std::string>{"short SUCCEEDED"});
  w.loop.run_for(1'000);
  EXPECT_EQ(w.gone, (std::vector<std::string>{"short SUCCEEDED", "long TIMED_OUT", "longer TIMED_OUT"}));
  EXPECT_EQ(w.keys(store::Space::history), 0U) << "no history is kept";
}

TEST(Engine, ALongHistoryIsKeptInChunksAndReadFromAnywhere) {
  World w;
  std::string definition = R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemsPath":"$","ItemProcessor":)" + std::string(kPass) + "}}}";
  const std::string key = w.engine.add_definition(definition, asl::compile(definition).machine);
  std::vector<json::Value> items(1'000, json::Value(int64_t{1}));
  engine::Record record{.arn = "arn:aws:states:us-east-1:000000000000:execution:m:long", .name = "long", .machine_arn = std::string(kMachine), .definition = key,
                        .start = w.loop.clock().now()};
  const std::string arn = record.arn;
  w.engine.start(std::move(record), json::Value::array(std::move(items)), "m", "us-east-1");
  w.loop.run_ready();
  const uint64_t last = w.engine.find(arn)->events;
  EXPECT_EQ(last, 4'006u);
  EXPECT_GT(w.keys(store::Space::history), 15u);
  for (const uint64_t first : {uint64_t{1}, uint64_t{250}, uint64_t{251}, uint64_t{3'999}, last}) {
    const auto up = w.engine.history(arn, first, 300, store::Order::forward);
    EXPECT_EQ(up.size(), std::min<uint64_t>(300, last - first + 1));
    for (size_t i = 0; i < up.size(); ++i) EXPECT_EQ(up[i].id, first + i);
    const auto down = w.engine.history(arn, first, 300, store::Order::backward);
    EXPECT_EQ(down.size(), std::min<uint64_t>(300, first));
    for (size_t i = 0; i < down.size(); ++i) EXPECT_EQ(down[i].id, first - i);
  }
}

TEST(Engine, AHistoryDoesNotRunBackwardsWhenTheClockIsSetBack) {
  World w;
  const Instant begun = w.loop.clock().now();
  const std::string arn = w.start(kWait, "a");
  w.loop.run_ready();
  w.loop.clock().set(begun + -2 * 3'600'000);
  // Nor after a restart, with nothing but what is stored.
  engine::Engine again(w.loop, w.store, w.random, [](std::string_view, uint64_t) { return std::string(); });
  again.recover();
  w.loop.run_ready();
  again.stop(arn, std::nullopt, std::nullopt);
  const auto events = again.history(arn, 1, 100, store::Order::forward);
  ASSERT_EQ(events.size(), 3u);
  for (const asl::Event& event : events) EXPECT_EQ(event.at, begun) << event.id;
  EXPECT_EQ(again.find(arn)->stop, begun);
}

TEST(Engine, WhatWaitsLeavesMemoryAndGoesOnWhenItsTimeComes) {
  World w;
  w.engine.keep_resident(2);
  std::vector<std::string> arns;
  for (int i = 0; i < 9; ++i) arns.push_back(w.start(kWait, std::to_string(i)));
  w.loop.run_ready();
  EXPECT_EQ(w.engine.resident_count(), 2u);
  EXPECT_EQ(w.engine.open_count(), 9u);
  EXPECT_EQ(w.engine.timer_count(), 9u);
  // One that is away is stopped, looked at, told something that it does not wait for.
  w.engine.stop(arns[0], "E", "c");
  EXPECT_EQ(w.engine.find(arns[0])->status, Outcome::aborted);
  EXPECT_FALSE(w.engine.deliver(arns[1], asl::TaskSucceeded{7, json::Value(1)}));
  EXPECT_TRUE(w.engine.is_open(arns[2]));
  EXPECT_EQ(w.engine.resident_count(), 2u);
  EXPECT_EQ(w.engine.open_count(), 8u);
  EXPECT_EQ(w.engine.timer_count(), 8u);
  w.loop.run_for(100'000);
  for (size_t i = 1; i < arns.size(); ++i) EXPECT_EQ(w.engine.find(arns[i])->status, Outcome::succeeded) << i;
  EXPECT_EQ(w.engine.open_count(), 0u);
  EXPECT_EQ(w.engine.timer_count(), 0u);
}

TEST(Engine, WhatHasRunForAYearEndsWhetherItIsInMemoryOrNot) {
  World w;
  w.engine.keep_resident(1);
  w.engine.recover();
  constexpr std::string_view kLong = R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":40000000,"End":true}}})";
  for (int i = 0; i < 500; ++i) w.start(kLong, std::to_string(i));
  const std::string arn = w.start(kLong, "last");
  constexpr int64_t kHourMs = 3'600'000;
  const Instant begun = w.loop.clock().now();
  w.loop.clock().set(begun + (366 * 24 - 2) * kHourMs);
  w.loop.run_for(kHourMs);
  EXPECT_EQ(w.engine.open_count(), 501u);
  w.loop.run_for(3 * kHourMs);
  EXPECT_EQ(w.engine.open_count(), 0u);
  EXPECT_NE(w.engine.find(arn)->status, Outcome::running);
}

TEST(Engine, ATimerIsNeitherEarlyNorLostWhenTheClockIsSet) {
  World w;
  const Instant begun = w.loop.clock().now();
  const std::string early = w.start(kWait, "early");
  w.loop.run_for(50'000);
  // Back by two hours: what the clock will say at its end has not come yet.
  w.loop.clock().set(begun + -2 * 3'600'000);
  w.loop.run_for(2 * 3'600'000 + 99'999);
  EXPECT_TRUE(w.engine.is_open(early));
  w.loop.run_for(61'000);  // the longest sleep between two looks at the clock
  EXPECT_EQ(w.engine.find(early)->status, Outcome::succeeded);
  // Forward by two hours: a wait that is over is seen to be within a minute.
  const std::string late = w.start(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":7200,"End":true}}})", "late");
  w.loop.run_ready();
  w.loop.clock().set(w.loop.clock().now() + 2 * 3'600'000);
  w.loop.run_for(60'000);
  EXPECT_EQ(w.engine.find(late)->status, Outcome::succeeded);
}

// Counts to that number: three transitions a round.
std::string count_to(int n) {
  return R"x({"StartAt":"I","States":{"I":{"Type":"Pass","Result":0,"ResultPath":"$.n","Next":"C"},
    "C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":)x" + std::to_string(n) + R"x(,"Next":"A"}],"Default":"E"},
    "A":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"C"},"E":{"Type":"Succeed"}}})x";
}

TEST(Engine, ASmallExecutionEndsBeforeTheHeavyOnesOfAnotherAccount) {
  World w;
  for (int i = 0; i < 12; ++i) w.start(count_to(4'000), std::to_string(i));
  EXPECT_EQ(w.ended.size(), 0u);  // none keeps the loop until its end
  const std::string one = w.start(kPass, "one", "", "111111111111");
  EXPECT_EQ(w.before(one), 0u);  // at once
  const std::string some = w.start(count_to(1'500), "some", "", "111111111111");
  EXPECT_TRUE(w.engine.is_open(some));
  w.loop.run_ready();
  EXPECT_EQ(w.before(some), 1u);
  EXPECT_EQ(w.ended.size(), 14u);
  for (const std::string& arn : w.ended) EXPECT_EQ(w.engine.find(arn)->status, Outcome::succeeded) << arn;
  EXPECT_EQ(w.engine.find(some)->events, 2u + 2u * (3u + 2u * 1'500u));
}

TEST(Engine, ALongEvaluationCountsForManyTransitions) {
  World w;
  constexpr std::string_view kLong = R"x({"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% $sum([1..60000].($ * 2)) %}","End":true}}})x";
  EXPECT_EQ(w.engine.find(w.start(kLong, "first"))->status, Outcome::succeeded);
  const std::string second = w.start(kLong, "second");
  EXPECT_TRUE(w.engine.is_open(second));  // the account has done enough for the moment
  EXPECT_EQ(w.engine.find(w.start(kPass, "other", "", "111111111111"))->status, Outcome::succeeded);
  w.loop.run_ready();
  EXPECT_EQ(w.engine.find(second)->status, Outcome::succeeded);
}

TEST(Engine, TimersOfOneAccountThatComeDueTogetherKeepNoOther) {
  World w;
  const std::string text = count_to(1'000);
  const std::string wait_first = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"Next":"I"},)" + text.substr(text.find("\"I\":{"));
  for (int i = 0; i < 30; ++i) w.start(wait_first, std::to_string(i));
  const std::string other = w.start(kWait, "other", "", "111111111111");
  const std::string cleared = w.start(kWait, "cleared");
  w.engine.set_turns({.turn = 100, .slice = 100});
  w.loop.run_for(99'999);
  w.engine.stop(cleared, std::nullopt, std::nullopt);
  w.loop.run_for(1);
  EXPECT_EQ(w.before(other), 1u);
  EXPECT_EQ(w.ended.size(), 32u);
  EXPECT_EQ(w.engine.find(cleared)->status, Outcome::aborted);
  EXPECT_EQ(w.engine.timer_count(), 0u);
}

TEST(Engine, ATimerThatStandsInLineIsGoneWithItsExecution) {
  World w;
  w.engine.set_turns({.at_once = 1'000, .first = 1'000, .turn = 1, .slice = 1});
  std::vector<std::string> arns;
  for (int i = 0; i < 100; ++i) arns.push_back(w.start(kWait, std::to_string(i)));
  w.loop.run_ready();
  // In the middle of the turns somebody stops the last of them.
  w.loop.after(100'000, [&] { w.loop.post([&] { w.engine.stop(arns.back(), std::nullopt, std::nullopt); }); });
  w.loop.run_for(100'000);
  EXPECT_EQ(w.engine.find(arns.back())->status, Outcome::aborted);
  EXPECT_EQ(w.engine.find(arns.front())->status, Outcome::succeeded);
  EXPECT_EQ(w.engine.open_count(), 0u);
}

// What goes out is written down.
struct Outside : engine::ActionSink {
  void schedule(const engine::Record& execution, const asl::ScheduleTask&) override { asked.push_back(execution.arn); }
  void cancel(const engine::Record&, const asl::CancelTask&) override {}
  void read_items(const engine::Record&, const asl::ReadItems&) override {}
  void start_map_run(const engine::Record&, const asl::StartMapRun&) override {}
  void stop_map_run(const engine::Record&, const asl::StopMapRun&) override {}
  bool has_activity(std::string_view) const override { return true; }
  std::vector<std::string> asked;
};

TEST(Engine, TasksOfOneAccountGoOutBetweenThoseOfAnother) {
  World w;
  Outside outside;
  w.engine.set_sink(&outside);
  constexpr std::string_view kTask = R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}}})";
  for (int i = 0; i < 500; ++i) w.start(kTask, std::to_string(i));
  const std::string other = w.start(kTask, "other", "", "111111111111");
  w.loop.run_ready();
  EXPECT_EQ(outside.asked.size(), 501u);
  EXPECT_LE(std::ranges::find(outside.asked, other) - outside.asked.begin(), 100);
}

TEST(Engine, WhatComesByNamesFromOutsideIsForgottenAgain) {
  World w;
  w.engine.keep_definitions(2'000);
  std::vector<std::string> arns;
  for (int i = 0; i < 300; ++i) {
    const std::string text = R"({"Comment":")" + std::to_string(i) + R"(","StartAt":"A","States":{"A":{"Type":"Wait","Seconds":10,"End":true}}})";
    arns.push_back(w.start(text, std::to_string(i), "", std::to_string(100'000'000'000 + i)));
  }
  EXPECT_LE(w.engine.definition_count(), 30u);
  EXPECT_EQ(w.engine.scope_count(), 300u);
  // Each goes on with its own, and a new start finds it again.
  w.loop.run_for(10'000);
  for (const std::string& arn : arns) EXPECT_EQ(w.engine.find(arn)->status, Outcome::succeeded);
  EXPECT_EQ(w.engine.definition_text(w.engine.find(arns[7])->definition)->substr(0, 14), R"({"Comment":"7")");
  EXPECT_EQ(w.engine.scope_count(), 0u);
}

TEST(Engine, AHistoryIsForgottenWholeWhetherItsChunksAreKnownOrNot) {
  World w;
  w.engine.keep_resident(1);
  const std::string around = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"I"},)";
  const auto waits_and_counts = [&](int n) {
    const std::string text = count_to(n);
    return around + text.substr(text.find(R"("I":{)"));
  };
  w.start(kPass, "one chunk");
  w.start(count_to(600), "many chunks");
  w.start(waits_and_counts(100), "left memory");
  w.start(kWait, "waits");  // and so the one before leaves
  w.start(kFail, "redriven");
  w.loop.run_for(2'000);
  const std::string redriven = "arn:aws:states:us-east-1:000000000000:execution:m:redriven";
  EXPECT_EQ(w.engine.redrive(redriven, "t"), engine::Engine::Redriven::runs);
  w.loop.run_for(200'000);
  EXPECT_EQ(w.engine.open_count(), 0u);
  EXPECT_GT(w.keys(store::Space::history), 10u);
  w.engine.keep_for(1'000);
  w.loop.run_for(10'000);
  EXPECT_EQ(w.gone.size(), 5u);
  for (const store::Space space : {store::Space::history, store::Space::executions, store::Space::names, store::Space::index}) EXPECT_EQ(w.keys(space), 0u);
}

}  // namespace
