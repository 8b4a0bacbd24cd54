// The operations on alarms.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/arn.h"
#include "language/json/parse.h"
#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

namespace {

constexpr std::string_view kInitialReason = "Unchecked: Initial alarm creation";

// Of what was given, what is no tag and not null; lists of actions are always there.
Value kept(const Value& params) {
  json::ObjectBuilder out;
  for (const json::Member& member : params.members()) {
    if (member.name != "Tags" && !member.value.is_null()) out.add(member.name, member.value);
  }
  for (const std::string_view list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) {
    if (!params[list].is_array()) out.set(list, Value::array());
  }
  if (!params["ActionsEnabled"].is_bool()) out.set("ActionsEnabled", true);
  return out.build();
}

Status check_actions(const Value& params) {
  for (const std::string_view list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) {
    if (!params[list].is_array()) continue;
    if (params[list].size() > 5) return invalid(fmt::format("The collection {} must not have a size greater than 5.", list));
    std::set<std::string_view> seen;
    for (const Value& action : params[list].items()) {
      if (!Arn::parse(action.as_string())) return invalid(fmt::format("Invalid arn syntax: {}", action.as_string()));
      if (!seen.insert(action.as_string()).second) return invalid(fmt::format("The collection {} must not hold an action twice.", list));
    }
  }
  return {};
}

Status check_metric_alarm(const Value& params) {
  const bool single = !params.text("MetricName").empty(), math = params["Metrics"].size() > 0;
  if (params.find("ThresholdMetricId")) return invalid("Alarms on anomaly detection are not offered here: ThresholdMetricId.");
  if (params.find("EvaluationCriteria")) return invalid("Alarms on PromQL are not offered here: EvaluationCriteria.");
  if (single == math) return invalid("Exactly one of MetricName and Metrics must be specified");
  if (!params["Threshold"].is_number()) return invalid("Threshold must be specified for static threshold alarms");
  if (params.text("ComparisonOperator").find("UpperThreshold") != std::string_view::npos || params.text("ComparisonOperator").starts_with("LessThanLowerThreshold")) {
    return invalid("The comparison operator is for alarms on anomaly detection, which are not offered here.");
  }
  const int64_t periods = params["EvaluationPeriods"].as_int64().value_or(0);
  if (periods < 1) return invalid("EvaluationPeriods must be specified");
  const int64_t to_alarm = params["DatapointsToAlarm"].as_int64().value_or(periods);
  if (to_alarm > periods) return invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  const std::string_view missing = params.text("TreatMissingData", "missing");
  static const std::set<std::string_view> kMissing = {"breaching", "notBreaching", "ignore", "missing"};
  if (!kMissing.contains(missing)) return invalid(fmt::format("Option {} is not supported for TreatMissingData. Supported options: breaching, notBreaching, ignore, missing", missing));
  if (math) {
    size_t returned = 0;
    for (const Value& query : params["Metrics"].items()) returned += query["ReturnData"] != Value(false);
    if (returned != 1) return invalid("Exactly one element of the metrics list should return data.");
    return {};
  }
  if (params.text("Namespace").empty()) return invalid("Namespace must be specified with MetricName");
  const int64_t period = params["Period"].as_int64().value_or(0);
  if (period != 10 && period != 20 && period != 30 && (period <= 0 || period % 60 != 0)) return invalid("Period must be 10, 20, 30 or a multiple of 60");
  const int64_t longest = period >= 3'600 ? 604'800 : 86'400;
  if (period * periods > longest) {
    return invalid(fmt::format("Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {}).", period >= 3'600 ? "seven days" : "a day", longest));
  }
  const bool plain = !params.text("Statistic").empty(), extended = !params.text("ExtendedStatistic").empty();
  if (plain == extended) return invalid("Exactly one of Statistic and ExtendedStatistic must be specified");
  if (!Statistic::parse(params.text(plain ? "Statistic" : "ExtendedStatistic"))) return invalid("The value for ExtendedStatistic is not supported.");
  return {};
}

std::map<std::string, std::string> tags_of(const Value& list) {
  std::map<std::string, std::string> tags;
  if (!list.is_array()) return tags;
  for (const Value& tag : list.items()) tags[std::string(tag.text("Key"))] = tag.text("Value");
  return tags;
}

// The alarm's name in an ARN of ours, else the text itself.
std::string alarm_name(std::string_view name_or_arn) {
  const auto arn = Arn::parse(name_or_arn);
  if (arn && arn->resource.starts_with("alarm:")) return arn->resource.substr(6);
  return std::string(name_or_arn);
}

}  // namespace

Value CloudWatch::shown(const Scope& scope, const std::string& name, const Alarm& alarm) const {
  json::ObjectBuilder out(alarm.given);
  out.set("AlarmArn", fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", scope.region, scope.account, name));
  out.set("AlarmConfigurationUpdatedTimestamp", alarm.configured.seconds()).set("StateValue", alarm.state).set("StateReason", alarm.reason);
  if (!alarm.reason_data.empty()) out.set("StateReasonData", alarm.reason_data);
  out.set("StateUpdatedTimestamp", alarm.updated.seconds()).set("StateTransitionedTimestamp", alarm.transitioned.seconds());
  if (!alarm.suppressed_by.empty()) out.set("ActionsSuppressedBy", alarm.suppressed_by);
  if (!alarm.composite && !alarm.given.find("Dimensions")) out.set("Dimensions", Value::array());
  return out.build();
}

Status CloudWatch::check_room(const Scope& scope, const std::string& name) const {
  const auto& all = alarms_.all(scope);
  if (all.contains(name) || all.size() < kAlarmsMax) return {};
  return fail("LimitExceededFault", fmt::format("There are {} alarms, which is as many as there may be.", kAlarmsMax));
}

void CloudWatch::put_alarm(const Call& call, const std::string& name, Alarm alarm) {
  const Scope scope{call.account, call.region};
  const Alarm* before = alarms_.find(scope, name);
  alarm.configured = call.at;
  if (before) {
    alarm.state = before->state, alarm.reason = before->reason, alarm.reason_data = before->reason_data;
    alarm.updated = before->updated, alarm.transitioned = before->transitioned;
    alarm.tags = before->tags, alarm.history = before->history, alarm.suppressed_by = before->suppressed_by;
  } else {
    alarm.reason = kInitialReason;
    alarm.updated = alarm.transitioned = call.at;
    alarm.tags = tags_of(call.params["Tags"]);
  }
  if (alarm.history.size() >= Alarm::kHistoryMax) alarm.history.erase(alarm.history.begin());
  alarm.history.push_back(json::object({{"Timestamp", call.at.seconds()}, {"HistoryItemType", "ConfigurationUpdate"},
                                        {"HistorySummary", fmt::format("Alarm \"{}\" {}", name.substr(0, 200), before ? "updated" : "created")},
                                        {"HistoryData", json::write(json::object({{"version", "1.0"}, {"type", before ? "Update" : "Create"}}))}}));
  alarms_.put(scope, name, std::move(alarm));
  if (evaluating_) return;
  evaluating_ = true;
  kit_.loop.after(kEvaluateEveryMs, [this] { evaluate_all(); });
}

Result<Value> CloudWatch::put_metric_alarm(const Call& call) {
  const std::string name(call.params.text("AlarmName"));
  TRY(check_metric_alarm(call.params));
  TRY(check_actions(call.params));
  TRY(check_room({call.account, call.region}, name));
  if (call.params["Metrics"].size() > 0) {
    // What cannot be evaluated is refused now.
    const int64_t now = call.at.ms / 1000;
    TRY(answer_queries({call.account, call.region}, call.params["Metrics"], {now - 60, now, 60}));
  }
  put_alarm(call, name, {.given = kept(call.params)});
  return Value::object();
}

Result<Value> CloudWatch::put_composite_alarm(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("AlarmName"));
  TRY(check_actions(call.params));
  TRY(check_room(scope, name));
  if (const std::string_view suppressor = call.params.text("ActionsSuppressor"); !suppressor.empty()) {
    for (const std::string_view period : {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}) {
      if (!call.params[period].as_int64()) return invalid(fmt::format("{} must be specified with ActionsSuppressor", period));
    }
    if (!alarms_.find(scope, alarm_name(suppressor))) return invalid(fmt::format("Could not save the composite alarm as the actions suppressor {} does not exist", suppressor));
  }
  const AlarmRule rule = TRY(AlarmRule::parse(call.params.text("AlarmRule")));
  std::string missing;
  for (const std::string& alarm : rule.alarms()) {
    if (!alarms_.find(scope, alarm_name(alarm))) missing += (missing.empty() ? "" : ", ") + alarm;
  }
  if (!missing.empty()) return invalid(fmt::format("Could not save the composite alarm as alarms [{}] in the alarm rule do not exist", missing));
  if (std::ranges::any_of(rule.alarms(), [&](const std::string& alarm) { return alarm_name(alarm) == name; })) {
    return invalid("A composite alarm cannot depend on itself.");
  }
  put_alarm(call, name, {.given = kept(call.params), .composite = true});
  if (const auto verdict = evaluate_composite(scope, *alarms_.find(scope, name))) change_state(scope, name, *verdict);
  return Value::object();
}

Result<Value> CloudWatch::describe_alarms(const Call& call) {
  const Value& params = call.params;
  const Scope scope{call.account, call.region};
  const auto from = page(call);
  if (!from) return fail("InvalidNextToken", "Invalid nextToken");
  bool metric = true, composite = false;
  if (params["AlarmTypes"].size() > 0) {
    metric = false;
    for (const Value& type : params["AlarmTypes"].items()) (type == Value("MetricAlarm") ? metric : composite) = true;
  }
  std::set<std::string, std::less<>> names;
  if (params["AlarmNames"].is_array()) {
    for (const Value& name : params["AlarmNames"].items()) names.emplace(name.as_string());
  }
  const std::string prefix(params.text("AlarmNamePrefix"));
  if (!names.empty() && !prefix.empty()) return invalid("AlarmNames and AlarmNamePrefix cannot be used together");
  const std::string_view state = params.text("StateValue"), action = params.text("ActionPrefix"), parents = params.text("ParentsOfAlarmName");
  std::optional<std::set<std::string>> children;
  if (const std::string_view parent = params.text("ChildrenOfAlarmName"); !parent.empty()) {
    children.emplace();
    const Alarm* alarm = alarms_.find(scope, alarm_name(parent));
    const auto rule = alarm && alarm->composite ? AlarmRule::parse(alarm->given.text("AlarmRule")) : std::unexpected(Error{});
    if (rule) {
      for (const std::string& child : rule->alarms()) children->insert(alarm_name(child));
    }
    metric = composite = true;
  }
  const auto has_action = [&](const Alarm& alarm) {
    for (const std::string_view list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) {
      for (const Value& one : alarm.given[list].items()) {
        if (one.as_string().starts_with(action)) return true;
      }
    }
    return false;
  };
  const size_t most = static_cast<size_t>(std::clamp<int64_t>(params["MaxRecords"].as_int64().value_or(100), 1, 100));
  std::vector<Value> metrics, composites;
  std::string next;
  const auto& all = alarms_.all(scope);
  for (auto it = all.lower_bound(std::max(prefix, *from)); it != all.end() && it->first.starts_with(prefix); ++it) {
    const auto& [name, alarm] = *it;
    if (!(alarm.composite ? composite : metric) || (!names.empty() && !names.contains(name))) continue;
    if (!state.empty() && alarm.state != state) continue;
    if (!action.empty() && !has_action(alarm)) continue;
    if (children && !children->contains(name)) continue;
    if (!parents.empty()) {
      const auto rule = AlarmRule::parse(alarm.given.text("AlarmRule"));
      if (!alarm.composite || !rule || std::ranges::none_of(rule->alarms(), [&](const std::string& child) { return alarm_name(child) == parents; })) continue;
    }
    if (metrics.size() + composites.size() == most) {
      next = name;
      break;
    }
    (alarm.composite ? composites : metrics).push_back(shown(scope, name, alarm));
  }
  json::ObjectBuilder out;
  out.add("CompositeAlarms", Value::array(std::move(composites))).add("MetricAlarms", Value::array(std::move(metrics)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> CloudWatch::describe_alarms_for_metric(const Call& call) {
  const Value& params = call.params;
  const Scope scope{call.account, call.region};
  const Dimensions dimensions = dimensions_of(params["Dimensions"]);
  std::vector<Value> list;
  for (const auto& [name, alarm] : alarms_.all(scope)) {
    const Value& given = alarm.given;
    if (alarm.composite || given.text("MetricName") != params.text("MetricName") || given.text("Namespace") != params.text("Namespace")) continue;
    if (dimensions_of(given["Dimensions"]) != dimensions) continue;
    bool same = true;
    for (const std::string_view member : {"Statistic", "ExtendedStatistic", "Period", "Unit"}) same = same && (!params.find(member) || params[member] == given[member]);
    if (same) list.push_back(shown(scope, name, alarm));
  }
  return json::object({{"MetricAlarms", Value::array(std::move(list))}});
}

Result<Value> CloudWatch::describe_alarm_history(const Call& call) {
  const Value& params = call.params;
  const auto from = page(call);
  if (!from) return fail("InvalidNextToken", "Invalid nextToken");
  const auto start = time_of(params["StartDate"]), end = time_of(params["EndDate"]);
  const std::string_view type = params.text("HistoryItemType"), only = params.text("AlarmName");
  std::vector<Value> items;
  for (const auto& [name, alarm] : alarms_.all({call.account, call.region})) {
    if (!only.empty() && name != only) continue;
    for (const Value& item : alarm.history) {
      const double at = item["Timestamp"].as_double();
      if ((start && at < start->seconds()) || (end && at > end->seconds())) continue;
      if (!type.empty() && item.text("HistoryItemType") != type) continue;
      items.push_back(item.with("AlarmName", name).with("AlarmType", alarm.composite ? "CompositeAlarm" : "MetricAlarm"));
    }
  }
  const bool ascending = params.text("ScanBy") == "TimestampAscending";
  std::ranges::stable_sort(items, [&](const Value& a, const Value& b) {
    return ascending ? a["Timestamp"].as_double() < b["Timestamp"].as_double() : a["Timestamp"].as_double() > b["Timestamp"].as_double();
  });
  const size_t most = static_cast<size_t>(std::clamp<int64_t>(params["MaxRecords"].as_int64().value_or(100), 1, 100)), skip = static_cast<size_t>(std::atoll(from->c_str()));
  std::vector<Value> list;
  for (size_t i = skip; i < items.size() && list.size() < most; ++i) list.push_back(items[i]);
  json::ObjectBuilder out;
  const size_t given = skip + list.size();
  out.add("AlarmHistoryItems", Value::array(std::move(list)));
  next_token(out, call, given < items.size() ? std::to_string(given) : "");
  return out.build();
}

Result<Value> CloudWatch::delete_alarms(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value& names = call.params["AlarmNames"];
  for (const Value& name : names.items()) {
    if (!alarms_.find(scope, name.as_string())) return not_found("Unknown");
  }
  store::Batch batch;
  for (const Value& name : names.items()) alarms_.erase(scope, name.as_string(), batch);
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  return Value::object();
}

Result<Value> CloudWatch::set_alarm_state(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("AlarmName")), data(call.params.text("StateReasonData"));
  if (!alarms_.find(scope, name)) return not_found("");
  if (!data.empty() && !json::parse(data)) return fail("InvalidFormatFault", "StateReasonData is not a JSON text");
  change_state(scope, name, {std::string(call.params.text("StateValue")), std::string(call.params.text("StateReason")), data});
  return Value::object();
}

Result<Value> CloudWatch::switch_actions(const Call& call) {
  const Scope scope{call.account, call.region};
  for (const Value& name : call.params["AlarmNames"].items()) {
    const Alarm* there = alarms_.find(scope, name.as_string());
    if (!there) continue;
    Alarm alarm = *there;
    alarm.given = alarm.given.with("ActionsEnabled", call.operation == "EnableAlarmActions");
    alarm.configured = call.at;
    alarms_.put(scope, name.as_string(), std::move(alarm));
  }
  return Value::object();
}

Result<Value> CloudWatch::change_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name = alarm_name(call.params.text("ResourceARN"));
  const Alarm* there = alarms_.find(scope, name);
  if (!there) return fail("ResourceNotFoundException", "Unknown", 404);
  Alarm alarm = *there;
  for (auto& [key, value] : tags_of(call.params["Tags"])) alarm.tags[key] = value;
  if (call.params["TagKeys"].is_array()) {
    for (const Value& key : call.params["TagKeys"].items()) alarm.tags.erase(std::string(key.as_string()));
  }
  if (alarm.tags.size() > 50) return invalid_value("A resource has at most 50 tags.");
  alarms_.put(scope, name, std::move(alarm));
  return Value::object();
}

Result<Value> CloudWatch::list_tags(const Call& call) {
  std::vector<Value> list;
  if (const Alarm* alarm = alarms_.find({call.account, call.region}, alarm_name(call.params.text("ResourceARN")))) {
    for (const auto& [key, value] : alarm->tags) list.push_back(json::object({{"Key", key}, {"Value", value}}));
  }
  return json::object({{"Tags", Value::array(std::move(list))}});
}

}  // namespace cloudwatch
