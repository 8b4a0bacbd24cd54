#include "protocol/auth/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/time_text.h"

namespace auth {
namespace {
constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
constexpr std::string_view kSignatureMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key "
    "and signing method. Consult the service documentation for details.";

std::unexpected<Error> incomplete(std::string message) {
  return fail("IncompleteSignatureException", std::move(message), 400);
}
std::unexpected<Error> invalid(std::string message) {
  return fail("InvalidSignatureException", std::move(message), 400);
}

// Blanks at the ends dropped, runs of them made one.
std::string collapsed(std::string_view text) {
  std::string out;
  bool blank = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      blank = !out.empty();
      continue;
    }
    if (blank) out.push_back(' ');
    blank = false;
    out.push_back(c);
  }
  return out;
}

template <typename Visit>
void each_part(std::string_view text, char separator, Visit visit) {
  while (true) {
    const size_t end = text.find(separator);
    visit(text.substr(0, end));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  each_part(text, separator, [&](std::string_view part) { out.emplace_back(part); });
  return out;
}

struct QueryPair {
  std::string name, value;  // decoded
};

std::vector<QueryPair> query_pairs(std::string_view query) {
  std::vector<QueryPair> out;
  if (query.empty()) return out;
  each_part(query, '&', [&](std::string_view pair) {
    if (pair.empty()) return;
    const size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = equals == pair.npos ? "" : pair.substr(equals + 1);
    // What is no percent-encoding stands for itself.
    out.push_back({percent_decode(name).value_or(std::string(name)),
                   percent_decode(value).value_or(std::string(value))});
  });
  return out;
}

std::string canonical_query(const net::Request& request, const Claim& claim, TokenIn token) {
  std::vector<QueryPair> encoded;
  for (const QueryPair& pair : query_pairs(request.query())) {
    if (claim.form == Claim::Form::query) {
      if (pair.name == "X-Amz-Signature") continue;
      if (pair.name == "X-Amz-Security-Token" && token == TokenIn::nowhere) continue;
    }
    encoded.push_back({percent_encode(pair.name), percent_encode(pair.value)});
  }
  std::ranges::sort(encoded, [](const QueryPair& a, const QueryPair& b) {
    return a.name == b.name ? a.value < b.value : a.name < b.name;
  });
  std::string out;
  for (const QueryPair& pair : encoded) {
    if (!out.empty()) out.push_back('&');
    out.append(pair.name).append("=").append(pair.value);
  }
  return out;
}

std::string normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool slash_at_end = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  each_part(path, '/', [&](std::string_view segment) {
    if (segment.empty() || segment == ".") return;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  });
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (out.empty() || slash_at_end) out.push_back('/');
  return out;
}

std::string canonical_path(const net::Request& request, const PathRules& rules) {
  std::string path(request.path());
  if (path.empty()) path = "/";
  if (rules.normalise) path = normalised(path);
  if (!rules.encode_twice) path = percent_decode(path).value_or(path);
  return percent_encode(path, "/");
}

std::string header_value(const net::Headers& headers, std::string_view name) {
  std::string out;
  bool first = true;
  for (const net::Header& header : headers.list) {
    if (!net::same_header_name(header.name, name)) continue;
    if (!first) out.push_back(',');
    first = false;
    out += collapsed(header.value);
  }
  return out;
}

Result<Scope> parse_credential(std::string_view credential) {
  const auto parts = split(credential, '/');
  if (parts.size() != 5) {
    return incomplete(
        fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                    "keyid/date/region/service/term, got '{}'",
                    credential));
  }
  if (parts[4] != "aws4_request") {
    return invalid(fmt::format(
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'. ",
        parts[4]));
  }
  return Scope{parts[0], parts[1], parts[2], parts[3]};
}

Status set_timestamp(Claim& claim, std::string_view text) {
  const auto at = parse_iso8601_basic(text);
  if (!at) {
    return incomplete(
        fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                    "http://en.wikipedia.org/wiki/ISO_8601",
                    text));
  }
  claim.timestamp = text;
  claim.signed_at = *at;
  return {};
}

// The value behind "NAME=" in an Authorization header.
std::string_view parameter(std::string_view header, std::string_view name) {
  for (size_t at = header.find(name); at != header.npos; at = header.find(name, at + 1)) {
    const bool starts = at == 0 || header[at - 1] == ' ' || header[at - 1] == ',';
    if (!starts || at + name.size() >= header.size() || header[at + name.size()] != '=') continue;
    const std::string_view rest = header.substr(at + name.size() + 1);
    return rest.substr(0, rest.find_first_of(", "));
  }
  return "";
}

