#include "protocol/session_key.h"

namespace protocol {

std::optional<auth::SigningKey> session_key(Registry& registry, const Principal& caller, std::string_view region) {
  if (caller.type != Principal::Type::assumed_role || !registry.has("sts", "RoleSessionCredentials")) return std::nullopt;
  std::optional<auth::SigningKey> key;
  // STS answers at once.
  registry.call(registry.internal(caller, region, "sts", "RoleSessionCredentials", json::Value::object()), [&key](Result<json::Value> answer) {
    if (!answer) return;
    key = auth::SigningKey{std::string(answer->text("AccessKeyId")), std::string(answer->text("SecretAccessKey")), std::string(answer->text("SessionToken"))};
  });
  return key;
}

}  // namespace protocol
