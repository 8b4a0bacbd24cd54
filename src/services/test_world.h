#pragma once
// For tests of services: a registry, a loop and a store in memory, and what a service is given.
#include <optional>
#include <string>

#include "base/random.h"
#include "engine/store/memory_store.h"
#include "language/json/parse.h"
#include "net/http_client.h"
#include "protocol/models/validate.h"
#include "services/service.h"

namespace services {

struct TestWorld {
  struct NoHttp final : net::HttpClient {
    void send(net::Request, net::SendOptions, Done done) override {
      done(fail("HttpConnection", "There is no network here."));
    }
  };

  TestWorld() { registry.set_validator(model::make_validator()); }

  // A call as a client makes it; the answer of an operation that answers at once.
  Result<json::Value> call(const protocol::Principal& caller, std::string_view service,
                           std::string_view operation, json::Value params) {
    protocol::Call made =
        registry.internal(caller, "us-east-1", service, operation, std::move(params));
    made.internal = false;
    made.endpoint = kit.endpoint, made.source_ip = "127.0.0.1";
    return run(made);
  }
  Result<json::Value> run(const protocol::Call& made) {
    std::optional<Result<json::Value>> answer;
    registry.call(made, [&answer](Result<json::Value> result) { answer = std::move(result); });
    loop.run_ready();
    return answer ? *answer : fail("NoAnswer", "");
  }
  // The same with params as JSON text, by the root of the default account.
  Result<json::Value> call(std::string_view service, std::string_view operation,
                           std::string_view params) {
    return call(protocol::Principal::root(kit.default_account), service, operation,
                *json::parse(params));
  }

  ManualLoop loop;
  store::MemoryStore store;
  SeededRandom random{1};
  protocol::Registry registry{loop, random};
  NoHttp http;
  protocol::Sealer sealer{"key"};
  Kit kit{loop,           store,      random, registry, http, sealer, "http://127.0.0.1:4566",
          "000000000000", "us-east-1"};
};

}  // namespace services
