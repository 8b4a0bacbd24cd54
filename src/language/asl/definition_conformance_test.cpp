// Definitions that others have judged, when they are at hand: linters' fixtures, and samples that are deployed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "language/asl/machine.h"
#include "language/json/parse.h"

namespace {

std::vector<json::Value> cases(const char* file) {
  std::filesystem::path folder;
  if (const char* named = std::getenv("GANTRY_SHARED")) folder = named;
  for (auto at = std::filesystem::current_path(); folder.empty() && at != at.root_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "shared" / "conformance")) folder = at / "shared";
  }
  std::vector<json::Value> out;
  std::ifstream in(folder / "conformance" / "asl" / file);
  for (std::string line; std::getline(in, line);) out.push_back(*json::parse(line));
  return out;
}

TEST(DefinitionConformance, AgreesWithTheLinters) {
  const auto all = cases("lint.jsonl");
  if (all.empty()) GTEST_SKIP() << "no linters' cases here: set GANTRY_SHARED";
  for (const json::Value& one : all) {
    // Of these the judges differ among themselves, AWS differs from the States Language, or the text is not yet a definition.
    if (one.find("doubt") || one.find("uri_resource") || one.find("placeholders")) continue;
    SCOPED_TRACE(one.text("source"));
    const auto compiled = asl::compile(one.text("text"));
    EXPECT_EQ(compiled.machine != nullptr, one["valid"].as_bool())
        << one.text("id") << ": " << asl::join_errors(compiled.diagnostics) << "\n" << one.text("why") << "\n" << one.text("text");
  }
}

TEST(DefinitionConformance, AcceptsWhatIsDeployed) {
  const auto all = cases("samples.jsonl");
  if (all.empty()) GTEST_SKIP() << "no samples here: set GANTRY_SHARED";
  for (const json::Value& one : all) {
    // One of the doubtful has "QueryLanguage" among its states.
    if (one.find("doubt") && one["definition"]["States"]["QueryLanguage"].is_string()) continue;
    const std::string text = json::write(one["definition"]);
    const auto compiled = asl::compile(text);
    EXPECT_TRUE(compiled.machine) << one.text("path") << ": " << asl::join_errors(compiled.diagnostics) << (one.find("doubt") ? " (doubt)" : "");
  }
}

}  // namespace
