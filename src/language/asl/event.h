#pragma once
// A history event: what GetExecutionHistory shows (spec/sfn-api.md 4).
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"

namespace asl {

enum class EventType : uint8_t {
  ActivityFailed, ActivityScheduled, ActivityScheduleFailed, ActivityStarted, ActivitySucceeded, ActivityTimedOut,
  ChoiceStateEntered, ChoiceStateExited,
  ExecutionAborted, ExecutionFailed, ExecutionStarted, ExecutionSucceeded, ExecutionTimedOut, ExecutionRedriven,
  FailStateEntered,
  LambdaFunctionFailed, LambdaFunctionScheduled, LambdaFunctionScheduleFailed, LambdaFunctionStarted,
  LambdaFunctionStartFailed, LambdaFunctionSucceeded, LambdaFunctionTimedOut,
  MapIterationAborted, MapIterationFailed, MapIterationStarted, MapIterationSucceeded,
  MapStateAborted, MapStateEntered, MapStateExited, MapStateFailed, MapStateStarted, MapStateSucceeded,
  MapRunAborted, MapRunFailed, MapRunStarted, MapRunSucceeded, MapRunRedriven,
  ParallelStateAborted, ParallelStateEntered, ParallelStateExited, ParallelStateFailed, ParallelStateStarted,
  ParallelStateSucceeded,
  PassStateEntered, PassStateExited, SucceedStateEntered, SucceedStateExited,
  TaskFailed, TaskScheduled, TaskStarted, TaskStartFailed, TaskSubmitFailed, TaskSubmitted, TaskSucceeded, TaskTimedOut,
  TaskStateAborted, TaskStateEntered, TaskStateExited,
  WaitStateAborted, WaitStateEntered, WaitStateExited,
  EvaluationFailed,
};

// "TaskScheduled"; and the name of its detail object, "taskScheduledEventDetails" ("" when it has none).
std::string_view type_name(EventType type);
std::string_view details_name(EventType type);

struct Event {
  uint64_t id = 0;
  uint64_t previous = 0;
  Instant at;
  EventType type{};
  // "name" of a state's or an iteration's details, kept apart since nearly every event has it.
  std::string name;
  // The payload: "input" of an Entered, Started or Scheduled event, "output" of the others. Kept as a value,
  // written as JSON text when it is shown; often the very value of an earlier event.
  std::optional<json::Value> data;
  // The other members of the detail object, as on the wire; null when there are none.
  json::Value details;

  // {"timestamp": seconds, "type", "id", "previousEventId", "...EventDetails": {...}}. Without data, as
  // includeExecutionData=false has it, payloads and parameters are left out.
  json::Value to_wire(bool include_data = true) const;
};

// Chunks of history on disk: versioned, a payload that repeats the one before costs a byte.
std::string encode_events(std::span<const Event> events);
std::optional<std::vector<Event>> decode_events(std::string_view bytes);

}  // namespace asl
