#include "language/asl/step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "language/asl/scripted.h"
#include "language/json/parse.h"

namespace {

using asl::Outcome;
using asl::Scripted;

TEST(Step, PassMovesDataThroughItsPaths) {
  Scripted run(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"b.$":"$.x","a":1},"ResultPath":"$.r","Next":"B"},
             "B":{"Type":"Pass","InputPath":"$.r","OutputPath":"$.b","End":true}}})", R"({"x":[1,2]})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::succeeded);
  EXPECT_EQ(run.output(), "[1,2]");
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 PassStateEntered\n3<2 PassStateExited\n4<3 PassStateEntered\n5<4 PassStateExited\n6<5 ExecutionSucceeded\n");
}

TEST(Step, ChoiceTakesTheFirstRuleThatMatches) {
  constexpr auto kMachine = R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[
      {"And":[{"Variable":"$.n","NumericGreaterThan":1},{"Not":{"Variable":"$.s","StringMatches":"a*\\*"}}],"Next":"Big"}],"Default":"Small"},
      "Big":{"Type":"Pass","Result":"big","End":true},"Small":{"Type":"Pass","Result":"small","End":true}}})";
  Scripted big(kMachine, R"({"n":2,"s":"abc"})");
  big.finish();
  EXPECT_EQ(big.output(), R"("big")");
  Scripted small(kMachine, R"({"n":2,"s":"ab*"})");
  small.finish();
  EXPECT_EQ(small.output(), R"("small")");
}

TEST(Step, ChoiceThatReadsNothingFailsTheExecution) {
  Scripted run(R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"E"}],"Default":"E"},"E":{"Type":"Succeed"}}})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::failed);
  EXPECT_EQ(run.execution->error(), "States.Runtime");
  EXPECT_EQ(run.execution->cause(), "An error occurred while executing the state 'C' (entered at the event id #2). Invalid path '$.n': The choice state's condition "
                                    "path references an invalid value.");
}

TEST(Step, WaitTakesItsTime) {
  Scripted run(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":31536000,"End":true}}})");
  const Instant begun = run.now;
  run.finish();
  EXPECT_EQ(run.now - begun, 31'536'000'000);
  EXPECT_EQ(run.execution->outcome(), Outcome::succeeded);
}

TEST(Step, TaskIsRetriedThenCaught) {
  Scripted run(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"n.$":"$$.State.RetryCount"},
      "Retry":[{"ErrorEquals":["Oops"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":3}],
      "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"End"}],"End":true},"End":{"Type":"Pass","End":true}}})", R"({"k":1})");
  std::string attempts;
  const Instant begun = run.now;
  run.finish([&](const asl::ScheduleTask& task) {
    attempts += json::write(task.parameters);
    return asl::TaskFailed{.task = task.task, .error = "Oops", .cause = "why"};
  });
  EXPECT_EQ(attempts, R"({"n":0}{"n":1}{"n":2})");
  EXPECT_EQ(run.now - begun, 2'000 + 6'000);
  EXPECT_EQ(run.output(), R"({"k":1,"e":{"Error":"Oops","Cause":"why"}})");
  EXPECT_EQ(run.types().substr(0, 180),
            std::string("1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 TaskScheduled\n4<3 TaskStarted\n5<4 TaskFailed\n6<5 TaskScheduled\n7<6 TaskStarted\n8<7 TaskFailed\n"
                        "9<8 TaskScheduled\n10<9 TaskStarted\n11<10 TaskFailed\n12<11 TaskStateExited\n").substr(0, 180));
}

TEST(Step, TaskTimesOutAndIsCancelled) {
  Scripted run(R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","Parameters":{},"TimeoutSeconds":5,"End":true}}})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::failed);
  EXPECT_EQ(run.execution->error(), "States.Timeout");
  ASSERT_EQ(run.cancels.size(), 1u);
  EXPECT_EQ(run.cancels[0].reason, "timeout");
}

TEST(Step, ParallelGathersItsBranches) {
  Scripted run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
      {"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","Result":2,"End":true}}}]}}})");
  run.finish();
  EXPECT_EQ(run.output(), "[1,2]");
}

