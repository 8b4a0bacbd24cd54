#include "services/cloudwatch/cloudwatch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"

namespace cloudwatch {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

std::unexpected<Error> invalid_value(std::string message) { return fail("InvalidParameterValueException", std::move(message)); }
std::unexpected<Error> invalid_combination(std::string message) { return fail("InvalidParameterCombinationException", std::move(message)); }
std::unexpected<Error> invalid(std::string message) { return fail("ValidationException", std::move(message)); }
std::unexpected<Error> not_found(std::string message) { return fail("ResourceNotFound", std::move(message), 404); }

std::string metric_id(std::string_view space, std::string_view name, const Dimensions& dimensions) {
  std::string id = std::string(space) + '\x01' + std::string(name);
  for (const auto& [key, value] : dimensions) id.append(1, '\x01').append(key).append(1, '\x02').append(value);
  return id;
}

Dimensions dimensions_of(const Value& list) {
  Dimensions out;
  if (!list.is_array()) return out;
  for (const Value& one : list.items()) out[std::string(one.text("Name"))] = one.text("Value");
  return out;
}

Value dimensions_list(const Dimensions& dimensions) {
  std::vector<Value> list;
  for (const auto& [name, value] : dimensions) list.push_back(json::object({{"Name", name}, {"Value", value}}));
  return Value::array(std::move(list));
}

std::optional<Instant> time_of(const Value& value) {
  if (value.is_number()) return Instant{static_cast<int64_t>(value.as_double() * 1000)};
  if (value.is_string()) return parse_iso8601(value.as_string());
  return std::nullopt;
}

namespace {
Value map_json(const std::map<std::string, std::string>& map) {
  json::ObjectBuilder out;
  for (const auto& [key, value] : map) out.add(key, value);
  return out.build();
}
std::map<std::string, std::string> map_from(const Value& document) {
  std::map<std::string, std::string> out;
  if (!document.is_object()) return out;
  for (const auto& member : document.members()) out[std::string(member.name)] = member.value.as_string();
  return out;
}
Instant instant(const Value& document, std::string_view member) { return {document[member].as_int64().value_or(0)}; }
}  // namespace

Value to_json(const Metric& m) {
  return json::object({{"namespace", m.space}, {"name", m.name}, {"dimensions", map_json(m.dimensions)}, {"number", m.number}, {"last", m.last.ms}});
}
Metric from_json(const Value& d, std::type_identity<Metric>) {
  return {std::string(d.text("namespace")), std::string(d.text("name")), map_from(d["dimensions"]), static_cast<uint64_t>(d["number"].as_int64().value_or(0)), instant(d, "last")};
}
Value to_json(const Alarm& a) {
  return json::object({{"given", a.given}, {"composite", a.composite}, {"state", a.state}, {"reason", a.reason}, {"reasonData", a.reason_data},
                       {"configured", a.configured.ms}, {"updated", a.updated.ms}, {"transitioned", a.transitioned.ms}, {"tags", map_json(a.tags)},
                       {"history", Value::array(a.history)}, {"suppressedBy", a.suppressed_by}});
}
Alarm from_json(const Value& d, std::type_identity<Alarm>) {
  Alarm a{.given = d["given"], .composite = d["composite"].as_bool(), .state = std::string(d.text("state")), .reason = std::string(d.text("reason")),
          .reason_data = std::string(d.text("reasonData")), .configured = instant(d, "configured"), .updated = instant(d, "updated"),
          .transitioned = instant(d, "transitioned"), .tags = map_from(d["tags"]), .history = {}};
  a.suppressed_by = d.text("suppressedBy");
  a.history.assign(d["history"].items().begin(), d["history"].items().end());
  return a;
}
Value to_json(const Dashboard& b) { return json::object({{"body", b.body}, {"modified", b.modified.ms}}); }
Dashboard from_json(const Value& d, std::type_identity<Dashboard>) { return {std::string(d.text("body")), instant(d, "modified")}; }

CloudWatch::CloudWatch(services::Kit& kit)
    : kit_(kit), metrics_(kit.store, "cloudwatch/metric"), alarms_(kit.store, "cloudwatch/alarm"), dashboards_(kit.store, "cloudwatch/dashboard") {}

void CloudWatch::load() {
  metrics_.load();
  alarms_.load();
  dashboards_.load();
  for (const auto& [scope, metrics] : metrics_.scopes()) {
    metric_count_ += metrics.size();
    for (const auto& [id, metric] : metrics) last_number_ = std::max(last_number_, metric.number);
  }
  const auto add = [&](std::string_view name, Result<Value> (CloudWatch::*method)(const Call&), std::function<std::vector<Need>(const Call&)> needs) {
    kit_.registry.add("monitoring", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, std::move(needs)));
  };
  const auto any = [](const Call& call) { return std::vector<Need>{{.action = "cloudwatch:" + call.operation, .resources = {"*"}}}; };
  const auto put = [](const Call& call) {
    Need need{.action = "cloudwatch:PutMetricData", .resources = {"*"}};
    need.context.push_back({"cloudwatch:namespace", call.params["Namespace"]});
    return std::vector<Need>{need};
  };
  // On alarms by name, on whatever a ResourceARN names, on dashboards by name.
  const auto named = [](const Call& call) {
    Need need{.action = "cloudwatch:" + call.operation, .resources = {}};
    const auto arn = [&](std::string_view kind, std::string_view name) {
      const bool global = kind == "dashboard/";
      return fmt::format("arn:{}:cloudwatch:{}:{}:{}{}", call.partition, global ? "" : call.region, call.account, kind, name);
    };
    if (call.params["AlarmName"].is_string()) need.resources.push_back(arn("alarm:", call.params.text("AlarmName")));
    if (call.params["DashboardName"].is_string()) need.resources.push_back(arn("dashboard/", call.params.text("DashboardName")));
    if (call.params["ResourceARN"].is_string()) need.resources.emplace_back(call.params.text("ResourceARN"));
    for (const auto& [list, kind] : {std::pair{"AlarmNames", "alarm:"}, std::pair{"DashboardNames", "dashboard/"}}) {
      if (!call.params[list].is_array()) continue;
      for (const Value& name : call.params[list].items()) {
        if (name.is_string()) need.resources.push_back(arn(kind, name.as_string()));
      }
    }
    if (need.resources.empty()) need.resources.emplace_back("*");
    return std::vector<Need>{need};
  };
  add("PutMetricData", &CloudWatch::put_metric_data, put);
  add("ListMetrics", &CloudWatch::list_metrics, any);
  add("GetMetricData", &CloudWatch::get_metric_data, any);
  add("GetMetricStatistics", &CloudWatch::get_metric_statistics, any);
  add("PutMetricAlarm", &CloudWatch::put_metric_alarm, named);
  add("PutCompositeAlarm", &CloudWatch::put_composite_alarm, named);
  add("DescribeAlarms", &CloudWatch::describe_alarms, named);
  add("DescribeAlarmsForMetric", &CloudWatch::describe_alarms_for_metric, any);
  add("DescribeAlarmHistory", &CloudWatch::describe_alarm_history, named);
  add("DeleteAlarms", &CloudWatch::delete_alarms, named);
  add("SetAlarmState", &CloudWatch::set_alarm_state, named);
  add("EnableAlarmActions", &CloudWatch::switch_actions, named);
  add("DisableAlarmActions", &CloudWatch::switch_actions, named);
  add("TagResource", &CloudWatch::change_tags, named);
  add("UntagResource", &CloudWatch::change_tags, named);
  add("ListTagsForResource", &CloudWatch::list_tags, named);
  add("PutDashboard", &CloudWatch::put_dashboard, named);
  add("GetDashboard", &CloudWatch::get_dashboard, named);
  add("ListDashboards", &CloudWatch::list_dashboards, any);
  add("DeleteDashboards", &CloudWatch::delete_dashboards, named);
}

void CloudWatch::start() {
  forget_old();
  // Actions that were held back when the process ended.
  std::vector<std::pair<Scope, std::string>> held;
  for (const auto& [scope, alarms] : alarms_.scopes()) {
    for (const auto& [name, alarm] : alarms) {
      if (!alarm.suppressed_by.empty()) held.emplace_back(scope, name);
    }
  }
  for (const auto& [scope, name] : held) kit_.loop.post([this, scope, name] { look_at_held(scope, name); });
  evaluate_all();
}

std::optional<std::string> CloudWatch::page(const Call& call) const {
  const std::string_view token = call.params.text("NextToken");
  if (token.empty()) return std::string();
  auto opened = kit_.sealer.open("monitoring:" + call.operation + call.account + call.region, token);
  if (!opened) return std::nullopt;
  return *opened;
}

void CloudWatch::next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const {
  if (!from.empty()) out.add("NextToken", kit_.sealer.seal("monitoring:" + call.operation + call.account + call.region, from));
}

}  // namespace cloudwatch
