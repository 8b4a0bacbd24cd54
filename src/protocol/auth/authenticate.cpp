#include "protocol/auth/authenticate.h"

#include <algorithm>

#include "base/crypto.h"

namespace auth {
namespace {
constexpr size_t kCachedKeysMax = 4096;
constexpr std::string_view kInvalidToken = "The security token included in the request is invalid.";

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
}  // namespace

Authenticator::Authenticator(Mode mode, CredentialSource* credentials, std::string default_account,
                             std::string default_region)
    : mode_(mode),
      credentials_(credentials),
      default_account_(std::move(default_account)),
      default_region_(std::move(default_region)) {}

Identity Authenticator::anonymous() const {
  Identity identity;
  identity.principal.type = protocol::Principal::Type::anonymous;
  identity.principal.account = default_account_;
  identity.principal.arn = "*";
  identity.region = default_region_;
  return identity;
}

Result<Identity> Authenticator::authenticate(const net::Request& request,
                                             const std::optional<Scope>& scope,
                                             std::string_view service, Instant now) {
  if (mode_ == Mode::enforce) return verified(request, service, now);
  if (!scope) return Identity{protocol::Principal::root(default_account_), default_region_};
  const bool account = is_account(scope->access_key_id);
  auto known = credentials_ && !account ? credentials_->find(scope->access_key_id) : std::nullopt;
  Identity identity{known ? std::move(known->principal)
                          : protocol::Principal::root(account ? scope->access_key_id : default_account_),
                    is_region(scope->region) ? scope->region : default_region_};
  identity.principal.access_key_id = scope->access_key_id;
  return identity;
}

const std::string& Authenticator::key_for(const std::string& secret, const Scope& scope) {
  std::string name = scope.access_key_id + "/" + scope.text() + "/" + sha256(secret);
  if (const auto it = keys_.find(name); it != keys_.end()) return it->second;
  if (keys_.size() >= kCachedKeysMax) keys_.clear();
  return keys_.emplace(std::move(name), signing_key(secret, scope)).first->second;
}

Result<Identity> Authenticator::verified(const net::Request& request, std::string_view service,
                                         Instant now) {
  const auto claim = TRY(read_claim(request));
  if (!claim) return fail("MissingAuthenticationTokenException", "Missing Authentication Token");
  auto known = credentials_ ? credentials_->find(claim->scope.access_key_id) : std::nullopt;
  if (!known || !known->active)
    return fail("UnrecognizedClientException", std::string(kInvalidToken));
  if (!equal_in_constant_time(known->session_token, claim->security_token)) {
    return fail("UnrecognizedClientException", std::string(kInvalidToken));
  }
  TRY(check_scope(*claim, service));
  TRY(verify(request, *claim, key_for(known->secret_access_key, claim->scope), path_rules(service),
             now));
  if (known->expires && *known->expires <= now) {
    return fail("ExpiredTokenException", "The security token included in the request is expired");
  }
  Identity identity;
  identity.region = claim->scope.region;
  identity.principal = std::move(known->principal);
  identity.principal.access_key_id = claim->scope.access_key_id;
  return identity;
}

}  // namespace auth
