#pragma once
// Errors that several operations answer, in AWS's words.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace sqs {

inline std::unexpected<Error> invalid_value(std::string message) {
  return fail("InvalidParameterValueException", std::move(message));
}
// "Value x for parameter P is invalid. Reason: R"
inline std::unexpected<Error> invalid_parameter(std::string_view value, std::string_view parameter,
                                                std::string_view reason) {
  return invalid_value(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}
inline std::unexpected<Error> missing_parameter(std::string_view name) {
  return fail("MissingRequiredParameterException",
              fmt::format("The request must contain the parameter {}.", name));
}
inline std::unexpected<Error> no_such_queue() {
  return fail("QueueDoesNotExist", "The specified queue does not exist.");
}

}  // namespace sqs
