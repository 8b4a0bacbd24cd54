// PutMetricData: values, value lists and statistics become part of their minute's datapoint.
#include <fmt/format.h>

#include <cmath>

#include "engine/store/store.h"
#include "services/cloudwatch/datapoints.h"

namespace cloudwatch {

using json::Value;

namespace {

constexpr size_t kDataMax = 1'000, kValuesMax = 150;

Status check_number(double value, const std::string& parameter) {
  // AWS takes what fits into -2^360 to 2^360.
  if (std::isfinite(value) && std::abs(value) <= std::ldexp(1.0, 360)) return {};
  return invalid_value(fmt::format("The value {} for parameter {} is invalid.", value, parameter));
}

// The samples that a datum tells of.
Result<SampleSet> samples_of(const Value& datum, const std::string& where) {
  const Value* value = datum.find("Value");
  const Value* values = datum.find("Values");
  const Value* statistics = datum.find("StatisticValues");
  const auto exclusive = [&](std::string_view other) {
    return invalid_combination(fmt::format("The parameters {0}.Value and {0}.{1} are mutually exclusive and you have specified both.", where, other));
  };
  if (value && values) return exclusive("Values");
  if (value && statistics) return exclusive("StatisticValues");
  if (!value && !values && !statistics) return fail("MissingRequiredParameterException", fmt::format("The parameter {}.Value is required.", where));
  SampleSet set;
  if (value) {
    TRY(check_number(value->as_double(), where + ".Value"));
    set.add(value->as_double());
  }
  if (values) {
    const Value* counts = datum.find("Counts");
    if (counts && counts->size() != values->size()) return invalid_value(fmt::format("The parameters {0}.Values and {0}.Counts must be of the same size.", where));
    if (values->size() > kValuesMax) return invalid_value(fmt::format("The collection {}.Values must not have a size greater than {}.", where, kValuesMax));
    for (size_t i = 0; i < values->size(); ++i) {
      const double count = counts ? (*counts)[i].as_double() : 1;
      TRY(check_number((*values)[i].as_double(), fmt::format("{}.Values.member.{}", where, i + 1)));
      if (!(count >= 0) || !std::isfinite(count)) return invalid_value(fmt::format("The value {} for parameter {}.Counts.member.{} is invalid.", count, where, i + 1));
      set.add((*values)[i].as_double(), count);
    }
  }
  if (statistics) {
    const auto part = [&](std::string_view name) { return (*statistics)[name].is_number() ? (*statistics)[name].as_double() : 0.0; };
    for (const std::string_view name : {"SampleCount", "Sum", "Minimum", "Maximum"}) TRY(check_number(part(name), fmt::format("{}.StatisticValues.{}", where, name)));
    if (part("SampleCount") <= 0) return invalid_value(fmt::format("The parameter {}.StatisticValues.SampleCount must be greater than 0.", where));
    if (part("Minimum") > part("Maximum")) return invalid_value(fmt::format("The parameter {0}.StatisticValues.Maximum must be greater than {0}.StatisticValues.Minimum.", where));
    // With values beside them the statistics stand, and the values say how they are distributed.
    if (values && !set.empty()) {
      set.set_statistics(part("SampleCount"), part("Sum"), part("Minimum"), part("Maximum"));
    } else {
      set.add_statistics(part("SampleCount"), part("Sum"), part("Minimum"), part("Maximum"));
    }
  }
  return set;
}

}  // namespace

Result<Value> CloudWatch::put_metric_data(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string space(call.params.text("Namespace"));
  const bool service = call.internal && call.caller.type == protocol::Principal::Type::service;
  if (space.starts_with("AWS/") && !service) return invalid_value("The value AWS/ for parameter Namespace is invalid.");
  if (call.params["EntityMetricData"].is_array()) return invalid_value("EntityMetricData is not offered here.");
  const Value& data = call.params["MetricData"];
  if (!data.is_array() || data.size() == 0) return fail("MissingRequiredParameterException", "The parameter MetricData is required.");
  if (data.size() > kDataMax) return invalid_value(fmt::format("The collection MetricData must not have a size greater than {}.", kDataMax));
  const Instant now = kit_.clock().now();
  std::map<std::string, SampleSet> points;  // by key in the store
  std::map<std::string, Metric> touched;
  for (size_t i = 0; i < data.size(); ++i) {
    const Value& datum = data[i];
    const std::string where = fmt::format("MetricData.member.{}", i + 1);
    const SampleSet set = TRY(samples_of(datum, where));
    const Instant at = time_of(datum["Timestamp"]).value_or(now);
    if (at < now + -14LL * 86'400'000) return invalid_value(fmt::format("The parameter {}.Timestamp must specify a time no more than two weeks in the past.", where));
    if (at > now + 2LL * 3'600'000) return invalid_value(fmt::format("The parameter {}.Timestamp must specify a time no more than two hours in the future.", where));
    const int64_t resolution = datum["StorageResolution"].as_int64().value_or(60);
    if (resolution != 1 && resolution != 60) return invalid_value(fmt::format("The parameter {}.StorageResolution must be 1 or 60.", where));
    const auto unit = unit_number(datum.text("Unit", "None"));
    if (!unit) return invalid_value(fmt::format("The value {} for parameter {}.Unit is invalid.", datum.text("Unit"), where));
    const Dimensions dimensions = dimensions_of(datum["Dimensions"]);
    for (const auto& [name, value] : dimensions) {
      if (value.empty() || value.find_first_not_of(' ') == value.npos || name.starts_with(":")) return invalid_value(fmt::format("The value {} for parameter {}.Dimensions is invalid.", name, where));
    }
    const std::string id = metric_id(space, datum.text("MetricName"), dimensions);
    auto it = touched.find(id);
    if (it == touched.end()) {
      const Metric* known = metrics_.find(scope, id);
      if (!known && metric_count_ + touched.size() >= kMetricsMax) return fail("LimitExceededException", "There are as many metrics here as there may be.");
      Metric metric = known ? *known : Metric{.space = space, .name = std::string(datum.text("MetricName")), .dimensions = dimensions, .number = ++last_number_, .last = {}};
      it = touched.emplace(id, std::move(metric)).first;
    }
    it->second.last = std::max(it->second.last, at);
    const int64_t seconds = at.ms / 1000;
    points[datapoint_key(it->second.number, resolution == 1 ? seconds : seconds - seconds % 60, *unit)].merge(set);
  }
  store::Batch batch;
  for (auto& [key, set] : points) {
    if (const auto there = kit_.store.get(store::Space::metrics, key)) {
      if (const auto before = SampleSet::decode(*there)) set.merge(*before);
    }
    batch.put(store::Space::metrics, key, set.encode());
  }
  for (auto& [id, metric] : touched) {
    const Metric* known = metrics_.find(scope, id);
    if (!known) ++metric_count_;
    // When data last came is written down once an hour.
    if (!known || known->last.ms / 3'600'000 != metric.last.ms / 3'600'000) metrics_.put(scope, id, std::move(metric), batch);
  }
  kit_.store.commit(std::move(batch));
  kit_.store.changes().say("cloudwatch/datapoint", scope.account, scope.region, space);
  return Value::object();
}

}  // namespace cloudwatch
