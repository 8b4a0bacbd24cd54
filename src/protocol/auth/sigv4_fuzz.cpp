// Authorization headers and presigned queries: claims of any form are read or refused, and never
// verified by chance.
#include "base/check.h"
#include "protocol/auth/sigv4.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  net::Request request{
      .method = "POST",
      .target = "/?" + std::string(line == text.npos ? text : text.substr(line + 1)),
      .headers = {},
      .body = {},
      .peer = {}};
  request.headers.add("Host", "localhost");
  request.headers.add("X-Amz-Date", "20150830T123600Z");
  if (line != text.npos) request.headers.add("Authorization", text.substr(0, line));
  (void)auth::read_scope(request);
  const auto claim = auth::read_claim(request);
  if (!claim || !*claim) return 0;
  const std::string key = auth::signing_key("a secret that no input knows", (*claim)->scope);
  CHECK(!auth::verify(request, **claim, key, auth::path_rules("states"), (*claim)->signed_at),
        "signatures are not to be guessed");
  return 0;
}
