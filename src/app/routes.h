#pragma once
// What the server answers beside AWS's APIs: /_gantry/health, /_gantry/metrics.
#include <functional>

#include "base/exposition.h"
#include "net/http.h"

namespace app {

class Routes {
 public:
  // Who writes down numbers for /_gantry/metrics, beside the process's own.
  void set_metrics(std::function<void(Exposition&)> report) { report_ = std::move(report); }
  net::Response answer(const net::Request& request) const;

 private:
  std::function<void(Exposition&)> report_;
};

}  // namespace app
