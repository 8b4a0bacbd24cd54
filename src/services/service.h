#pragma once
// What a service is made of and what it is given.
//
// A service owns its resources, offers operations to the registry, and reaches every other service through
// the registry, as a principal: never through another service's files. app/server.cpp constructs them all.
#include <string>

#include "base/loop.h"
#include "base/random.h"
#include "engine/store/store.h"
#include "protocol/registry.h"
#include "protocol/token.h"

namespace net {
class HttpClient;
}

namespace services {

struct Kit {
  Loop& loop;
  store::Store& store;
  Random& random;
  protocol::Registry& registry;
  net::HttpClient& http;
  const protocol::Sealer& sealer;  // page and task tokens
  std::string endpoint;         // the server's own URL, "http://127.0.0.1:4566"
  std::string default_account;  // "000000000000"
  std::string default_region;   // "us-east-1"

  Clock& clock() const { return loop.clock(); }
};

class Service {
 public:
  virtual ~Service() = default;
  // Reads back what the store holds and adds the operations to the registry. Once, before start().
  virtual void load() = 0;
  // Takes up what was under way when the process ended: deliveries, timers. After every service's load().
  virtual void start() {}
};

}  // namespace services
