// A request's whole way to its operation: bytes, where it comes from, its body, who signed it, what it asks for, its
// params, what they must be like. What comes out at the end is answered as its protocol does, and so is any error.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "language/json/parse.h"
#include "net/request_parser.h"
#include "protocol/auth/sigv4.h"
#include "protocol/codec/inflate.h"
#include "protocol/models/validate.h"
#include "protocol/origin.h"
#include "protocol/route.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::OriginPolicy origins({.hosts = {"gantry.example.com"}, .origins = {"https://tools.example.com"}});
  static const auto validate = model::make_validator();
  net::RequestParser parser({.head_bytes = 16 * 1024, .body_bytes = 64 * 1024});
  parser.feed({reinterpret_cast<const char*>(data), size});
  if (!parser.done()) return 0;
  const net::Request request = parser.take();
  if (const auto verdict = origins.check(request); verdict == protocol::OriginPolicy::Verdict::cross_origin) {
    CHECK(net::same_header_name(request.headers.get("Origin"), "https://tools.example.com"), "other sites are kept away");
    net::Headers cors;
    origins.add_cors_headers(request, cors);
    if (protocol::OriginPolicy::is_preflight(request)) (void)origins.preflight_response(request);
  }
  std::string inflated;
  std::string_view body = request.body;
  if (request.headers.get("Content-Encoding") == "gzip") {
    constexpr size_t kBytesMax = 256 * 1024;
    auto whole = codec::gunzip(body, kBytesMax);
    if (!whole) return 0;
    CHECK(whole->size() <= kBytesMax, "what a body unpacks to is bounded");
    inflated = *std::move(whole);
    body = inflated;
  }
  const auto scope = auth::read_scope(request);
  (void)auth::read_claim(request);
  const auto route = protocol::route(request, body, scope ? std::string_view(scope->service) : std::string_view());
  if (!route) {
    (void)codec::encode_error(route.error().route.dialect, route.error().error, "id");
    return 0;
  }
  if (!route->dialect.operation) {
    (void)codec::encode_error(route->dialect, {"UnknownOperationException", "There is no such operation"}, "id");
    return 0;
  }
  const auto params = codec::decode(route->dialect, request, body, route->form);
  if (!params) {
    (void)codec::encode_error(route->dialect, params.error(), "id");
    return 0;
  }
  CHECK(params->is_object(), "params are an object");
  protocol::Call call;
  call.account = "000000000000", call.region = "us-east-1", call.service = route->service, call.operation = route->operation;
  call.params = *params;
  if (const auto valid = validate(call); !valid) (void)codec::encode_error(route->dialect, valid.error(), "id");
  // As if it were the answer: members that the output does not have are left out.
  (void)codec::encode_result(route->dialect, *params, "id");
  return 0;
}
