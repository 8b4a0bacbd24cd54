#pragma once
// Mocks of TestState: whether a result that a test gives could have been the service's (spec/sfn-api.md 6).
#include <optional>
#include <string>
#include <string_view>

#include "language/asl/machine.h"
#include "language/json/value.h"

namespace states {

enum class FieldValidation : uint8_t {
  strict,   // every member is of its type, and those that must be there are
  present,  // those that are there are of their types
  none,
};

// What is wrong with the mocked answer of the service behind a task; nothing when it is in order, or when no model
// tells. Members have the names that a state's output shows.
std::optional<std::string> mock_fault(const asl::Resource& resource, const json::Value& result, FieldValidation mode);

// What is wrong with a context object that a test gives; nothing when it is in order.
std::optional<std::string> context_fault(const json::Value& context);

}  // namespace states
