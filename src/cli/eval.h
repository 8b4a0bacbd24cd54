#pragma once
// `gantry eval`: one expression, or one a line, in one of the three expression languages of state machines.
//
// The answer to {"expr", "data"?, "bindings"?} is {"result": V}, {"undefined": true} or
// {"error": {"code", "message", "position"?}}; of a JSONPath with "definite" beside it.
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "language/json/value.h"
#include "language/jsonata/expression.h"

namespace cli {

enum class ExpressionLanguage : unsigned char { jsonata, jsonpath, intrinsic };
std::optional<ExpressionLanguage> expression_language(std::string_view name);

class Evaluator {
 public:
  Evaluator(ExpressionLanguage language, int64_t timeout_ms, const Clock& clock, Random& random)
      : language_(language), timeout_ms_(timeout_ms), clock_(clock), random_(random) {}

  using Bindings = std::vector<std::pair<std::string, json::Value>>;
  json::Value answer(const std::string& expression, const std::optional<json::Value>& data, const Bindings& bindings);
  // The answer to one request as text; what is no request has an error for an answer.
  std::string answer_line(std::string_view line);

 private:
  json::Value jsonata(const std::string& expression, const std::optional<json::Value>& data, const Bindings& bindings);
  json::Value jsonpath(const std::string& expression, const std::optional<json::Value>& data, const Bindings& bindings);
  json::Value intrinsic(const std::string& expression, const std::optional<json::Value>& data, const Bindings& bindings);

  const ExpressionLanguage language_;
  const int64_t timeout_ms_;
  const Clock& clock_;
  Random& random_;
  // Expressions are compiled once: requests mostly ask the same of other data.
  std::unordered_map<std::string, jsonata::Expression> compiled_;
};

// The command; the result is its exit status: 0 a value, 1 an error, 2 used wrongly, 3 undefined.
int eval(std::vector<std::string> arguments);

}  // namespace cli
