#include "services/ec2/cidr.h"

#include <fmt/format.h>

#include <charconv>

namespace ec2 {

std::optional<uint32_t> parse_address(std::string_view text) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > 255 || end - text.data() > 3) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    address = address << 8 | value;
    if (part < 3) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

std::string address_text(uint32_t a) {
  return fmt::format("{}.{}.{}.{}", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto base = parse_address(text.substr(0, slash));
  Cidr out;
  const std::string_view bits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), out.bits);
  if (!base || error != std::errc() || end != bits.data() + bits.size() || out.bits < 0 ||
      out.bits > 32)
    return std::nullopt;
  out.base = *base & out.mask();
  return out;
}

std::string Cidr::text() const { return fmt::format("{}/{}", address_text(base), bits); }

}  // namespace ec2
