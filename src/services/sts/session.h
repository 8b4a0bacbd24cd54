#pragma once
// Temporary credentials: an access key with an end, and who it makes of whoever holds it.
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"
#include "protocol/operation.h"

namespace sts {

struct Session {
  std::string access_key_id, secret, token;
  Instant issued, expires;
  protocol::Principal principal;
  std::vector<std::string> transitive_tags;  // keys of session tags that further sessions inherit
  std::string source_identity;
};

json::Value to_json(const Session&);
Session from_json(const json::Value&, std::type_identity<Session>);

// {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}.
json::Value credentials_value(const Session&);

}  // namespace sts
