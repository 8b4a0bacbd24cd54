#include "protocol/token.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace protocol {
namespace {
constexpr size_t kSealBytes = 16;

std::string seal_of(const std::string& key, std::string_view purpose, std::string_view text) {
  std::string sealed(purpose);
  sealed.push_back('\x00');
  sealed.append(text);
  return hmac_sha256(key, sealed).substr(0, kSealBytes);
}
}  // namespace

std::string Sealer::seal(std::string_view purpose, std::string_view text) const {
  return base64_encode(seal_of(key_, purpose, text).append(text));
}

std::optional<std::string> Sealer::open(std::string_view purpose, std::string_view token) const {
  const auto bytes = base64_decode(token);
  // A canonical token only: base64 lets unused bits differ, and any altered letter must be refused.
  if (!bytes || bytes->size() < kSealBytes || base64_encode(*bytes) != token) return std::nullopt;
  std::string text = bytes->substr(kSealBytes);
  if (!equal_in_constant_time(bytes->substr(0, kSealBytes), seal_of(key_, purpose, text))) return std::nullopt;
  return text;
}

}  // namespace protocol
