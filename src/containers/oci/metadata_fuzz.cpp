// What a program inside a task may ask of 169.254.170.2: whatever it sends, the request that comes of it is one line, below the task's own path.
#include <algorithm>

#include "base/check.h"
#include "containers/oci/metadata_proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = containers::oci::path_below("/base/task", {reinterpret_cast<const char*>(data), size});
  if (path.empty()) return 0;
  CHECK(path.starts_with("/base/task/"), "nothing but the task's own is reached");
  CHECK(std::ranges::none_of(path, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }), "a line is a line");
  return 0;
}
