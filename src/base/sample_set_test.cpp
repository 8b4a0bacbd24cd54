#include "base/sample_set.h"

#include <gtest/gtest.h>

namespace {

TEST(SampleSet, FewValuesAreKeptExactly) {
  SampleSet set;
  set.add(1), set.add(10, 4), set.add(2.5);
  EXPECT_EQ(set.count(), 6);
  EXPECT_EQ(set.sum(), 43.5);
  EXPECT_EQ(set.least(), 1);
  EXPECT_EQ(set.greatest(), 10);
  ASSERT_TRUE(set.values());
  EXPECT_EQ(set.values()->at(10), 4);
}

TEST(SampleSet, ManyValuesAreRoundedButTheStatisticsStayExact) {
  SampleSet set;
  double sum = 0;
  for (int i = 1; i <= 10'000; ++i) set.add(i), sum += i;
  EXPECT_EQ(set.sum(), sum);
  EXPECT_EQ(set.greatest(), 10'000);
  ASSERT_TRUE(set.values());
  EXPECT_LE(set.values()->size(), SampleSet::kValuesMax);
  double below = 0;
  for (const auto& [value, count] : *set.values()) {
    if (value <= 5'000) below += count;
  }
  EXPECT_NEAR(below, 5'000, 600);
}

TEST(SampleSet, StatisticsAloneHaveNoDistribution) {
  SampleSet set;
  set.add(3);
  set.add_statistics(10, 55, 1, 10);
  EXPECT_EQ(set.count(), 11);
  EXPECT_EQ(set.least(), 1);
  EXPECT_FALSE(set.values());
}

TEST(SampleSet, ComesBackFromItsBytes) {
  SampleSet set;
  set.add(0.125, 3), set.add(-7);
  const auto back = SampleSet::decode(set.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->sum(), set.sum());
  EXPECT_EQ(back->least(), -7);
  EXPECT_EQ(*back->values(), *set.values());
  EXPECT_FALSE(SampleSet::decode("\x01 nonsense"));
  EXPECT_FALSE(SampleSet::decode(""));
}

}  // namespace
