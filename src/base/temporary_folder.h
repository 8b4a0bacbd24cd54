#pragma once
// For tests: a folder of its own among the system's temporary ones, which goes with this object and all that is in it.
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/check.h"

struct TemporaryFolder {
  TemporaryFolder() : path((std::filesystem::temp_directory_path() / "gantry-test-XXXXXX").string()) { CHECK(mkdtemp(path.data()) != nullptr, "a temporary folder can be made"); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const char* name) const { return path + "/" + name; }

  std::string path;
};
