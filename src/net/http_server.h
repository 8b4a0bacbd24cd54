#pragma once
// The HTTP/1.1 server: accepts, parses under limits and deadlines, hands over one Request, sends one
// Response. Its limits are the contract's (docs/compatibility.md, "HTTP"): what exceeds them never reaches
// a handler. Everything runs on the loop's thread.
#include <cstdint>
#include <memory>
#include <string>

#include "base/function.h"
#include "base/result.h"
#include "net/http.h"

namespace net {

class IoLoop;

struct ServerLimits {
  size_t header_bytes = 64 * 1024;
  size_t body_bytes = 16 * 1048576;
  int64_t receive_ms = 60'000;    // from a request's first byte to its last
  int64_t send_ms = 60'000;       // without progress while a response is sent
  int64_t send_bytes_per_s_min = 16 * 1024;  // what a reader has to take beyond send_ms, on the whole
  int64_t idle_ms = 15 * 60'000;  // between requests of one connection
  size_t connections = 50'000;
};

class HttpServer {
 public:
  // Called once a request is complete; `respond` takes the response, at once or later, on the loop's thread.
  using Respond = Function<void(Response)>;
  using Handler = Function<void(Request, Respond)>;

  // Listens on `address`:`port`; port 0 picks a free one. Fails when the address is taken.
  static Result<std::unique_ptr<HttpServer>> listen(IoLoop& loop, const std::string& address, uint16_t port,
                                                    ServerLimits limits, Handler handler);
  virtual ~HttpServer() = default;
  virtual uint16_t port() const = 0;
  // Accepts nothing more, lets running requests finish, closes idle connections.
  virtual void stop() = 0;
};

}  // namespace net
