// A change of an alarm's state and who is told: topics, functions, EventBridge, composite alarms above it.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

std::string date_text(Instant at) {
  std::string text = iso8601_ms(at);
  text.pop_back();
  return text + "+0000";
}

namespace {

// What a mail about an alarm calls the region; regions without a well-known name go by their code.
std::string_view region_name(std::string_view region) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"us-east-1", "US East (N. Virginia)"}, {"us-east-2", "US East (Ohio)"}, {"us-west-1", "US West (N. California)"}, {"us-west-2", "US West (Oregon)"},
      {"ca-central-1", "Canada (Central)"}, {"eu-west-1", "EU (Ireland)"}, {"eu-west-2", "EU (London)"}, {"eu-west-3", "EU (Paris)"},
      {"eu-central-1", "EU (Frankfurt)"}, {"eu-north-1", "EU (Stockholm)"}, {"ap-southeast-1", "Asia Pacific (Singapore)"}, {"ap-southeast-2", "Asia Pacific (Sydney)"},
      {"ap-northeast-1", "Asia Pacific (Tokyo)"}, {"ap-northeast-2", "Asia Pacific (Seoul)"}, {"ap-south-1", "Asia Pacific (Mumbai)"}, {"sa-east-1", "South America (Sao Paulo)"}};
  for (const auto& [code, name] : kNames) {
    if (code == region) return name;
  }
  return region;
}

// "SampleCount" as the trigger of a notification has it: "SAMPLE_COUNT".
std::string shouted(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? c : static_cast<char>(c - 32);
  }
  return out;
}

Value trigger_of(const Value& given) {
  json::ObjectBuilder out;
  if (given["Metrics"].size() > 0) {
    out.add("Metrics", given["Metrics"]);
    out.add("Period", given["Metrics"][size_t{0}]["MetricStat"]["Period"].as_int64().value_or(60));
  } else {
    out.add("MetricName", given["MetricName"]).add("Namespace", given["Namespace"]);
    const bool plain = given.find("Statistic") != nullptr;
    out.add("StatisticType", plain ? "Statistic" : "ExtendedStatistic");
    if (plain) {
      out.add("Statistic", shouted(given.text("Statistic")));
    } else {
      out.add("ExtendedStatistic", given["ExtendedStatistic"]);
    }
    out.add("Unit", given.find("Unit") ? given["Unit"] : Value());
    std::vector<Value> dimensions;
    for (const auto& [name, value] : dimensions_of(given["Dimensions"])) dimensions.push_back(json::object({{"value", value}, {"name", name}}));
    out.add("Dimensions", Value::array(std::move(dimensions))).add("Period", given["Period"]);
  }
  out.add("EvaluationPeriods", given["EvaluationPeriods"]);
  if (given.find("DatapointsToAlarm")) out.add("DatapointsToAlarm", given["DatapointsToAlarm"]);
  out.add("ComparisonOperator", given["ComparisonOperator"]).add("Threshold", given["Threshold"]);
  out.add("TreatMissingData", given.text("TreatMissingData", "missing")).add("EvaluateLowSampleCountPercentile", given.text("EvaluateLowSampleCountPercentile"));
  return out.build();
}

// {"value", "reason", "reasonData", "timestamp"} of EventBridge's event.
Value state_of(const Alarm& alarm) {
  json::ObjectBuilder out;
  out.add("value", alarm.state).add("reason", alarm.reason).add_text("reasonData", alarm.reason_data).add("timestamp", date_text(alarm.updated));
  return out.build();
}

Value configuration_of(const Alarm& alarm) {
  const Value& given = alarm.given;
  json::ObjectBuilder out;
  out.add_text("description", given.text("AlarmDescription"));
  if (alarm.composite) return out.add("alarmRule", given["AlarmRule"]).add("actionsSuppressor", Value()).build();
  std::vector<Value> metrics;
  if (given["Metrics"].size() > 0) {
    for (const Value& query : given["Metrics"].items()) {
      json::ObjectBuilder one;
      one.add("id", query["Id"]);
      if (query.find("Expression")) one.add("expression", query["Expression"]);
      if (query.find("Label")) one.add("label", query["Label"]);
      metrics.push_back(one.add("returnData", query["ReturnData"] != Value(false)).build());
    }
  } else {
    json::ObjectBuilder dimensions;
    for (const auto& [name, value] : dimensions_of(given["Dimensions"])) dimensions.add(name, value);
    const Value metric = json::object({{"namespace", given["Namespace"]}, {"name", given["MetricName"]}, {"dimensions", dimensions.build()}});
    const Value stat = json::object({{"metric", metric}, {"period", given["Period"]}, {"stat", given.find("Statistic") ? given["Statistic"] : given["ExtendedStatistic"]}});
    // Not random: the same alarm tells the same id.
    metrics.push_back(json::object({{"id", "m1"}, {"metricStat", stat}, {"returnData", true}}));
  }
  return out.add("metrics", Value::array(std::move(metrics))).build();
}

