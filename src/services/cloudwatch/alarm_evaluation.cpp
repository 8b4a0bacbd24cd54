// What state an alarm should be in: its metric's last periods against its threshold.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/arn.h"
#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

namespace {

bool breaches(std::string_view comparison, double value, double threshold) {
  if (comparison == "GreaterThanOrEqualToThreshold") return value >= threshold;
  if (comparison == "GreaterThanThreshold") return value > threshold;
  if (comparison == "LessThanThreshold") return value < threshold;
  return value <= threshold;
}

std::string_view in_words(std::string_view comparison) {
  if (comparison == "GreaterThanOrEqualToThreshold") return "greater than or equal to";
  if (comparison == "GreaterThanThreshold") return "greater than";
  if (comparison == "LessThanThreshold") return "less than";
  return "less than or equal to";
}

// "5.0", as Java writes a double.
std::string number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e7) return fmt::format("{:.1f}", value);
  return fmt::format("{}", value);
}

struct Point {
  int64_t at = 0;
  std::optional<double> value;
  double samples = 0;
};

}  // namespace

std::optional<CloudWatch::Verdict> CloudWatch::evaluate(const Scope& scope, const Alarm& alarm) {
  const Value& given = alarm.given;
  const int64_t wanted = given["EvaluationPeriods"].as_int64().value_or(1), to_alarm = given["DatapointsToAlarm"].as_int64().value_or(wanted);
  const double threshold = given["Threshold"].as_double();
  const std::string comparison(given.text("ComparisonOperator"));
  const Instant now = kit_.clock().now();
  const bool math = given["Metrics"].size() > 0;
  int64_t period = given["Period"].as_int64().value_or(60);
  if (math) {
    for (const Value& query : given["Metrics"].items()) period = std::max(period, query["MetricStat"]["Period"].as_int64().value_or(query["Period"].as_int64().value_or(0)));
  }
  // Whole periods that end with the last whole minute, or less for periods shorter than that; two more than asked for, to
  // fill gaps from.
  const int64_t step = std::min<int64_t>(period, 60), end = now.ms / 1000 / step * step;
  std::vector<Point> points;  // newest first
  reads_left_ = kReadsMax;
  std::vector<Series> series;
  if (math) {
    auto answers = answer_queries(scope, given["Metrics"], {end - (wanted + 2) * period, end, period});
    if (!answers) return Verdict{"INSUFFICIENT_DATA", "Insufficient Data: " + answers.error().message, ""};
    std::erase_if(*answers, [](const Series& one) { return !one.returned; });
    if (answers->size() != 1) return std::nullopt;
    for (int64_t i = 0; i < wanted + 2; ++i) {
      Point point{.at = end - end % period - (i + 1) * period};
      if (const auto it = (*answers)[0].points.find(point.at); it != (*answers)[0].points.end()) point.value = it->second, point.samples = 1;
      points.push_back(point);
    }
  } else {
    const auto statistic = Statistic::parse(given.text(given.find("Statistic") ? "Statistic" : "ExtendedStatistic"));
    const Metric* metric = find_metric(scope, given);
    // Read once in the finest steps, then summed up into periods that end now.
    const Periods fine = read_all(metric, {end - (wanted + 2) * period, end, step}, given.text("Unit"));
    for (int64_t i = 0; i < wanted + 2; ++i) {
      Point point{.at = end - (i + 1) * period};
      SampleSet set;
      for (auto it = fine.lower_bound(point.at); it != fine.end() && it->first < point.at + period; ++it) set.merge(it->second);
      if (statistic) point.value = statistic->of(set);
      point.samples = set.count();
      points.push_back(point);
    }
  }

  std::vector<Point> there;
  for (const Point& point : points) {
    if (point.value && there.size() < static_cast<size_t>(wanted)) there.push_back(point);
  }
  const auto known = static_cast<int64_t>(there.size()), missing = wanted - known;
  const auto breaching = std::ranges::count_if(there, [&](const Point& p) { return breaches(comparison, *p.value, threshold); });
  const std::string_view treat = given.text("TreatMissingData", "missing");
  std::string state;
  if (missing == 0) {
    state = breaching >= to_alarm ? "ALARM" : "OK";
  } else if (treat == "breaching") {
    state = breaching + missing >= to_alarm ? "ALARM" : "OK";
  } else if (treat == "notBreaching") {
    state = breaching >= to_alarm ? "ALARM" : "OK";
  } else if (treat == "ignore") {
    if (breaching < to_alarm && breaching + missing >= to_alarm) return std::nullopt;
    state = breaching >= to_alarm ? "ALARM" : "OK";
  } else if (known == 0) {
    state = "INSUFFICIENT_DATA";
  } else {
    state = breaching >= to_alarm || (known < to_alarm && breaching == known) ? "ALARM" : "OK";
  }

  const bool filled = missing > 0 && (treat == "breaching" || treat == "notBreaching");
  json::ObjectBuilder data;
  data.add("version", "1.0").add("queryDate", date_text(now));
  if (known > 0) data.add("startDate", date_text({there.back().at * 1000}));
  if (given.find("Unit")) data.add("unit", given["Unit"]);
  if (!math) data.add("statistic", given.find("Statistic") ? given["Statistic"] : given["ExtendedStatistic"]);
  data.add("period", period);
  std::vector<Value> recent, evaluated;
  for (auto it = there.rbegin(); it != there.rend(); ++it) recent.emplace_back(*it->value);
  data.add("recentDatapoints", Value::array(std::move(recent))).add("threshold", threshold);
  for (const Point& point : known > 0 ? there : std::vector<Point>(points.begin(), points.begin() + wanted)) {
    json::ObjectBuilder one;
    one.add("timestamp", date_text({point.at * 1000}));
    if (point.value) one.add("sampleCount", point.samples).add("value", *point.value);
    evaluated.push_back(one.build());
  }
  data.add("evaluatedDatapoints", Value::array(std::move(evaluated)));

  std::string reason;
  if (state == "INSUFFICIENT_DATA") {
    reason = fmt::format("Insufficient Data: {} datapoint{} unknown.", wanted, wanted == 1 ? " was" : "s were");
  } else if (known == 0) {
    reason = filled ? fmt::format("Threshold Crossed: no datapoints were received for {} period{} and {} missing datapoint{} treated as [{}].", wanted, wanted == 1 ? "" : "s", missing,
                                  missing == 1 ? " was" : "s were", treat == "breaching" ? "Breaching" : "NonBreaching")
                    : "Threshold Crossed: no datapoints were received.";
  } else {
    const bool alarm_state = state == "ALARM";
    std::string list;
    size_t shown = 0;
    for (const Point& point : there) {
      if (breaches(comparison, *point.value, threshold) != alarm_state && known > 1) continue;
      const CivilTime c = civil({point.at * 1000});
      list += fmt::format("{}{} ({:02}/{:02}/{:02} {:02}:{:02}:00)", list.empty() ? "" : ", ", number_text(*point.value), c.day, c.month, c.year % 100, c.hour, c.minute);
      if (++shown == 10) break;
    }
    const std::string_view verb = shown == 1 ? "was" : "were", negation = alarm_state ? "" : "not ";
    if (given.find("DatapointsToAlarm")) {
      const int64_t least = alarm_state ? to_alarm : wanted - to_alarm + 1;
      reason = fmt::format("Threshold Crossed: {} out of the last {} datapoints [{}] {} {}{} the threshold ({}) (minimum {} datapoint{} for {} transition).", shown, wanted, list, verb,
                           negation, in_words(comparison), number_text(threshold), least, least == 1 ? "" : "s", alarm_state ? "OK -> ALARM" : "ALARM -> OK");
    } else {
      reason = fmt::format("Threshold Crossed: {} datapoint{} [{}] {} {}{} the threshold ({}).", shown, shown == 1 ? "" : "s", list, verb, negation, in_words(comparison),
                           number_text(threshold));
    }
  }
  if (reason.size() > 1'023) reason.resize(1'023);
  return Verdict{state, std::move(reason), json::write(data.build())};
}

