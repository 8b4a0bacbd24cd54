#pragma once
// The key with which a role's session signs what goes out: upstream calls, requests to an API.
#include <optional>
#include <string_view>

#include "protocol/auth/sign.h"
#include "protocol/registry.h"

namespace protocol {

// STS keeps it for as long as it is good (sts:RoleSessionCredentials). Nothing for a caller that is no role's session, or
// where there is no STS.
std::optional<auth::SigningKey> session_key(Registry& registry, const Principal& caller, std::string_view region);

}  // namespace protocol
