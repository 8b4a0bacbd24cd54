#pragma once
// The tokens of an expression.
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "language/json/value.h"
#include "language/jsonata/failure.h"
#include "language/jsonata/regex.h"

namespace jsonata {

struct Token {
  enum class Kind : uint8_t { name, variable, op, string, number, constant, regex, end } kind = Kind::end;
  std::string text;        // the operator, the name, the string's value
  double number = 0;
  json::Value constant;    // true, false, null
  std::shared_ptr<const Regex> regex;
  // As JSON.stringify shows its value.
  std::string json() const;
  size_t position = 0;     // behind it, in UTF-16 units
};

class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}
  // Throws Failure.
  // `operand_done`: an operand has just ended, so that '/' divides.
  Token next(bool operand_done);

 private:
  [[noreturn]] void fail(std::string_view code, std::optional<std::string> token = std::nullopt) const;
  size_t position() const;  // of at_, in UTF-16 units
  Token string(char quote);
  Token regex();
  Token number();

  std::string_view text_;
  size_t at_ = 0;
  mutable size_t counted_to_ = 0, counted_ = 0;
};

}  // namespace jsonata
