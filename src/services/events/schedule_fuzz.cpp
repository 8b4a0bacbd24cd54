// Any text as a schedule; any two lines as an input path and a template for a target.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "language/json/parse.h"
#include "services/events/events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const json::Value event = *json::parse(
      R"({"id":"1","detail-type":"t","source":"s","time":"2024-01-01T00:00:00Z","resources":["a","b"],"detail":{"a":[1,{"b":"\"<x>\""}],"c":null}})");
  constexpr Instant kNow{1'700'000'000'000};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rate = events::rate_ms(text)) CHECK(*rate >= 60'000, "a rate is at least a minute");
  const auto next = events::next_cron(text, kNow);
  if (next) CHECK(*next > kNow && events::is_schedule(text), "what comes next is in the future");

  const size_t line = text.find('\n');
  const json::Value path(text.substr(0, line));
  (void)events::target_input(json::object({{"InputPath", path}}), event, "arn", kNow);
  if (line == text.npos) return 0;
  const json::Value transformer = json::object({{"InputPathsMap", json::object({{"x", path}})}, {"InputTemplate", text.substr(line + 1)}});
  (void)events::unknown_placeholder(transformer);
  (void)events::target_input(json::object({{"InputTransformer", transformer}}), event, "arn:aws:events:us-east-1:000000000000:rule/r", kNow);
  return 0;
}