TEST(Step, ParallelFailsWithItsBranchAndAbortsTheOther) {
  Scripted run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
      {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}},{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}}]}}})");
  run.finish();
  EXPECT_EQ(run.execution->outcome(), Outcome::failed);
  EXPECT_EQ(run.execution->error(), "E");
  EXPECT_NE(run.types().find("WaitStateAborted"), std::string::npos);
  EXPECT_NE(run.types().find("ParallelStateFailed"), std::string::npos);
}

TEST(Step, MapRunsItsItemsInOrder) {
  Scripted run(R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},
      "ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}}})", R"({"l":["a","b"]})");
  run.finish();
  EXPECT_EQ(run.output(), R"([{"v":"a","i":0},{"v":"b","i":1}])");
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 MapStateEntered\n3<2 MapStateStarted\n4<3 MapIterationStarted\n5<4 PassStateEntered\n6<5 PassStateExited\n"
                         "7<6 MapIterationSucceeded\n8<6 MapIterationStarted\n9<8 PassStateEntered\n10<9 PassStateExited\n11<10 MapIterationSucceeded\n"
                         "12<11 MapStateSucceeded\n13<11 MapStateExited\n14<13 ExecutionSucceeded\n");
}

TEST(Step, VariablesAreReadByLaterStates) {
  Scripted run(R"x({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x.$":"$.n","y":2},"Next":"B"},"B":{"Type":"Pass","Parameters":{"s.$":"States.MathAdd($x, $y)"},"End":true}}})x", R"({"n":40})");
  run.finish();
  EXPECT_EQ(run.output(), R"({"s":42})");
}

TEST(Step, StopAborts) {
  Scripted run(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}})");
  run.give(asl::Start{});
  run.give(asl::Stop{"E", "C"});
  EXPECT_EQ(run.execution->outcome(), Outcome::aborted);
  EXPECT_TRUE(run.execution->timers().empty());
  run.give(asl::TimerFired{1});
  EXPECT_EQ(run.events.back().type, asl::EventType::ExecutionAborted);
}

TEST(Step, HistoryEndsAtItsLimit) {
  Scripted run(R"({"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"Z"}],"Default":"B"},
             "B":{"Type":"Pass","Next":"A"},"Z":{"Type":"Succeed"}}})");
  run.give(asl::Start{});
  while (run.execution->outcome() == Outcome::running) run.give(asl::Continue{});
  EXPECT_EQ(run.execution->last_event(), 25'000u);
  EXPECT_EQ(run.events.back().type, asl::EventType::ExecutionFailed);
  EXPECT_EQ(run.execution->cause(), "The execution reached the maximum number of history events (25000).");
}

TEST(Compile, TellsFindingsInAwsWords) {
  const auto errors = [](std::string_view text) { return asl::join_errors(asl::compile(text).diagnostics); };
  EXPECT_EQ(errors("{}"), "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /");
  EXPECT_EQ(errors(""), "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null");
  EXPECT_EQ(errors(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"X"}}})"),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null");
  EXPECT_EQ(errors(R"({"StartAt":"A","States":{"A":{"Type":"Pass"}}})"),
            "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/A, "
            "MISSING_END_STATE: Workflow has no terminal state at null");
}

TEST(Events, SurviveTheirEncoding) {
  Scripted run(R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})", R"({"deep":[1,{"x":"é"}]})");
  run.finish();
  const auto again = asl::decode_events(asl::encode_events(run.events));
  ASSERT_TRUE(again);
  ASSERT_EQ(again->size(), run.events.size());
  for (size_t i = 0; i < again->size(); ++i) EXPECT_EQ(json::write((*again)[i].to_wire()), json::write(run.events[i].to_wire()));
  EXPECT_FALSE(asl::decode_events("garbage"));
}

TEST(Context, OnlyATaskThatIsAnsweredLaterHasAToken) {
  for (const auto& [resource, has] : {std::pair("sqs:sendMessage", false), std::pair("sqs:sendMessage.waitForTaskToken", true)}) {
    Scripted run(std::string(R"({"StartAt":"T","States":{"T":{"Type":"Task","End":true,"Resource":"arn:aws:states:::)") + resource +
                 R"(","Parameters":{"QueueUrl":"q","MessageBody.$":"$$"}}}})");
    run.give(asl::Start{});
    ASSERT_EQ(run.tasks.size(), 1u);
    EXPECT_EQ(run.tasks[0].parameters["MessageBody"].find("Task") != nullptr, has) << resource;
  }
}

