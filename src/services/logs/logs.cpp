#include "services/logs/logs.h"

#include <fmt/format.h>

#include <algorithm>

namespace logs {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

std::unexpected<Error> not_found(std::string message) { return fail("ResourceNotFoundException", std::move(message)); }
std::unexpected<Error> invalid(std::string message) { return fail("InvalidParameterException", std::move(message)); }
std::string stream_id(std::string_view group, std::string_view stream) { return std::string(group) + '\x01' + std::string(stream); }

json::Value to_json(const Group& g) {
  json::ObjectBuilder tags;
  for (const auto& [key, value] : g.tags) tags.add(key, value);
  return json::object({{"name", g.name}, {"created", g.created.ms}, {"retention", g.retention_days}, {"tags", tags.build()}, {"number", g.number}});
}
Group from_json(const Value& d, std::type_identity<Group>) {
  Group g{std::string(d.text("name")), {d["created"].as_int64().value_or(0)}, d["retention"].as_int64().value_or(0), {}, static_cast<uint64_t>(d["number"].as_int64().value_or(0))};
  for (const auto& [key, value] : d["tags"].members()) g.tags[std::string(key)] = value.as_string();
  return g;
}
json::Value to_json(const Stream& s) {
  return json::object({{"group", s.group}, {"name", s.name}, {"created", s.created.ms}, {"first", s.first.ms}, {"last", s.last.ms}, {"ingested", s.ingested.ms}, {"number", s.number}});
}
Stream from_json(const Value& d, std::type_identity<Stream>) {
  const auto time = [&](std::string_view member) { return Instant{d[member].as_int64().value_or(0)}; };
  return {std::string(d.text("group")), std::string(d.text("name")), time("created"), time("first"), time("last"), time("ingested"), static_cast<uint64_t>(d["number"].as_int64().value_or(0))};
}

Logs::Logs(services::Kit& kit) : kit_(kit), groups_(kit.store, "logs/group"), streams_(kit.store, "logs/stream"), metric_filters_(kit.store, "logs/metric-filter") {}

void Logs::load() {
  groups_.load();
  streams_.load();
  metric_filters_.load();
  for (const auto& [scope, streams] : streams_.scopes()) {
    for (const auto& [id, stream] : streams) last_number_ = std::max(last_number_, stream.number);
  }
  sequence_ = static_cast<uint64_t>(kit_.clock().now().ms) << 16;
  const auto on_group = [this](const Call& call) {
    std::string resource = "log-group:" + group_name(call);
    const std::string_view stream = call.params.text("logStreamName");
    resource += stream.empty() ? ":*" : fmt::format(":log-stream:{}", stream);
    return std::vector<Need>{{.action = "logs:" + call.operation, .resources = {call.arn(resource)}}};
  };
  const auto add = [&](std::string_view name, Result<Value> (Logs::*method)(const Call&)) {
    kit_.registry.add("logs", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, on_group));
  };
  add("CreateLogGroup", &Logs::create_group);
  add("DeleteLogGroup", &Logs::delete_group);
  add("DescribeLogGroups", &Logs::describe_groups);
  add("PutRetentionPolicy", &Logs::change_retention);
  add("DeleteRetentionPolicy", &Logs::change_retention);
  add("CreateLogStream", &Logs::create_stream);
  add("DeleteLogStream", &Logs::delete_stream);
  add("DescribeLogStreams", &Logs::describe_streams);
  add("PutLogEvents", &Logs::put_events);
  add("GetLogEvents", &Logs::get_events);
  add("FilterLogEvents", &Logs::filter_events);
  add("PutMetricFilter", &Logs::put_metric_filter);
  add("DeleteMetricFilter", &Logs::delete_metric_filter);
  add("DescribeMetricFilters", &Logs::describe_metric_filters);
  for (const std::string_view name : {"TagResource", "UntagResource", "TagLogGroup", "UntagLogGroup"}) add(name, &Logs::change_tags);
  add("ListTagsForResource", &Logs::list_tags);
  add("ListTagsLogGroup", &Logs::list_tags);
}

void Logs::start() { expire(); }

std::string Logs::group_name(const Call& call) const {
  for (const std::string_view member : {"logGroupName", "logGroupIdentifier", "resourceArn"}) {
    std::string text(call.params.text(member));
    if (text.empty()) continue;
    if (const size_t at = text.find(":log-group:"); at != text.npos) {
      text = text.substr(at + 11);
      if (text.ends_with(":*")) text.resize(text.size() - 2);
    }
    return text;
  }
  return "";
}

Result<const Group*> Logs::need_group(const Call& call) const {
  const Group* group = groups_.find({call.account, call.region}, group_name(call));
  if (!group) return not_found("The specified log group does not exist.");
  return group;
}

Result<const Stream*> Logs::need_stream(const Call& call) const {
  TRY(need_group(call));
  const Stream* stream = streams_.find({call.account, call.region}, stream_id(group_name(call), call.params.text("logStreamName")));
  if (!stream) return not_found("The specified log stream does not exist.");
  return stream;
}

// Once a minute: events past their group's retention go.
void Logs::expire() {
  const Instant now = kit_.clock().now();
  store::Batch batch;
  for (const auto& [scope, groups] : groups_.scopes()) {
    for (const auto& [name, group] : groups) {
      if (group.retention_days == 0) continue;
      const auto& streams = streams_.all(scope);
      const std::string prefix = stream_id(name, "");
      for (auto it = streams.lower_bound(prefix); it != streams.end() && it->first.starts_with(prefix); ++it) {
        drop_events(it->second.number, batch, now + -group.retention_days * 86'400'000);
      }
    }
  }
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  kit_.loop.after(60'000, [this] { expire(); });
}

}  // namespace logs
