#include "protocol/policy/principal_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace policy {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
// The account stands in 40 bits of the first 48, behind one that is always 0; the 7 below are
// noise.
constexpr int kNoiseBits = 7;
constexpr uint64_t kAccountMask = (uint64_t{1} << 40) - 1;
}  // namespace

std::string unique_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.text(17, kBase32);
}

std::string access_key_id(Random& random, std::string_view prefix, std::string_view account) {
  uint64_t number = 0;
  for (const char c : account) number = number * 10 + static_cast<uint64_t>(c - '0') % 10;
  // 80 bits: 48 that hold the account, 32 that hold nothing.
  const uint64_t head = (number & kAccountMask) << kNoiseBits | random.below(1u << kNoiseBits);
  const uint64_t tail = random.below(uint64_t{1} << 32);
  std::string out(prefix);
  for (int letter = 0; letter < 16; ++letter) {
    const int shift = 80 - 5 * (letter + 1);
    uint64_t bits;
    if (shift >= 32)
      bits = head >> (shift - 32);
    else if (shift + 5 > 32)
      bits = head << (32 - shift) | tail >> shift;
    else
      bits = tail >> shift;
    out.push_back(kBase32[bits & 31]);
  }
  return out;
}

std::optional<std::string> account_of_access_key(std::string_view id) {
  if (id.size() != 20 || (!id.starts_with("AKIA") && !id.starts_with("ASIA"))) return std::nullopt;
  uint64_t head = 0;
  for (const char c : id.substr(4, 10)) {
    const size_t digit = kBase32.find(c);
    if (digit == kBase32.npos) return std::nullopt;
    head = head << 5 | digit;
  }
  const uint64_t number = head >> 2 >> kNoiseBits & kAccountMask;
  if (number > 999'999'999'999) return std::nullopt;
  return fmt::format("{:012}", number);
}

std::string secret_access_key(Random& random) {
  return random.text(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

}  // namespace policy
