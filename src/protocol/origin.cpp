#include "protocol/origin.h"

#include <algorithm>

#include "base/encoding.h"
#include "net/host.h"

namespace protocol {

bool OriginPolicy::is_own_host(std::string_view host) const {
  const std::string full = net::host_name(host);
  std::string_view name = full;
  if (name.empty()) return false;
  const auto own = [&](std::string_view candidate) {
    return net::is_loopback(candidate) ||
           std::ranges::any_of(settings_.hosts,
                               [&](const std::string& h) { return net::host_name(h) == candidate; });
  };
  if (own(name)) return true;
  for (const std::string_view prefix : {"sync-", "stream-"}) {
    if (name.starts_with(prefix) && own(name.substr(prefix.size()))) return true;
  }
  return false;
}

OriginPolicy::Verdict OriginPolicy::check(const net::Request& request) const {
  const std::string_view host = request.headers.get("Host");
  if (!is_own_host(host)) return Verdict::refused;
  if (request.headers.has("Origin")) {
    const std::string origin = lower_case(request.headers.get("Origin"));
    const size_t scheme = origin.find("://");
    if (scheme != std::string::npos && std::string_view(origin).substr(scheme + 3) == lower_case(host))
      return Verdict::allowed;
    const bool listed = std::ranges::any_of(
        settings_.origins, [&](const std::string& o) { return o == "*" || lower_case(o) == origin; });
    return listed ? Verdict::cross_origin : Verdict::refused;
  }
  // Browsers leave Origin out of plain GETs, but tell here where they come from.
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  if (site.empty() || site == "same-origin" || site == "none") return Verdict::allowed;
  const bool navigation = request.headers.get("Sec-Fetch-Mode") == "navigate" &&
                          (request.method == "GET" || request.method == "HEAD");
  return navigation ? Verdict::link : Verdict::refused;
}

bool OriginPolicy::is_preflight(const net::Request& request) {
  return request.method == "OPTIONS" && request.headers.has("Origin") &&
         request.headers.has("Access-Control-Request-Method");
}

net::Response OriginPolicy::preflight_response(const net::Request& request) const {
  net::Response response{.status = 204, .headers = {}, .body = {}};
  add_cors_headers(request, response.headers);
  response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  const std::string_view asked = request.headers.get("Access-Control-Request-Headers");
  if (!asked.empty()) response.headers.add("Access-Control-Allow-Headers", asked);
  response.headers.add("Access-Control-Max-Age", "600");
  return response;
}

void OriginPolicy::add_cors_headers(const net::Request& request, net::Headers& headers) const {
  headers.add("Access-Control-Allow-Origin", request.headers.get("Origin"));
  headers.add("Access-Control-Expose-Headers",
              "x-amzn-RequestId, x-amzn-ErrorType, x-amzn-query-error, Date");
  headers.add("Vary", "Origin");
}

net::Response refused_response() {
  net::Response response{
      .status = 403,
      .headers = {},
      .body = "This server does not answer requests for this host or from this origin.\n"};
  response.headers.add("Content-Type", "text/plain");
  return response;
}

}  // namespace protocol
