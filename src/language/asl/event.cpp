#include "language/asl/event.h"

#include <array>
#include <unordered_map>

#include "base/bytes.h"
#include "language/json/parse.h"

namespace asl {
namespace {

struct TypeInfo {
  std::string_view name;
  std::string_view details;  // "" when the event has none
  std::string_view data;     // "input", "output" or ""
};

constexpr std::string_view kEntered = "stateEnteredEventDetails", kExited = "stateExitedEventDetails";

// In the order of EventType.
constexpr TypeInfo kTypes[] = {
    {"ActivityFailed", "activityFailedEventDetails", ""},
    {"ActivityScheduled", "activityScheduledEventDetails", "input"},
    {"ActivityScheduleFailed", "activityScheduleFailedEventDetails", ""},
    {"ActivityStarted", "activityStartedEventDetails", ""},
    {"ActivitySucceeded", "activitySucceededEventDetails", "output"},
    {"ActivityTimedOut", "activityTimedOutEventDetails", ""},
    {"ChoiceStateEntered", kEntered, "input"},
    {"ChoiceStateExited", kExited, "output"},
    {"ExecutionAborted", "executionAbortedEventDetails", ""},
    {"ExecutionFailed", "executionFailedEventDetails", ""},
    {"ExecutionStarted", "executionStartedEventDetails", "input"},
    {"ExecutionSucceeded", "executionSucceededEventDetails", "output"},
    {"ExecutionTimedOut", "executionTimedOutEventDetails", ""},
    {"ExecutionRedriven", "executionRedrivenEventDetails", ""},
    {"FailStateEntered", kEntered, "input"},
    {"LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", ""},
    {"LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", "input"},
    {"LambdaFunctionScheduleFailed", "lambdaFunctionScheduleFailedEventDetails", ""},
    {"LambdaFunctionStarted", "", ""},
    {"LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails", ""},
    {"LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", "output"},
    {"LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", ""},
    {"MapIterationAborted", "mapIterationAbortedEventDetails", ""},
    {"MapIterationFailed", "mapIterationFailedEventDetails", ""},
    {"MapIterationStarted", "mapIterationStartedEventDetails", ""},
    {"MapIterationSucceeded", "mapIterationSucceededEventDetails", ""},
    {"MapStateAborted", "", ""},
    {"MapStateEntered", kEntered, "input"},
    {"MapStateExited", kExited, "output"},
    {"MapStateFailed", "", ""},
    {"MapStateStarted", "mapStateStartedEventDetails", ""},
    {"MapStateSucceeded", "", ""},
    {"MapRunAborted", "", ""},
    {"MapRunFailed", "mapRunFailedEventDetails", ""},
    {"MapRunStarted", "mapRunStartedEventDetails", ""},
    {"MapRunSucceeded", "", ""},
    {"MapRunRedriven", "mapRunRedrivenEventDetails", ""},
    {"ParallelStateAborted", "", ""},
    {"ParallelStateEntered", kEntered, "input"},
    {"ParallelStateExited", kExited, "output"},
    {"ParallelStateFailed", "", ""},
    {"ParallelStateStarted", "", ""},
    {"ParallelStateSucceeded", "", ""},
    {"PassStateEntered", kEntered, "input"},
    {"PassStateExited", kExited, "output"},
    {"SucceedStateEntered", kEntered, "input"},
    {"SucceedStateExited", kExited, "output"},
    {"TaskFailed", "taskFailedEventDetails", ""},
    {"TaskScheduled", "taskScheduledEventDetails", ""},
    {"TaskStarted", "taskStartedEventDetails", ""},
    {"TaskStartFailed", "taskStartFailedEventDetails", ""},
    {"TaskSubmitFailed", "taskSubmitFailedEventDetails", ""},
    {"TaskSubmitted", "taskSubmittedEventDetails", "output"},
    {"TaskSucceeded", "taskSucceededEventDetails", "output"},
    {"TaskTimedOut", "taskTimedOutEventDetails", ""},
    {"TaskStateAborted", "", ""},
    {"TaskStateEntered", kEntered, "input"},
    {"TaskStateExited", kExited, "output"},
    {"WaitStateAborted", "", ""},
    {"WaitStateEntered", kEntered, "input"},
    {"WaitStateExited", kExited, "output"},
    {"EvaluationFailed", "evaluationFailedEventDetails", ""},
};
constexpr auto kCount = std::size(kTypes);

const TypeInfo& info(EventType type) { return kTypes[static_cast<size_t>(type)]; }

// Members that includeExecutionData=false leaves out.
bool is_data(std::string_view member) {
  return member == "parameters" || member == "error" || member == "cause" || member == "assignedVariables" || member == "taskCredentials";
}

}  // namespace

std::string_view type_name(EventType type) { return info(type).name; }
std::string_view details_name(EventType type) { return info(type).details; }

json::Value Event::to_wire(bool include_data) const {
  const TypeInfo& kind = info(type);
  json::ObjectBuilder out;
  out.add("timestamp", at.seconds()).add("type", kind.name).add("id", id).add("previousEventId", previous);
  if (kind.details.empty()) return out.build();
  json::ObjectBuilder inner;
  if (!name.empty()) inner.add("name", name);
  if (data && !kind.data.empty()) {
    if (include_data) {
      inner.add(kind.data, json::write(*data));
      inner.add(kind.data == "input" ? "inputDetails" : "outputDetails", json::object({{"truncated", false}}));
    }
  }
  if (details.is_object()) {
    for (const auto& member : details.members()) {
      if (!include_data && is_data(member.name)) continue;
      // Parameters are kept as a value and shown as JSON text.
      const bool text = member.name == "parameters" && !member.value.is_string();
      inner.add(member.name, text ? json::Value(json::write(member.value)) : member.value);
    }
  }
  out.add(kind.details, inner.build());
  return out.build();
}

namespace {
constexpr uint8_t kEventVersion = 1;
// What follows an event's fixed part.
enum Flags : uint8_t { kHasName = 1, kHasData = 2, kSameData = 4, kHasDetails = 8, kSameTime = 16, kNextId = 32 };
}  // namespace

std::string encode_events(std::span<const Event> events) {
  std::string bytes;
  bytes.reserve(64 + 24 * events.size());
  ByteWriter out(bytes);
  out.u8(kEventVersion);
  out.number(events.size());
  std::unordered_map<const void*, size_t> seen;  // payloads, by where they were first written
  const void* last_node = nullptr;               // mostly a payload is the one before
  size_t last_place = 0, payloads = 0;
  uint64_t last_id = 0;
  int64_t last_time = 0;
  std::string text;
  for (const Event& e : events) {
    uint8_t flags = 0;
    size_t same = 0;
    if (!e.name.empty()) flags |= kHasName;
    if (e.data) {
      flags |= kHasData;
      if (const void* node = e.data->identity()) {
        if (node == last_node) {
          flags |= kSameData, same = last_place;
        } else {
          const auto [it, fresh] = seen.try_emplace(node, payloads);
          if (!fresh) flags |= kSameData, same = it->second;
          last_node = node, last_place = it->second;
        }
      }
    }
    if (!e.details.is_null()) flags |= kHasDetails;
    if (e.at.ms == last_time) flags |= kSameTime;
    if (e.id == last_id + 1) flags |= kNextId;
    out.u8(static_cast<uint8_t>(e.type));
    out.u8(flags);
    if (!(flags & kNextId)) out.number(e.id);
    out.number(e.id - e.previous);
    if (!(flags & kSameTime)) out.signed_number(e.at.ms - last_time);
    if (flags & kHasName) out.text(e.name);
    if (flags & kSameData) {
      out.number(same);
    } else if (flags & kHasData) {
      text.clear();
      json::write(*e.data, text);
      out.text(text);
      ++payloads;
    }
    if (flags & kHasDetails) {
      text.clear();
      json::write(e.details, text);
      out.text(text);
    }
    last_id = e.id;
    last_time = e.at.ms;
  }
  return bytes;
}

std::optional<std::vector<Event>> decode_events(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kEventVersion) return std::nullopt;
  const uint64_t count = in.number();
  std::vector<Event> events;
  std::vector<json::Value> payloads;
  uint64_t last_id = 0;
  int64_t last_time = 0;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    Event e;
    const uint8_t type = in.u8();
    if (type >= kCount) return std::nullopt;
    e.type = static_cast<EventType>(type);
    const uint8_t flags = in.u8();
    e.id = flags & kNextId ? last_id + 1 : in.number();
    e.previous = e.id - in.number();
    e.at.ms = last_time + (flags & kSameTime ? 0 : in.signed_number());
    if (flags & kHasName) e.name = in.text();
    if (flags & kSameData) {
      const uint64_t index = in.number();
      if (index >= payloads.size()) return std::nullopt;
      e.data = payloads[index];
    } else if (flags & kHasData) {
      auto value = json::parse(in.text());
      if (!value) return std::nullopt;
      e.data = *std::move(value);
      payloads.push_back(*e.data);
    }
    if (flags & kHasDetails) {
      auto value = json::parse(in.text());
      if (!value) return std::nullopt;
      e.details = *std::move(value);
    }
    last_id = e.id;
    last_time = e.at.ms;
    events.push_back(std::move(e));
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return events;
}

}  // namespace asl
