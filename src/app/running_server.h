#pragma once
// What commands ask of a server that runs (docs/api.md): found by --endpoint, GANTRY_ENDPOINT, GANTRY_LISTEN or
// AWS_ENDPOINT_URL, signed with the root's key pair as far as it is known here.
#include <cstdint>
#include <string>

#include "app/config.h"
#include "base/result.h"
#include "language/json/value.h"

namespace app {

// Blocks for at most `timeout_ms`. Fails with "Unreachable" when nobody answers there, with "Refused" and the
// server's own words otherwise.
Result<json::Value> ask_server(const Config& config, const std::string& method, const std::string& path, int64_t timeout_ms);

// Which data directory and folder of images a command works on: those of --data-dir (or GANTRY_DATA_DIR) where it is
// given, else those of the server that runs, else the default ones.
struct Folders {
  std::string data_dir, images;
};
Result<Folders> folders_to_use(const Config& config);

}  // namespace app