TEST(Activity, ThatIsNotThereFailsTheExecutionUnscheduled) {
  Scripted run(R"({"StartAt":"A","States":{"A":{"Type":"Task","End":true,"Resource":"arn:aws:states:us-east-1:000000000000:activity:gone"}}})");
  run.activities = false;
  run.give(asl::Start{});
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 ExecutionFailed\n");
  EXPECT_EQ(run.execution->cause(), "An error occurred while executing the state 'A' (entered at the event id #2). "
                                    "The activity arn:aws:states:us-east-1:000000000000:activity:gone does not exist.");
}

TEST(Definition, AReadersSettingsAreOfTheirKinds) {
  const auto refused = [](std::string_view config) {
    const auto compiled = asl::compile(std::string(R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
      "Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":)") + std::string(config) + R"(},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",
      "ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}})");
    return asl::join_errors(compiled.diagnostics);
  };
  EXPECT_EQ(refused(R"({"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVDelimiter":"TAB"})"), "");
  EXPECT_EQ(refused(R"({"InputType":"XML"})"), "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSON, JSONL, CSV, PARQUET, MANIFEST] "
                                              "at /States/M/ItemReader/ReaderConfig/InputType");
}

TEST(Definition, AFilterThatNobodyCanReadFailsWhenItIsUsed) {
  Scripted run(R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Parameters":{"a.$":"$.l[?(@.n==word)].v"}}}})", R"({"l":[]})");
  run.finish();
  EXPECT_EQ(run.execution->error(), "States.Runtime");
  EXPECT_FALSE(asl::compile(R"-({"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Parameters":{"a.$":"$.l[?(@.n==word)"}}}})-").machine);
}

TEST(Definition, WhatNoTaskRunsIsAWarningAndFailsTheExecution) {
  constexpr auto kMachine = R"({"StartAt":"A","States":{"A":{"Type":"Task","End":true,"Resource":"arn:aws:sns:us-east-1:000000000000:topic"}}})";
  const auto compiled = asl::compile(kMachine);
  ASSERT_EQ(compiled.diagnostics.size(), 1u);
  EXPECT_EQ(compiled.diagnostics[0].severity, asl::Diagnostic::Severity::warning);
  Scripted run(kMachine);
  run.finish();
  EXPECT_EQ(run.types(), "1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 ExecutionFailed\n");
  EXPECT_EQ(run.execution->error(), "States.Runtime");
  EXPECT_FALSE(asl::compile(R"({"StartAt":"A","States":{"A":{"Type":"Task","End":true,"Resource":"arn:aws:states:::dynamodb:query"}}})").machine);
}

TEST(Definition, AMapThatReadsItemsFromElsewhereHasARunOfItsOwn) {
  const auto map = [](std::string_view more, std::string_view config) {
    return asl::compile(std::string(R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,)") + std::string(more) + R"("ItemProcessor":{)" + std::string(config) +
                        R"("StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}})");
  };
  constexpr auto kReader = R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"}},)";
  EXPECT_TRUE(map(kReader, "").machine);
  EXPECT_EQ(asl::join_errors(map(kReader, R"("ProcessorConfig":{"Mode":"INLINE"},)").diagnostics),
            "SCHEMA_VALIDATION_FAILED: Field 'ItemReader' is not supported at /States/M");
  EXPECT_FALSE(map(R"("Label":"x",)", "").machine);
}

TEST(Definition, WarningsNeverRefuse) {
  const auto warnings = [](std::string_view text) {
    std::string out;
    const auto compiled = asl::compile(text);
    EXPECT_TRUE(compiled.machine) << asl::join_errors(compiled.diagnostics);
    for (const auto& d : compiled.diagnostics) out += d.message + " at " + d.location.value_or("null") + "\n";
    return out;
  };
  EXPECT_EQ(warnings(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a":"$.x","b.$":"$.x","c":"$5"},"End":true}}})"),
            "The value for the field 'a' looks like a JSONPath, but is taken as text: did you mean 'a.$'? at /States/A/Parameters\n");
  EXPECT_EQ(warnings(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{},"End":true}}})"),
            "The state waits for an answer without a time limit: it may never end at /States/A\n");
}

}  // namespace
