// Log events: put, read forwards and backwards, searched.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/store/store.h"
#include "language/json/parse.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/logs.h"

namespace logs {

using json::Value;
using store::Space;

namespace {

std::string big_endian(uint64_t value) {
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}
uint64_t number_at(std::string_view key, size_t at) {
  uint64_t value = 0;
  for (const char c : key.substr(at, 8)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// stream, time, order of arrival: 24 bytes.
std::string event_key(uint64_t stream, int64_t time, uint64_t sequence) {
  return big_endian(stream) + big_endian(static_cast<uint64_t>(std::max<int64_t>(0, time))) + big_endian(sequence);
}

// Of one answer, as on AWS; an event that is larger comes alone.
constexpr size_t kAnswerBytes = 1'048'576;

struct Event {
  std::string key;
  int64_t time;
  Value stored;  // {"m": message, "i": ingested}
};

}  // namespace

void Logs::drop_events(uint64_t stream, store::Batch& batch, Instant before) {
  const std::string end = before.ms == INT64_MAX ? big_endian(stream + 1) : event_key(stream, before.ms, 0);
  kit_.store.scan(Space::logs, big_endian(stream), end, store::Order::forward, [&](std::string_view key, std::string_view) {
    batch.erase(Space::logs, std::string(key));
    return true;
  });
}

Result<Value> Logs::put_events(const Call& call) {
  const Stream* found = TRY(need_stream(call));
  const Value& events = call.params["logEvents"];
  if (!events.is_array() || events.size() == 0) return invalid("1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1");
  const int64_t now = kit_.clock().now().ms;
  size_t bytes = 0;
  int64_t last = INT64_MIN;
  for (const Value& event : events.items()) {
    bytes += event.text("message").size() + 26;
    const int64_t time = event["timestamp"].as_int64().value_or(0);
    if (time < last) return invalid("Log events in a single PutLogEvents request must be in chronological order.");
    last = time;
  }
  if (bytes > 1'048'576) return invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
  if (last - events[size_t{0}]["timestamp"].as_int64().value_or(0) > 86'400'000) return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  Stream stream = *found;
  store::Batch batch;
  int64_t too_old = -1, too_new = -1;
  for (size_t i = 0; i < events.size(); ++i) {
    const int64_t time = events[i]["timestamp"].as_int64().value_or(0);
    if (time < now - 14LL * 86'400'000) {
      too_old = static_cast<int64_t>(i);
      continue;
    }
    if (time > now + 2LL * 3'600'000) {
      if (too_new < 0) too_new = static_cast<int64_t>(i);
      continue;
    }
    batch.put(Space::logs, event_key(stream.number, time, ++sequence_), json::write(json::object({{"m", events[i]["message"]}, {"i", now}})));
    if (stream.first.ms == 0 || time < stream.first.ms) stream.first = {time};
    if (time > stream.last.ms) stream.last = {time};
  }
  stream.ingested = {now};
  const std::string id = stream_id(stream.group, stream.name);
  count(call, stream.group, events, std::max<int64_t>(too_old + 1, 0), too_new < 0 ? events.size() : static_cast<size_t>(too_new));
  const uint64_t token = stream.number;
  streams_.put({call.account, call.region}, id, std::move(stream), batch);
  kit_.store.commit(std::move(batch));
  json::ObjectBuilder out;
  out.add("nextSequenceToken", fmt::format("{:056}", token + sequence_));
  if (too_old >= 0 || too_new >= 0) {
    json::ObjectBuilder rejected;
    if (too_old >= 0) rejected.add("tooOldLogEventEndIndex", too_old + 1);
    if (too_new >= 0) rejected.add("tooNewLogEventStartIndex", too_new);
    out.add("rejectedLogEventsInfo", rejected.build());
  }
  return out.build();
}

Result<Value> Logs::get_events(const Call& call) {
  const Stream* stream = TRY(need_stream(call));
  const Value& p = call.params;
  const size_t limit = static_cast<size_t>(p["limit"].as_int64().value_or(10'000));
  const int64_t from_time = p["startTime"].as_int64().value_or(0), to_time = p["endTime"].as_int64().value_or(INT64_MAX);
  std::string from = event_key(stream->number, from_time, 0);
  std::string to = to_time == INT64_MAX ? big_endian(stream->number + 1) : event_key(stream->number, to_time, 0);
  bool forward = p["startFromHead"] == Value(true);
  const std::string purpose = fmt::format("logs:events{}", stream->number);
  std::string at;  // the key that a token stands at
  if (const std::string_view token = p.text("nextToken"); !token.empty()) {
    const auto opened = token.size() > 2 ? kit_.sealer.open(purpose, token.substr(2)) : std::nullopt;
    if (!opened || (!token.starts_with("f/") && !token.starts_with("b/"))) return invalid("The specified nextToken is invalid.");
    forward = token.starts_with("f/");
    at = *opened;
    if (forward) {
      from = std::max(from, at);
    } else {
      to = std::min(to, at);
    }
  }
  std::vector<Event> events;
  size_t bytes = 0;
  kit_.store.scan(Space::logs, from, to, forward ? store::Order::forward : store::Order::backward, [&](std::string_view key, std::string_view value) {
    if (events.size() == limit || (!events.empty() && bytes + value.size() > kAnswerBytes)) return false;
    bytes += value.size();
    auto stored = json::parse(value);
    if (stored) events.push_back({std::string(key), static_cast<int64_t>(number_at(key, 8)), *stored});
    return true;
  });
  if (!forward) std::ranges::reverse(events);
  std::vector<Value> list;
  for (const Event& event : events) list.push_back(json::object({{"timestamp", event.time}, {"message", event.stored["m"]}, {"ingestionTime", event.stored["i"]}}));
  // At an end the same token comes back.
  const std::string next = events.empty() ? (at.empty() ? (forward ? from : to) : at) : events.back().key + std::string(1, '\0');
  const std::string before = events.empty() ? (at.empty() ? from : at) : events.front().key;
  return json::object({{"events", Value::array(std::move(list))}, {"nextForwardToken", "f/" + kit_.sealer.seal(purpose, next)},
                       {"nextBackwardToken", "b/" + kit_.sealer.seal(purpose, before)}});
}

Result<Value> Logs::filter_events(const Call& call) {
  const Group* group = TRY(need_group(call));
  const Value& p = call.params;
  const size_t limit = static_cast<size_t>(p["limit"].as_int64().value_or(10'000));
  const int64_t from_time = p["startTime"].as_int64().value_or(0), to_time = p["endTime"].as_int64().value_or(INT64_MAX - 1);
  const std::string_view pattern = p.text("filterPattern"), prefix = p.text("logStreamNamePrefix");
  const Value& names = p["logStreamNames"];
  const std::string purpose = "logs:filter" + call.account + call.region + group->name;
  std::string after;
  if (const std::string_view token = p.text("nextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid("The specified nextToken is invalid.");
    after = *opened;
  }
  struct Hit {
    int64_t time;
    const Stream* stream;
    Value stored;
    size_t bytes;
  };
  // By time and sequence, then stream: the first ones of all streams that are in one answer.
  std::map<std::string, Hit> hits;
  size_t bytes = 0;
  bool more = false;
  const int64_t first_time = after.size() == 24 ? std::max(from_time, static_cast<int64_t>(number_at(after, 0))) : from_time;
  const auto& all = streams_.all({call.account, call.region});
  const std::string id_prefix = stream_id(group->name, prefix);
  for (auto it = all.lower_bound(id_prefix); it != all.end() && it->first.starts_with(id_prefix); ++it) {
    const Stream& stream = it->second;
    if (names.is_array() && names.size() > 0 && std::ranges::find(names.items(), Value(stream.name)) == names.items().end()) continue;
    kit_.store.scan(Space::logs, event_key(stream.number, first_time, 0), event_key(stream.number, to_time + 1, 0), store::Order::forward,
                    [&](std::string_view key, std::string_view value) {
                      std::string order = std::string(key.substr(8)) + std::string(key.substr(0, 8));
                      if (order <= after) return true;
                      // Once there is too much, what comes behind it is for the next answer.
                      if (more && order > hits.rbegin()->first) return false;
                      auto stored = json::parse(value);
                      if (!stored || !passes_filter(pattern, stored->text("m"))) return true;
                      bytes += value.size();
                      hits.emplace(std::move(order), Hit{static_cast<int64_t>(number_at(key, 8)), &stream, *std::move(stored), value.size()});
                      while (hits.size() > limit || (bytes > kAnswerBytes && hits.size() > 1)) {
                        bytes -= hits.rbegin()->second.bytes;
                        hits.erase(std::prev(hits.end()));
                        more = true;
                      }
                      return true;
                    });
  }
  std::vector<Value> list;
  json::ObjectBuilder out;
  for (const auto& [order, hit] : hits) {
    list.push_back(json::object({{"logStreamName", hit.stream->name}, {"timestamp", hit.time}, {"message", hit.stored["m"]}, {"ingestionTime", hit.stored["i"]},
                                 {"eventId", fmt::format("{:056}", number_at(order, 8))}}));
  }
  out.add("events", Value::array(std::move(list))).add("searchedLogStreams", Value::array());
  if (more) out.add("nextToken", kit_.sealer.seal(purpose, hits.rbegin()->first));
  return out.build();
}

}  // namespace logs
