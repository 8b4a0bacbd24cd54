#include <fmt/format.h>

#include <set>

#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

Result<Value> CloudWatch::get_metric_statistics(const Call& call) {
  constexpr int64_t kPointsMax = 1'440;
  const Value& params = call.params;
  const auto start = time_of(params["StartTime"]), end = time_of(params["EndTime"]);
  if (!start || !end) return invalid_value("The parameters StartTime and EndTime must be times.");
  const int64_t period = params["Period"].as_int64().value_or(0);
  static const std::set<int64_t> kShort = {1, 5, 10, 20, 30};
  if (*start >= *end) return invalid_value("The parameter StartTime must be less than the parameter EndTime.");
  if (period <= 0 || (period % 60 != 0 && !kShort.contains(period))) {
    return invalid_value("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.");
  }
  const int64_t points = (*end - *start) / 1000 / period;
  if (points > kPointsMax) {
    return invalid_combination(fmt::format("You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested by "
                                           "increasing Period, or decreasing the time range.", points, kPointsMax));
  }
  std::vector<std::pair<std::string, Statistic>> plain, extended;
  for (const auto& [member, list] : {std::pair{"Statistics", &plain}, std::pair{"ExtendedStatistics", &extended}}) {
    if (!params[member].is_array()) continue;
    for (const Value& name : params[member].items()) {
      const auto statistic = Statistic::parse(name.as_string());
      if (!statistic) return invalid_value(fmt::format("The value {} for parameter {} is not supported.", name.as_string(), member));
      list->emplace_back(name.as_string(), *statistic);
    }
  }
  if (plain.empty() && extended.empty()) return fail("MissingRequiredParameterException", "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  const Metric* metric = find_metric({call.account, call.region}, params);
  std::vector<Value> list;
  if (metric) {
    reads_left_ = kReadsMax;
    const int64_t from = start->ms / 1000;
    const Range range{from - from % std::max<int64_t>(period, 60), (end->ms + 999) / 1000, period};
    for (const auto& [unit, periods] : read(*metric, range, params.text("Unit"))) {
      for (const auto& [at, set] : periods) {
        json::ObjectBuilder one;
        one.add("Timestamp", static_cast<double>(at));
        for (const auto& [name, statistic] : plain) one.add_if(name, statistic.of(set));
        json::ObjectBuilder more;
        for (const auto& [name, statistic] : extended) more.add_if(name, statistic.of(set));
        if (!more.empty()) one.add("ExtendedStatistics", more.build());
        list.push_back(one.add("Unit", unit).build());
      }
    }
    TRY(within_reads());
  }
  return json::object({{"Label", params["MetricName"]}, {"Datapoints", Value::array(std::move(list))}});
}

}  // namespace cloudwatch
