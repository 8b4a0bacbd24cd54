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

// The folder of images that a command works on: in --data-dir (or GANTRY_DATA_DIR) where it is given, else that of the
// server that runs, else in the default data directory.
Result<std::string> images_folder(const Config& config);

}  // namespace app
