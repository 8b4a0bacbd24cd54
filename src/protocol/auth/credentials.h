#pragma once
// Where access keys are looked up: users' keys, the root's, and the temporary ones of role sessions.
// services/iam and services/sts know them; the gateway asks through this interface.
#include <optional>
#include <string>
#include <string_view>

#include "protocol/operation.h"

namespace auth {

struct Credential {
  std::string secret_access_key;
  protocol::Principal principal;
  std::string session_token;       // must come with the request; empty for long-term keys
  std::optional<Instant> expires;  // of temporary keys
  bool active = true;              // an inactive key is as good as none
};

class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual std::optional<Credential> find(std::string_view access_key_id) = 0;
};

}  // namespace auth
