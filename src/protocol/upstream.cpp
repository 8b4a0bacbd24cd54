#include "protocol/upstream.h"

#include "protocol/codec/client.h"
#include "protocol/models/sdk_shape.h"

namespace protocol {
namespace {

// "cloudwatch" and "stepfunctions" are what clients call them.
std::string signing_name(const std::string& service) {
  if (model::find_metadata(service)) return service;
  if (service == "stepfunctions") return "states";
  const model::Service* known = model::find_sdk_service(service);
  return known ? std::string(known->signing_name()) : service;
}

Error unreachable(const Error& error) {
  return {"SdkClientException", "Unable to execute HTTP request: " + error.message, 503, {}};
}
}  // namespace

Upstream::Upstream(Settings settings, const Registry& registry, net::HttpClient& http, Clock& clock)
    : settings_(std::move(settings)), registry_(registry), http_(http), clock_(clock) {
  std::map<std::string, std::string, std::less<>> named;
  for (auto& [service, url] : settings_.services) named[signing_name(service)] = std::move(url);
  settings_.services = std::move(named);
}

std::string_view Upstream::url_of(std::string_view service) const {
  if (const auto it = settings_.services.find(service); it != settings_.services.end()) {
    return it->second;
  }
  return registry_.has_service(service) ? std::string_view() : std::string_view(settings_.others);
}

bool Upstream::has(std::string_view service, std::string_view operation) const {
  const model::Service* described = url_of(service).empty() ? nullptr : model::find(service);
  return described && described->find(operation);
}

bool Upstream::call(const Call& call, Reply& reply) {
  const std::string_view url = url_of(call.service);
  if (url.empty()) return false;
  const model::Service* service = model::find(call.service);
  const model::Operation* operation = service ? service->find(call.operation) : nullptr;
  // What no model describes can be neither written nor read.
  if (!operation) return false;
  const codec::Dialect dialect = codec::client_dialect(*service, *operation);
  auto request = codec::encode_request(dialect, call.params, url);
  if (!request) {
    reply(std::unexpected(std::move(request).error()));
    return true;
  }
  if (!call.trace_header.empty()) request->headers.set("X-Amzn-Trace-Id", call.trace_header);
  auth::sign(*request, settings_.key(call), call.region, call.service, clock_.now());
  http_.send(*std::move(request), {.timeout_ms = settings_.timeout_ms, .owner = call.account},
             [dialect, reply = std::move(reply)](Result<net::Response> response) mutable {
               if (!response) return reply(std::unexpected(unreachable(response.error())));
               reply(codec::decode_response(dialect, *response));
             });
  return true;
}

}  // namespace protocol
