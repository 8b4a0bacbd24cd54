#include "cli/eval.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "language/json/parse.h"

namespace {

using cli::ExpressionLanguage;

std::string answer(ExpressionLanguage language, std::string_view line) {
  ManualClock clock;
  SeededRandom random(1);
  return cli::Evaluator(language, 10'000, clock, random).answer_line(line);
}
std::string path(std::string_view line) { return answer(ExpressionLanguage::jsonpath, line); }
std::string call(std::string_view line) { return answer(ExpressionLanguage::intrinsic, line); }

TEST(Eval, APathTellsItsResultAndWhetherItIsDefinite) {
  EXPECT_EQ(path(R"({"expr":"$.a[0]","data":{"a":[{"b":1}]},"more":true})"), R"({"result":{"b":1},"definite":true})");
  EXPECT_EQ(path(R"({"expr":"$..b","data":{"a":[{"b":1},{"b":2}]}})"), R"({"result":[1,2],"definite":false})");
  EXPECT_EQ(path(R"({"expr":"$.a[*]","data":{"a":[]}})"), R"({"result":[],"definite":false})");
}

TEST(Eval, APathThatLeadsNowhereIsUndefinedAndOneThatDoesNotCompileIsInvalid) {
  EXPECT_EQ(path(R"({"expr":"$.x","data":{"a":1}})"), R"({"undefined":true})");
  EXPECT_EQ(path(R"({"expr":"$.x"})"), R"({"undefined":true})");
  const auto told = *json::parse(path(R"({"expr":"$.a[?(@.b ==]","data":{}})"));
  EXPECT_EQ(told["error"].text("code"), "InvalidPath");
  EXPECT_NE(told["error"].text("message"), "");
}

TEST(Eval, APathMayBeginAtABoundVariable) {
  EXPECT_EQ(path(R"({"expr":"$v.a","bindings":{"v":{"a":5}}})"), R"({"result":5,"definite":true})");
  EXPECT_EQ(path(R"({"expr":"$v","bindings":{"v":7}})"), R"({"result":7,"definite":true})");
}

TEST(Eval, AnIntrinsicIsAnsweredInAwsWords) {
  EXPECT_EQ(call(R"~({"expr":"States.Format('{}-{}', $.a, $v)","data":{"a":1},"bindings":{"v":"x"}})~"), R"({"result":"1-x"})");
  EXPECT_EQ(call(R"~({"expr":"States.ArrayLength(1)"})~"),
            R"~({"error":{"code":"States.Runtime","message":"There was an error while evaluating the intrinsic function: States.ArrayLength(1). Invalid arguments in States.ArrayLength"}})~");
  EXPECT_EQ((*json::parse(call(R"~({"expr":"States.Nothing(1)"})~")))["error"].text("code"), "InvalidIntrinsic");
}

TEST(Eval, LoneSurrogatesComeBackAsEscapes) {
  EXPECT_EQ(path(R"({"expr":"$.a","data":{"a":"x\ud800y"}})"), R"({"result":"x\uD800y","definite":true})");
}

TEST(Eval, EveryLineHasAnAnswer) {
  for (const char* line : {"", "{", "[]", "{}", R"({"expr":1})"}) {
    EXPECT_EQ((*json::parse(path(line)))["error"].text("code"), "InvalidRequest") << line;
  }
}

TEST(Eval, LanguagesHaveNames) {
  EXPECT_EQ(cli::expression_language("jsonata"), ExpressionLanguage::jsonata);
  EXPECT_EQ(cli::expression_language("JSONata"), std::nullopt);
}

}  // namespace
