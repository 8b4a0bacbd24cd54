// Datapoints in the store: under the metric's number, the start of the minute or second, and the unit.
#include "services/cloudwatch/datapoints.h"

#include <algorithm>

#include "base/check.h"
#include "engine/store/store.h"

namespace cloudwatch {

using store::Space;

namespace {

std::string big_endian(uint64_t value) {
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}
uint64_t number_at(std::string_view key, size_t at) {
  uint64_t value = 0;
  for (const char c : key.substr(at, 8)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// Their places are written down: new ones go to the end.
constexpr std::string_view kUnits[] = {"None", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
                                       "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
                                       "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
                                       "Gigabits/Second", "Terabits/Second", "Count/Second"};

}  // namespace

std::optional<uint8_t> unit_number(std::string_view unit) {
  const auto it = std::ranges::find(kUnits, unit);
  if (it == std::end(kUnits)) return std::nullopt;
  return static_cast<uint8_t>(it - std::begin(kUnits));
}

std::string datapoint_key(uint64_t metric, int64_t start, uint8_t unit) {
  return big_endian(metric) + big_endian(static_cast<uint64_t>(std::max<int64_t>(0, start))) + static_cast<char>(unit);
}

std::map<std::string, CloudWatch::Periods> CloudWatch::read(const Metric& metric, const Range& range, std::string_view unit) {
  std::map<std::string, Periods> out;
  const auto wanted = unit_number(unit);
  kit_.store.scan(Space::metrics, datapoint_key(metric.number, range.from, 0), datapoint_key(metric.number, range.to, 0), store::Order::forward,
                  [&](std::string_view key, std::string_view bytes) {
                    if (reads_left_ == 0) return false;
                    --reads_left_;
                    const auto of = static_cast<uint8_t>(key.back());
                    if (!unit.empty() && (!wanted || of != *wanted)) return true;
                    const auto set = SampleSet::decode(bytes);
                    CHECK(set && of < std::size(kUnits), "the store gives back what it was given");
                    const auto start = static_cast<int64_t>(number_at(key, 8));
                    out[std::string(kUnits[of])][start - start % range.period].merge(*set);
                    return true;
                  });
  return out;
}

CloudWatch::Periods CloudWatch::read_all(const Metric* metric, const Range& range, std::string_view unit) {
  Periods out;
  if (!metric) return out;
  for (auto& [name, periods] : read(*metric, range, unit)) {
    for (auto& [start, set] : periods) out[start].merge(set);
  }
  return out;
}

Status CloudWatch::within_reads() const {
  if (reads_left_ > 0) return {};
  return fail("ThrottlingException", "The request reads more datapoints than one may: ask for fewer metrics or a shorter time.");
}

// Once an hour: datapoints past their time go, and metrics that have none left.
void CloudWatch::forget_old() {
  const Instant before = kit_.clock().now() + -kKeptDays * 86'400'000;
  store::Batch batch;
  std::vector<std::pair<Scope, std::string>> gone;
  for (const auto& [scope, metrics] : metrics_.scopes()) {
    for (const auto& [id, metric] : metrics) {
      kit_.store.scan(Space::metrics, big_endian(metric.number), datapoint_key(metric.number, before.ms / 1000, 0), store::Order::forward,
                      [&](std::string_view key, std::string_view) {
                        batch.erase(Space::metrics, std::string(key));
                        return true;
                      });
      // `last` on the disk may be an hour old.
      if (metric.last < before + -3'600'000) gone.emplace_back(scope, id);
    }
  }
  for (const auto& [scope, id] : gone) metrics_.erase(scope, id, batch), --metric_count_;
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  kit_.loop.after(3'600'000, [this] { forget_old(); });
}

}  // namespace cloudwatch
