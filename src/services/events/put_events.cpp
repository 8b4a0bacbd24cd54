// PutEvents: entries checked one by one, each an event of its own.
#include <fmt/format.h>

#include <algorithm>

#include <cmath>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/events/events.h"

namespace events {

using json::Value;

namespace {

constexpr size_t kEntriesBytesMax = 262'144;

size_t entry_bytes(const Value& entry) {
  size_t size = entry.find("Time") ? 14 : 0;
  for (const std::string_view member : {"Source", "DetailType", "Detail"}) size += entry.text(member).size();
  if (entry["Resources"].is_array()) {
    for (const Value& resource : entry["Resources"].items()) size += resource.is_string() ? resource.as_string().size() : 0;
  }
  return size;
}

Value refused(std::string_view code, std::string_view message) { return json::object({{"ErrorCode", code}, {"ErrorMessage", message}}); }

}  // namespace

Result<Value> Events::put_events(const Call& call) {
  const Value& entries = call.params["Entries"];
  if (!entries.is_array()) return invalid("1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null");
  size_t total = 0;
  for (const Value& entry : entries.items()) total += entry_bytes(entry);
  if (total > kEntriesBytesMax) return invalid("Total size of the entries in the request is over the limit.");
  const bool service = call.internal && call.caller.type == protocol::Principal::Type::service;
  std::vector<Value> results;
  int64_t failed = 0;
  for (const Value& entry : entries.items()) {
    std::string missing;
    for (const std::string_view member : {"Source", "DetailType", "Detail"}) {
      if (missing.empty() && entry.text(member).empty()) missing = member;
    }
    if (!missing.empty()) {
      ++failed;
      results.push_back(refused("InvalidArgument", fmt::format("Parameter {} is not valid. Reason: {} is a required argument.", missing, missing)));
      continue;
    }
    if (entry.text("Source").starts_with("aws.") && !service) {
      ++failed;
      results.push_back(refused("NotAuthorizedForSource", "Not authorized for the source."));
      continue;
    }
    auto detail = json::parse(entry.text("Detail"));
    if (!detail || !detail->is_object()) {
      ++failed;
      results.push_back(refused("MalformedDetail", "Detail is malformed."));
      continue;
    }
    const std::string id = kit_.random.uuid();
    const Value& time = entry["Time"];
    const Instant at = time.is_number() ? Instant{static_cast<int64_t>(std::llround(time.as_double() * 1000))} : call.at;
    const Value event = json::object({{"version", "0"}, {"id", id}, {"detail-type", entry["DetailType"]}, {"source", entry["Source"]}, {"account", call.account},
                                      {"time", iso8601_s(at)}, {"region", call.region}, {"resources", entry["Resources"].is_array() ? entry["Resources"] : Value::array()},
                                      {"detail", *detail}});
    std::string bus(entry.text("EventBusName", "default"));
    bus = bus.substr(bus.rfind('/') + 1);
    results.push_back(json::object({{"EventId", id}}));
    accept({call.account, call.region}, bus, event);
  }
  return json::object({{"FailedEntryCount", failed}, {"Entries", Value::array(std::move(results))}});
}

Result<patterns::Pattern> compile_pattern(std::string_view text) {
  const auto at_fault = [&](std::string_view why, size_t line, size_t column) {
    return fail("InvalidEventPatternException",
                fmt::format("Event pattern is not valid. Reason: {}\n at [Source: (String)\"{}\"; line: {}, column: {}]", why, text, line, column));
  };
  auto document = json::parse_detailed(text);
  if (!document) return at_fault(document.error().message, static_cast<size_t>(document.error().line), static_cast<size_t>(document.error().column));
  auto pattern = patterns::Pattern::compile(*document);
  if (pattern) return *std::move(pattern);
  // A list is refused behind its bracket.
  if (document->is_array()) {
    const std::string_view before = text.substr(0, text.find('['));
    const size_t line_begin = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    return at_fault(pattern.error().message, 1 + static_cast<size_t>(std::ranges::count(before, '\n')), before.size() - line_begin + 2);
  }
  return fail("InvalidEventPatternException", fmt::format("Event pattern is not valid. Reason: {}", pattern.error().message));
}

Result<Value> Events::test_pattern(const Call& call) {
  const patterns::Pattern pattern = TRY(compile_pattern(call.params.text("EventPattern")));
  auto event = json::parse(call.params.text("Event"));
  if (!event || !event->is_object()) return invalid("Parameter Event is not valid. Reason: event must be a JSON object.");
  for (const std::string_view member : {"id", "account", "source", "time", "region", "resources", "detail-type"}) {
    if (!event->find(member)) return invalid(fmt::format("Parameter {} is not valid. Reason: {} is a required argument.", member, member));
  }
  return json::object({{"Result", pattern.matches(*event)}});
}

}  // namespace events
