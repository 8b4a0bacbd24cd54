// Any text as an expression, over a document with a bit of everything, under tight limits. What compiles is evaluated;
// what it gives must be told the same way twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "language/json/parse.h"
#include "language/jsonata/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::optional<json::Value> document = *json::parse(
      R"({"a":{"b":[1,2.5,"x",null,{"c":true,"a":[]}]},"k":["2017-11-07T15:07:54.972Z","a1b22","\ud83d"],"":{"":0},"n":[3,-4,1e300,1234567890123456789],"10":1,"2":2})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = jsonata::Expression::compile(text);
  if (!expression) {
    if (expression.error().code.empty()) std::abort();
    return 0;
  }
  expression->variables();
  expression->top_level_references();
  jsonata::Environment environment;
  environment.now = {1'700'000'000'000};
  environment.limits = {.timeout_ms = 10'000, .steps = 20'000, .depth = 300, .memory_bytes = 2u << 20};
  const auto first = expression->evaluate(document, {{"x", *document}}, environment);
  const auto second = expression->evaluate(document, {{"x", *document}}, environment);
  if (first.has_value() != second.has_value()) std::abort();
  if (!first) {
    if (first.error().code != second.error().code) std::abort();
    return 0;
  }
  if (first->has_value() != second->has_value() || (*first && !json::equal(**first, **second))) std::abort();
  return 0;
}
