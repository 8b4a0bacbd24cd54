// Any text as a path, over a document with a bit of everything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "language/json/parse.h"
#include "language/jsonpath/path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const json::Value document = *json::parse(
      R"({"a":{"b":[1,2.5,"x",null,{"c":true,"a":[]}]},"k":["$.a","[1]","'q'","\\"],"":{"":0},"n":[3,-4,1e300]})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto path = jsonpath::Path::compile(text);
  if (!path) return 0;
  const auto result = path->evaluate(document);
  const json::Value* found = path->find(document);
  if (found != nullptr && !(result && json::equal(*found, *result))) std::abort();
  if (!path->reference()) return 0;
  // What was written is what is read.
  const auto written = path->write(document, "new");
  if (written && path->evaluate(*written).value_or(nullptr) != json::Value("new")) std::abort();
  return 0;
}
