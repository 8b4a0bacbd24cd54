#pragma once
// A statistic is what one number is made of the samples of a period: "Sum", "Average", "p99", "tm(10%:90%)".
#include <optional>
#include <string_view>

#include "base/sample_set.h"

namespace cloudwatch {

struct Statistic {
  enum class Kind { sample_count, average, sum, minimum, maximum, percentile, trimmed_mean, winsorized_mean, trimmed_count, trimmed_sum, percentile_rank };
  Kind kind{};
  // Of percentile: `high`. Of the others bounds, in per cent or, absolute, as values.
  double low = 0, high = 100;
  bool absolute = false;

  // As GetMetricData and ExtendedStatistics write them; nothing for what is none.
  static std::optional<Statistic> parse(std::string_view text);
  // Nothing where the samples do not tell, as a percentile of statistics alone.
  std::optional<double> of(const SampleSet& samples) const;
};

}  // namespace cloudwatch