Result<std::optional<Claim>> header_claim(const net::Request& request) {
  const std::string_view header = request.headers.get("Authorization");
  if (!header.starts_with("AWS4-")) return std::nullopt;
  if (!header.starts_with(kAlgorithm) || header.size() == kAlgorithm.size() ||
      header[kAlgorithm.size()] != ' ') {
    return incomplete(
        fmt::format("Unsupported AWS 'algorithm': '{}'.", header.substr(0, header.find(' '))));
  }
  const std::string_view credential = parameter(header, "Credential");
  const std::string_view signed_headers = parameter(header, "SignedHeaders");
  const std::string_view signature = parameter(header, "Signature");
  const std::string_view amz_date = request.headers.get("X-Amz-Date");
  const std::string_view date = amz_date.empty() ? request.headers.get("Date") : amz_date;
  std::string missing;
  if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
  if (signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
  if (signed_headers.empty())
    missing += "Authorization header requires 'SignedHeaders' parameter. ";
  if (date.empty())
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (!missing.empty()) {
    // The header itself goes back as a hash: it may be nearly right, and messages end up in logs.
    return incomplete(missing + "(Hashed with SHA-256 and encoded with Base64) Authorization=" +
                      base64_encode(sha256(header)));
  }
  Claim claim{.form = Claim::Form::header};
  claim.scope = TRY(parse_credential(credential));
  claim.signed_headers = split(lower_case(signed_headers), ';');
  claim.signature = signature;
  claim.security_token = request.headers.get("X-Amz-Security-Token");
  TRY(set_timestamp(claim, date));
  return claim;
}

Result<std::optional<Claim>> query_claim(const net::Request& request) {
  if (request.query().find("X-Amz-") == std::string_view::npos) return std::nullopt;
  const auto pairs = query_pairs(request.query());
  const auto value = [&](std::string_view name) -> std::string_view {
    const auto it = std::ranges::find(pairs, name, &QueryPair::name);
    return it == pairs.end() ? "" : std::string_view(it->value);
  };
  if (value("X-Amz-Algorithm").empty() && value("X-Amz-Credential").empty()) return std::nullopt;
  std::string missing;
  for (const std::string_view name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature",
                                      "X-Amz-SignedHeaders", "X-Amz-Date"}) {
    if (value(name).empty())
      missing += fmt::format("AWS query-string parameters must include '{}'. ", name);
  }
  if (!missing.empty()) return incomplete(missing + "Re-examine the query-string parameters.");
  if (value("X-Amz-Algorithm") != kAlgorithm) {
    return incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'.", value("X-Amz-Algorithm")));
  }
  Claim claim{.form = Claim::Form::query};
  claim.scope = TRY(parse_credential(value("X-Amz-Credential")));
  claim.signed_headers = split(lower_case(value("X-Amz-SignedHeaders")), ';');
  claim.signature = value("X-Amz-Signature");
  claim.security_token = value("X-Amz-Security-Token");
  TRY(set_timestamp(claim, value("X-Amz-Date")));
  claim.expires_s = kClockSkewMs / 1000;
  if (const std::string_view text = value("X-Amz-Expires"); !text.empty()) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), claim.expires_s);
    if (error != std::errc() || end != text.data() + text.size() || claim.expires_s < 1 ||
        claim.expires_s > kPresignedSecondsMax) {
      return incomplete(fmt::format("X-Amz-Expires must be a number of seconds between 1 and {}",
                                    kPresignedSecondsMax));
    }
  }
  return claim;
}

// What stands for the body in the canonical request. S3 alone lets a body go unsigned; for all
// others a stated hash must be the body's.
Result<std::string> payload_hash(const net::Request& request, const Claim& claim) {
  const std::string_view stated = request.headers.get("X-Amz-Content-Sha256");
  if (claim.scope.service == "s3") {
    if (claim.form == Claim::Form::query && stated.empty()) return std::string(kUnsignedPayload);
    if (stated == kUnsignedPayload || stated.starts_with("STREAMING-")) return std::string(stated);
  }
  std::string actual = hex_encode(sha256(request.body));
  if (!stated.empty() && stated != actual && stated != kUnsignedPayload)
    return invalid(std::string(kSignatureMismatch));
  return actual;
}
}  // namespace

Result<std::optional<Claim>> read_claim(const net::Request& request) {
  auto claim = TRY(header_claim(request));
  if (claim || !request.headers.get("Authorization").empty()) return claim;
  return query_claim(request);
}

