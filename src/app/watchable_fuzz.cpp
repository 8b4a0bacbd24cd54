// What a reader asks to watch, a name a line: each is one thing with its right, or refused in words.
#include <cstdint>
#include <string_view>

#include "app/watchable.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    if (const auto one = app::watchable(name, "000000000000", "us-east-1")) {
      CHECK(one->name == name && !one->service.empty() && !one->action.empty(), "whoever hears of it needs a right");
      CHECK(one->elsewhere || !one->keys.empty(), "it is known which changes are meant");
    } else {
      CHECK(!one.error().code.empty() && !one.error().message.empty(), "why not is said");
    }
  }
  return 0;
}