std::optional<CloudWatch::Verdict> CloudWatch::evaluate_composite(const Scope& scope, const Alarm& alarm) {
  const auto rule = AlarmRule::parse(alarm.given.text("AlarmRule"));
  if (!rule) return std::nullopt;
  const auto find = [&](const std::string& name_or_arn) {
    const auto arn = Arn::parse(name_or_arn);
    return alarms_.find(scope, arn && arn->resource.starts_with("alarm:") ? arn->resource.substr(6) : name_or_arn);
  };
  const bool holds = rule->holds([&](const std::string& name) {
    const Alarm* child = find(name);
    return child ? child->state : "";
  });
  const std::string state = holds ? "ALARM" : "OK";
  if (state == alarm.state) return std::nullopt;
  // The alarm that moved last is what made it.
  const Alarm* cause = nullptr;
  std::string cause_name;
  for (const std::string& name : rule->alarms()) {
    const Alarm* child = find(name);
    if (child && (!cause || child->transitioned > cause->transitioned)) cause = child, cause_name = name;
  }
  if (!cause) return Verdict{state, "The rule holds by itself.", ""};
  const auto arn = Arn::parse(cause_name);
  if (!arn) cause_name = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", scope.region, scope.account, cause_name);
  const CivilTime c = civil(cause->transitioned);
  static constexpr std::string_view kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::string_view kMonths[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
  const std::string reason = fmt::format("{} transitioned to {} at {} {:02} {}, {} {:02}:{:02}:{:02} UTC", cause_name, cause->state, kDays[c.weekday], c.day, kMonths[c.month - 1], c.year,
                                         c.hour, c.minute, c.second);
  const Value data = json::object({{"triggeringAlarms", json::array({json::object({{"arn", cause_name}, {"state", json::object({{"value", cause->state}, {"timestamp", date_text(cause->transitioned)}})}})})}});
  return Verdict{state, reason, json::write(data)};
}

void CloudWatch::evaluate_all() {
  evaluating_ = false;
  std::vector<std::pair<Scope, std::string>> names;
  for (const auto& [scope, alarms] : alarms_.scopes()) {
    for (const auto& [name, alarm] : alarms) {
      if (!alarm.composite) names.emplace_back(scope, name);
    }
  }
  for (const auto& [scope, name] : names) {
    const Alarm* alarm = alarms_.find(scope, name);
    if (!alarm) continue;
    if (const auto verdict = evaluate(scope, *alarm)) {
      // An alarm that stays as it is is not written anew every time.
      const bool news = verdict->state != alarm->state || (alarm->reason_data.empty() && verdict->reason != alarm->reason);
      if (news) change_state(scope, name, *verdict);
    }
  }
  if (names.empty()) return;
  evaluating_ = true;
  kit_.loop.after(kEvaluateEveryMs, [this] { evaluate_all(); });
}

}  // namespace cloudwatch
