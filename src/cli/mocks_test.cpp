#include "cli/mocks.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"

namespace {

using cli::Mocks;

std::string refusal(std::string_view text, std::string_view test_case = "") {
  const auto mocks = Mocks::parse(text, test_case);
  return mocks ? "" : mocks.error().message;
}

TEST(Mocks, AnswerOneCallAfterAnotherAndTheLastStays) {
  auto mocks = *Mocks::parse(R"({"states":{"A":[{"error":"E","cause":"C"},{"result":1,"after":0.5}]}})", "");
  const auto* first = mocks.next("A");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->error, "E");
  EXPECT_EQ(first->cause, "C");
  for (int i = 0; i < 3; ++i) {
    const auto* later = mocks.next("A");
    ASSERT_TRUE(later);
    EXPECT_EQ(later->result, json::Value(1));
    EXPECT_EQ(later->after_ms, 500);
  }
  EXPECT_EQ(mocks.calls("A"), 4);
  EXPECT_EQ(mocks.next("B"), nullptr);
}

TEST(Mocks, AResourceAnswersForStatesWithoutAMock) {
  auto mocks = *Mocks::parse(R"({"states":{"A":{"result":1}},"resources":{"arn:x":{"result":2}}})", "");
  EXPECT_EQ(mocks.next("A", "arn:x")->result, json::Value(1));
  EXPECT_EQ(mocks.next("B", "arn:x")->result, json::Value(2));
  EXPECT_FALSE(mocks.has("B", "arn:y"));
}

constexpr auto kLocal = R"({"StateMachines":{"M":{"TestCases":{"Happy":{"A":"Good"},"Sad":{"A":"Bad"}}}},
  "MockedResponses":{"Good":{"0":{"Return":{"x":1}}},"Bad":{"0-1":{"Throw":{"Error":"E","Cause":"C"}},"2":{"Return":2}}}})";

TEST(Mocks, TheFormOfStepFunctionsLocalIsUnderstood) {
  auto sad = *Mocks::parse(kLocal, "Sad");
  EXPECT_EQ(sad.next("A")->error, "E");
  EXPECT_EQ(sad.next("A")->error, "E");
  EXPECT_EQ(sad.next("A")->result, json::Value(2));
  EXPECT_EQ(sad.next("A"), nullptr) << "what is called more often than its ranges say has no answer";
  EXPECT_TRUE(Mocks::parse(kLocal, "M/Happy"));
}

TEST(Mocks, RefusalsTellWhatToDo) {
  EXPECT_EQ(refusal(kLocal), "it has several test cases; choose one with --case: M/Happy, M/Sad");
  EXPECT_TRUE(refusal(kLocal, "Other").starts_with("there is no test case 'Other'"));
  EXPECT_TRUE(refusal("{}").contains("\"states\""));
  EXPECT_TRUE(refusal("{").contains("line 1"));
  EXPECT_TRUE(refusal(R"({"states":{"A":{"reslt":1}}})").contains("'reslt'"));
  EXPECT_TRUE(refusal(R"({"states":{"A":{"result":1,"error":"E"}}})").contains("both"));
  EXPECT_TRUE(refusal(R"({"states":{"A":[]}})").contains("empty"));
  EXPECT_TRUE(refusal(R"({"StateMachines":{"M":{"TestCases":{"C":{"A":"Gone"}}}},"MockedResponses":{}})").contains("Gone"));
  EXPECT_TRUE(refusal(R"({"StateMachines":{"M":{"TestCases":{"C":{"A":"R"}}}},"MockedResponses":{"R":{"2-1":{"Return":1}}}})").contains("2-1"));
}

}  // namespace
