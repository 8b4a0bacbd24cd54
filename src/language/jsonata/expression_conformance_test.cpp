// The reference implementation's own cases (shared/conformance/jsonata), where they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "language/json/parse.h"
#include "language/jsonata/expression.h"

namespace {

std::string folder() {
  if (const char* shared = std::getenv("GANTRY_SHARED")) return std::string(shared) + "/conformance/jsonata";
  // Beside the repository, wherever the test runs.
  for (auto at = std::filesystem::path(__FILE__).parent_path(); at.has_relative_path(); at = at.parent_path()) {
    const auto candidate = at.parent_path() / "shared" / "conformance" / "jsonata";
    if (std::filesystem::exists(candidate)) return candidate.string();
  }
  return "";
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

bool same_unordered(const json::Value& a, const json::Value& b) {
  if (!a.is_array() || !b.is_array() || a.size() != b.size()) return a == b;
  std::vector<json::Value> left(a.items().begin(), a.items().end());
  for (const json::Value& one : b.items()) {
    const auto found = std::ranges::find(left, one);
    if (found == left.end()) return false;
    left.erase(found);
  }
  return true;
}

// What is wrong with a case, or nothing.
std::string fault_of(const json::Value& test, const json::Value& datasets) {
  std::optional<json::Value> input;
  if (const json::Value* data = test.find("data")) input = *data;
  if (test.find("dataset")) input = datasets[test.text("dataset")];
  std::vector<std::pair<std::string, json::Value>> bindings;
  if (test.find("bindings")) for (const json::Member& one : test["bindings"].members()) bindings.emplace_back(one.name, one.value);
  jsonata::Environment environment;
  environment.now = {1'700'000'000'000};
  environment.step_functions = false;
  environment.limits.memory_bytes = 512u << 20;
  const bool expects_result = test.find("result") || test["undefinedResult"] == json::Value(true);
  // What has a result is to come to it, however slow the machine.
  if (expects_result) {
    environment.limits.timeout_ms = 600'000;
  } else if (const json::Value* limit = test.find("timelimit")) {
    environment.limits.timeout_ms = limit->as_int64().value_or(10'000);
  }
  if (const json::Value* depth = test.find("depth")) environment.limits.depth = static_cast<uint32_t>(depth->as_int64().value_or(500));
  std::optional<jsonata::Fault> fault;
  std::optional<json::Value> result;
  if (auto expression = jsonata::Expression::compile(test.text("expr"))) {
    auto evaluated = expression->evaluate(input, bindings, environment);
    if (evaluated) {
      result = *std::move(evaluated);
    } else {
      fault = std::move(evaluated).error();
    }
  } else {
    fault = std::move(expression).error();
  }
  const json::Value& error = test["error"];
  std::string code(test.text("code", error.text("code")));
  if (!expects_result) {
    if (!fault) return "no fault, but " + (result ? json::write(*result) : "undefined");
    if (fault->code != code) return "fault " + fault->code + ": " + fault->message;
    const json::Value* token = error.find("token") ? error.find("token") : test.find("token");
    if (token && token->is_string() && token->as_string() != fault->token) return "token " + fault->token;
    if (const json::Value* position = error.find("position"); position && *position != json::Value(static_cast<int64_t>(fault->position))) {
      return "position " + std::to_string(fault->position);
    }
    if (const json::Value* message = error.find("message"); message && message->as_string() != fault->message) return "message " + fault->message;
    return "";
  }
  if (fault) return "fault " + fault->code + ": " + fault->message;
  if (const json::Value* wanted = test.find("result")) {
    if (!result) return "undefined";
    const bool same = test["unordered"] == json::Value(true) ? same_unordered(*result, *wanted) : *result == *wanted;
    return same ? "" : json::write(*result).substr(0, 300);
  }
  return result ? "not undefined: " + json::write(*result).substr(0, 300) : "";
}

TEST(Conformance, TheReferencesCasesGiveWhatTheyGiveThere) {
  const std::string where = folder();
  if (where.empty() || !std::filesystem::exists(where + "/cases.jsonl")) GTEST_SKIP() << "the cases are not here: set GANTRY_SHARED";
  const auto datasets = json::parse(read(where + "/datasets.json"));
  ASSERT_TRUE(datasets);
  std::istringstream lines(read(where + "/cases.jsonl"));
  size_t count = 0, failed = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto test = json::parse(line);
    ASSERT_TRUE(test) << line;
    if (test->find("later") || test->find("eval")) continue;
    ++count;
    const std::string fault = fault_of(*test, *datasets);
    if (fault.empty()) continue;
    ++failed;
    ADD_FAILURE() << test->text("group") << "/" << test->text("case") << " " << test->text("expr") << "\n  " << line.substr(0, 600) << "\n  gave " << fault;
  }
  EXPECT_EQ(failed, 0u);
  EXPECT_GT(count, 1'000u);
}

}  // namespace