std::string arn_of(const services::Scope& scope, std::string_view name) { return fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", scope.region, scope.account, name); }

void call_as_service(services::Kit& kit, const services::Scope& scope, std::string_view alarm_arn, std::string_view service, std::string_view operation, Value params) {
  const auto who = protocol::Principal::aws_service("cloudwatch.amazonaws.com", scope.account, alarm_arn);
  auto call = kit.registry.internal(who, scope.region, service, operation, std::move(params));
  call.user_agent = "cloudwatch.amazonaws.com";
  kit.registry.call(call, [](Result<Value>) {});
}

std::string suppressor_of(const Alarm& alarm) {
  const std::string_view given = alarm.given.text("ActionsSuppressor");
  const auto arn = Arn::parse(given);
  return arn && arn->resource.starts_with("alarm:") ? arn->resource.substr(6) : std::string(given);
}

}  // namespace

void CloudWatch::change_state(const Scope& scope, const std::string& name, const Verdict& verdict) {
  const Alarm* there = alarms_.find(scope, name);
  if (!there) return;
  Alarm alarm = *there;
  const Value before = state_of(alarm);
  const std::string old_state = alarm.state;
  const Instant now = kit_.clock().now();
  alarm.state = verdict.state, alarm.reason = verdict.reason, alarm.reason_data = verdict.reason_data;
  alarm.updated = now;
  const bool moved = old_state != alarm.state;
  if (moved) {
    alarm.transitioned = now;
    if (alarm.history.size() >= Alarm::kHistoryMax) alarm.history.erase(alarm.history.begin());
    const auto state = [](std::string_view value, std::string_view reason) { return json::object({{"stateValue", value}, {"stateReason", reason}}); };
    alarm.history.push_back(json::object({{"Timestamp", now.seconds()}, {"HistoryItemType", "StateUpdate"},
                                          {"HistorySummary", fmt::format("Alarm updated from {} to {}", old_state, alarm.state)},
                                          {"HistoryData", json::write(json::object({{"version", "1.0"}, {"oldState", state(old_state, before.text("reason"))}, {"newState", state(alarm.state, alarm.reason)}})).substr(0, 4'095)}}));
  }
  const Alarm& stored = alarms_.put(scope, name, std::move(alarm));
  if (!moved) return;
  tell(scope, name, stored, before);
  // Composite alarms look again. One may hang on another: each change looks further, and a circle ends as states repeat.
  std::vector<std::string> above;
  for (const auto& [other, one] : alarms_.all(scope)) {
    if (one.composite && other != name) above.push_back(other);
  }
  kit_.loop.post([this, scope, above = std::move(above)] {
    for (const std::string& other : above) {
      const Alarm* composite = alarms_.find(scope, other);
      if (!composite) continue;
      if (const auto next = evaluate_composite(scope, *composite)) change_state(scope, other, *next);
      composite = alarms_.find(scope, other);
      if (composite && composite->suppressed_by == "Alarm" && !suppressor_is_on(scope, *composite)) {
        hold_actions(scope, other, "ExtensionPeriod", composite->given["ActionsSuppressorExtensionPeriod"].as_int64().value_or(0));
      }
    }
  });
}

void CloudWatch::tell(const Scope& scope, const std::string& name, const Alarm& alarm, const Value& before) {
  const std::string arn = arn_of(scope, name);
  const Value detail = json::object({{"alarmName", name}, {"state", state_of(alarm)}, {"previousState", before}, {"configuration", configuration_of(alarm)}});
  if (kit_.registry.has("events", "PutEvents")) {
    const Value entry = json::object({{"Source", "aws.cloudwatch"}, {"DetailType", "CloudWatch Alarm State Change"}, {"Resources", json::array({arn})}, {"Detail", json::write(detail)}});
    call_as_service(kit_, scope, arn, "events", "PutEvents", json::object({{"Entries", json::array({entry})}}));
  }
  if (suppressor_of(alarm).empty()) return act(scope, name, alarm, before);
  if (suppressor_is_on(scope, alarm)) return hold_actions(scope, name, "Alarm", 0);
  hold_actions(scope, name, "WaitPeriod", alarm.given["ActionsSuppressorWaitPeriod"].as_int64().value_or(0));
}

bool CloudWatch::suppressor_is_on(const Scope& scope, const Alarm& alarm) const {
  const Alarm* suppressor = alarms_.find(scope, suppressor_of(alarm));
  return suppressor && suppressor->state == "ALARM";
}

void CloudWatch::hold_actions(const Scope& scope, const std::string& name, std::string_view why, int64_t seconds) {
  const Alarm* there = alarms_.find(scope, name);
  if (!there) return;
  Alarm alarm = *there;
  alarm.suppressed_by = why;
  alarms_.put(scope, name, std::move(alarm));
  if (why == "Alarm") return;
  kit_.loop.after(seconds * 1000, [this, scope, name] { look_at_held(scope, name); });
}

void CloudWatch::look_at_held(const Scope& scope, const std::string& name) {
  const Alarm* there = alarms_.find(scope, name);
  if (!there || there->suppressed_by.empty()) return;
  if (suppressor_is_on(scope, *there)) return hold_actions(scope, name, "Alarm", 0);
  Alarm alarm = *there;
  alarm.suppressed_by.clear();
  act(scope, name, alarms_.put(scope, name, std::move(alarm)), Value());
}

void CloudWatch::act(const Scope& scope, const std::string& name, const Alarm& alarm, const Value& before) {
  const Value& given = alarm.given;
  const std::string arn = arn_of(scope, name);
  if (!alarm.actions_enabled()) return;
  const Value& actions = given[alarm.state == "ALARM" ? "AlarmActions" : alarm.state == "OK" ? "OKActions" : "InsufficientDataActions"];
  if (actions.size() == 0) return;
  json::ObjectBuilder message;
  message.add("AlarmName", name).add("AlarmDescription", given["AlarmDescription"]).add("AWSAccountId", scope.account);
  message.add("AlarmConfigurationUpdatedTimestamp", date_text(alarm.configured)).add("NewStateValue", alarm.state).add("NewStateReason", alarm.reason);
  message.add("StateChangeTime", date_text(alarm.transitioned)).add("Region", region_name(scope.region)).add("AlarmArn", arn);
  if (before.find("value")) message.add("OldStateValue", before["value"]);
  for (const std::string_view list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) message.add(list, given[list]);
  if (alarm.composite) {
    message.add("AlarmRule", given["AlarmRule"]);
    if (const auto data = json::parse(alarm.reason_data)) message.add("TriggeringChildren", (*data)["triggeringAlarms"]);
  } else {
    message.add("Trigger", trigger_of(given));
  }
  const std::string text = json::write(message.build());
  for (const Value& action : actions.items()) {
    const auto target = Arn::parse(action.as_string());
    if (!target) continue;
    if (target->service == "sns") {
      const std::string subject = fmt::format("{}: \"{}\" in {}", alarm.state, name, region_name(scope.region));
      call_as_service(kit_, scope, arn, "sns", "Publish", json::object({{"TopicArn", action}, {"Subject", subject.substr(0, 100)}, {"Message", text}}));
    } else if (target->service == "lambda") {
      const Value payload = json::object({{"source", "aws.cloudwatch"}, {"alarmArn", arn}, {"accountId", scope.account}, {"time", date_text(alarm.transitioned)}, {"region", scope.region},
                                          {"alarmData", json::object({{"alarmName", name}, {"state", state_of(alarm)}, {"previousState", before}, {"configuration", configuration_of(alarm)}})}});
      call_as_service(kit_, scope, arn, "lambda", "Invoke", json::object({{"FunctionName", action}, {"InvocationType", "Event"}, {"Payload", base64_encode(json::write(payload))}}));
    }
  }
}

}  // namespace cloudwatch
