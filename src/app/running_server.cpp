#include "app/running_server.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/loop.h"
#include "cli/options.h"
#include "language/json/parse.h"
#include "net/curl_client.h"
#include "net/io_loop.h"
#include "protocol/auth/sign.h"

namespace app {

namespace {

// The root's key pair: as configured, as the server wrote it down, or what the environment has for any AWS client.
auth::SigningKey signing_key(const Config& config) {
  if (const std::string key = config.get("root-access-key"); !key.empty()) return {key, config.get("root-secret-key"), ""};
  if (const auto written = cli::read_file(config.get("data-dir") + "/root-credentials")) {
    const auto value = [&](std::string_view name) {
      const size_t at = written->find(name);
      return at == written->npos ? std::string() : written->substr(at + name.size(), written->find('\n', at) - at - name.size());
    };
    return {value("AWS_ACCESS_KEY_ID="), value("AWS_SECRET_ACCESS_KEY="), ""};
  }
  const auto environment = [](const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return std::string(value && *value ? value : otherwise);
  };
  return {environment("AWS_ACCESS_KEY_ID", "gantry"), environment("AWS_SECRET_ACCESS_KEY", "gantry"), environment("AWS_SESSION_TOKEN", "")};
}

}  // namespace

Result<json::Value> ask_server(const Config& config, const std::string& method, const std::string& path, int64_t timeout_ms) {
  const std::string url = server_url(config);
  net::IoLoop loop(1);
  const auto http = net::make_curl_client(loop);
  net::Request request{.method = method, .target = url + path, .headers = {}, .body = {}, .peer = {}};
  auth::sign(request, signing_key(config), config.get("region"), "states", SystemClock().now());
  Result<net::Response> got = fail("Unreachable", "no answer");
  http->send(std::move(request), {.timeout_ms = timeout_ms}, [&](Result<net::Response> response) {
    got = std::move(response);
    loop.stop();
  });
  loop.run();
  if (!got) {
    return fail("Unreachable", fmt::format("no server answers at {} ({}): name it with --endpoint, or the data directory with --data-dir", url, got.error().message));
  }
  auto document = json::parse(got->body);
  if (got->status != 200 || !document) {
    return fail("Refused", fmt::format("the server at {} says: {}", url, document ? std::string(document->text("message")) : fmt::format("status {}", got->status)));
  }
  return *document;
}

Result<std::string> images_folder(const Config& config) {
  const std::string own = config.get("data-dir") + "/images";
  if (config.origin("data-dir").from != "default") return own;
  constexpr int64_t kAskMs = 5'000;
  auto answer = ask_server(config, "GET", "/_gantry/api/server", kAskMs);
  if (!answer) {
    const bool nobody_meant = answer.error().code == "Unreachable" && config.origin("endpoint").from == "default";
    if (nobody_meant) return own;
    return std::unexpected(answer.error());
  }
  // Whoever is not the root is not told where things lie.
  if (answer->text("images").empty()) {
    return fail("Refused", fmt::format("the server at {} does not tell these credentials where its images are: name its data directory with --data-dir", server_url(config)));
  }
  return std::string(answer->text("images"));
}

}  // namespace app
