#pragma once
// How an error leaves an evaluation. Codes and places are filled in on the way out, as the reference does.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jsonata {

struct Failure {
  explicit Failure(std::string_view error_code) : code(error_code) {}
  Failure(std::string_view error_code, std::string_view text) : code(error_code), message(text) {}

  std::string code;
  std::string message;               // when it is not the code's own
  std::string value, value2, type;   // as JSON, for the message
  int index = 0;
  std::optional<std::string> token;
  std::optional<size_t> position;    // 0 counts as none
};

}  // namespace jsonata
