// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/recorded_cases.h"
#include "services/events/events.h"
#include "services/logs/logs.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/test_world.h"

namespace {

TEST(EventsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("events");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  int failed = 0;
  for (const json::Value& one : cases) {
    services::TestWorld world;
    sqs::Sqs sqs(world.kit);
    sns::Sns sns(world.kit);
    logs::Logs logs(world.kit);
    events::Events events(world.kit);
    logs.load(), logs.start();
    sqs.load(), sqs.start();
    sns.load(), sns.start();
    events.load(), events.start();
    const auto outcome = recorded::run_case(world.registry, world.loop, one);
    if (!outcome.passed()) ++failed, ADD_FAILURE() << outcome.text();
  }
  EXPECT_EQ(failed, 0) << "of " << cases.size();
}

}  // namespace
