// Retry, Catch, time limits and the limits of data and history (spec/asl.md 5, 6, 8).
#include <gtest/gtest.h>

#include "language/asl/scripted.h"

namespace {

using asl::Outcome;
using asl::Scripted;

// A Task with these fields before a Pass "After", and its Catch leading to "Caught".
std::string task(std::string_view fields) {
  const bool catches = fields.contains(R"("Caught")");
  return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{},)" + std::string(fields) +
         R"(,"Next":"After"},"After":{"Type":"Pass","End":true})" + (catches ? R"(,"Caught":{"Type":"Pass","End":true}}})" : "}}");
}

asl::TaskFailed failed(const asl::ScheduleTask& task, std::string error) { return {.task = task.task, .error = std::move(error), .cause = "c"}; }

// How long after one another a task that always fails is tried, in ms.
std::vector<int64_t> delays(std::string_view retry, std::string error = "E") {
  Scripted run(task(R"("Retry":)" + std::string(retry)));
  std::vector<int64_t> out;
  Instant last = run.now;
  run.finish([&](const asl::ScheduleTask& t) {
    out.push_back(run.now - last);
    last = run.now;
    return failed(t, error);
  });
  EXPECT_EQ(run.execution->outcome(), Outcome::failed);
  EXPECT_EQ(run.execution->error(), error);
  out.erase(out.begin());
  return out;
}
using Delays = std::vector<int64_t>;

TEST(Retry, HasDefaultsOfOneSecondThreeTimesDoubled) { EXPECT_EQ(delays(R"([{"ErrorEquals":["States.ALL"]}])"), (Delays{1000, 2000, 4000})); }

TEST(Retry, DelaysGrowByTheirRateUpToTheirMost) {
  EXPECT_EQ(delays(R"([{"ErrorEquals":["E"],"IntervalSeconds":3,"BackoffRate":1.5,"MaxAttempts":4}])"), (Delays{3000, 4500, 6750, 10125}));
  EXPECT_EQ(delays(R"([{"ErrorEquals":["E"],"IntervalSeconds":3,"BackoffRate":10,"MaxAttempts":4,"MaxDelaySeconds":20}])"), (Delays{3000, 20000, 20000, 20000}));
}

TEST(Retry, FullJitterStaysWithinTheDelay) {
  const Delays jittered = delays(R"([{"ErrorEquals":["E"],"IntervalSeconds":100,"BackoffRate":1,"MaxAttempts":20,"JitterStrategy":"FULL"}])");
  ASSERT_EQ(jittered.size(), 20u);
  for (const int64_t ms : jittered) EXPECT_TRUE(ms >= 0 && ms < 100'000) << ms;
  EXPECT_GT(*std::ranges::max_element(jittered), *std::ranges::min_element(jittered));
}

TEST(Retry, OfNoAttemptsIsNone) { EXPECT_EQ(delays(R"([{"ErrorEquals":["E"],"MaxAttempts":0}])"), Delays{}); }

TEST(Retry, TheFirstThatNamesTheErrorCounts) {
  EXPECT_EQ(delays(R"([{"ErrorEquals":["X"],"IntervalSeconds":7},{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":1},{"ErrorEquals":["States.ALL"]}])"), (Delays{2000}));
}

TEST(Retry, EachCountsItsOwnAttempts) {
  Scripted run(task(R"("Retry":[{"ErrorEquals":["A"],"IntervalSeconds":1,"MaxAttempts":2},{"ErrorEquals":["B"],"IntervalSeconds":10,"MaxAttempts":1}])"));
  int attempt = 0;
  const Instant begun = run.now;
  run.finish([&](const asl::ScheduleTask& t) -> asl::Input {
    const char* errors[] = {"A", "B", "A"};
    if (attempt < 3) return failed(t, errors[attempt++]);
    return asl::TaskSucceeded{t.task, 1};
  });
  EXPECT_EQ(run.execution->outcome(), Outcome::succeeded);
  EXPECT_EQ(run.now - begun, 1'000 + 10'000 + 2'000);
}

TEST(Retry, CountsAnewWhenTheStateIsEnteredAgain) {
  Scripted run(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"n.$":"$$.State.RetryCount"},"ResultPath":"$.r",
    "Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Next":"C"},
    "C":{"Type":"Choice","Choices":[{"Variable":"$.r","NumericEquals":2,"Next":"D"}],"Default":"T"},"D":{"Type":"Succeed"}}})");
  int calls = 0;
  std::string counts;
  run.finish([&](const asl::ScheduleTask& t) -> asl::Input {
    counts += json::write(t.parameters["n"]);
    ++calls;
    if (calls % 2 == 1) return failed(t, "E");
    return asl::TaskSucceeded{t.task, calls / 2};
  });
  EXPECT_EQ(run.execution->outcome(), Outcome::succeeded);
  EXPECT_EQ(counts, "0101");
}

