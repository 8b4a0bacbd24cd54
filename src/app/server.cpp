#include "app/server.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "app/routes.h"
#include "base/crypto.h"
#include "engine/store/disk_store.h"
#include "engine/store/memory_store.h"
#include "net/curl_client.h"
#include "net/http_server.h"
#include "protocol/gateway.h"
#include "protocol/models/validate.h"
#include "services/states/states.h"

namespace app {
namespace {

struct Address {
  std::string host;
  uint16_t port;
};

Result<Address> parse_listen(const std::string& text) {
  const size_t colon = text.rfind(':');
  const std::string port = colon == text.npos ? text : text.substr(colon + 1);
  std::string host = colon == text.npos ? "127.0.0.1" : text.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) || std::stoi(port) > 65535) {
    return fail("Config", fmt::format("--listen wants ADDRESS:PORT, not '{}'", text));
  }
  return Address{host.empty() ? "0.0.0.0" : host, static_cast<uint16_t>(std::stoi(port))};
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

// The key under which tokens are sealed: made once, kept with the data.
std::string seal_key(store::Store& store, Random& random) {
  if (auto key = store.get(store::Space::meta, "seal-key")) return *key;
  std::string key = random.hex(64);
  store::Batch batch;
  batch.put(store::Space::meta, "seal-key", key);
  store.commit(std::move(batch));
  return key;
}

class RunningServer final : public Server {
 public:
  RunningServer(net::IoLoop& loop, const Config& config) : loop_(loop), config_(config) {}

  Status open() {
    const Address listen = TRY(parse_listen(config_.get("listen")));
    const std::string auth = config_.get("auth");
    if (!is_loopback(listen.host) && auth != "enforce" && !config_.on("insecure")) {
      return fail("Config", fmt::format("listening on {} lets everybody on the network in: add --auth enforce, or --insecure if that is meant", listen.host));
    }
    if (config_.on("in-memory")) {
      store_ = std::make_unique<store::MemoryStore>();
    } else {
      store_ = TRY(store::open_disk_store(loop_, config_.get("data-dir")));
    }
    http_ = net::make_curl_client(loop_);
    sealer_ = std::make_unique<protocol::Sealer>(seal_key(*store_, random_));
    registry_ = std::make_unique<protocol::Registry>(loop_, random_);

    server_ = TRY(net::HttpServer::listen(loop_, listen.host, listen.port, {}, [this](net::Request request, net::HttpServer::Respond respond) {
      serve(std::move(request), std::move(respond));
    }));
    const std::string shown = listen.host.find(':') == std::string::npos ? listen.host : "[" + listen.host + "]";
    url_ = fmt::format("http://{}:{}", shown, server_->port());
    const std::string public_url = config_.get("public-url");
    kit_ = std::make_unique<services::Kit>(services::Kit{loop_, *store_, random_, *registry_, *http_, *sealer_,
                                                         public_url.empty() ? url_ : public_url, config_.get("account"), config_.get("region")});
    TRY(make_services(auth));
    for (const auto& service : services_) service->load();
    for (const auto& service : services_) service->start();
    return {};
  }

  const std::string& url() const override { return url_; }

  void stop(Function<void()> done) override {
    server_->stop();
    // What was accepted is answered once the store has it.
    store_->when_durable(store_->head(), std::move(done));
  }

 private:
  Status make_services(const std::string& auth) {
    const auto mode = auth == "off" ? auth::Mode::off : auth == "enforce" ? auth::Mode::enforce : auth::Mode::audit;
    services_.push_back(std::make_unique<states::States>(*kit_));
    authenticator_ = std::make_unique<auth::Authenticator>(mode, nullptr, kit_->default_account, kit_->default_region);
    registry_->set_validator(model::make_validator());
    origins_ = std::make_unique<protocol::OriginPolicy>(protocol::OriginPolicy::Settings{config_.all("allow-host"), config_.all("allow-origin")});
    gateway_ = std::make_unique<protocol::Gateway>(protocol::Gateway::Parts{
        .registry = *registry_, .authenticator = *authenticator_, .clock = loop_.clock(), .random = random_, .origins = *origins_,
        .endpoint = kit_->endpoint,
        .when_durable = [this](Function<void()> then) { store_->when_durable(store_->head(), std::move(then)); }});
    return {};
  }

  void serve(net::Request request, net::HttpServer::Respond respond) {
    if (request.path().starts_with("/_gantry/") || request.path().starts_with("/console")) {
      return respond(routes_.answer(request));
    }
    gateway_->handle(std::move(request), std::move(respond));
  }

  net::IoLoop& loop_;
  const Config& config_;
  SystemRandom random_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<protocol::Sealer> sealer_;
  std::unique_ptr<protocol::Registry> registry_;
  std::unique_ptr<services::Kit> kit_;
  std::vector<std::unique_ptr<services::Service>> services_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<protocol::OriginPolicy> origins_;
  std::unique_ptr<protocol::Gateway> gateway_;
  Routes routes_;
  std::unique_ptr<net::HttpServer> server_;
  std::string url_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(net::IoLoop& loop, const Config& config) {
  auto server = std::make_unique<RunningServer>(loop, config);
  TRY(server->open());
  return server;
}

}  // namespace app
