// GetMetricData: metrics and expressions over them, in pages.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

namespace {

constexpr size_t kQueriesMax = 500, kPointsMax = 100'800;

bool is_id(std::string_view id) {
  return !id.empty() && id[0] >= 'a' && id[0] <= 'z' && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// What a query is called when nobody named it: what tells it from the others of the request.
std::vector<std::string> labels_of(const Value& queries) {
  std::set<std::string> names, spaces, statistics;
  std::set<int64_t> periods;
  std::map<std::string, std::set<std::string>> dimensions;  // name -> values
  for (const Value& query : queries.items()) {
    const Value& stat = query["MetricStat"];
    if (!stat.is_object()) continue;
    names.emplace(stat["Metric"].text("MetricName"));
    spaces.emplace(stat["Metric"].text("Namespace"));
    statistics.emplace(stat.text("Stat"));
    periods.insert(stat["Period"].as_int64().value_or(0));
    for (const auto& [name, value] : dimensions_of(stat["Metric"]["Dimensions"])) dimensions[name].insert(value);
  }
  std::vector<std::string> labels;
  for (const Value& query : queries.items()) {
    const Value& stat = query["MetricStat"];
    std::string label(query.text("Id"));
    if (stat.is_object()) {
      const std::string name(stat["Metric"].text("MetricName"));
      label = spaces.size() > 1 ? std::string(stat["Metric"].text("Namespace")) + " " : "";
      for (const auto& [dimension, value] : dimensions_of(stat["Metric"]["Dimensions"])) {
        if (dimensions[dimension].size() > 1) label += value + " ";
      }
      // Different dimensions tell enough when all are of one metric.
      if (label.empty() || names.size() > 1) label += name + " ";
      if (statistics.size() > 1) label += std::string(stat.text("Stat")) + " ";
      if (periods.size() > 1) label += std::to_string(stat["Period"].as_int64().value_or(0)) + " ";
      label.pop_back();
    }
    labels.emplace_back(query.text("Label", label));
  }
  return labels;
}

Status check_queries(const Value& queries) {
  if (!queries.is_array() || queries.size() == 0) return invalid("The parameter MetricDataQueries is required.");
  if (queries.size() > kQueriesMax) return invalid(fmt::format("The collection MetricDataQueries must not have a size greater than {}.", kQueriesMax));
  std::set<std::string> ids;
  for (size_t i = 0; i < queries.size(); ++i) {
    const Value& query = queries[i];
    const std::string id(query.text("Id")), where = fmt::format("MetricDataQueries.member.{}", i + 1);
    if (!is_id(id)) return invalid(fmt::format("The value '{}' for parameter {}.Id is not matching the expected pattern '^[a-z][a-zA-Z0-9_]*$'.", id, where));
    if (!ids.insert(id).second) return invalid(fmt::format("The values for parameter id in MetricDataQueries are not unique: {}", id));
    const bool metric = query["MetricStat"].is_object(), expression = query["Expression"].is_string();
    if (metric == expression) return invalid(fmt::format("Exactly one of the parameters {0}.MetricStat and {0}.Expression must be specified.", where));
    if (!metric) continue;
    const int64_t period = query["MetricStat"]["Period"].as_int64().value_or(0);
    static const std::set<int64_t> kShort = {1, 5, 10, 20, 30};
    if (period <= 0 || (period % 60 != 0 && !kShort.contains(period))) {
      return invalid(fmt::format("The value '{}' for parameter {}.MetricStat.Period must be 1, 5, 10, 20, 30, or a multiple of 60.", period, where));
    }
    if (!Statistic::parse(query["MetricStat"].text("Stat"))) {
      return invalid(fmt::format("The value '{}' for parameter {}.MetricStat.Stat is not supported.", query["MetricStat"].text("Stat"), where));
    }
  }
  return {};
}

}  // namespace

const Metric* CloudWatch::find_metric(const Scope& scope, const Value& metric) const {
  return metrics_.find(scope, metric_id(metric.text("Namespace"), metric.text("MetricName"), dimensions_of(metric["Dimensions"])));
}

Result<std::vector<Series>> CloudWatch::answer_queries(const Scope& scope, const Value& queries, Range range) {
  TRY(check_queries(queries));
  reads_left_ = kReadsMax;
  const std::vector<std::string> labels = labels_of(queries);
  std::map<std::string, Expression::Operand> known;
  std::map<std::string, std::pair<std::string, Expression>> waiting;
  std::vector<Series> answers;
  for (size_t i = 0; i < queries.size(); ++i) {
    const Value& query = queries[i];
    const std::string id(query.text("Id"));
    Series series{.id = id, .label = labels[i], .returned = query["ReturnData"] != Value(false)};
    if (const Value& stat = query["MetricStat"]; stat.is_object()) {
      const auto statistic = Statistic::parse(stat.text("Stat"));
      const int64_t period = stat["Period"].as_int64().value_or(60);
      const Range own{range.from - range.from % std::max<int64_t>(period, 60), range.to, period};
      series.period = period;
      for (const auto& [at, set] : read_all(find_metric(scope, stat["Metric"]), own, stat.text("Unit"))) {
        if (const auto value = statistic->of(set)) series.points[at] = *value;
      }
      known.emplace(id, series);
    } else {
      const std::string text(query.text("Expression"));
      auto parsed = Expression::parse(text);
      if (!parsed) return invalid(fmt::format("Error in expression '{}': {}", id, parsed.error().message));
      waiting.emplace(id, std::pair{text, *std::move(parsed)});
    }
    answers.push_back(std::move(series));
  }
  TRY(within_reads());
  const auto metrics = known;
  // An expression may refer to others, in any order, but not in a circle.
  while (!waiting.empty()) {
    bool moved = false;
    for (auto it = waiting.begin(); it != waiting.end();) {
      const auto& [id, what] = *it;
      const auto references = what.second.references();
      if (std::ranges::any_of(references, [&](const std::string& name) { return waiting.contains(name); })) {
        ++it;
        continue;
      }
      auto value = what.second.evaluate({.known = what.second.refers_to_metrics() ? metrics : known, .from = range.from, .to = range.to});
      if (!value) return invalid(fmt::format("Error in expression '{}': {}", id, value.error().message));
      known.emplace(id, *std::move(value));
      it = waiting.erase(it);
      moved = true;
    }
    if (!moved) return invalid(fmt::format("Error in expression '{}': it refers to itself", waiting.begin()->first));
  }
  std::vector<Series> out;
  for (Series& answer : answers) {
    const Expression::Operand& operand = known.at(answer.id);
    const auto take = [&](const Series& from) {
      Series one = answer;
      one.period = from.period, one.points = from.points;
      return one;
    };
    if (const auto* series = std::get_if<Series>(&operand)) {
      out.push_back(take(*series));
    } else if (const auto* number = std::get_if<double>(&operand)) {
      // A number is a datapoint in every period of what it was made of.
      int64_t period = 60;
      for (const auto& [id, other] : metrics) period = std::max(period, std::get<Series>(other).period);
      answer.period = period;
      for (int64_t at = range.from - range.from % period; at < range.to && std::isfinite(*number); at += period) answer.points[at] = *number;
      out.push_back(std::move(answer));
    } else {
      const auto& many = std::get<std::vector<Series>>(operand);
      for (const Series& each : many) {
        out.push_back(take(each));
        if (!each.label.empty()) out.back().label = many.size() > 1 ? answer.label + " " + each.label : answer.label;
      }
    }
  }
  return out;
}

Result<Value> CloudWatch::get_metric_data(const Call& call) {
  const Value& params = call.params;
  const auto start = time_of(params["StartTime"]), end = time_of(params["EndTime"]);
  if (!start || !end) return invalid("The parameters StartTime and EndTime must be times.");
  if (*start >= *end) return invalid("The parameter StartTime must be less than the parameter EndTime.");
  if (*end - *start > 455LL * 86'400'000) return invalid("The time range is longer than any data is kept.");
  const auto token = page(call);
  if (!token) return fail("InvalidNextToken", "Invalid nextToken");
  const auto asked = params["MaxDatapoints"].as_int64();
  if (asked && (*asked < 1 || *asked > static_cast<int64_t>(kPointsMax))) return invalid(fmt::format("The parameter MaxDatapoints must be between 1 and {}.", kPointsMax));
  const auto series = TRY(answer_queries({call.account, call.region}, params["MetricDataQueries"], {start->ms / 1000, (end->ms + 999) / 1000, 60}));
  const size_t per_page = static_cast<size_t>(asked.value_or(kPointsMax));
  // The token is how many datapoints, counted through all series, have been given.
  size_t skip = static_cast<size_t>(std::atoll(token->c_str())), left = per_page, total = 0, given = skip;
  const bool ascending = params.text("ScanBy") == "TimestampAscending";
  std::vector<Value> results;
  for (const Series& one : series) {
    if (!one.returned) continue;
    std::vector<std::pair<int64_t, double>> points(one.points.begin(), one.points.end());
    if (!ascending) std::ranges::reverse(points);
    std::vector<Value> timestamps, values;
    for (const auto& [at, value] : points) {
      ++total;
      if (total <= skip || left == 0) continue;
      timestamps.emplace_back(static_cast<double>(at));
      values.emplace_back(value);
      --left, ++given;
    }
    const bool complete = total <= given;
    if (!token->empty() && values.empty()) continue;
    results.push_back(json::object({{"Id", one.id}, {"Label", one.label}, {"Timestamps", Value::array(std::move(timestamps))}, {"Values", Value::array(std::move(values))},
                                    {"StatusCode", complete ? "Complete" : "PartialData"}}));
  }
  json::ObjectBuilder out;
  out.add("MetricDataResults", Value::array(std::move(results)));
  if (given < total) next_token(out, call, std::to_string(given));
  out.add("Messages", Value::array());
  return out.build();
}

}  // namespace cloudwatch