TEST(Retry, AParallelRunsAllItsBranchesAgain) {
  Scripted run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true,"Branches":[
    {"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}]}}})");
  run.finish();
  // spec/sfn-api.md 4, measured: a second ParallelStateStarted follows directly.
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 ParallelStateEntered\n3<2 ParallelStateStarted\n4<3 FailStateEntered\n5<4 ParallelStateStarted\n"
                         "6<5 FailStateEntered\n7<6 ParallelStateFailed\n8<7 ExecutionFailed\n");
}

std::string caught_by(std::string_view names, const std::string& error) {
  Scripted run(task(R"("Catch":[{"ErrorEquals":)" + std::string(names) + R"(,"Next":"Caught"}])"));
  run.finish([&](const asl::ScheduleTask& t) { return failed(t, error); });
  return run.execution->outcome() == Outcome::succeeded ? run.output() : "failed";
}

TEST(Catch, NamesErrors) {
  EXPECT_EQ(caught_by(R"(["E"])", "E"), R"({"Error":"E","Cause":"c"})");
  EXPECT_EQ(caught_by(R"(["e"])", "E"), "failed") << "names are case-sensitive";
  EXPECT_EQ(caught_by(R"(["States.ALL"])", "E"), R"({"Error":"E","Cause":"c"})");
  EXPECT_EQ(caught_by(R"(["States.TaskFailed"])", "SNS.NotFoundException"), R"({"Error":"SNS.NotFoundException","Cause":"c"})");
  EXPECT_EQ(caught_by(R"(["States.TaskFailed"])", "States.Timeout"), "failed");
  EXPECT_EQ(caught_by(R"(["States.ALL"])", "States.Runtime"), "failed");
  EXPECT_EQ(caught_by(R"(["States.Runtime"])", "States.Runtime"), "failed") << "nothing rescues it, not even its name";
}

