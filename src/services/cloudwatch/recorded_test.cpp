// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "services/cloudwatch/cloudwatch.h"
#include "services/recorded_cases.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/test_world.h"

namespace {

// When a case was made: its calls carry times around then.
std::optional<Instant> made_at(const json::Value& one) {
  for (const json::Value& call : one["calls"].items()) {
    const json::Value& params = call["params"];
    if (params["MetricData"].is_array()) {
      if (auto at = parse_iso8601(params["MetricData"][size_t{0}].text("Timestamp"))) return at;
    }
    if (auto end = parse_iso8601(params.text("EndTime"))) return *end + -60'000;
  }
  return std::nullopt;
}

TEST(CloudWatchRecorded, AnswersAsAws) {
  const auto cases = recorded::load("cloudwatch");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  recorded::Report report("cloudwatch");
  for (const json::Value& one : cases) {
    services::TestWorld world;
    if (const auto at = made_at(one)) world.loop.clock().set(*at);
    sqs::Sqs sqs(world.kit);
    sns::Sns sns(world.kit);
    cloudwatch::CloudWatch cloudwatch(world.kit);
    sqs.load(), sqs.start();
    sns.load(), sns.start();
    cloudwatch.load(), cloudwatch.start();
    report.add(recorded::run_case(world.registry, world.loop, one));
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

}  // namespace
