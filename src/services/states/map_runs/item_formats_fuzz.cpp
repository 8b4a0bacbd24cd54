// An ItemReader's configuration on the first line, an object of S3 behind it.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "language/json/parse.h"
#include "services/states/map_runs/item_formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  if (line == text.npos) return 0;
  const auto document = json::parse(text.substr(0, line));
  if (!document || !document->is_object()) return 0;
  const auto config = states::reader_config(*document, 1000);
  if (!config) {
    CHECK(!config.error().cause.empty(), "what is wrong is said");
    return 0;
  }
  const std::string_view bytes = text.substr(line + 1);
  if (const auto items = states::items_of(bytes, *config)) {
    CHECK(static_cast<int64_t>(items->size()) <= std::max<int64_t>(config->items_max, 0), "no more items than asked for");
    for (const json::Value& item : *items) (void)json::write(item);
  }
  (void)states::manifest_objects(bytes, *config, "bucket");
  (void)states::manifest_columns(bytes);
  return 0;
}
