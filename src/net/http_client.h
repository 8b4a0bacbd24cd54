#pragma once
// Sends HTTP requests: SNS deliveries, upstream services, HTTP tasks.
//
// Connections are kept and reused; TLS certificates are checked. Redirects are not followed. A failure
// before there is a response (no such host, refused, time out) is an Error of code "HttpConnection" or
// "HttpTimeout". The callback runs on the loop. Time counts from when the request has its turn.
#include <cstdint>
#include <string>

#include "base/function.h"
#include "base/result.h"
#include "net/http.h"

namespace net {

struct SendOptions {
  int64_t timeout_ms = 30'000;               // from start to the last byte
  size_t response_bytes_max = 64 * 1048576;  // a larger response is an Error
  std::string owner = {};                    // for whom: an account; owners have turns, and each so many at once
};

class HttpClient {
 public:
  using Done = Function<void(Result<Response>)>;
  virtual ~HttpClient() = default;
  // `request.target` is an absolute http: or https: URL.
  virtual void send(Request request, SendOptions options, Done done) = 0;
};

}  // namespace net
