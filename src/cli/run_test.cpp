#include "cli/run.h"

#include <gtest/gtest.h>

#include "cli/picture.h"
#include "language/json/parse.h"

namespace {

using engine::Outcome;

struct NoHttp final : net::HttpClient {
  void send(net::Request, net::SendOptions, Done done) override { done(fail("HttpConnection", "There is no network here.")); }
};

// A run in virtual time.
struct Ran {
  explicit Ran(std::string_view definition, std::string_view mocks = "", std::string_view input = "{}") {
    auto compiled = asl::compile(definition);
    EXPECT_TRUE(compiled.machine) << asl::join_errors(compiled.diagnostics);
    machine = compiled.machine;
    cli::Run::Settings settings{.definition = std::string(definition), .machine = machine, .input = *json::parse(input)};
    if (!mocks.empty()) {
      auto parsed = cli::Mocks::parse(mocks, "");
      EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
      if (parsed) settings.mocks = *std::move(parsed);
    }
    run.emplace(loop, random, http, std::move(settings), nullptr, nullptr);
    run->start();
    // Not to the last of the engine's own timers: it looks after old executions every hour, for ever.
    for (int days = 0; !run->ended() && days < 100 * 366; ++days) loop.run_for(86'400'000);
  }
  std::string types() const {
    std::string out;
    for (const auto& event : run->history()) out += (out.empty() ? "" : " ") + std::string(asl::type_name(event.type));
    return out;
  }
  std::string drawn() const {
    std::string out;
    for (const auto& line : cli::Picture(*machine).draw(run->progress(), loop_now(), 0, 100, cli::Terminal{})) out += line + "\n";
    return out;
  }
  Instant loop_now() const { return loop.clock().now(); }

  mutable ManualLoop loop;
  SeededRandom random{7};
  NoHttp http;
  std::shared_ptr<const asl::Machine> machine;
  std::optional<cli::Run> run;
};

TEST(Run, AYearPassesAtOnceWithTheHistoryOfAYear) {
  Ran ran(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":31536000,"Next":"D"},"D":{"Type":"Succeed"}}})");
  ASSERT_TRUE(ran.run->ended());
  EXPECT_EQ(ran.run->record().status, Outcome::succeeded);
  EXPECT_EQ(ran.run->record().stop - ran.run->record().start, 31'536'000'000);
  EXPECT_EQ(ran.types(), "ExecutionStarted WaitStateEntered WaitStateExited SucceedStateEntered SucceedStateExited ExecutionSucceeded");
}

constexpr auto kCharge = R"({"StartAt":"Charge","States":{
  "Charge":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},"OutputPath":"$.Payload",
    "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":10,"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Sorry"}],"End":true},
  "Sorry":{"Type":"Pass","End":true}}})";

TEST(Run, AMockAnswersOneCallAfterAnother) {
  Ran ran(kCharge, R"({"states":{"Charge":[{"error":"Busy","cause":"later"},{"result":{"Payload":{"id":1}},"after":5}]}})");
  EXPECT_EQ(ran.run->record().output, R"({"id":1})");
  EXPECT_EQ(ran.run->record().stop - ran.run->record().start, 15'000) << "ten seconds of back-off, five of work";
  EXPECT_EQ(ran.types(), "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded");
  EXPECT_TRUE(ran.drawn().contains("✔ Charge")) << ran.drawn();
  EXPECT_TRUE(ran.drawn().contains("↻ 1")) << ran.drawn();
  EXPECT_TRUE(ran.drawn().contains("○ Sorry")) << ran.drawn();
}

TEST(Run, StepFunctionsLocalsMocksAnswerByCall) {
  Ran ran(kCharge, R"({"StateMachines":{"M":{"TestCases":{"C":{"Charge":"R"}}}},
    "MockedResponses":{"R":{"0-1":{"Throw":{"Error":"Busy","Cause":"c"}},"2":{"Throw":{"Error":"Gone","Cause":"for good"}}}}})");
  EXPECT_EQ(ran.run->record().output, R"({"Error":"Gone","Cause":"for good"})");
  EXPECT_TRUE(ran.drawn().contains("↷ Charge")) << ran.drawn();
}

TEST(Run, ATaskWithoutAMockIsRefusedWithTheMockThatItNeeds) {
  Ran ran(kCharge);
  ASSERT_TRUE(ran.run->refusal());
  EXPECT_TRUE(ran.run->refusal()->contains("'Charge' calls arn:aws:states:::lambda:invoke")) << *ran.run->refusal();
  EXPECT_TRUE(ran.run->refusal()->contains(R"({"states": {"Charge": {"result": {}}}})")) << *ran.run->refusal();
  EXPECT_EQ(ran.run->record().status, Outcome::aborted);
}

TEST(Run, ACallThatNoMockCountsOnIsRefused) {
  Ran ran(kCharge, R"({"StateMachines":{"M":{"TestCases":{"C":{"Charge":"R"}}}},"MockedResponses":{"R":{"0":{"Throw":{"Error":"Busy","Cause":"c"}}}}})");
  ASSERT_TRUE(ran.run->refusal());
  EXPECT_TRUE(ran.run->refusal()->contains("no answer for call 1")) << *ran.run->refusal();
}

