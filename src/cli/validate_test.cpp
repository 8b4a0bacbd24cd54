#include "cli/validate.h"

#include <gtest/gtest.h>

#include "cli/hints.h"
#include "cli/place.h"

namespace {

std::string explained(std::string_view text) {
  std::string out;
  for (const auto& d : asl::compile(text).diagnostics) out += cli::explain(d, "m.json", text, cli::Terminal{});
  return out;
}

std::string_view at(std::string_view text, std::string_view location) {
  const cli::Place place = cli::find_place(text, location);
  return text.substr(place.value.begin, place.value.end - place.value.begin);
}

TEST(Place, FollowsALocationThroughObjectsAndArrays) {
  constexpr auto kText = R"( {"States": {"a/b": {"Choices": [ {"Next": "x"}, {"Next" : "y}"} ]}, "a": {"b": 1}}} )";
  EXPECT_EQ(at(kText, "/States/a/b/Choices[1]/Next"), R"("y}")");
  EXPECT_EQ(at(kText, "/States/a/b"), R"({"Choices": [ {"Next": "x"}, {"Next" : "y}"} ]})") << "a state's name may hold a slash";
  EXPECT_EQ(at(kText, "/States/a"), R"({"b": 1})");
  EXPECT_EQ(at(kText, "/").front(), '{');
}

TEST(Place, LeadsToWhatShouldHoldTheMissing) {
  constexpr auto kText = R"({"States":{"A":{"x":1}}})";
  const auto place = cli::find_place(kText, "/States/A/Next");
  EXPECT_FALSE(place.exact);
  EXPECT_EQ(std::string_view(kText).substr(place.key.begin, 3), "\"A\"");
}

TEST(Place, OfTwoMembersOfOneNameTheLaterCounts) { EXPECT_EQ(at(R"({"a":1,"a":2})", "/a"), "2"); }

TEST(Place, CountsLinesAndColumnsInCodePoints) {
  const auto position = cli::position_of("one\nzwölf x", 11);
  EXPECT_EQ(position.line, 2u);
  EXPECT_EQ(position.column, 7u);
}

TEST(Validate, MarksTheFieldThatIsNotKnownAndNamesTheOneThatWasMeant) {
  EXPECT_EQ(explained("{\"StartAt\":\"A\",\n \"States\":{\"A\":{\"Type\":\"Pass\",\n   \"Nxt\":\"A\", \"End\":true}}}"),
            "m.json:3:4: error: SCHEMA_VALIDATION_FAILED: Field 'Nxt' is not supported at /States/A\n"
            "    3 |    \"Nxt\":\"A\", \"End\":true}}}\n"
            "      |    ^^^^^\n"
            "      = hint: did you mean 'Next'?\n");
}

TEST(Validate, MarksTheTargetThatIsMissing) {
  const std::string told = explained(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Ende"},"End":{"Type":"Succeed"}}})");
  EXPECT_TRUE(told.starts_with("m.json:1:52: error: MISSING_TRANSITION_TARGET: Missing 'Next' target: Ende at /States/A/Next\n")) << told;
  EXPECT_TRUE(told.contains("^^^^^^\n      = hint: did you mean 'End'?\n")) << told;
}

TEST(Validate, TellsWhereTheTextStopsBeingJson) {
  const std::string told = explained("{\"StartAt\":\"A\",\n  }");
  EXPECT_TRUE(told.starts_with("m.json:2:")) << told;
  EXPECT_TRUE(told.contains("INVALID_JSON_DESCRIPTION")) << told;
  EXPECT_FALSE(told.contains("[Source")) << told;
  EXPECT_TRUE(told.contains("hint: ")) << told;
}

TEST(Validate, AFindingWithoutAPlaceHasALineOfItsOwn) {
  EXPECT_TRUE(explained(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}})")
                  .contains("MISSING_END_STATE: Workflow has no terminal state at null\n      = hint: give a state \"End\": true"));
}

TEST(Validate, ControlCharactersOfADefinitionDoNotReachTheTerminal) {
  EXPECT_FALSE(explained("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true,\"\\u001b[2J\":1}}}").contains('\x1b'));
}

TEST(Validate, ProgramsGetTheSameWithLineAndColumn) {
  constexpr auto kText = "{\"StartAt\":\"A\",\n\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true,\"X\":1}}}";
  const auto told = cli::describe(asl::compile(kText).diagnostics.at(0), kText);
  EXPECT_EQ(told.text("severity"), "ERROR");
  EXPECT_EQ(told.text("location"), "/States/A");
  EXPECT_EQ(told["line"].as_int64(), 2);
  EXPECT_EQ(told["column"].as_int64(), 41);
}

TEST(Hints, AStateInAnotherScopeIsSaidToBeThere) {
  const auto document = json::object({{"States", json::object({{"B", json::object({{"Branches", json::array({json::object({{"States", json::object({{"In", 1}})}})})}})}})}});
  EXPECT_TRUE(cli::hint_for({.code = "MISSING_TRANSITION_TARGET", .message = "Missing 'Next' target: In"}, document).contains("another States object"));
}

}  // namespace
