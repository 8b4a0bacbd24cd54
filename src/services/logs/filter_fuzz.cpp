// A filter pattern on the first line, a message on the others.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "services/logs/filter_pattern.h"

using namespace std::literals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const std::string_view pattern = text.substr(0, line);
  (void)logs::passes_filter(pattern, R"({"a":{"b":[1,"x",null,true]},"level":"ERROR","n":-2.5,"ip":"10.0.0.7"})"sv);
  (void)logs::passes_filter(pattern, "127.0.0.1 - frank [10/Oct/2000] \"GET / HTTP/1.0\" 200 2326 ERROR Exiting"sv);
  if (line == text.npos) return 0;
  const std::string_view message = text.substr(line + 1);
  if (logs::passes_filter(pattern, message) != logs::passes_filter(pattern, message)) std::abort();
  return 0;
}
