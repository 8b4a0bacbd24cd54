#pragma once
// Signs requests that go out: to upstream services, and in tests.
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"

namespace auth {

struct SigningKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-term keys
};

// Adds Host (of the target URL, unless it is there), X-Amz-Date, X-Amz-Security-Token, for S3
// X-Amz-Content-Sha256, and Authorization. `request.target` is an absolute URL or a path; every
// header that is there already gets signed, except those that proxies change.
void sign(net::Request& request, const SigningKey& key, std::string_view region,
          std::string_view service, Instant now);
// The same in the target's query, for a URL that is handed out.
void presign(net::Request& request, const SigningKey& key, std::string_view region,
             std::string_view service, Instant now, int64_t expires_s);

}  // namespace auth
