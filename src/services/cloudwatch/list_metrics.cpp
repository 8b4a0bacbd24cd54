#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

Result<Value> CloudWatch::list_metrics(const Call& call) {
  constexpr size_t kPage = 500;
  const std::string_view space = call.params.text("Namespace"), name = call.params.text("MetricName");
  const Value& filters = call.params["Dimensions"];
  const bool recent = !call.params.text("RecentlyActive").empty();
  const Instant since = kit_.clock().now() + -3LL * 3'600'000;
  const auto from = page(call);
  if (!from) return invalid_value("Invalid nextToken");
  const auto passes = [&](const Metric& metric) {
    if (!space.empty() && metric.space != space) return false;
    if (!name.empty() && metric.name != name) return false;
    // `last` is right to the hour.
    if (recent && metric.last < since + -3'600'000) return false;
    if (!filters.is_array()) return true;
    for (const Value& filter : filters.items()) {
      const auto it = metric.dimensions.find(std::string(filter.text("Name")));
      if (it == metric.dimensions.end()) return false;
      if (!filter.text("Value").empty() && it->second != filter.text("Value")) return false;
    }
    return true;
  };
  std::vector<Value> list;
  std::string next;
  const auto& all = metrics_.all({call.account, call.region});
  for (auto it = all.lower_bound(*from); it != all.end(); ++it) {
    if (!passes(it->second)) continue;
    if (list.size() == kPage) {
      next = it->first;
      break;
    }
    const Metric& metric = it->second;
    list.push_back(json::object({{"Namespace", metric.space}, {"MetricName", metric.name}, {"Dimensions", dimensions_list(metric.dimensions)}}));
  }
  json::ObjectBuilder out;
  out.add("Metrics", Value::array(std::move(list)));
  next_token(out, call, next);
  return out.build();
}

}  // namespace cloudwatch
