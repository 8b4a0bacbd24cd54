#pragma once
// CloudWatch metrics and alarms (signing name "monitoring").
//
// Metrics are known in memory (name, dimensions, when data last came); their datapoints are in the store alone
// (Space::metrics), one a minute or, of high resolution, a second: statistics and a bounded distribution. Reading sums up
// what lies in each period. Data is kept for kKeptDays. Alarms look at their metric every ten seconds and tell topics,
// functions and EventBridge when their state changes.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sample_set.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/metric_math.h"
#include "services/cloudwatch/statistic.h"
#include "services/service.h"
#include "services/table.h"

namespace cloudwatch {

inline constexpr int64_t kKeptDays = 15;
inline constexpr size_t kMetricsMax = 200'000;  // in all accounts; more are refused
inline constexpr size_t kAlarmsMax = 5'000;     // of an account in a region
inline constexpr int64_t kEvaluateEveryMs = 10'000;

using Dimensions = std::map<std::string, std::string>;

struct Metric {
  std::string space, name;  // namespace
  Dimensions dimensions;
  uint64_t number = 0;  // names its datapoints in the store
  Instant last;         // when data last came; written down once an hour
};
json::Value to_json(const Metric& metric);
Metric from_json(const json::Value& document, std::type_identity<Metric>);

// An alarm, of a metric or composite, as it is stored.
struct Alarm {
  json::Value given;  // what PutMetricAlarm or PutCompositeAlarm said, without tags
  bool composite = false;
  std::string state = "INSUFFICIENT_DATA", reason, reason_data;
  Instant configured, updated, transitioned;
  std::map<std::string, std::string> tags;
  std::vector<json::Value> history;  // the last kHistoryMax items, oldest first
  std::string suppressed_by;         // "WaitPeriod", "Alarm", "ExtensionPeriod": a composite's actions wait

  static constexpr size_t kHistoryMax = 50;
  bool actions_enabled() const { return given["ActionsEnabled"] != json::Value(false); }
};
json::Value to_json(const Alarm& alarm);
Alarm from_json(const json::Value& document, std::type_identity<Alarm>);
// What alarms tell of an instant: "2025-09-22T19:14:26.123+0000".
std::string date_text(Instant at);

struct Dashboard {
  std::string body;
  Instant modified;
};
json::Value to_json(const Dashboard& dashboard);
Dashboard from_json(const json::Value& document, std::type_identity<Dashboard>);

class CloudWatch final : public services::Service {
 public:
  explicit CloudWatch(services::Kit& kit);
  void load() override;
  void start() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  // put_metric_data.cpp
  Result<Value> put_metric_data(const Call& call);
  // list_metrics.cpp
  Result<Value> list_metrics(const Call& call);
  // get_metric_data.cpp, get_metric_statistics.cpp
  Result<Value> get_metric_data(const Call& call);
  Result<Value> get_metric_statistics(const Call& call);
  // alarms.cpp
  Result<Value> put_metric_alarm(const Call& call);
  Result<Value> put_composite_alarm(const Call& call);
  Result<Value> describe_alarms(const Call& call);
  Result<Value> describe_alarms_for_metric(const Call& call);
  Result<Value> describe_alarm_history(const Call& call);
  Result<Value> delete_alarms(const Call& call);
  Result<Value> set_alarm_state(const Call& call);
  Result<Value> switch_actions(const Call& call);
  Result<Value> change_tags(const Call& call);
  Result<Value> list_tags(const Call& call);
  // dashboards.cpp
  Result<Value> put_dashboard(const Call& call);
  Result<Value> get_dashboard(const Call& call);
  Result<Value> list_dashboards(const Call& call);
  Result<Value> delete_dashboards(const Call& call);

  // --- datapoints (datapoints.cpp) ---
  // A unit's datapoints, by the start of their period.
  using Periods = std::map<int64_t, SampleSet>;
  struct Range {
    int64_t from, to, period;  // seconds; the periods begin at multiples of `period`
  };
  // By unit; `unit` alone when it is given.
  std::map<std::string, Periods> read(const Metric& metric, const Range& range, std::string_view unit);
  // All units as one.
  Periods read_all(const Metric* metric, const Range& range, std::string_view unit);
  void forget_old();
  static constexpr size_t kReadsMax = 1'000'000;  // datapoints that one request may read
  size_t reads_left_ = kReadsMax;
  Status within_reads() const;  // after reading: whether all of it was read

  // --- queries (get_metric_data.cpp) ---
  Result<std::vector<Series>> answer_queries(const Scope& scope, const Value& queries, Range range);
  const Metric* find_metric(const Scope& scope, const Value& metric) const;

  // --- alarms (alarms.cpp, alarm_evaluation.cpp, alarm_actions.cpp) ---
  Value shown(const Scope& scope, const std::string& name, const Alarm& alarm) const;
  Status check_room(const Scope& scope, const std::string& name) const;
  void put_alarm(const Call& call, const std::string& name, Alarm alarm);
  struct Verdict {
    std::string state, reason, reason_data;
  };
  void evaluate_all();
  std::optional<Verdict> evaluate(const Scope& scope, const Alarm& alarm);
  std::optional<Verdict> evaluate_composite(const Scope& scope, const Alarm& alarm);
  void change_state(const Scope& scope, const std::string& name, const Verdict& verdict);
  void tell(const Scope& scope, const std::string& name, const Alarm& alarm, const Value& before);
  void act(const Scope& scope, const std::string& name, const Alarm& alarm, const Value& before);
  // Composite alarms whose actions another alarm holds back.
  bool suppressor_is_on(const Scope& scope, const Alarm& alarm) const;
  void hold_actions(const Scope& scope, const std::string& name, std::string_view why, int64_t seconds);
  void look_at_held(const Scope& scope, const std::string& name);

  std::optional<std::string> page(const Call& call) const;  // nothing: the token is not one
  void next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const;

  services::Kit& kit_;
  services::Table<Metric> metrics_;    // by metric_id()
  services::Table<Alarm> alarms_;      // by name
  services::Table<Dashboard> dashboards_;
  uint64_t last_number_ = 0;
  size_t metric_count_ = 0;
  bool evaluating_ = false;  // the timer of evaluate_all is set
};

// What a metric is found under: namespace, name and dimensions in order of their names.
std::string metric_id(std::string_view space, std::string_view name, const Dimensions& dimensions);
Dimensions dimensions_of(const json::Value& list);
json::Value dimensions_list(const Dimensions& dimensions);
// A time as params have it: seconds since 1970.
std::optional<Instant> time_of(const json::Value& value);

std::unexpected<Error> invalid_value(std::string message);
std::unexpected<Error> invalid_combination(std::string message);
std::unexpected<Error> invalid(std::string message);  // ValidationError
std::unexpected<Error> not_found(std::string message);

}  // namespace cloudwatch