TEST(Run, WhatIsWaitedForIsSubmittedFirst) {
  Ran ran(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody.$":"$$.Task.Token"},
    "TimeoutSeconds":60,"End":true}}})", R"({"states":{"A":{"result":"yes","after":30}}})");
  EXPECT_EQ(ran.run->record().output, R"("yes")");
  EXPECT_EQ(ran.types(), "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited ExecutionSucceeded");
}

TEST(Run, ATaskThatTakesTooLongTimesOut) {
  Ran ran(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},"TimeoutSeconds":10,"End":true}}})",
          R"({"states":{"A":{"result":"late","after":30}}})");
  EXPECT_EQ(ran.run->record().status, Outcome::failed);
  EXPECT_EQ(ran.run->record().error, "States.Timeout");
  EXPECT_EQ(ran.run->record().stop - ran.run->record().start, 10'000);
}

TEST(Run, AMapShowsHowFarItIs) {
  Ran ran(R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true}}})", "", "[1,2,3]");
  EXPECT_EQ(ran.run->record().output, "[1,2,3]");
  EXPECT_TRUE(ran.drawn().contains("Map 3/3")) << ran.drawn();
  EXPECT_TRUE(ran.drawn().contains("│ ✔ In")) << ran.drawn();
  EXPECT_TRUE(ran.drawn().contains("×3")) << ran.drawn();
}

constexpr auto kDistributed = R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"}},
  "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"In","States":{"In":{"Type":"Task",
  "Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}}},"End":true}}})";

TEST(Run, ADistributedMapRunsItsChildrenOverMockedItems) {
  Ran ran(kDistributed, R"({"states":{"M":{"items":[1,2]},"In":[{"result":"a"},{"result":"b"}]}})");
  EXPECT_EQ(ran.run->record().status, Outcome::succeeded) << ran.run->refusal().value_or("");
  EXPECT_EQ(ran.run->record().output, R"(["a","b"])");
  EXPECT_TRUE(ran.drawn().contains("Map 2/2")) << ran.drawn();
}

TEST(Run, ADistributedMapMayBeMockedAsAWhole) {
  Ran ran(kDistributed, R"({"states":{"M":{"result":[7]}}})");
  EXPECT_EQ(ran.run->record().output, "[7]");
  Ran unread(kDistributed);
  ASSERT_TRUE(unread.run->refusal());
  EXPECT_TRUE(unread.run->refusal()->contains("'M' reads its items from S3")) << *unread.run->refusal();
}

TEST(Run, WhatFailedAndWhatWasBrokenOffAreToldApart) {
  Ran ran(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
    {"StartAt":"Slow","States":{"Slow":{"Type":"Wait","Seconds":100,"End":true}}},{"StartAt":"Bad","States":{"Bad":{"Type":"Fail","Error":"E","Cause":"C"}}}]}}})");
  EXPECT_EQ(ran.run->record().status, Outcome::failed);
  const std::string drawn = ran.drawn();
  EXPECT_TRUE(drawn.contains("✘ P")) << drawn;
  EXPECT_TRUE(drawn.contains("├ ■ Slow")) << drawn;
  EXPECT_TRUE(drawn.contains("├ ✘ Bad")) << drawn;
}

TEST(Run, TheSameSeedGivesTheSameHistory) {
  constexpr auto kRandom = R"x({"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"u.$":"States.UUID()"},"End":true}}})x";
  EXPECT_EQ(Ran(kRandom).run->record().output, Ran(kRandom).run->record().output);
}

TEST(Picture, LeavesOutWhatHasNotBegunWhereThereIsNoRoom) {
  std::string states;
  for (int i = 0; i < 30; ++i) states += (i ? "," : "") + std::string("\"S") + std::to_string(i) + R"(":{"Type":"Wait","Seconds":1,)" + (i == 29 ? R"("End":true})" : "\"Next\":\"S" + std::to_string(i + 1) + "\"}");
  const auto compiled = asl::compile(R"({"StartAt":"S0","States":{)" + states + "}}");
  ASSERT_TRUE(compiled.machine);
  cli::Progress progress(*compiled.machine);
  const auto lines = cli::Picture(*compiled.machine).draw(progress, {}, 0, 10, cli::Terminal{});
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_TRUE(lines[0].contains("○ S0"));
  EXPECT_TRUE(lines[9].contains("21 more states"));
}

TEST(Picture, DrawsOverWhatItDrewBefore) {
  cli::Canvas canvas(cli::Terminal{.live = true});
  EXPECT_EQ(canvas.frame({"a", "b"}), "\x1b[?25l\x1b[2Ka\n\x1b[2Kb\n");
  EXPECT_EQ(canvas.frame({"c"}), "\x1b[2A\r\x1b[2Kc\n\x1b[J");
  EXPECT_EQ(canvas.close(), "\x1b[?25h");
}

TEST(Picture, DurationsAreReadable) {
  EXPECT_EQ(cli::duration_text(5), "5 ms");
  EXPECT_EQ(cli::duration_text(4'100), "4.1 s");
  EXPECT_EQ(cli::duration_text(125'000), "2:05 min");
  EXPECT_EQ(cli::duration_text(3 * 3'600'000 + 240'000), "3 h 04 min");
  EXPECT_EQ(cli::duration_text(31'536'000'000), "365 d");
}

}  // namespace
