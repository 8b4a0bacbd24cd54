// Schedule expressions, read and gone on from.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "services/events/events.h"

namespace {

std::string next(std::string_view expression, std::string_view after = "2024-02-10T12:30:30Z") {
  const auto at = events::next_cron(expression, *parse_iso8601(after));
  return at ? iso8601_s(*at) : "never";
}

TEST(Schedule, ACronExpressionNamesTheNextInstantBehindAnother) {
  EXPECT_EQ(next("cron(0/15 * * * ? *)"), "2024-02-10T12:45:00Z");
  EXPECT_EQ(next("cron(0 18 ? * MON-FRI *)"), "2024-02-12T18:00:00Z");
  EXPECT_EQ(next("cron(0 0 L * ? *)"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(next("cron(0 8 17W * ? *)"), "2024-02-16T08:00:00Z") << "a Saturday's nearest weekday";
  EXPECT_EQ(next("cron(0 8 ? * TUE#3 *)"), "2024-02-20T08:00:00Z");
  EXPECT_EQ(next("cron(0 0 29 2 ? *)", "2024-03-01T00:00:00Z"), "2028-02-29T00:00:00Z");
  EXPECT_EQ(next("cron(0 0 31 2 ? *)"), "never");
}

TEST(Schedule, LettersStandInTheFieldsThatHaveThem) {
  for (const char* wrong : {"cron(L * * * ? *)", "cron(0 L * * ? *)", "cron(0 0 ? L MON *)", "cron(0 0 * * ? L)", "cron(5W * * * ? *)", "cron(0 0 1#2 * ? *)",
                            "cron(0 0 ? * 15W *)", "cron(0 0 ? * 9#2 *)", "cron(? * * * ? *)", "cron(0 0 * ? ? *)"}) {
    EXPECT_FALSE(events::is_schedule(wrong)) << wrong;
  }
}

TEST(Schedule, AStepBeyondItsFieldIsRefused) {
  EXPECT_FALSE(events::is_schedule("cron(30/2147483647 * * * ? *)"));
  EXPECT_FALSE(events::is_schedule("cron(0/0 * * * ? *)"));
  EXPECT_TRUE(events::is_schedule("cron(30/59 * * * ? *)"));
}

TEST(Schedule, ARateIsAWholeNumberOfItsUnit) {
  EXPECT_EQ(events::rate_ms("rate(1 minute)"), 60'000);
  EXPECT_EQ(events::rate_ms("rate(2147483647 days)"), 2147483647LL * 86'400'000);
  for (const char* wrong : {"rate(1 minutes)", "rate(0 minutes)", "rate(2 minute)", "rate(1.5 hours)", "rate(5 weeks)", "rate()", "rate("}) EXPECT_FALSE(events::rate_ms(wrong)) << wrong;
}

}  // namespace
