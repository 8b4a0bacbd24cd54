// The recorded answers of Jayway JsonPath, when they are at hand.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "language/json/parse.h"
#include "language/jsonpath/path.h"

namespace {

std::filesystem::path shared_folder() {
  if (const char* folder = std::getenv("GANTRY_SHARED")) return folder;
  for (auto at = std::filesystem::current_path(); at != at.root_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "CMakePresets.json")) return at.parent_path() / "shared";
  }
  return {};
}

std::string_view status_of(const std::expected<json::Value, jsonpath::Fault>& result) {
  if (result) return "ok";
  switch (result.error().kind) {
    case jsonpath::Fault::Kind::invalid_path:
      return "invalid_path";
    case jsonpath::Fault::Kind::not_found:
      return "not_found";
    default:
      return "error";
  }
}

std::string read(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

TEST(JsonPathConformance, AnswersAsJaywayDoes) {
  const auto folder = shared_folder() / "conformance/jsonpath";
  if (!std::filesystem::exists(folder / "own.jsonl")) GTEST_SKIP() << "no recorded cases here: set GANTRY_SHARED";
  const json::Value documents = *json::parse(read(folder / "own-documents.json"));
  std::istringstream cases(read(folder / "own.jsonl"));
  int count = 0;
  for (std::string line; std::getline(cases, line);) {
    const json::Value test = *json::parse(line);
    SCOPED_TRACE(line);
    ++count;
    const auto path = jsonpath::Path::compile(test.text("path"));
    if (path && test.find("definite")) EXPECT_EQ(path->definite(), test["definite"].as_bool());
    const auto result = path ? path->evaluate(documents[test.text("document")])
                             : std::expected<json::Value, jsonpath::Fault>(std::unexpected(path.error()));
    EXPECT_EQ(status_of(result), test.text("status")) << (result ? json::write(*result) : result.error().message);
    if (result && test.find("result")) EXPECT_EQ(*result, test["result"]) << json::write(*result);
  }
  EXPECT_GT(count, 0);
}

}  // namespace
