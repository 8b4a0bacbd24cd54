#pragma once
// Runs of a string's bytes that JSON leaves as they are, eight at a time. For the parser and the writer.
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace json {

constexpr size_t kPlainBlock = sizeof(uint64_t);

constexpr uint64_t kEachByte = 0x0101010101010101;

// Each of these marks, in its byte's highest bit, the first byte of eight that it looks for: behind that one, marks mean
// nothing. 0: there is none.
inline uint64_t find_byte(uint64_t block, uint8_t byte) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  const uint64_t zero = block ^ byte * kEachByte;
  return (zero - kEachByte) & ~zero & 0x80 * kEachByte;
}
// A quote, a backslash or a control character.
inline uint64_t find_special(uint64_t block) {
  const uint64_t control = (block - 0x20 * kEachByte) & ~block & 0x80 * kEachByte;
  return find_byte(block, '"') | find_byte(block, '\\') | control;
}

inline bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<uint8_t>(c) >= 0x20; }

// Copies the plain run that begins at `at` and moves `to` behind it; returns its end. There must be room for a block more.
inline size_t copy_plain(std::string_view text, size_t at, char*& to) {
  for (uint64_t block; at + kPlainBlock <= text.size(); at += kPlainBlock, to += kPlainBlock) {
    std::memcpy(&block, text.data() + at, kPlainBlock);
    std::memcpy(to, &block, kPlainBlock);
    if (const uint64_t found = find_special(block)) {
      const auto before = static_cast<size_t>(std::countr_zero(found)) / 8;
      to += before;
      return at + before;
    }
  }
  while (at < text.size() && is_plain(text[at])) *to++ = text[at++];
  return at;
}

// The end of the plain run that begins at `at`.
inline size_t plain_end(std::string_view text, size_t at) {
  for (uint64_t block; at + kPlainBlock <= text.size(); at += kPlainBlock) {
    std::memcpy(&block, text.data() + at, kPlainBlock);
    if (const uint64_t found = find_special(block)) return at + static_cast<size_t>(std::countr_zero(found)) / 8;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace json
