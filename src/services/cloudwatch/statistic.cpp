#include "services/cloudwatch/statistic.h"

#include "base/encoding.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace cloudwatch {

namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The value that `percent` of the samples do not exceed, between neighbours in proportion.
double percentile(const std::map<double, double>& values, double count, double percent) {
  const double position = percent / 100 * (count - 1);
  double before = 0, last = values.begin()->first;
  for (const auto& [value, n] : values) {
    if (before + n > position) {
      // Between the last sample of the value before and the first of this one.
      const double gap = position - (before - 1);
      return before > 0 && gap < 1 ? last + (value - last) * gap : value;
    }
    before += n;
    last = value;
  }
  return last;
}

struct Part {
  double count = 0, sum = 0;
};

}  // namespace

std::optional<Statistic> Statistic::parse(std::string_view text) {
  using enum Kind;
  if (text == "SampleCount") return Statistic{sample_count};
  if (text == "Average") return Statistic{average};
  if (text == "Sum") return Statistic{sum};
  if (text == "Minimum") return Statistic{minimum};
  if (text == "Maximum") return Statistic{maximum};
  const std::string name = lower_case(text);
  if (name == "iqm") return Statistic{trimmed_mean, 25, 75};
  static constexpr std::pair<std::string_view, Kind> kNames[] = {{"tm", trimmed_mean}, {"wm", winsorized_mean}, {"tc", trimmed_count}, {"ts", trimmed_sum}, {"pr", percentile_rank}};
  for (const auto& [prefix, kind] : kNames) {
    if (!name.starts_with(prefix)) continue;
    std::string_view rest = std::string_view(name).substr(prefix.size());
    if (!rest.starts_with("(")) {
      const auto high = number(rest);
      if (!high || kind == percentile_rank || *high < 0 || *high > 100) return std::nullopt;
      return Statistic{kind, 0, *high};
    }
    const size_t colon = rest.find(':');
    if (colon == rest.npos || !rest.ends_with(")")) return std::nullopt;
    std::string_view from = rest.substr(1, colon - 1), to = rest.substr(colon + 1, rest.size() - colon - 2);
    const bool percents = from.ends_with("%") || to.ends_with("%");
    if (from.ends_with("%")) from.remove_suffix(1);
    if (to.ends_with("%")) to.remove_suffix(1);
    Statistic out{kind, percents ? 0 : -std::numeric_limits<double>::infinity(), percents ? 100 : std::numeric_limits<double>::infinity(), !percents};
    if (from.empty() && to.empty()) return std::nullopt;
    for (auto& [given, bound] : {std::pair{from, &out.low}, std::pair{to, &out.high}}) {
      if (given.empty()) continue;
      const auto value = number(given);
      if (!value) return std::nullopt;
      *bound = *value;
    }
    if (out.low > out.high || (percents && (out.low < 0 || out.high > 100)) || (kind == percentile_rank && percents)) return std::nullopt;
    return out;
  }
  if (name.starts_with("p")) {
    const auto high = number(std::string_view(name).substr(1));
    if (high && *high >= 0 && *high <= 100) return Statistic{percentile, 0, *high};
  }
  return std::nullopt;
}

std::optional<double> Statistic::of(const SampleSet& samples) const {
  using enum Kind;
  if (samples.empty()) return std::nullopt;
  if (kind == sample_count) return samples.count();
  if (kind == average) return samples.average();
  if (kind == sum) return samples.sum();
  if (kind == minimum) return samples.least();
  if (kind == maximum) return samples.greatest();
  const auto* values = samples.values();
  if (!values || values->empty()) return std::nullopt;
  double count = 0;
  for (const auto& [value, n] : *values) count += n;
  if (kind == Kind::percentile) return cloudwatch::percentile(*values, count, high);
  // Which samples lie within the bounds; of one value's samples a part may.
  Part inside;
  double before = 0, winsorized = 0;
  const double from = count * low / 100, to = count * high / 100;
  const double low_value = absolute ? low : cloudwatch::percentile(*values, count, low), high_value = absolute ? high : cloudwatch::percentile(*values, count, high);
  for (const auto& [value, n] : *values) {
    const double within = absolute ? (value > low && value <= high ? n : 0) : std::max(0.0, std::min(before + n, to) - std::max(before, from));
    inside.count += within;
    inside.sum += value * within;
    winsorized += std::clamp(value, low_value, high_value) * n;
    before += n;
  }
  switch (kind) {
    case trimmed_mean: return inside.count > 0 ? std::optional(inside.sum / inside.count) : std::nullopt;
    case winsorized_mean: return winsorized / count;
    case trimmed_count: return inside.count;
    case trimmed_sum: return inside.sum;
    case percentile_rank: return inside.count / count * 100;
    default: return std::nullopt;
  }
}

}  // namespace cloudwatch
