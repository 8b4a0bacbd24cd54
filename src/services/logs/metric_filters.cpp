// Metric filters: what comes into a group, counted into CloudWatch's metrics.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "language/json/parse.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/logs.h"

namespace logs {

using json::Value;

namespace {

constexpr size_t kFiltersMax = 100;  // of a group, as AWS has it
constexpr size_t kDimensionsMax = 3;
constexpr size_t kDataMax = 500;     // of one PutMetricData

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "1", or "$.path" into the message.
std::optional<double> metric_value(std::string_view given, const Message& message) {
  if (!given.starts_with("$")) return number_in(given);
  const Value* found = at_selector(message.document(), given);
  if (!found) return std::nullopt;
  if (found->is_number()) return found->as_double();
  return found->is_string() ? number_in(found->as_string()) : std::nullopt;
}

// The dimensions that the message has values for; nothing when it lacks one: AWS counts such an event without any.
Value dimensions_of(const Value& given, const Message& message) {
  std::vector<Value> out;
  if (!given.is_object()) return {};
  for (const auto& [name, selector] : given.members()) {
    const Value* found = at_selector(message.document(), selector.as_string());
    if (!found || found->is_object() || found->is_array() || found->is_null()) return {};
    out.push_back(json::object({{"Name", name}, {"Value", found->is_string() ? *found : Value(json::write(*found))}}));
  }
  return Value::array(std::move(out));
}

}  // namespace

json::Value to_json(const MetricFilter& f) {
  return json::object({{"group", f.group}, {"name", f.name}, {"pattern", f.pattern}, {"created", f.created.ms}, {"transformations", f.transformations}, {"transformed", f.transformed}});
}
MetricFilter from_json(const Value& d, std::type_identity<MetricFilter>) {
  return {std::string(d.text("group")), std::string(d.text("name")), std::string(d.text("pattern")), {d["created"].as_int64().value_or(0)}, d["transformations"], d["transformed"] == Value(true)};
}

std::vector<const MetricFilter*> Logs::metric_filters_of(const Scope& scope, std::string_view group) const {
  std::vector<const MetricFilter*> found;
  const std::string prefix = stream_id(group, "");
  const auto& all = metric_filters_.all(scope);
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) found.push_back(&it->second);
  return found;
}

Result<Value> Logs::put_metric_filter(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value& p = call.params;
  const std::string group = TRY(need_group(call))->name, id = stream_id(group, p.text("filterName"));
  const Value& transformation = p["metricTransformations"][size_t{0}];
  const std::string_view value = transformation.text("metricValue");
  const Value& dimensions = transformation["dimensions"];
  if (!value.starts_with("$") && !number_in(value)) return invalid(fmt::format("The metric value {} is neither a number nor a field of the message.", value));
  if (dimensions.size() > kDimensionsMax) return invalid(fmt::format("A metric filter has at most {} dimensions.", kDimensionsMax));
  if (dimensions.size() > 0 && transformation.find("defaultValue")) return invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
  if (!metric_filters_.find(scope, id) && metric_filters_of(scope, group).size() >= kFiltersMax) return fail("LimitExceededException", "Resource limit exceeded.");
  metric_filters_.put(scope, id, {.group = group, .name = std::string(p.text("filterName")), .pattern = std::string(p.text("filterPattern")), .created = call.at,
                                  .transformations = p["metricTransformations"], .transformed = p["applyOnTransformedLogs"] == Value(true)});
  return Value::object();
}

Result<Value> Logs::delete_metric_filter(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string id = stream_id(TRY(need_group(call))->name, call.params.text("filterName"));
  if (!metric_filters_.find(scope, id)) return not_found("The specified metric filter does not exist.");
  metric_filters_.erase(scope, id);
  return Value::object();
}

