// Log groups and streams.
#include <fmt/format.h>

#include <algorithm>

#include "services/logs/logs.h"

namespace logs {

using json::Value;

namespace {
bool is_group_name(std::string_view name) {
  return !name.empty() && name.size() <= 512 && !name.starts_with("aws/") && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(".-_/#").find(c) != std::string_view::npos;
  });
}
constexpr int64_t kRetentions[] = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
}  // namespace

Result<Value> Logs::create_group(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("logGroupName"));
  if (!is_group_name(name)) return invalid("1 validation error detected: Value '" + name + "' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
  if (groups_.find(scope, name)) return fail("ResourceAlreadyExistsException", "The specified log group already exists");
  Group group{.name = name, .created = call.at, .retention_days = 0, .tags = {}, .number = 0};
  if (const Value& tags = call.params["tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) group.tags[std::string(key)] = value.as_string();
  }
  groups_.put(scope, name, std::move(group));
  return Value::object();
}

Result<Value> Logs::delete_group(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name = TRY(need_group(call))->name;
  store::Batch batch;
  const std::string prefix = stream_id(name, "");
  std::vector<std::string> gone;
  const auto& streams = streams_.all(scope);
  for (auto it = streams.lower_bound(prefix); it != streams.end() && it->first.starts_with(prefix); ++it) {
    drop_events(it->second.number, batch, {INT64_MAX});
    gone.push_back(it->first);
  }
  for (const std::string& id : gone) streams_.erase(scope, id, batch);
  for (const MetricFilter* filter : metric_filters_of(scope, name)) metric_filters_.erase(scope, stream_id(name, filter->name), batch);
  groups_.erase(scope, name, batch);
  kit_.store.commit(std::move(batch));
  return Value::object();
}

Result<Value> Logs::describe_groups(const Call& call) {
  const Value& p = call.params;
  const std::string prefix(p.text("logGroupNamePrefix")), pattern(p.text("logGroupNamePattern"));
  if (!prefix.empty() && !pattern.empty()) return invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  const size_t limit = static_cast<size_t>(p["limit"].as_int64().value_or(50));
  const std::string purpose = "logs:groups" + call.account + call.region;
  std::string from = prefix;
  if (const std::string_view token = p.text("nextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid("The specified nextToken is invalid.");
    from = *opened;
  }
  std::vector<Value> list;
  std::string next;
  const auto& all = groups_.all({call.account, call.region});
  for (auto it = all.lower_bound(from); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (!pattern.empty() && it->first.find(pattern) == it->first.npos) continue;
    if (list.size() == limit) {
      next = it->first;
      break;
    }
    const Group& group = it->second;
    json::ObjectBuilder one;
    one.add("logGroupName", group.name).add("creationTime", group.created.ms);
    if (group.retention_days > 0) one.add("retentionInDays", group.retention_days);
    one.add("metricFilterCount", metric_filters_of({call.account, call.region}, group.name).size()).add("arn", call.arn("log-group:" + group.name + ":*")).add("storedBytes", 0);
    one.add("logGroupClass", "STANDARD").add("logGroupArn", call.arn("log-group:" + group.name));
    list.push_back(one.build());
  }
  json::ObjectBuilder out;
  out.add("logGroups", Value::array(std::move(list)));
  if (!next.empty()) out.add("nextToken", kit_.sealer.seal(purpose, next));
  return out.build();
}

Result<Value> Logs::change_retention(const Call& call) {
  Group group = *TRY(need_group(call));
  group.retention_days = 0;
  if (call.operation == "PutRetentionPolicy") {
    group.retention_days = call.params["retentionInDays"].as_int64().value_or(0);
    if (std::ranges::find(kRetentions, group.retention_days) == std::end(kRetentions)) return invalid("Retention must be one of the days that CloudWatch Logs offers.");
  }
  const std::string name = group.name;
  groups_.put({call.account, call.region}, name, std::move(group));
  return Value::object();
}

Result<Value> Logs::create_stream(const Call& call) {
  const Scope scope{call.account, call.region};
  const Group* group = TRY(need_group(call));
  const std::string name(call.params.text("logStreamName"));
  if (name.empty() || name.size() > 512 || name.find_first_of(":*") != name.npos) {
    return invalid("1 validation error detected: Value '" + name + "' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*");
  }
  const std::string id = stream_id(group->name, name);
  if (streams_.find(scope, id)) return fail("ResourceAlreadyExistsException", "The specified log stream already exists");
  streams_.put(scope, id, {.group = group->name, .name = name, .created = call.at, .first = {}, .last = {}, .ingested = {}, .number = ++last_number_});
  return Value::object();
}

Result<Value> Logs::delete_stream(const Call& call) {
  const Stream* stream = TRY(need_stream(call));
  store::Batch batch;
  drop_events(stream->number, batch, {INT64_MAX});
  const std::string id = stream_id(stream->group, stream->name);
  streams_.erase({call.account, call.region}, id, batch);
  kit_.store.commit(std::move(batch));
  return Value::object();
}

Result<Value> Logs::describe_streams(const Call& call) {
  const Group* group = TRY(need_group(call));
  const Value& p = call.params;
  const std::string prefix = stream_id(group->name, p.text("logStreamNamePrefix"));
  const size_t limit = static_cast<size_t>(p["limit"].as_int64().value_or(50));
  const std::string purpose = "logs:streams" + call.account + call.region + group->name;
  size_t skip = 0;
  if (const std::string_view token = p.text("nextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid("The specified nextToken is invalid.");
    skip = static_cast<size_t>(std::atoll(opened->c_str()));
  }
  std::vector<const Stream*> found;
  const auto& all = streams_.all({call.account, call.region});
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) found.push_back(&it->second);
  if (p.text("orderBy") == "LastEventTime") std::ranges::sort(found, {}, [](const Stream* s) { return std::pair(s->last.ms, s->number); });
  if (p["descending"] == Value(true)) std::ranges::reverse(found);
  std::vector<Value> list;
  for (size_t i = skip; i < found.size() && list.size() < limit; ++i) {
    const Stream& s = *found[i];
    json::ObjectBuilder one;
    one.add("logStreamName", s.name).add("creationTime", s.created.ms);
    if (s.first.ms > 0) one.add("firstEventTimestamp", s.first.ms).add("lastEventTimestamp", s.last.ms).add("lastIngestionTime", s.ingested.ms);
    if (s.ingested.ms > 0) one.add("uploadSequenceToken", std::to_string(s.number));
    one.add("arn", call.arn(fmt::format("log-group:{}:log-stream:{}", group->name, s.name))).add("storedBytes", 0);
    list.push_back(one.build());
  }
  json::ObjectBuilder out;
  const size_t end = skip + list.size();
  out.add("logStreams", Value::array(std::move(list)));
  if (end < found.size()) out.add("nextToken", kit_.sealer.seal(purpose, std::to_string(end)));
  return out.build();
}

Result<Value> Logs::change_tags(const Call& call) {
  Group group = *TRY(need_group(call));
  if (const Value& tags = call.params["tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) group.tags[std::string(key)] = value.as_string();
  }
  for (const std::string_view member : {"tagKeys", "tags"}) {
    if (!call.params[member].is_array()) continue;
    for (const Value& key : call.params[member].items()) group.tags.erase(std::string(key.as_string()));
  }
  const std::string name = group.name;
  groups_.put({call.account, call.region}, name, std::move(group));
  return Value::object();
}

Result<Value> Logs::list_tags(const Call& call) {
  json::ObjectBuilder tags;
  for (const auto& [key, value] : TRY(need_group(call))->tags) tags.add(key, value);
  return json::object({{"tags", tags.build()}});
}

}  // namespace logs
