#include "protocol/auth/sign.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "protocol/auth/sigv4.h"

namespace auth {
namespace {

// Headers that intermediaries add, drop or rewrite.
constexpr std::array<std::string_view, 8> kUnsigned = {
    "authorization", "connection",      "expect", "transfer-encoding",
    "user-agent",    "x-amzn-trace-id", "te",     "upgrade"};

// The request as its receiver will see it: a path in place of an absolute URL, and a Host.
net::Request as_received(const net::Request& request) {
  net::Request out = request;
  const size_t scheme = out.target.find("://");
  if (scheme == std::string::npos) return out;
  const size_t slash = out.target.find_first_of("/?", scheme + 3);
  const std::string host =
      out.target.substr(scheme + 3, slash == std::string::npos ? slash : slash - scheme - 3);
  out.target = slash == std::string::npos ? "/" : out.target.substr(slash);
  if (out.target.starts_with('?')) out.target.insert(0, "/");
  if (!out.headers.has("Host")) out.headers.add("Host", host);
  return out;
}

Claim claim_for(const net::Request& received, const SigningKey& key, std::string_view region,
                std::string_view service, Instant now) {
  Claim claim;
  claim.timestamp = iso8601_basic(now);
  claim.signed_at = now;
  claim.scope = {key.access_key_id, claim.timestamp.substr(0, 8), std::string(region),
                 std::string(service)};
  claim.security_token = key.session_token;
  for (const net::Header& header : received.headers.list) {
    std::string name = lower_case(header.name);
    if (std::ranges::find(kUnsigned, name) == kUnsigned.end())
      claim.signed_headers.push_back(std::move(name));
  }
  std::ranges::sort(claim.signed_headers);
  const auto repeated = std::ranges::unique(claim.signed_headers);
  claim.signed_headers.erase(repeated.begin(), repeated.end());
  return claim;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out.push_back(';');
    out += name;
  }
  return out;
}
}  // namespace

void sign(net::Request& request, const SigningKey& key, std::string_view region,
          std::string_view service, Instant now) {
  const std::string hash = hex_encode(sha256(request.body));
  request.headers.set("X-Amz-Date", iso8601_basic(now));
  if (!key.session_token.empty()) request.headers.set("X-Amz-Security-Token", key.session_token);
  if (service == "s3") request.headers.set("X-Amz-Content-Sha256", hash);
  const net::Request received = as_received(request);
  if (!request.headers.has("Host")) request.headers.add("Host", received.headers.get("Host"));
  const Claim claim = claim_for(received, key, region, service, now);
  const std::string canonical = canonical_request(received, claim, path_rules(service), hash);
  const std::string made =
      signature(signing_key(key.secret_access_key, claim.scope), string_to_sign(claim, canonical));
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=" + key.access_key_id + "/" +
                                           claim.scope.text() + ", SignedHeaders=" +
                                           joined(claim.signed_headers) + ", Signature=" + made);
}

void presign(net::Request& request, const SigningKey& key, std::string_view region,
             std::string_view service, Instant now, int64_t expires_s) {
  net::Request received = as_received(request);
  Claim claim = claim_for(received, key, region, service, now);
  claim.form = Claim::Form::query;
  std::string query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
                      percent_encode(key.access_key_id + "/" + claim.scope.text()) +
                      "&X-Amz-Date=" + claim.timestamp +
                      "&X-Amz-Expires=" + std::to_string(expires_s) +
                      "&X-Amz-SignedHeaders=" + percent_encode(joined(claim.signed_headers));
  if (!key.session_token.empty())
    query += "&X-Amz-Security-Token=" + percent_encode(key.session_token);
  const auto append = [](std::string& target, std::string_view more) {
    target.push_back(target.find('?') == std::string::npos ? '?' : '&');
    target += more;
  };
  append(request.target, query);
  append(received.target, query);
  const std::string hash = service == "s3" ? "UNSIGNED-PAYLOAD" : hex_encode(sha256(request.body));
  const std::string canonical = canonical_request(received, claim, path_rules(service), hash);
  const std::string made =
      signature(signing_key(key.secret_access_key, claim.scope), string_to_sign(claim, canonical));
  append(request.target, "X-Amz-Signature=" + made);
}

}  // namespace auth