Result<Value> Logs::describe_metric_filters(const Call& call) {
  const Value& p = call.params;
  const std::string_view prefix = p.text("filterNamePrefix"), metric = p.text("metricName"), space = p.text("metricNamespace");
  if (metric.empty() != space.empty()) return invalid("Metric name and metric namespace must be given together.");
  if (p.find("logGroupName")) TRY(need_group(call));
  const std::string group = group_name(call), purpose = "logs:metric-filters" + call.account + call.region;
  const size_t limit = static_cast<size_t>(p["limit"].as_int64().value_or(50));
  std::string after;
  if (const std::string_view token = p.text("nextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid("The specified nextToken is invalid.");
    after = *opened;
  }
  std::vector<const MetricFilter*> found;
  for (const auto& [id, filter] : metric_filters_.all({call.account, call.region})) {
    const Value& transformation = filter.transformations[size_t{0}];
    if (!group.empty() && filter.group != group) continue;
    if (!filter.name.starts_with(prefix)) continue;
    if (!metric.empty() && (transformation.text("metricName") != metric || transformation.text("metricNamespace") != space)) continue;
    found.push_back(&filter);
  }
  const auto order = [](const MetricFilter* filter) { return stream_id(filter->name, filter->group); };
  std::ranges::sort(found, {}, order);
  std::vector<Value> list;
  std::string last;
  bool more = false;
  for (const MetricFilter* filter : found) {
    if (order(filter) <= after) continue;
    if ((more = list.size() == limit)) break;
    list.push_back(json::object({{"filterName", filter->name}, {"filterPattern", filter->pattern}, {"metricTransformations", filter->transformations},
                                 {"creationTime", filter->created.ms}, {"logGroupName", filter->group}, {"applyOnTransformedLogs", filter->transformed}}));
    last = order(filter);
  }
  json::ObjectBuilder out;
  out.add("metricFilters", Value::array(std::move(list)));
  if (more) out.add("nextToken", kit_.sealer.seal(purpose, last));
  return out.build();
}

void Logs::count(const Call& call, const std::string& group, const Value& events, int64_t first, size_t end) {
  const Scope scope{call.account, call.region};
  const auto filters = metric_filters_of(scope, group);
  if (filters.empty() || !kit_.registry.has("monitoring", "PutMetricData")) return;
  std::map<std::string, std::vector<Value>> data;  // by namespace
  for (size_t i = static_cast<size_t>(first); i < end; ++i) {
    const Message message(events[i].text("message"));
    for (const MetricFilter* filter : filters) {
      const Value& transformation = filter->transformations[size_t{0}];
      std::optional<double> value;
      Value dimensions;
      if (passes_filter(filter->pattern, message)) {
        value = metric_value(transformation.text("metricValue"), message);
        dimensions = dimensions_of(transformation["dimensions"], message);
      } else if (const Value* otherwise = transformation.find("defaultValue"); otherwise && otherwise->is_number()) {
        value = otherwise->as_double();
      }
      if (!value) continue;
      json::ObjectBuilder datum;
      datum.add("MetricName", transformation["metricName"]).add("Timestamp", static_cast<double>(events[i]["timestamp"].as_int64().value_or(0)) / 1000).add("Value", *value);
      datum.add_text("Unit", transformation.text("unit"));
      if (dimensions.size() > 0) datum.add("Dimensions", dimensions);
      data[std::string(transformation.text("metricNamespace"))].push_back(datum.build());
    }
  }
  const auto who = protocol::Principal::aws_service("logs.amazonaws.com", scope.account);
  for (auto& [space, list] : data) {
    for (size_t at = 0; at < list.size(); at += kDataMax) {
      std::vector<Value> part(list.begin() + static_cast<ptrdiff_t>(at), list.begin() + static_cast<ptrdiff_t>(std::min(list.size(), at + kDataMax)));
      kit_.registry.call(kit_.registry.internal(who, scope.region, "monitoring", "PutMetricData", json::object({{"Namespace", space}, {"MetricData", Value::array(std::move(part))}})),
                         [](Result<Value>) {});
    }
  }
}

}  // namespace logs