std::optional<Scope> read_scope(const net::Request& request) {
  std::string_view credential = parameter(request.headers.get("Authorization"), "Credential");
  std::vector<QueryPair> pairs;
  if (credential.empty() && request.query().find("X-Amz-Credential") != std::string_view::npos) {
    pairs = query_pairs(request.query());
    const auto it = std::ranges::find(pairs, "X-Amz-Credential", &QueryPair::name);
    if (it != pairs.end()) credential = it->value;
  }
  std::string_view parts[4];
  for (std::string_view& part : parts) {
    if (credential.empty()) return std::nullopt;
    part = credential.substr(0, credential.find('/'));
    credential.remove_prefix(std::min(credential.size(), part.size() + 1));
  }
  return Scope{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
               std::string(parts[3])};
}

PathRules path_rules(std::string_view service) {
  const bool s3 = service == "s3";
  return {.normalise = !s3, .encode_twice = !s3};
}

std::string canonical_request(const net::Request& request, const Claim& claim,
                              const PathRules& rules, std::string_view payload_hash,
                              TokenIn token) {
  std::string out = request.method;
  out.append("\n").append(canonical_path(request, rules));
  out.append("\n").append(canonical_query(request, claim, token)).append("\n");
  std::string names;
  for (const std::string& name : claim.signed_headers) {
    out.append(name).append(":").append(header_value(request.headers, name)).append("\n");
    if (!names.empty()) names.push_back(';');
    names += name;
  }
  out.append("\n").append(names).append("\n").append(payload_hash);
  return out;
}

std::string string_to_sign(const Claim& claim, std::string_view canonical_request) {
  std::string out(kAlgorithm);
  out.append("\n").append(claim.timestamp).append("\n").append(claim.scope.text()).append("\n");
  return out.append(hex_encode(sha256(canonical_request)));
}

std::string signing_key(std::string_view secret, const Scope& scope) {
  const std::string date_key = hmac_sha256("AWS4" + std::string(secret), scope.date);
  const std::string region_key = hmac_sha256(date_key, scope.region);
  return hmac_sha256(hmac_sha256(region_key, scope.service), "aws4_request");
}

std::string signature(std::string_view signing_key, std::string_view string_to_sign) {
  return hex_encode(hmac_sha256(signing_key, string_to_sign));
}

Status check_scope(const Claim& claim, std::string_view service) {
  const std::string_view day = std::string_view(claim.timestamp).substr(0, 8);
  if (claim.scope.date != day) {
    return invalid(
        fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                    "date from HTTP: '{}' != '{}', from '{}'. ",
                    claim.scope.date, day, claim.timestamp));
  }
  const bool region = !claim.scope.region.empty() && claim.scope.region.size() <= 64 &&
                      std::ranges::all_of(claim.scope.region, [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                      });
  if (!region) return invalid("Credential should be scoped to a valid region. ");
  if (claim.scope.service != service)
    return invalid(fmt::format("Credential should be scoped to correct service: '{}'. ", service));
  return {};
}

Status check_time(const Claim& claim, Instant now) {
  if (claim.form == Claim::Form::query) {
    const Instant end = claim.signed_at + claim.expires_s * 1000;
    if (now > end) {
      return invalid(fmt::format("Signature expired: {} is now earlier than {} ({} - {} sec.)",
                                 claim.timestamp, iso8601_basic(now + -claim.expires_s * 1000),
                                 iso8601_basic(now), claim.expires_s));
    }
  } else if (now > claim.signed_at + kClockSkewMs) {
    return invalid(fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)",
                               claim.timestamp, iso8601_basic(now + -kClockSkewMs),
                               iso8601_basic(now)));
  }
  if (claim.signed_at > now + kClockSkewMs) {
    return invalid(fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)",
                               claim.timestamp, iso8601_basic(now + kClockSkewMs),
                               iso8601_basic(now)));
  }
  return {};
}

Status verify(const net::Request& request, const Claim& claim, std::string_view key,
              const PathRules& rules, Instant now) {
  TRY(check_time(claim, now));
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::any_of(
        claim.signed_headers, [&](const std::string& h) { return net::same_header_name(h, name); });
  };
  if (!is_signed("host")) {
    return invalid(
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization header.");
  }
  for (const net::Header& header : request.headers.list) {
    const std::string name = lower_case(header.name);
    // The token may be added after signing; its worth shows when it is looked up.
    if (!name.starts_with("x-amz-") || name == "x-amz-security-token" || is_signed(name)) continue;
    return invalid(
        fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization header.", header.name));
  }
  const std::string hash = TRY(payload_hash(request, claim));
  const auto matches = [&](TokenIn token) {
    const std::string expected = signature(
        key, string_to_sign(claim, canonical_request(request, claim, rules, hash, token)));
    return equal_in_constant_time(expected, claim.signature);
  };
  if (matches(TokenIn::canonical_query)) return {};
  if (claim.form == Claim::Form::query && !claim.security_token.empty() &&
      matches(TokenIn::nowhere))
    return {};
  return invalid(std::string(kSignatureMismatch));
}

}  // namespace auth
