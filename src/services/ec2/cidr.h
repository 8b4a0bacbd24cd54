#pragma once
// IPv4 blocks: "10.0.0.0/16".
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ec2 {

struct Cidr {
  uint32_t base = 0;
  int bits = 0;

  // A host part is dropped, as EC2 does: "10.0.0.7/16" is 10.0.0.0/16.
  static std::optional<Cidr> parse(std::string_view text);
  std::string text() const;
  uint64_t size() const { return uint64_t{1} << (32 - bits); }
  bool contains(const Cidr& other) const {
    return other.bits >= bits && (other.base & mask()) == base;
  }
  bool overlaps(const Cidr& other) const { return contains(other) || other.contains(*this); }
  uint32_t mask() const { return bits == 0 ? 0 : ~uint32_t{0} << (32 - bits); }
};

std::string address_text(uint32_t address);
std::optional<uint32_t> parse_address(std::string_view text);

}  // namespace ec2
