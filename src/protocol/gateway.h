#pragma once
// The way of a request through the house: origin, body, route, authentication, params, registry,
// answer.
//
// The order is AWS's: who calls is settled before what is asked is looked at, and whoever may not
// call learns nothing about names and shapes. Every answer waits until what it tells is durable. A
// client's mistake never gives a 5xx.
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/exposition.h"
#include "base/function.h"
#include "base/random.h"
#include "net/http_server.h"
#include "protocol/auth/authenticate.h"
#include "protocol/origin.h"
#include "protocol/registry.h"
#include "protocol/route.h"

namespace protocol {

class Gateway {
 public:
  struct Parts {
    Registry& registry;
    auth::Authenticator& authenticator;
    Clock& clock;
    Random& random;
    const OriginPolicy& origins;
    std::string
        endpoint;  // the server's own URL; its scheme is taken for the URLs that clients are given
    // Runs its argument once everything done so far is on the device (store.when_durable at
    // store.head()).
    std::function<void(Function<void()>)> when_durable;
    // False while the device takes nothing (full, failing): then nobody is kept waiting for ever. `after` runs its
    // argument so many milliseconds later.
    std::function<bool()> healthy = [] { return true; };
    std::function<void(int64_t, Function<void()>)> after = {};
    size_t body_bytes_max = 16 * 1048576;  // decompressed
  };

  explicit Gateway(Parts parts) : parts_(std::move(parts)) {}

  // Answers one request: `respond` is called exactly once, now or later.
  void handle(net::Request request, net::HttpServer::Respond respond);
  // Requests by operation and status, and how long they took.
  void report(Exposition& out) const;

 private:
  struct Pending;

  Result<auth::Identity> identify(const net::Request& request, const Route& route,
                                  const std::optional<auth::Scope>& scope, Instant now) const;
  Call make_call(const net::Request& request, const Route& route, auth::Identity&& identity,
                 std::string request_id, Instant now) const;
  Result<json::Value> params_of(const net::Request& request, std::string_view body,
                                const Route& route) const;
  std::string endpoint_of(const net::Request& request) const;
  void finish(Pending&& pending, Result<json::Value> result);
  // A refusal that tells nothing of what is stored goes out at once.
  enum class Waits : uint8_t { for_the_device, not_at_all };
  void send(Pending&& pending, net::Response response, Waits waits = Waits::for_the_device);
  void send_or_give_up(Pending&& pending, net::Response response);

  struct Seen {
    std::string service, operation;
    std::map<int, uint64_t> by_status;
    Histogram times;
  };
  Seen& seen(const Route& route);

  Parts parts_;
  std::unordered_map<const model::Operation*, Seen> seen_;  // entries stay where they are
};

}  // namespace protocol
