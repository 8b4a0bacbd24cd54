#pragma once
// What the server answers beside AWS's APIs: /_gantry/health, /_gantry/metrics.
#include "net/http.h"

namespace app {

class Routes {
 public:
  net::Response answer(const net::Request& request) const;
};

}  // namespace app
