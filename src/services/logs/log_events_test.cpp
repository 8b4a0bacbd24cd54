#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/logs/logs.h"
#include "services/test_world.h"

namespace {

using json::Value;

struct LogEventsTest : testing::Test {
  LogEventsTest() : logs(world.kit) {
    logs.load();
    must("CreateLogGroup", R"({"logGroupName":"g"})");
    for (const char* stream : {"a", "b"}) must("CreateLogStream", fmt::format(R"({{"logGroupName":"g","logStreamName":"{}"}})", stream));
  }
  Value must(std::string_view operation, const std::string& params) {
    const auto answer = world.call("logs", operation, params);
    EXPECT_TRUE(answer) << operation << ": " << (answer ? "" : answer.error().message);
    return answer ? *answer : Value();
  }
  void put(std::string_view stream, int64_t at, const std::string& message) {
    must("PutLogEvents", fmt::format(R"({{"logGroupName":"g","logStreamName":"{}","logEvents":[{{"timestamp":{},"message":"{}"}}]}})", stream, now + at, message));
  }
  // What every page of FilterLogEvents tells, a text a page.
  std::vector<std::string> pages(const std::string& more) {
    std::vector<std::string> out;
    std::string token;
    do {
      const Value answer = must("FilterLogEvents", fmt::format(R"({{"logGroupName":"g"{}{}}})", more, token.empty() ? "" : fmt::format(R"(,"nextToken":"{}")", token)));
      out.emplace_back();
      for (const Value& event : answer["events"].items()) out.back() += event.text("message").substr(0, 1);
      token = answer.text("nextToken");
    } while (!token.empty() && out.size() < 20);
    return out;
  }

  services::TestWorld world;
  logs::Logs logs;
  const int64_t now = world.loop.clock().now().ms;
};

TEST_F(LogEventsTest, StreamsAreReadTogetherInOrderOfTimePageByPage) {
  put("b", 3, "4"), put("a", 0, "1"), put("b", 1, "2"), put("a", 2, "3"), put("b", 4, "5");
  EXPECT_EQ(pages(""), std::vector<std::string>{"12345"});
  EXPECT_EQ(pages(R"(,"limit":2)"), (std::vector<std::string>{"12", "34", "5"}));
  EXPECT_EQ(pages(R"(,"limit":5)"), std::vector<std::string>{"12345"});
  EXPECT_EQ(pages(fmt::format(R"(,"limit":2,"startTime":{})", now + 2)), (std::vector<std::string>{"34", "5"}));
  EXPECT_EQ(pages(R"(,"limit":1,"filterPattern":"?2 ?5")"), (std::vector<std::string>{"2", "5"}));
}

TEST_F(LogEventsTest, AnAnswerHasAMegabyteAndWhatIsLargerComesInSeveral) {
  const std::string large(200'000, '.');
  for (int i = 1; i <= 9; ++i) put(i % 2 ? "a" : "b", i, std::to_string(i) + large);
  put("a", 10, "A" + large), put("a", 11, "B" + large);
  EXPECT_EQ(pages(""), (std::vector<std::string>{"12345", "6789A", "B"}));
  std::string seen, token;
  for (int page = 0; page < 3; ++page) {
    const Value answer = must("GetLogEvents", fmt::format(R"({{"logGroupName":"g","logStreamName":"a","startFromHead":true{}}})", token.empty() ? "" : fmt::format(R"(,"nextToken":"{}")", token)));
    for (const Value& event : answer["events"].items()) seen += event.text("message").substr(0, 1);
    seen += "|";
    token = answer.text("nextForwardToken");
  }
  EXPECT_EQ(seen, "13579|AB||");
}

}  // namespace
