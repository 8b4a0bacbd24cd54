#include "protocol/throttle.h"

#include <gtest/gtest.h>

namespace {

using protocol::Throttle;

TEST(Throttle, LetsABucketThroughAndThenItsRefill) {
  Throttle throttle;
  const Instant now{1'700'000'000'000};
  int admitted = 0;
  while (throttle.admit("states", "StartExecution", "000000000000", "us-east-1", now)) ++admitted;
  EXPECT_EQ(admitted, 1300);
  const auto refused = throttle.admit("states", "StartExecution", "000000000000", "us-east-1", now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ThrottlingException");
  EXPECT_EQ(refused.error().message, "Rate exceeded");
  admitted = 0;
  while (throttle.admit("states", "StartExecution", "000000000000", "us-east-1", now + 500)) ++admitted;
  EXPECT_EQ(admitted, 150);
}

TEST(Throttle, CountsAccountsRegionsAndOperationsForThemselves) {
  Throttle throttle;
  const Instant now{1'700'000'000'000};
  while (throttle.admit("states", "CreateStateMachine", "000000000000", "us-east-1", now)) {
  }
  EXPECT_TRUE(throttle.admit("states", "CreateStateMachine", "111111111111", "us-east-1", now));
  EXPECT_TRUE(throttle.admit("states", "CreateStateMachine", "000000000000", "eu-central-1", now));
  EXPECT_TRUE(throttle.admit("states", "DeleteStateMachine", "000000000000", "us-east-1", now));
  EXPECT_FALSE(throttle.admit("states", "CreateStateMachine", "000000000000", "us-east-1", now));
}

TEST(Throttle, DoesNotCountWhatHasNoQuota) {
  Throttle throttle;
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(throttle.admit("sqs", "SendMessage", "000000000000", "us-east-1", {1}));
  EXPECT_EQ(Throttle::quota("states", "StartSyncExecution", "us-east-1"), nullptr);
}

TEST(Throttle, SmallerRegionsHaveSmallerBuckets) {
  ASSERT_TRUE(Throttle::quota("states", "StopExecution", "eu-north-1"));
  EXPECT_EQ(Throttle::quota("states", "StopExecution", "eu-north-1")->bucket, 500);
  EXPECT_EQ(Throttle::quota("states", "StopExecution", "us-west-2")->bucket, 1000);
}

}  // namespace
