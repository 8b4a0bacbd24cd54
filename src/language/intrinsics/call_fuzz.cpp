// Any text (definitions are JSON, so all of it is UTF-8) as a call whose paths all lead to the same small document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.h"
#include "language/intrinsics/call.h"
#include "language/json/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const json::Value document =
      *json::parse(R"({"a":[1,2.5,"x",null,{"c":true}],"t":"{} and \\{","n":-3.5,"o":{"k":[],"j":"ZGF0YQ=="}})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!is_utf8(text)) return 0;
  const auto call = intrinsics::Call::compile(text);
  if (!call) return 0;
  const auto resolve = [](std::string_view path) -> std::expected<json::Value, std::string> {
    if (path.size() == 1) return document;
    const json::Value* found = document.find(path.substr(path.size() > 2 ? 2 : 1));
    if (found == nullptr) return std::unexpected("No results for path");
    return *found;
  };
  SeededRandom random(1);
  const auto result = call->evaluate(resolve, [] { return json::write(document); }, random);
  if (result && !json::parse(json::write(*result))) std::abort();
  if (!result && !result.error().message.contains(text)) std::abort();
  return 0;
}
