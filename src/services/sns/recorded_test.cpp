// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/recorded_cases.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/test_world.h"

namespace {

TEST(SnsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("sns");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  int failed = 0;
  for (const json::Value& one : cases) {
    services::TestWorld world;
    sqs::Sqs sqs(world.kit);
    sns::Sns sns(world.kit);
    sqs.load(), sqs.start();
    sns.load(), sns.start();
    const auto outcome = recorded::run_case(world.registry, world.loop, one);
    if (!outcome.passed()) ++failed, ADD_FAILURE() << outcome.text();
  }
  EXPECT_EQ(failed, 0) << "of " << cases.size();
}

}  // namespace
