#include "protocol/patterns/pattern.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "language/json/parse.h"

namespace {

bool matches(std::string_view pattern, std::string_view event) {
  auto compiled = patterns::Pattern::compile(*json::parse(pattern));
  return compiled && compiled->matches(*json::parse(event));
}

TEST(Pattern, AlternativesKeysAndTypes) {
  EXPECT_TRUE(matches(R"({"a":["x",1],"b":{"c":[true]}})", R"({"a":1.0,"b":{"c":true},"d":0})"));
  EXPECT_FALSE(matches(R"({"a":["1"]})", R"({"a":1})"));
  EXPECT_FALSE(matches(R"({"a":["x"]})", R"({"b":"x"})"));
  EXPECT_TRUE(matches(R"({"a":[{"exists":false}]})", R"({"b":"x"})"));
}

TEST(Pattern, OneElementOfAListAnswersEveryKey) {
  EXPECT_TRUE(matches(R"({"l":{"a":[1],"b":[2]}})", R"({"l":[{"a":1,"b":2}]})"));
  EXPECT_FALSE(matches(R"({"l":{"a":[1],"b":[2]}})", R"({"l":[{"a":1},{"b":2}]})"));
}

TEST(Pattern, AbsentIsAskedOfTheChosenElement) {
  const auto pattern = R"({"l":{"a":[{"exists":true}],"b":[{"exists":false}]}})";
  EXPECT_TRUE(matches(pattern, R"({"l":[{"a":1},{"b":2}]})"));
  EXPECT_FALSE(matches(pattern, R"({"l":[{"a":1,"b":2}]})"));
}

// The sets beside the project: each line {pattern, event, expect}.
TEST(Pattern, AgreesWithTheRuleEngine) {
  std::filesystem::path shared = std::getenv("GANTRY_SHARED") ? std::getenv("GANTRY_SHARED") : "";
  for (auto at = std::filesystem::current_path(); shared.empty() && at.has_relative_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "shared/conformance")) shared = at / "shared";
  }
  if (shared.empty()) GTEST_SKIP() << "there is no folder shared beside the project";
  int wrong = 0, cases = 0;
  for (const char* name : {"patterns.jsonl", "ruler.jsonl", "cross.jsonl"}) {
    std::ifstream in(shared / "conformance/eventbridge" / name);
    for (std::string line; std::getline(in, line);) {
      const auto c = *json::parse(line);
      const auto text = [](const json::Value& v) { return v.is_string() ? std::string(v.as_string()) : json::write(v); };
      const auto pattern = json::parse(text(c["pattern"])), event = json::parse(text(c["event"]));
      if (!pattern || !event) continue;
      ++cases;
      auto compiled = patterns::Pattern::compile(*pattern);
      const std::string got = !compiled ? "error" : compiled->matches(*event) ? "match" : "no";
      std::string wanted(c.text("expect"));
      if (got == wanted) continue;
      ++wrong;
      if (wrong <= 15) ADD_FAILURE() << name << " " << c.text("id") << ": " << got << (compiled ? "" : " (" + compiled.error().message + ")") << ", wanted " << wanted;
    }
  }
  EXPECT_EQ(wrong, 0) << "of " << cases;
}

}  // namespace
