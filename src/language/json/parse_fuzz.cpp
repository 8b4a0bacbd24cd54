// Any text as JSON: what is read is written, and read again it is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.h"
#include "language/json/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Raw surrogates (which JSON within JSON may hold) may make a pair when they are written as escapes.
  if (!is_utf8(text)) {
    (void)json::parse(text, {.depth = 200});
    return 0;
  }
  const auto value = json::parse_detailed(text, {.depth = 200});
  if (!value) {
    if (value.error().offset > text.size() || value.error().message.empty()) std::abort();
    return 0;
  }
  const std::string written = json::write(*value);
  if (json::written_size(*value) != written.size()) std::abort();
  const auto again = json::parse(written, {.depth = 200});
  if (!again || !json::equal(*again, *value) || json::write(*again) != written) std::abort();
  const auto pretty = json::parse(json::write_pretty(*value), {.depth = 200});
  if (!pretty || !json::equal(*pretty, *value)) std::abort();
  return 0;
}
