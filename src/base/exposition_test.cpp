#include "base/exposition.h"

#include <gtest/gtest.h>

namespace {

TEST(Exposition, WritesFamiliesAndSamples) {
  Exposition out;
  out.family("x_total", "counter", "Things.");
  out.sample(3);
  out.sample({{"name", "a\"b\\c\nd"}, {"kind", "k"}}, 0.5);
  EXPECT_EQ(out.text(), "# HELP x_total Things.\n# TYPE x_total counter\nx_total 3\nx_total{name=\"a\\\"b\\\\c\\nd\",kind=\"k\"} 0.5\n");
}

TEST(Exposition, AHistogramsBucketsAddUp) {
  Histogram values;
  for (const double seconds : {0.0001, 0.001, 0.3, 100.0}) values.observe(seconds);
  Exposition out;
  out.family("t_seconds", "histogram", "Time.");
  out.histogram({{"of", "x"}}, values);
  EXPECT_NE(out.text().find("t_seconds_bucket{of=\"x\",le=\"0.0005\"} 1\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("t_seconds_bucket{of=\"x\",le=\"0.5\"} 3\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("t_seconds_bucket{of=\"x\",le=\"+Inf\"} 4\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("t_seconds_count{of=\"x\"} 4\n"), std::string::npos) << out.text();
}

}  // namespace
