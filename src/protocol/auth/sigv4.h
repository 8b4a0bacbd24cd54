#pragma once
// AWS Signature Version 4: what a request claims about who signed it, and whether that is true.
//
// Both forms: the Authorization header, and the query of a presigned URL. Rules: spec of SigV4 as
// AWS's signing test suite has it; a server sees the path as it was sent and encodes it once more
// (not for S3).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace auth {

constexpr int64_t kClockSkewMs = 5 * 60'000;
constexpr int64_t kPresignedSecondsMax = 604'800;

// What a key signs for: "AKID/20150830/us-east-1/states/aws4_request".
struct Scope {
  std::string access_key_id;
  std::string date;
  std::string region;
  std::string service;
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

// A request's statement about its signature, not verified yet.
struct Claim {
  enum class Form : uint8_t { header, query };
  Form form = Form::header;
  Scope scope;
  std::vector<std::string> signed_headers;  // lower case, as sent
  std::string signature;
  std::string timestamp;  // "20150830T123600Z"
  Instant signed_at;
  int64_t expires_s = 0;  // of a presigned URL
  std::string security_token;
};

// The claim of a request; nothing when it makes none. A claim that cannot be understood fails with
// IncompleteSignatureException.
Result<std::optional<Claim>> read_claim(const net::Request& request);
// The scope alone, however badly the rest is formed: for modes in which signatures do not matter.
std::optional<Scope> read_scope(const net::Request& request);

struct PathRules {
  bool normalise = true;     // resolve "." and "..", drop empty segments
  bool encode_twice = true;  // what was sent is encoded again
};
PathRules path_rules(std::string_view service);

enum class TokenIn : uint8_t { canonical_query, nowhere };  // of a presigned URL's security token
std::string canonical_request(const net::Request& request, const Claim& claim,
                              const PathRules& rules, std::string_view payload_hash,
                              TokenIn token = TokenIn::canonical_query);
std::string string_to_sign(const Claim& claim, std::string_view canonical_request);
std::string signing_key(std::string_view secret, const Scope& scope);
std::string signature(std::string_view signing_key, std::string_view string_to_sign);

// Whether the claim is true of the request (its body included) now. Fails with
// InvalidSignatureException and AWS's words. `key` is signing_key() of the claimed key's secret.
Status verify(const net::Request& request, const Claim& claim, std::string_view key,
              const PathRules& rules, Instant now);
// The parts of verify() that need no secret: the scope fits, nothing has expired.
Status check_scope(const Claim& claim, std::string_view service);
Status check_time(const Claim& claim, Instant now);

}  // namespace auth
