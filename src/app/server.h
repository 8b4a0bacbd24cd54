#pragma once
// The server: everything constructed in order of dependence. Reading server.cpp shows the whole program.
#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"
#include "net/io_loop.h"

namespace app {

class Server {
 public:
  // Opens the store, loads every service, listens. The Error says what to mend.
  static Result<std::unique_ptr<Server>> start(net::IoLoop& loop, const Config& config);
  virtual ~Server() = default;
  virtual const std::string& url() const = 0;
  // Stops accepting, lets what runs finish within a bound, then calls `done`.
  virtual void stop(Function<void()> done) = 0;
};

}  // namespace app
