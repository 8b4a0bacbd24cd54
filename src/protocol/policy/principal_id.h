#pragma once
// The ids that AWS gives principals and their keys: "AROA" (role), "AIDA" (user), "AGPA" (group),
// "ANPA" (policy), "AIPA" (instance profile), "AKIA" and "ASIA" (keys, lasting and temporary).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace policy {

// The prefix and 17 letters or digits.
std::string unique_id(Random& random, std::string_view prefix);
// The prefix and 16 letters or digits in which, as on AWS, the account can be read.
std::string access_key_id(Random& random, std::string_view prefix, std::string_view account);
// The account that an access key id tells; nothing when it is none of ours or AWS's.
std::optional<std::string> account_of_access_key(std::string_view access_key_id);
// 40 letters.
std::string secret_access_key(Random& random);

}  // namespace policy
