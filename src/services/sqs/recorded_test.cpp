// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/recorded_cases.h"
#include "services/sqs/sqs.h"
#include "services/test_world.h"

namespace {

TEST(SqsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("sqs");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  int failed = 0;
  for (const json::Value& one : cases) {
    services::TestWorld world;
    sqs::Sqs sqs(world.kit);
    sqs.load(), sqs.start();
    const auto outcome = recorded::run_case(world.registry, world.loop, one);
    if (!outcome.passed()) ++failed, ADD_FAILURE() << outcome.text();
  }
  EXPECT_EQ(failed, 0) << "of " << cases.size();
}

}  // namespace
