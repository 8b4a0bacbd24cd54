#include "protocol/gateway.h"

#include <chrono>

#include "base/arn.h"
#include "protocol/codec/inflate.h"

namespace protocol {
namespace {

using model::Protocol;

// The links in what SNS sends.
bool is_link(const Route& route) {
  return route.service == "sns" &&
         (route.operation == "ConfirmSubscription" || route.operation == "Unsubscribe");
}

// Operations that are answered without credentials: those links, and what the model says so of
// (STS's exchanges of other providers' tokens).
bool needs_no_credentials(const Route& route) {
  return is_link(route) || (route.dialect.operation && route.dialect.operation->unsigned_call);
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

// "The action X is not valid for this web service." and its like.
Error unknown_operation(const Route& route) {
  const bool query =
      route.dialect.protocol == Protocol::query || route.dialect.protocol == Protocol::ec2;
  const bool rest =
      route.dialect.protocol == Protocol::rest_json || route.dialect.protocol == Protocol::rest_xml;
  if (query) {
    if (route.operation.empty())
      return {"MissingAction", "The request must contain the parameter Action.", 400, {}};
    return {"InvalidAction",
            "The action " + route.operation + " is not valid for this web service.",
            400,
            {}};
  }
  std::string message = "There is no such operation";
  if (!route.operation.empty()) message = "The operation " + route.operation + " is not offered";
  if (!route.service.empty()) message += " by the service " + route.service + " here";
  return {"UnknownOperationException", message + ".", rest ? 404 : 400, {}};
}

// Some errors before a service is reached have a text or a status of their own in each family of
// protocols.
Error in_family(Error error, const codec::Dialect& dialect) {
  const bool query = dialect.protocol == Protocol::query || dialect.protocol == Protocol::ec2;
  const bool rest =
      dialect.protocol == Protocol::rest_json || dialect.protocol == Protocol::rest_xml;
  if (query && error.code == "MissingAuthenticationTokenException")
    error.message = "Request is missing Authentication Token";
  // STS's model has an error of that name which means another thing.
  if (query && error.code == "ExpiredTokenException") error.code = "ExpiredToken";
  if (rest && error.http_status == 400 && error.code != "IncompleteSignatureException")
    error.http_status = 403;
  return error;
}

// The encodings of a body, the last one first; gzip is undone, others are left to their receivers.
bool is_gzip(std::string_view encodings) {
  while (encodings.ends_with(' ')) encodings.remove_suffix(1);
  const std::string_view last = encodings.substr(encodings.rfind(',') + 1);
  return last == "gzip" || last == " gzip";
}
}  // namespace

// What an answer needs once the operation has run.
struct Gateway::Pending {
  Route route;
  std::string request_id;
  net::HttpServer::Respond respond;
  net::Headers cors;  // to be added
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

std::string Gateway::endpoint_of(const net::Request& request) const {
  std::string_view host = request.headers.get("Host");
  if (host.empty()) return parts_.endpoint;
  for (const std::string_view prefix : {"sync-", "stream-"}) {
    if (host.starts_with(prefix)) host.remove_prefix(prefix.size());
  }
  std::string endpoint;
  endpoint.reserve(8 + host.size());
  return endpoint.append(parts_.endpoint.starts_with("https:") ? "https://" : "http://").append(host);
}

Result<auth::Identity> Gateway::identify(const net::Request& request, const Route& route,
                                         const std::optional<auth::Scope>& scope, Instant now) const {
  const bool silent = needs_no_credentials(route) && !scope;
  if (!silent) {
    // A key must be signed for the service that answers; of a request that names none, for the one
    // it claims.
    const std::string_view service = route.service.empty() && scope
                                         ? std::string_view(scope->service)
                                         : std::string_view(route.service);
    return parts_.authenticator.authenticate(request, scope, service, now);
  }
  // Nobody in particular: the resource says in whose account and region this is.
  auth::Identity identity = parts_.authenticator.anonymous();
  if (!is_link(route)) return identity;
  for (const std::string_view name : {"TopicArn", "SubscriptionArn"}) {
    if (const auto arn = Arn::parse(route.form.text(name));
        arn && arn->account.size() == 12 && !arn->region.empty()) {
      identity.principal.account = arn->account;
      identity.region = arn->region;
    }
  }
  return identity;
}

Call Gateway::make_call(const net::Request& request, const Route& route, auth::Identity&& identity,
                        std::string request_id, Instant now) const {
  Call call;
  call.caller = std::move(identity.principal);
  call.account = call.caller.account;
  call.partition = partition_of(identity.region);
  call.region = std::move(identity.region);
  call.service = route.service;
  call.operation = route.operation;
  call.request_id = std::move(request_id);
  call.at = now;
  call.source_ip = request.peer;
  call.client = request.client;
  call.user_agent = request.headers.get("User-Agent");
  call.endpoint = endpoint_of(request);
  return call;
}

Result<json::Value> Gateway::params_of(const net::Request& request, std::string_view body,
                                       const Route& route) const {
  json::Value params = TRY(codec::decode(route.dialect, request, body, route.form));
  if (!route.queue_path.empty())
    params = params.with("QueueUrl", endpoint_of(request) + route.queue_path);
  return params;
}

void Gateway::handle(net::Request request, net::HttpServer::Respond respond) {
  const OriginPolicy::Verdict verdict = parts_.origins.check(request);
  if (verdict == OriginPolicy::Verdict::refused) return respond(refused_response());
  Pending pending{
      .route = {}, .request_id = parts_.random.uuid(), .respond = std::move(respond), .cors = {}};
  if (verdict == OriginPolicy::Verdict::cross_origin) {
    if (OriginPolicy::is_preflight(request))
      return pending.respond(parts_.origins.preflight_response(request));
    parts_.origins.add_cors_headers(request, pending.cors);
  }

  std::string inflated;
  std::string_view body = request.body;
  Status readable;
  if (is_gzip(request.headers.get("Content-Encoding"))) {
    auto whole = codec::gunzip(request.body, parts_.body_bytes_max);
    if (whole) {
      inflated = *std::move(whole);
      body = inflated;
    } else {
      readable = std::unexpected(std::move(whole).error());
      body = "";
    }
  }

  const auto scope = auth::read_scope(request);
  auto routed = route(request, body, scope ? std::string_view(scope->service) : std::string_view());
  if (routed) {
    pending.route = *std::move(routed);
  } else {
    pending.route = std::move(routed.error().route);
    if (readable) readable = std::unexpected(std::move(routed.error().error));
  }
  const Route& target = pending.route;
  if (verdict == OriginPolicy::Verdict::link && !is_link(target))
    return pending.respond(refused_response());

  const Instant now = parts_.clock.now();
  auto identity = identify(request, target, scope, now);
  if (const auto client = request.client.lock()) client->belongs_to(identity ? std::string_view(identity->principal.account) : std::string_view());
  if (!identity)
    return finish(std::move(pending),
                  std::unexpected(in_family(std::move(identity).error(), target.dialect)));
  if (!target.dialect.operation)
    return finish(std::move(pending), std::unexpected(unknown_operation(target)));

  Call call = make_call(request, target, *std::move(identity), pending.request_id, now);
  auto params = readable ? params_of(request, body, target) : std::unexpected(readable.error());
  if (!params) {
    // Whoever may not call is told that, not what is wrong with the request.
    call.params = json::Value::object();
    if (auto allowed = parts_.registry.allowed(call); !allowed)
      return finish(std::move(pending), std::unexpected(allowed.error()));
    return finish(std::move(pending), std::unexpected(std::move(params).error()));
  }
  call.params = *std::move(params);
  parts_.registry.call(call,
                       [this, pending = std::move(pending)](Result<json::Value> result) mutable {
                         finish(std::move(pending), std::move(result));
                       });
}

void Gateway::finish(Pending&& pending, Result<json::Value> result) {
  const codec::Dialect& dialect = pending.route.dialect;
  net::Response response;
  if (result) {
    response = codec::encode_result(dialect, *result, pending.request_id);
  } else {
    Error& error = result.error();
    if (error.code == "UnknownOperationException" && error.message.empty())
      error = unknown_operation(pending.route);
    response = codec::encode_error(dialect, error, pending.request_id);
  }
  send(std::move(pending), std::move(response), result || !is_no_room(result.error()) ? Waits::for_the_device : Waits::not_at_all);
}

Gateway::Seen& Gateway::seen(const Route& route) {
  if (route.dialect.operation) return seen_.try_emplace(route.dialect.operation, Seen{route.service, route.operation, {}, {}}).first->second;
  // What is no operation has one name, so that nobody makes names up.
  return seen_.try_emplace(nullptr, Seen{"", "unknown", {}, {}}).first->second;
}

void Gateway::report(Exposition& out) const {
  out.family("gantry_http_requests_total", "counter", "API requests answered, by operation and status.");
  for (const auto& [key, one] : seen_) {
    for (const auto& [status, count] : one.by_status) {
      out.sample({{"service", one.service}, {"operation", one.operation}, {"code", std::to_string(status)}}, static_cast<double>(count));
    }
  }
  out.family("gantry_http_request_duration_seconds", "histogram", "From a request's arrival to its answer, the flush to the device included.");
  for (const auto& [key, one] : seen_) out.histogram({{"service", one.service}, {"operation", one.operation}}, one.times);
}

void Gateway::send(Pending&& pending, net::Response response, Waits waits) {
  for (net::Header& header : pending.cors.list) response.headers.list.push_back(std::move(header));
  Seen& one = seen(pending.route);
  if (waits == Waits::not_at_all) {
    ++one.by_status[response.status];
    return pending.respond(std::move(response));
  }
  if (!parts_.healthy() && parts_.after && only_looks(pending.route.operation)) return send_or_give_up(std::move(pending), std::move(response));
  ++one.by_status[response.status];
  parts_.when_durable([respond = std::move(pending.respond), response = std::move(response), &one,
                       since = pending.since]() mutable {
    one.times.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count());
    respond(std::move(response));
  });
}

// What an answer tells may have to wait for a device that takes nothing. Who only looks is told to try again.
void Gateway::send_or_give_up(Pending&& pending, net::Response response) {
  constexpr int64_t kPatienceMs = 5'000;
  struct Waiting {
    net::HttpServer::Respond respond;
    codec::Dialect dialect;
    std::string request_id;
    Seen& seen;
    bool answered = false;
    void answer(net::Response what) {
      if (std::exchange(answered, true)) return;
      ++seen.by_status[what.status];
      respond(std::move(what));
    }
  };
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(pending.respond), pending.route.dialect, pending.request_id, seen(pending.route)});
  parts_.when_durable([waiting, response = std::move(response)]() mutable { waiting->answer(std::move(response)); });
  if (waiting->answered) return;
  parts_.after(kPatienceMs, [waiting] {
    const Error error{"ServiceUnavailableException", "The disk takes nothing for the moment: try again", 503, {}};
    waiting->answer(codec::encode_error(waiting->dialect, error, waiting->request_id));
  });
}

}  // namespace protocol
