#include "app/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/api.h"
#include "app/console.h"
#include "app/routes.h"
#include "app/snapshots.h"
#include "base/crypto.h"
#include "base/memory.h"
#include "containers/absent_runtime.h"
#include "containers/oci/runtime.h"
#include "engine/store/disk_store.h"
#include "engine/store/memory_store.h"
#include "net/curl_client.h"
#include "language/json/parse.h"
#include "net/http_server.h"
#include "protocol/gateway.h"
#include "protocol/models/validate.h"
#include "protocol/session_key.h"
#include "protocol/upstream.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudwatch/cloudwatch.h"
#include "services/ec2/ec2.h"
#include "services/ecs/ecs.h"
#include "services/events/events.h"
#include "services/iam/iam.h"
#include "services/logs/logs.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/states/states.h"
#include "services/sts/sts.h"

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
    // What was accepted is answered once the store has it; a device that takes nothing is not waited for: nobody was
    // told that what it has not got was kept.
    constexpr int64_t kPatienceMs = 10'000;
    auto once = std::make_shared<Function<void()>>(std::move(done));
    const auto end = [once] {
      if (auto then = std::exchange(*once, {})) then();
    };
    store_->when_durable(store_->head(), end);
    loop_.after(kPatienceMs, end);
  }

 private:
  // In order of who asks whom at the start; each reaches the others through the registry alone.
  Status make_services(const std::string& auth) {
    if (auth != "off" && auth != "audit" && auth != "enforce") return fail("Config", fmt::format("--auth is off, audit or enforce, not '{}'", auth));
    const auto mode = auth == "off" ? auth::Mode::off : auth == "enforce" ? auth::Mode::enforce : auth::Mode::audit;
    runtime_ = TRY(make_runtime());
    const auto add = [this]<typename Service>(std::unique_ptr<Service> service) -> Service& {
      Service& made = *service;
      services_.push_back(std::move(service));
      return made;
    };
    iam::Iam& iam = add(std::make_unique<iam::Iam>(*kit_, mode));
    sts::Sts& sts = add(std::make_unique<sts::Sts>(*kit_));
    iam.also_ask(sts.credentials());
    add(std::make_unique<ec2::Ec2>(*kit_));
    add(std::make_unique<logs::Logs>(*kit_));
    add(std::make_unique<sqs::Sqs>(*kit_));
    sns_ = &add(std::make_unique<sns::Sns>(*kit_));
    add(std::make_unique<events::Events>(*kit_));
    add(std::make_unique<cloudwatch::CloudWatch>(*kit_));
    states::States& states = add(std::make_unique<states::States>(*kit_, TRY(states_settings())));
    ecs_ = &add(std::make_unique<ecs::Ecs>(*kit_, *runtime_));
    add(std::make_unique<cloudformation::CloudFormation>(*kit_));
    if (const std::string collector = config_.get("otlp-endpoint"); !collector.empty()) {
      if (!collector.starts_with("http://") && !collector.starts_with("https://")) return fail("Config", fmt::format("--otlp-endpoint wants a URL, not '{}'", collector));
      states.export_traces(collector);
    }
    TRY(set_root(iam, mode));
    TRY(set_upstream());
    if (upstream_ && upstream_->has("events", "PutEvents")) states.tell_every_status();
    registry_->set_authoriser(&iam);
    authenticator_ = std::make_unique<auth::Authenticator>(mode, &iam.credentials(), kit_->default_account, kit_->default_region);
    registry_->set_validator(model::make_validator());
    if (const uint64_t bytes = TRY(memory_limit()); bytes > 0) memory_ = std::make_unique<MemoryLimit>(loop_.clock(), bytes);
    const std::string quotas = config_.get("quotas");
    if (quotas == "aws") registry_->keep_quotas();
    if (quotas != "aws" && quotas != "off") return fail("Config", fmt::format("--quotas is off or aws, not '{}'", quotas));
    registry_->set_room([this] {
      if (!store_->healthy()) return protocol::Lack::disk;
      return memory_ && !memory_->room() ? protocol::Lack::memory : protocol::Lack::none;
    });
    origins_ = std::make_unique<protocol::OriginPolicy>(protocol::OriginPolicy::Settings{config_.all("allow-host"), config_.all("allow-origin")});
    gateway_ = std::make_unique<protocol::Gateway>(protocol::Gateway::Parts{
        .registry = *registry_, .authenticator = *authenticator_, .clock = loop_.clock(), .random = random_, .origins = *origins_,
        .endpoint = kit_->endpoint,
        .when_durable = [this](Function<void()> then) { store_->when_durable(store_->head(), std::move(then)); },
        .healthy = [this] { return store_->healthy(); },
        .after = [this](int64_t ms, Function<void()> then) { loop_.after(ms, std::move(then)); }});
    const std::string kept_in = config_.on("in-memory") ? "" : data_dir();
    snapshots_ = std::make_unique<Snapshots>(loop_, *store_, random_, kept_in);
    api_ = std::make_unique<Api>(Api::Parts{loop_, *store_, random_, *registry_, *authenticator_, *origins_, states, *ecs_, iam, *sns_, *snapshots_,
                                            kit_->default_account, kept_in, containers_folder_ + "/images"});
    routes_.set_metrics([this, &states](Exposition& out) {
      gateway_->report(out);
      states.report(out);
      store::report(*store_, out);
    });
    return {};
  }

  Result<double> number(std::string_view name, double most) const {
    const std::string text = config_.get(name);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != 0 || !(value >= 0 && value <= most)) return fail("Config", fmt::format("--{} is a number from 0 to {}, not '{}'", name, most, text));
    return value;
  }

  Result<uint64_t> memory_limit() const {
    // The rest of a control group's share is for the kernel's part of it: sockets, files' pages.
    if (config_.get("memory-limit").empty()) return allowed_bytes() / 100 * 85;
    return static_cast<uint64_t>(TRY(number("memory-limit", 1e9)) * 1e6);
  }

  Result<states::States::Settings> states_settings() const {
    const double days = TRY(number("retention-days", 36'500));
    const double open = TRY(number("max-open-executions", 1e9));
    return states::States::Settings{.retention_ms = static_cast<int64_t>(days * 86'400'000), .open_executions_max = static_cast<int64_t>(open)};
  }

  Result<std::unique_ptr<containers::ContainerRuntime>> make_runtime() {
    const std::string wanted = config_.get("runtime");
    if (wanted != "auto" && wanted != "oci" && wanted != "none") return fail("Config", fmt::format("--runtime is auto, oci or none, not '{}'", wanted));
    std::string why = wanted == "none" ? "containers are switched off: --runtime none" : containers::oci::missing();
    if (!why.empty() && wanted == "oci") return fail("Runtime", why);
    containers_folder_ = config_.on("in-memory") ? fmt::format("/tmp/gantry-{}", random_.hex(12)) : data_dir();
    if (why.empty()) {
      auto runtime = containers::oci::open_runtime(loop_, {containers_folder_, {"/proc/self/exe", "shim"}});
      if (runtime || wanted == "oci") return runtime;
      why = runtime.error().message;
    }
    if (wanted == "auto") fmt::print(stderr, "gantry: tasks will not start: {}\n", why);
    return containers::make_absent_runtime(loop_, why);
  }

  // The default account's root: as configured, or made at the first start and written down for its owner alone.
  Status set_root(iam::Iam& iam, auth::Mode mode) {
    std::string key = config_.get("root-access-key"), secret = config_.get("root-secret-key");
    if (key.empty() != secret.empty()) return fail("Config", "--root-access-key and --root-secret-key go together");
    if (!key.empty()) {
      iam.set_root_credentials(key, secret);
      return {};
    }
    if (mode != auth::Mode::enforce) return {};
    const auto there = store_->get(store::Space::meta, "root-key");
    if (there) {
      const size_t space = there->find(' ');
      iam.set_root_credentials(there->substr(0, space), there->substr(space + 1));
      return {};
    }
    key = "AKIA" + random_.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    secret = random_.text(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+");
    store::Batch batch;
    batch.put(store::Space::meta, "root-key", key + " " + secret);
    store_->commit(std::move(batch));
    const std::string file = config_.on("in-memory") ? "/tmp/gantry-root-credentials" : config_.get("data-dir") + "/root-credentials";
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const std::string text = fmt::format("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key, secret);
    if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return fail("Config", "cannot write " + file);
    close(fd);
    fmt::print("gantry: made the root's credentials: {}\n", file);
    iam.set_root_credentials(key, secret);
    return {};
  }

  Status set_upstream() {
    protocol::Upstream::Settings settings;
    for (const std::string& given : config_.all("upstream")) {
      const size_t equals = given.find('=');
      const bool named = equals != given.npos && given.find("://") > equals;
      const std::string url = named ? given.substr(equals + 1) : given;
      if (url.find("://") == url.npos) return fail("Config", fmt::format("--upstream wants [SERVICE=]URL, not '{}'", given));
      if (named) {
        settings.services[given.substr(0, equals)] = url;
      } else {
        settings.others = url;
      }
    }
    if (settings.services.empty() && settings.others.empty()) return {};
    // A role's session signs with its own temporary key; whoever else calls is known by the account alone.
    settings.key = [this](const protocol::Call& call) {
      return protocol::session_key(*registry_, call.caller, call.region).value_or(auth::SigningKey{call.account, "gantry", ""});
    };
    upstream_ = std::make_unique<protocol::Upstream>(std::move(settings), *registry_, *http_, loop_.clock());
    registry_->set_upstream([this](const protocol::Call& call, protocol::Reply& reply) { return upstream_->call(call, reply); });
    registry_->set_upstream_has([this](std::string_view service, std::string_view operation) { return upstream_->has(service, operation); });
    return {};
  }

  void serve(net::Request&& request, net::HttpServer::Respond&& respond) {
    constexpr std::string_view kMetadata = "/_gantry/task-metadata/";
    const std::string path(request.path());
    if (path.starts_with(kMetadata)) {
      const size_t slash = path.find('/', kMetadata.size());
      const std::string rest = slash == path.npos ? "" : path.substr(slash);
      return ecs_->task_endpoint(path.substr(kMetadata.size(), slash == path.npos ? path.npos : slash - kMetadata.size()), rest, std::move(respond));
    }
    if (path.starts_with(Api::kPrefix)) return api_->handle(request, std::move(respond));
    if (path.starts_with("/console")) {
      if (!origins_->is_own_host(request.headers.get("Host"))) return respond(protocol::refused_response());
      return respond(Console::built_in().answer(request));
    }
    if (path.starts_with("/_gantry/")) return respond(routes_.answer(request));
    if (path.ends_with(".pem")) {
      if (auto certificate = sns_->certificate(path)) {
        net::Response response;
        response.headers.add("Content-Type", "application/x-pem-file");
        response.body = std::move(*certificate);
        return store_->when_durable(store_->head(), [respond = std::move(respond), response = std::move(response)]() mutable { respond(std::move(response)); });
      }
    }
    gateway_->handle(std::move(request), std::move(respond));
  }

  net::IoLoop& loop_;
  // As an absolute path: commands in other folders are told it.
  std::string data_dir() const { return std::filesystem::absolute(config_.get("data-dir")).lexically_normal(); }

  const Config& config_;
  std::string containers_folder_;
  SystemRandom random_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<protocol::Sealer> sealer_;
  std::unique_ptr<protocol::Registry> registry_;
  std::unique_ptr<services::Kit> kit_;
  std::unique_ptr<containers::ContainerRuntime> runtime_;
  std::vector<std::unique_ptr<services::Service>> services_;
  sns::Sns* sns_ = nullptr;
  ecs::Ecs* ecs_ = nullptr;
  std::unique_ptr<protocol::Upstream> upstream_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<protocol::OriginPolicy> origins_;
  std::unique_ptr<protocol::Gateway> gateway_;
  std::unique_ptr<MemoryLimit> memory_;
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<Api> api_;
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