TEST(Catch, ComesWhenNoRetryIsLeft) {
  Scripted run(task(R"("Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["X"],"Next":"After"},{"ErrorEquals":["E"],"Next":"Caught","ResultPath":"$.error"}])"), R"({"k":1})");
  int calls = 0;
  run.finish([&](const asl::ScheduleTask& t) {
    ++calls;
    return failed(t, "E");
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(run.output(), R"({"k":1,"error":{"Error":"E","Cause":"c"}})");
}

TEST(Catch, TakesWhatAParallelsBranchFailedWith) {
  Scripted run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Catch":[{"ErrorEquals":["E"],"Next":"C"}],"Next":"C","Branches":[
    {"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"why"}}}]},"C":{"Type":"Pass","End":true}}})");
  run.finish();
  EXPECT_EQ(run.output(), R"({"Error":"E","Cause":"why"})");
}

// --- time ---------------------------------------------------------------------------------------------------

TEST(Timeout, CountsFromEachAttempt) {
  Scripted run(task(R"("TimeoutSeconds":5,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1,"MaxAttempts":1}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}])"));
  const Instant begun = run.now;
  run.finish();
  EXPECT_EQ(run.now - begun, 5'000 + 1'000 + 5'000);
  EXPECT_EQ(run.output(), R"({"Error":"States.Timeout"})");
  EXPECT_EQ(run.cancels.size(), 2u);
}

TEST(Timeout, MayBeLookedUp) {
  Scripted run(task(R"("TimeoutSecondsPath":"$.s")"), R"({"s":8})");
  const Instant begun = run.now;
  run.finish();
  EXPECT_EQ(run.now - begun, 8'000);
  EXPECT_EQ(run.execution->error(), "States.Timeout");
  Scripted wrong(task(R"("TimeoutSecondsPath":"$.s","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}])"), R"({"s":"8"})");
  wrong.finish();
  EXPECT_EQ(wrong.execution->error(), "States.Runtime");
}

TEST(Timeout, OfTheMachineEndsTheExecution) {
  Scripted run(R"({"StartAt":"W","TimeoutSeconds":10,"States":{"W":{"Type":"Wait","Seconds":11,"End":true}}})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::timed_out);
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 WaitStateEntered\n3<0 ExecutionTimedOut\n");
}

TEST(Heartbeat, ThatIsMissedIsATimeoutUnderTwoNames) {
  for (const auto& [name, caught] : {std::pair("States.HeartbeatTimeout", true), std::pair("States.Timeout", true), std::pair("States.TaskFailed", false)}) {
    Scripted run(task(R"("HeartbeatSeconds":5,"TimeoutSeconds":60,"Catch":[{"ErrorEquals":[")" + std::string(name) + R"("],"Next":"Caught"}])"));
    run.finish();
    EXPECT_EQ(run.execution->outcome() == Outcome::succeeded, caught) << name;
    EXPECT_NE(run.types().find("TaskTimedOut"), std::string::npos);
  }
  Scripted slow(task(R"("TimeoutSeconds":60,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"Caught"}])"));
  slow.finish();
  EXPECT_EQ(slow.execution->outcome(), Outcome::failed) << "a task that is merely slow has missed no heartbeat";
}

TEST(Heartbeat, SetsTheClockBackEachTime) {
  Scripted run(task(R"("HeartbeatSeconds":5,"TimeoutSeconds":60)"));
  run.give(asl::Start{});
  const Instant begun = run.now;
  for (int i = 0; i < 3; ++i) {
    run.now = run.now + 4'000;
    run.give(asl::TaskHeartbeat{run.tasks[0].task});
  }
  ASSERT_EQ(run.execution->outcome(), Outcome::running);
  const auto timers = run.execution->timers();
  const auto next = *std::ranges::min_element(timers, {}, &asl::SetTimer::due);
  EXPECT_EQ(next.due - begun, 12'000 + 5'000);
}

// --- limits ---------------------------------------------------------------------------------------------------

TEST(DataLimit, StandsForWhatATaskGivesAndIsCaughtByAll) {
  Scripted run(task(R"("Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}])"));
  run.finish([](const asl::ScheduleTask& t) { return asl::TaskSucceeded{t.task, std::string(262'143, 'a')}; });
  EXPECT_EQ(run.output(), R"({"Error":"States.DataLimitExceeded","Cause":"The state/task 'sns' returned a result with a size exceeding the maximum number of bytes service limit."})");
  Scripted fits(task(R"("Comment":"")"));
  fits.finish([](const asl::ScheduleTask& t) { return asl::TaskSucceeded{t.task, std::string(262'142, 'a')}; });
  EXPECT_EQ(fits.execution->outcome(), Outcome::succeeded) << "the quotes count: 262,144 bytes are allowed";
}

TEST(DataLimit, CountsBytesOfUtf8) {
  std::string text;
  for (int i = 0; i < 131'072; ++i) text += "é";
  Scripted run(task(R"("Comment":"")"));
  run.finish([&](const asl::ScheduleTask& t) { return asl::TaskSucceeded{t.task, text}; });
  EXPECT_EQ(run.execution->error(), "States.DataLimitExceeded");
}

TEST(DataLimit, StandsForWhatAStateMakesOfItsInput) {
  const std::string big = R"({"a":")" + std::string(200'000, 'x') + R"("})";
  Scripted pass(R"({"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"one.$":"$.a","two.$":"$.a"},"End":true}}})", big);
  pass.finish();
  EXPECT_EQ(pass.execution->error(), "States.DataLimitExceeded");
  EXPECT_EQ(pass.execution->cause(), "The state/task 'P' returned a result with a size exceeding the maximum number of bytes service limit.");
  Scripted sent(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"one.$":"$.a","two.$":"$.a"},"End":true}}})", big);
  sent.finish();
  EXPECT_EQ(sent.execution->error(), "States.DataLimitExceeded");
  EXPECT_TRUE(sent.tasks.empty());
  Scripted gathered(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},
    {"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}]}}})", big);
  gathered.finish();
  EXPECT_EQ(gathered.execution->error(), "States.DataLimitExceeded");
}

TEST(DataLimit, StandsForVariables) {
  const std::string big = R"({"a":")" + std::string(200'000, 'x') + R"("})";
  Scripted one(R"({"StartAt":"P","States":{"P":{"Type":"Pass","Assign":{"v.$":"$.a","w.$":"$.a"},"End":true}}})", big);
  one.finish();
  EXPECT_EQ(one.execution->error(), "States.DataLimitExceeded") << "of one Assign";
  // The same variable again and again is one; 60 of them are 12 MB.
  std::string states;
  for (int i = 0; i < 60; ++i) states += R"("P)" + std::to_string(i) + R"(":{"Type":"Pass","Assign":{"same.$":"$.a"},"Next":"P)" + std::to_string(i + 1) + R"("},)";
  Scripted same(R"({"StartAt":"P0","States":{)" + states + R"("P60":{"Type":"Succeed"}}})", big);
  same.finish();
  EXPECT_EQ(same.execution->outcome(), Outcome::succeeded);
  states.clear();
  for (int i = 0; i < 60; ++i) states += R"("P)" + std::to_string(i) + R"(":{"Type":"Pass","Assign":{"v)" + std::to_string(i) + R"(.$":"$.a"},"Next":"P)" + std::to_string(i + 1) + R"("},)";
  Scripted many(R"({"StartAt":"P0","States":{)" + states + R"("P60":{"Type":"Succeed"}}})", big);
  many.finish();
  EXPECT_EQ(many.execution->error(), "States.DataLimitExceeded");
  EXPECT_TRUE(many.execution->cause()->contains("'P52'")) << *many.execution->cause();
}

TEST(EvaluationFailed, PointsToWhatWasBeforeTheTransitionThatEnteredTheState) {
  Scripted first(R"({"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% $none.a %}","End":true}}})");
  first.finish();
  ASSERT_EQ(first.events.size(), 4u);
  EXPECT_EQ(first.events[2].type, asl::EventType::EvaluationFailed);
  EXPECT_EQ(first.events[2].previous, 0u);
  EXPECT_EQ(first.events[3].previous, 3u);
  Scripted second(R"({"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Next":"P"},"P":{"Type":"Map","Items":"{% true %}",
    "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}})");
  second.finish();
  ASSERT_EQ(second.events.size(), 7u);
  EXPECT_EQ(second.events[4].type, asl::EventType::EvaluationFailed);
  EXPECT_EQ(second.events[4].previous, 3u);
  EXPECT_EQ(second.events[5].previous, 5u) << "MapStateFailed";
  Scripted wait(R"({"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"{% 'never' %}","End":true}}})");
  wait.finish();
  ASSERT_EQ(wait.events.size(), 4u);
  EXPECT_EQ(wait.events[2].previous, 2u) << "a Wait is entered first";
  Scripted late(R"({"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Arguments":{},
    "Output":"{% $none.a %}","End":true}}})");
  late.finish([](const asl::ScheduleTask& t) { return asl::TaskSucceeded{t.task, "done"}; });
  ASSERT_EQ(late.events.size(), 7u);
  EXPECT_EQ(late.events[5].type, asl::EventType::EvaluationFailed);
  EXPECT_EQ(late.events[5].previous, 5u) << "behind the task's own events it points to the last of them";
}

TEST(MapState, ThatIsInlineMayNameItsToleranceWithoutEffect) {
  Scripted run(R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":[1],"ToleratedFailurePercentage":100,"ToleratedFailureCount":"{% 1 %}",
    "ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}},"End":true}}})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::failed);
  EXPECT_EQ(run.execution->error(), "E");
}

TEST(HistoryLimit, StandsInsideOfMapsToo) {
  Scripted run(R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Choice",
    "Choices":[{"Variable":"$","IsNull":true,"Next":"Z"}],"Default":"B"},"B":{"Type":"Pass","Next":"A"},"Z":{"Type":"Succeed"}}},"End":true}}})", "[1,2,3]");
  run.give(asl::Start{});
  while (run.execution->outcome() == Outcome::running) run.give(asl::Continue{});
  EXPECT_EQ(run.events.size(), 25'000u);
  EXPECT_EQ(run.events.back().id, 25'000u);
  EXPECT_EQ(run.events.back().type, asl::EventType::ExecutionFailed);
  EXPECT_EQ(run.execution->error(), "States.Runtime");
}

}  // namespace
