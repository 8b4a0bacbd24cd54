#include "services/states/observe/execution_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "language/json/parse.h"

namespace states {

using asl::EventType;
using json::Value;

namespace {

constexpr size_t kMessageBytesMax = 250'000;  // CloudWatch Logs takes 256 KiB

bool is_payload(std::string_view member) {
  return member == "input" || member == "output" || member == "inputDetails" || member == "outputDetails" || member == "parameters" || member == "assignedVariables" ||
         member == "taskCredentials";
}

// Too long for the group: payloads go, and the details say so.
Value shortened(const Value& details) {
  json::ObjectBuilder out;
  for (const json::Member& member : details.members()) {
    const bool payload = member.name == "input" || member.name == "output" || member.name == "parameters" || member.name == "assignedVariables";
    if (payload) {
      if (member.name != "input" && member.name != "output") continue;
      out.add(member.name, "");
    } else if (member.name.ends_with("putDetails")) {
      out.add(member.name, json::object({{"truncated", true}}));
    } else if (member.name == "cause" && member.value.is_string()) {
      out.add(member.name, member.value.as_string().substr(0, 32'768));
    } else {
      out.add(member.name, member.value);
    }
  }
  return out.build();
}

}  // namespace

LogSettings LogSettings::of(const Value& logging) {
  LogSettings out;
  const std::string_view level = logging.text("level");
  out.level = level == "ALL" ? Level::all : level == "ERROR" ? Level::error : level == "FATAL" ? Level::fatal : Level::off;
  out.with_data = logging["includeExecutionData"] == Value(true);
  if (logging["destinations"].size() == 0) out.level = Level::off;
  if (out.level == Level::off) return out;
  const auto arn = Arn::parse(logging["destinations"][size_t{0}]["cloudWatchLogsLogGroup"].text("logGroupArn"));
  if (!arn || !arn->resource.starts_with("log-group:")) {
    out.level = Level::off;
    return out;
  }
  out.group = arn->resource.substr(10);
  if (out.group.ends_with(":*")) out.group.resize(out.group.size() - 2);
  out.scope = {arn->account, arn->region};
  return out;
}

bool LogSettings::takes(EventType type) const {
  if (level == Level::off) return false;
  if (level == Level::all) return true;
  const bool fatal = type == EventType::ExecutionFailed || type == EventType::ExecutionAborted || type == EventType::ExecutionTimedOut;
  if (level == Level::fatal || fatal) return fatal;
  const std::string_view name = asl::type_name(type);
  return name.ends_with("Failed") || name.ends_with("TimedOut") || name.ends_with("Aborted") || type == EventType::FailStateEntered;
}

std::string log_message(const engine::Record& r, const asl::Event& event, bool with_data) {
  const Value wire = event.to_wire();
  const std::string_view member = asl::details_name(event.type);
  Value details = member.empty() ? Value::object() : wire[member];
  if (!with_data && details.is_object()) {
    json::ObjectBuilder kept;
    for (const json::Member& one : details.members()) {
      if (!is_payload(one.name)) kept.add(one.name, one.value);
    }
    details = kept.build();
  }
  const auto write = [&] {
    return json::write(json::object({{"id", std::to_string(event.id)}, {"type", asl::type_name(event.type)}, {"details", details},
                                     {"previous_event_id", std::to_string(event.previous)}, {"event_timestamp", std::to_string(event.at.ms)},
                                     {"execution_arn", r.arn}, {"redrive_count", std::to_string(r.redrive_count)}}));
  };
  std::string text = write();
  if (text.size() > kMessageBytesMax && details.is_object()) {
    details = shortened(details);
    text = write();
  }
  return text;
}

ExecutionLog::Stream& ExecutionLog::stream(const LogSettings& settings, const engine::Record& r) {
  const std::string key = settings.scope.account + settings.scope.region + settings.group + '\n' + r.machine_arn;
  Stream& known = streams_[key];
  const Instant now = kit_.clock().now();
  if (known.name.empty() || now - known.made > 86'400'000) {
    if (!known.entries.empty()) send(known);
    known.scope = settings.scope, known.group = settings.group, known.made = now, known.exists = false;
    const CivilTime c = civil(now);
    const std::string machine = r.machine_arn.substr(r.machine_arn.rfind(':') + 1);
    const std::string hash = hex_encode(sha256(fmt::format("{} {}", r.machine_arn, now.ms))).substr(0, 8);
    known.name = fmt::format("states/{}/{:04}-{:02}-{:02}-{:02}-{:02}/{}", machine, c.year, c.month, c.day, c.hour, c.minute, hash);
  }
  return known;
}

void ExecutionLog::add(const LogSettings& settings, const engine::Record& r, const std::vector<asl::Event>& events) {
  Stream* into = nullptr;
  for (const asl::Event& event : events) {
    if (!settings.takes(event.type)) continue;
    std::string message = log_message(r, event, settings.with_data);
    if (waiting_bytes_ + message.size() > kWaitingBytesMax) {
      ++counts_.dropped;
      continue;
    }
    if (!into) into = &stream(settings, r);
    const size_t bytes = message.size() + 26;
    if (into->entries.size() == kBatchEvents || into->bytes + bytes > kBatchBytes) send(*into);
    into->bytes += bytes, waiting_bytes_ += bytes, ++counts_.waiting;
    into->entries.push_back({event.at.ms, std::move(message)});
  }
  if (!into || flushing_) return;
  flushing_ = true;
  kit_.loop.after(kGatherMs, [this, alive = alive_] {
    if (*alive) flush();
  });
}

void ExecutionLog::flush() {
  flushing_ = false;
  for (auto& [key, stream] : streams_) {
    if (!stream.entries.empty()) send(stream);
  }
  // Streams of machines that have been quiet for a day are forgotten.
  const Instant now = kit_.clock().now();
  if (streams_.size() > 1'000) std::erase_if(streams_, [&](const auto& one) { return now - one.second.made > 86'400'000; });
}

protocol::Call ExecutionLog::call(const services::Scope& scope, std::string_view operation, Value params) {
  // Log delivery has a role of its own in every account.
  const std::string role = fmt::format("arn:aws:iam::{}:role/aws-service-role/delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery", scope.account);
  auto made = kit_.registry.internal(protocol::Principal::role_session(role, "states"), scope.region, "logs", operation, std::move(params));
  made.account = scope.account;
  made.user_agent = "delivery.logs.amazonaws.com";
  return made;
}

void ExecutionLog::send(Stream& stream) {
  std::vector<Entry> entries = std::move(stream.entries);
  stream.entries.clear();
  waiting_bytes_ -= stream.bytes;
  stream.bytes = 0;
  counts_.waiting -= entries.size();
  std::ranges::stable_sort(entries, {}, &Entry::at);
  std::vector<Value> list;
  list.reserve(entries.size());
  for (const Entry& entry : entries) list.push_back(json::object({{"timestamp", entry.at}, {"message", entry.message}}));
  const Value params = json::object({{"logGroupName", stream.group}, {"logStreamName", stream.name}, {"logEvents", Value::array(std::move(list))}});
  const auto put = [this, scope = stream.scope, params, count = entries.size(), alive = alive_] {
    kit_.registry.call(call(scope, "PutLogEvents", params), [this, count, alive](Result<Value> answer) {
      if (*alive) (answer ? counts_.delivered : counts_.dropped) += count;
    });
  };
  if (stream.exists) return put();
  stream.exists = true;
  const Value name = json::object({{"logGroupName", stream.group}, {"logStreamName", stream.name}});
  // Whether or not it was made, what follows tells.
  kit_.registry.call(call(stream.scope, "CreateLogStream", name), [put](Result<Value>) { put(); });
}

}  // namespace states
