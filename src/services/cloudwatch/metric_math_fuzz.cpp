// Any text as a metric's expression, an alarm's rule and a statistic; what is read is evaluated over a few series.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/metric_math.h"
#include "services/cloudwatch/statistic.h"

using namespace cloudwatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::map<std::string, Expression::Operand> known = {
      {"a", Series{.id = "a", .label = "a", .points = {{0, 1}, {60, -2.5}, {120, 1e300}}}},
      {"b", Series{.id = "b", .label = "b", .period = 300, .points = {{0, 0}, {300, 7}}}},
      {"l", std::vector<Series>{Series{.id = "x", .label = "x", .points = {{60, 3}}}, Series{.id = "y", .label = "y", .points = {}}}},
      {"n", 4.0}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto expression = Expression::parse(text)) {
    expression->references();
    (void)expression->evaluate({.known = known, .from = 0, .to = 600});
  } else {
    CHECK(!expression.error().message.empty(), "what is wrong is said");
  }
  if (const auto rule = AlarmRule::parse(text)) {
    for (const std::string state : {"ALARM", "OK", "INSUFFICIENT_DATA", ""}) (void)rule->holds([&](const std::string&) { return state; });
  }
  if (const auto statistic = Statistic::parse(text)) {
    SampleSet samples;
    for (const double value : {1.0, 5.0, -3.0, 0.0}) samples.add(value);
    (void)statistic->of(samples);
    (void)statistic->of(SampleSet{});
  }
  return 0;
}
