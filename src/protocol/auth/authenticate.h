#pragma once
// Who makes a request: from its signature, or, where signatures do not matter, from what it says.
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"
#include "protocol/auth/credentials.h"
#include "protocol/auth/sigv4.h"
#include "protocol/operation.h"

namespace auth {

// off: anything is taken. audit: the same, but decisions are computed and shown (by the
// authoriser). enforce: requests must be signed by keys that exist.
enum class Mode : uint8_t { off, audit, enforce };

struct Identity {
  protocol::Principal principal;
  std::string region;
};

class Authenticator {
 public:
  // `credentials` may be null: then no key is known.
  Authenticator(Mode mode, CredentialSource* credentials, std::string default_account,
                std::string default_region);

  Mode mode() const { return mode_; }

  // `scope` is read_scope() of the request, `service` the signing name that it must be signed for.
  // Where signatures do not matter: an access key that is known is its principal, one of 12 digits
  // is the root of that account, any other (and none) the root of the default account. Fails with
  // MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException,
  // InvalidSignatureException, ExpiredTokenException.
  Result<Identity> authenticate(const net::Request& request, const std::optional<Scope>& scope,
                                std::string_view service, Instant now);

  // Someone who sent no credentials where none are needed (SNS's confirmation links).
  Identity anonymous() const;

 private:
  Result<Identity> verified(const net::Request& request, std::string_view service, Instant now);
  const std::string& key_for(const std::string& secret, const Scope& scope);

  Mode mode_;
  CredentialSource* credentials_;
  std::string default_account_;
  std::string default_region_;
  // Signing keys hold for a day; deriving one takes four HMACs.
  std::unordered_map<std::string, std::string> keys_;
};

}  // namespace auth
