#pragma once
// Keeps web pages of others away: a page in a visitor's browser can send requests to this server,
// with the visitor's reach. A request is taken only when it was meant for this server (its Host is
// one of ours, so no foreign name has been pointed at us) and does not come from another site (its
// Origin, Sec-Fetch-Site).
//
// A pure check, for the gateway and for everything else that answers HTTP here.
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace protocol {

class OriginPolicy {
 public:
  struct Settings {
    // Names under which the server may be reached beside loopback: "gantry.example.com",
    // "10.0.0.7"; with a "sync-" or "stream-" in front, as AWS's clients put it, they are allowed
    // too.
    std::vector<std::string> hosts;
    // Origins of other sites that may call: "https://tools.example.com". "*" allows every one.
    std::vector<std::string> origins;
  };
  explicit OriginPolicy(Settings settings) : settings_(std::move(settings)) {}

  enum class Verdict : uint8_t {
    allowed,       // from no web page, or from one of our own
    cross_origin,  // from an allowed origin: the answer needs cors_headers()
    link,          // someone followed a link on another site: only what is harmless may answer
    refused,
  };
  Verdict check(const net::Request& request) const;

  // True for the question that a browser asks before it sends a request across origins.
  static bool is_preflight(const net::Request& request);
  net::Response preflight_response(const net::Request& request) const;
  // For a response to a request whose verdict was cross_origin.
  void add_cors_headers(const net::Request& request, net::Headers& headers) const;

  // Whether `host` ("name", "name:port", "[::1]:port") is loopback or configured.
  bool is_own_host(std::string_view host) const;

 private:
  Settings settings_;
};

// What a refused request gets: 403 and a line of text.
net::Response refused_response();

}  // namespace protocol
