#pragma once
// What is known of a number of measured values: count, sum, least and greatest exactly, and their distribution
// within bounds.
//
// As long as few different values come, the distribution is exact; past kValuesMax of them, values are rounded to
// fewer significant digits (two, then one), so that a percentile is off by a few per cent at most and the memory stays bounded
// whatever comes. Values of which only such statistics are known leave a set without a distribution.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

class SampleSet {
 public:
  static constexpr size_t kValuesMax = 100;

  void add(double value, double count = 1);
  // Values of which no more is known than this.
  void add_statistics(double count, double sum, double least, double greatest);
  void merge(const SampleSet& other);

  bool empty() const { return count_ <= 0; }
  double count() const { return count_; }
  double sum() const { return sum_; }
  double least() const { return least_; }
  double greatest() const { return greatest_; }
  double average() const { return count_ > 0 ? sum_ / count_ : 0; }
  // Value and count in rising order; null when the distribution is not known.
  const std::map<double, double>* values() const { return known_ ? &values_ : nullptr; }
  // The statistics come from elsewhere and are right; `values` only tells how they are distributed.
  void set_statistics(double count, double sum, double least, double greatest);

  // Bytes for the disk, and back; nothing for bytes that are no set.
  std::string encode() const;
  static std::optional<SampleSet> decode(std::string_view bytes);

 private:
  void note(double count, double sum, double least, double greatest);
  void put(double value, double count);

  double count_ = 0, sum_ = 0, least_ = 0, greatest_ = 0;
  bool known_ = true;
  int digits_ = 17;  // significant ones that values are kept with
  std::map<double, double> values_;
};
