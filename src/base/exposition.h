#pragma once
// The program's own numbers in Prometheus's text format (version 0.0.4).
//
//   Exposition out;
//   out.family("gantry_http_requests_total", "counter", "Requests answered.");
//   out.sample({{"operation", "StartExecution"}}, 12);
//
// Whoever has numbers writes them when they are asked for; nothing is gathered anywhere in between.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

// Durations in seconds, counted by how long they took.
class Histogram {
 public:
  static constexpr std::array<double, 14> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};

  void observe(double seconds) {
    size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    ++counts_[i];
    ++count_;
    sum_ += seconds;
  }
  uint64_t count() const { return count_; }

 private:
  friend class Exposition;
  std::array<uint64_t, kBounds.size() + 1> counts_{};
  uint64_t count_ = 0;
  double sum_ = 0;
};

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What the samples that follow are of; `type` is counter, gauge or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(Labels labels, double value);
  void sample(double value) { sample({}, value); }
  void histogram(Labels labels, const Histogram& values);
  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, Labels labels, std::pair<std::string_view, std::string_view> more, double value);

  std::string name_;
  std::string text_;
};
