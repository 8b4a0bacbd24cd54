#include "containers/oci/health.h"

#include <gtest/gtest.h>

namespace {

using containers::oci::Health;

containers::HealthCheck check(int start_period_s) {
  return {.command = {"CMD", "true"}, .interval_s = 10, .timeout_s = 2, .retries = 3, .start_period_s = start_period_s};
}

TEST(Health, OneSuccessMakesHealthyAndAsManyFailuresAsRetriesUnhealthy) {
  Health health(check(0), 1'000);
  EXPECT_EQ(health.due(), 11'000);
  health.begin(7, 11'000);
  EXPECT_EQ(health.due(), 13'000) << "it is given up then";
  EXPECT_TRUE(health.end(true, 11'500));
  EXPECT_EQ(health.state(), Health::State::healthy);
  EXPECT_FALSE(health.end(false, 22'000));
  EXPECT_FALSE(health.end(false, 33'000));
  EXPECT_FALSE(health.end(true, 44'000)) << "failures count in a row";
  EXPECT_FALSE(health.end(false, 55'000));
  EXPECT_FALSE(health.end(false, 66'000));
  EXPECT_TRUE(health.end(false, 77'000));
  EXPECT_EQ(health.state(), Health::State::unhealthy);
  EXPECT_TRUE(health.end(true, 88'000));
}

TEST(Health, FailuresInTheStartPeriodDoNotCount) {
  Health health(check(60), 0);
  for (int64_t at = 10'000; at < 60'000; at += 10'000) EXPECT_FALSE(health.end(false, at));
  EXPECT_EQ(health.state(), Health::State::unknown);
  EXPECT_FALSE(health.end(false, 60'000));
  EXPECT_FALSE(health.end(false, 70'000));
  EXPECT_TRUE(health.end(false, 80'000));
  EXPECT_EQ(health.state(), Health::State::unhealthy);
}

}  // namespace
