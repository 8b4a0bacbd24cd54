// Dashboards are kept for those who draw them; the body is not looked into beyond being a JSON object.
#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

using json::Value;

namespace {
constexpr size_t kBodyBytesMax = 1'048'576;
std::string dashboard_arn(const protocol::Call& call, std::string_view name) { return fmt::format("arn:{}:cloudwatch::{}:dashboard/{}", call.partition, call.account, name); }
// Dashboards belong to an account, not to a region.
services::Scope scope_of(const protocol::Call& call) { return {call.account, ""}; }
}  // namespace

Result<Value> CloudWatch::put_dashboard(const Call& call) {
  const std::string name(call.params.text("DashboardName"));
  const bool valid = !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!valid) return invalid_value("The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n");
  const std::string body(call.params.text("DashboardBody"));
  const auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object() || body.size() > kBodyBytesMax) {
    return fail("DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object");
  }
  dashboards_.put(scope_of(call), name, {body, call.at});
  return json::object({{"DashboardValidationMessages", Value::array()}});
}

Result<Value> CloudWatch::get_dashboard(const Call& call) {
  const std::string name(call.params.text("DashboardName"));
  const Dashboard* found = dashboards_.find(scope_of(call), name);
  if (!found) return fail("DashboardNotFoundError", fmt::format("Dashboard {} does not exist", name), 404);
  return json::object({{"DashboardArn", dashboard_arn(call, name)}, {"DashboardBody", found->body}, {"DashboardName", name}});
}

Result<Value> CloudWatch::list_dashboards(const Call& call) {
  constexpr size_t kPage = 1'000;
  const std::string prefix(call.params.text("DashboardNamePrefix"));
  const auto from = page(call);
  if (!from) return invalid_value("Invalid nextToken");
  std::vector<Value> list;
  std::string next;
  const auto& all = dashboards_.all(scope_of(call));
  for (auto it = all.lower_bound(std::max(prefix, *from)); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (list.size() == kPage) {
      next = it->first;
      break;
    }
    list.push_back(json::object({{"DashboardName", it->first}, {"DashboardArn", dashboard_arn(call, it->first)}, {"LastModified", it->second.modified.seconds()}, {"Size", it->second.body.size()}}));
  }
  json::ObjectBuilder out;
  out.add("DashboardEntries", Value::array(std::move(list)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> CloudWatch::delete_dashboards(const Call& call) {
  std::vector<std::string> names;
  for (const Value& name : call.params["DashboardNames"].items()) {
    if (!dashboards_.find(scope_of(call), name.as_string())) return fail("DashboardNotFoundError", fmt::format("The specified dashboard does not exist. [Dashboard '{}' not found]", name.as_string()), 404);
    names.emplace_back(name.as_string());
  }
  for (const std::string& name : names) dashboards_.erase(scope_of(call), name);
  return Value::object();
}

}  // namespace cloudwatch
