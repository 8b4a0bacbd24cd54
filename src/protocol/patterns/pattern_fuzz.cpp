// A pattern on one line and an event on the next: what compiles is asked, twice with the same answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "language/json/parse.h"
#include "protocol/patterns/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const json::Value event = *json::parse(
      R"({"source":"aws.states","detail":{"a":[1,2.5,"x",null],"b":{"c":true},"ip":"10.0.0.7","name":"prefix-middle-suffix","n":300}})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const auto document = json::parse(text.substr(0, line));
  if (!document) return 0;
  const auto pattern = patterns::Pattern::compile(*document);
  if (!pattern) {
    if (pattern.error().message.empty()) std::abort();
    return 0;
  }
  (void)pattern->matches(event);
  const auto other = line == text.npos ? std::nullopt : std::optional(json::parse(text.substr(line + 1)));
  if (other && *other && pattern->matches(**other) != pattern->matches(**other)) std::abort();
  return 0;
}
