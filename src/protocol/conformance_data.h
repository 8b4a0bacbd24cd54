#pragma once
// For tests: the conformance cases that are not part of this repository. They lie in the folder
// that the environment variable GANTRY_SHARED names, else in "shared" beside a folder above the
// working directory.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "language/json/parse.h"

namespace protocol {

inline std::optional<std::filesystem::path> shared_folder() {
  if (const char* named = std::getenv("GANTRY_SHARED")) return named;
  for (std::filesystem::path at = std::filesystem::current_path();; at = at.parent_path()) {
    if (std::filesystem::exists(at / "shared" / "conformance")) return at / "shared";
    if (at == at.parent_path()) return std::nullopt;
  }
}

// The values of a file of JSON lines below conformance/; nothing when it is not there.
inline std::vector<json::Value> conformance_lines(const std::string& file) {
  std::vector<json::Value> out;
  const auto folder = shared_folder();
  if (!folder) return out;
  std::ifstream in(*folder / "conformance" / file);
  for (std::string line; std::getline(in, line);) {
    if (auto value = json::parse(line)) out.push_back(*std::move(value));
  }
  return out;
}

}  // namespace protocol
