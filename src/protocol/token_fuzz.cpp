// Any text as a token that comes back: only what was sealed for the same purpose is opened, and no letter of that may be another.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Sealer sealer("key");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(!sealer.open("states:task", text), "a seal is not found by chance");
  std::string token = sealer.seal("states:task", text);
  const auto opened = sealer.open("states:task", token);
  CHECK(opened && *opened == text, "what was sealed is opened");
  CHECK(!sealer.open("states:history", token), "a token is good for its purpose alone");
  const size_t place = size % token.size();
  token[place] = token[place] == 'A' ? 'B' : 'A';
  CHECK(!sealer.open("states:task", token), "an altered token is none");
  return 0;
}
