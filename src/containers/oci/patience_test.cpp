#include "containers/oci/patience.h"

#include <gtest/gtest.h>

namespace {

using containers::oci::Patience;

TEST(Patience, ARuntimeThatHangsHasThreeMinutes) {
  const Patience patience(1'000);
  EXPECT_EQ(patience.left(1'000), 180'000);
  EXPECT_EQ(patience.left(180'999), 1);
  EXPECT_EQ(patience.left(181'000), 0);
  EXPECT_EQ(patience.left(999'000), 0);
}

TEST(Patience, OnceTheTaskIsToldToStopItHasTheTimeForThat) {
  Patience patience(0);
  patience.told_to_stop(10'000, 30);
  EXPECT_EQ(patience.left(10'000), 30'000);
  // A second word makes it no longer.
  patience.told_to_stop(20'000, 120);
  EXPECT_EQ(patience.left(20'000), 20'000);
  Patience at_once(0);
  at_once.told_to_stop(5, 0);
  EXPECT_EQ(at_once.left(5), 0);
}

TEST(Patience, BeingToldLateMakesNoStartLonger) {
  Patience patience(0);
  patience.told_to_stop(170'000, 120);
  EXPECT_EQ(patience.left(170'000), 10'000);
}

}  // namespace
