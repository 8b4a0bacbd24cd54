#pragma once
// JSONata expressions: compiled once, evaluated under limits.
//
// The language is that of the reference implementation at 2.0.6 (docs.jsonata.org), with its error codes
// (S0201, T2001, D3001 ...) and messages. For Step Functions there are $partition, $range, $hash, $random,
// $uuid and $parse besides, and no $eval.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "language/json/value.h"

namespace jsonata {

struct Fault {
  std::string code;     // "T2001"; "U1001" when a limit was reached
  std::string message;  // the reference's text, placeholders filled in
  size_t position = 0;  // in UTF-16 units, as the reference counts
  std::string token;    // the offending token, where there is one
  bool unsupported = false;  // the result holds what JSON cannot: a function
};

struct Limits {
  int64_t timeout_ms = 10'000;        // of evaluation, by a monotonic clock
  uint64_t steps = 500'000'000;       // nodes evaluated
  uint32_t depth = 5'000;             // nested evaluations that are not tail calls; the native stack is a limit too
  size_t memory_bytes = 256u << 20;   // values that the evaluation holds at once, roughly
};

struct Environment {
  Instant now;         // what $now() and $millis() tell
  Random* random = nullptr;  // for $random, $shuffle, $uuid; null: a fixed seed
  Limits limits;
  uint64_t* spent = nullptr;  // how many steps it took is added here, whether it succeeds or not
  bool step_functions = true;  // $partition, $range, $hash, $random(seed), $uuid, $parse
  bool quote_infinity = false;  // a number that JSON does not have becomes the string "Infinity", else null
};

class Expression {
 public:
  struct Code;  // compiled form

  static std::expected<Expression, Fault> compile(std::string_view text);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  // `input` is `$`; nothing: undefined. `bindings` are variables, without their '$'.
  // The value is nothing when the result is undefined.
  std::expected<std::optional<json::Value>, Fault> evaluate(
      const std::optional<json::Value>& input, const std::vector<std::pair<std::string, json::Value>>& bindings,
      const Environment& environment) const;

  // The variables it refers to and does not itself bind, without '$', sorted: ["states", "x"].
  std::vector<std::string> variables() const;
  // For Step Functions: names at the top level that would need an input document ("$", "$$" or a bare
  // name), in order of appearance (spec/asl-diagnostics.md: UNSUPPORTED_JSONATA_EXPRESSION).
  std::vector<std::string> top_level_references() const;

 private:
  explicit Expression(std::shared_ptr<const Code> code);
  std::shared_ptr<const Code> code_;
};

}  // namespace jsonata
