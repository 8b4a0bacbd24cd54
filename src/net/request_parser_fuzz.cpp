// Requests as they come over the wire: whole, and cut at every byte. What the parser makes of them may not depend on the cuts.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/request_parser.h"

namespace {

struct Parsed {
  int fault;
  bool done;
  size_t used;
  net::Request request;
};

Parsed parse(std::string_view text, size_t piece) {
  net::RequestParser parser({.head_bytes = 1024, .body_bytes = 512});
  size_t used = 0;
  while (used < text.size() && !parser.done() && !parser.fault()) {
    const size_t took = parser.feed(text.substr(used, piece));
    if (took == 0 || took > text.size() - used) std::abort();
    used += took;
  }
  return {parser.fault(), parser.done(), used, parser.take()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Parsed whole = parse(text, text.size());
  for (const size_t piece : {1, 3}) {
    const Parsed cut = parse(text, piece);
    if (cut.done != whole.done || cut.fault != whole.fault) std::abort();
    if (!whole.done) continue;
    if (cut.used != whole.used || cut.request.body != whole.request.body || cut.request.target != whole.request.target ||
        cut.request.headers.list.size() != whole.request.headers.list.size()) {
      std::abort();
    }
  }
  if (whole.done && whole.request.body.size() > 512) std::abort();
  return 0;
}
