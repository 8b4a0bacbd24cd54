#pragma once
// Services that live elsewhere (--upstream): real AWS, an emulator, another server of this kind.
//
// Takes a call before the registry looks for an operation of its own, encodes it as the service's
// model says, signs it as the caller, and reads the answer. What a caller may do there, the server
// there decides.
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "net/http_client.h"
#include "protocol/auth/sign.h"
#include "protocol/registry.h"

namespace protocol {

class Upstream {
 public:
  struct Settings {
    // By service: a signing name ("dynamodb", "monitoring") or a client's name of it
    // ("cloudwatch"). Such a service is called there even if it is offered here.
    std::map<std::string, std::string, std::less<>> services;
    std::string others;  // for all that is not offered here; empty: nowhere
    // Whose key signs a call; called on the loop's thread.
    std::function<auth::SigningKey(const Call&)> key;
    int64_t timeout_ms = 65'000;
  };

  Upstream(Settings settings, const Registry& registry, net::HttpClient& http, Clock& clock);

  // A Registry::Upstream: true when the call is taken, and the reply will come. Fails with the
  // service's own errors, and with SdkClientException (503) when the server cannot be reached.
  bool call(const Call& call, Reply& reply);

  // Whether call() would take an operation.
  bool has(std::string_view service, std::string_view operation) const;

  // Where a service's calls go; empty: nowhere.
  std::string_view url_of(std::string_view service) const;

 private:
  Settings settings_;
  const Registry& registry_;
  net::HttpClient& http_;
  Clock& clock_;
};

}  // namespace protocol
