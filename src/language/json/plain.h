#pragma once
// Runs of a string's bytes that JSON leaves as they are, sixteen at a time. For the parser and the writer.
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace json {

constexpr size_t kPlainBlock = 16;

// Clang's vectors: what they become is the machine's business.
using Block = uint8_t __attribute__((vector_size(kPlainBlock)));
using Marks = bool __attribute__((ext_vector_type(kPlainBlock)));

inline Block block_at(const char* text) {
  Block block;
  std::memcpy(&block, text, kPlainBlock);
  return block;
}

// A bit for each byte that the comparison holds for; the first byte is the lowest.
template <typename Comparison>
uint32_t marks(Comparison comparison) {
  return std::bit_cast<uint16_t>(__builtin_convertvector(comparison, Marks));
}

// Where a quote, a backslash or a control character is.
inline uint32_t find_special(Block block) { return marks((block == '"') | (block == '\\') | (block < 0x20)); }
inline uint32_t find_byte(Block block, uint8_t byte) { return marks(block == byte); }

inline bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<uint8_t>(c) >= 0x20; }

// The end of the plain run that begins at `at`.
inline size_t plain_end(std::string_view text, size_t at) {
  for (; at + kPlainBlock <= text.size(); at += kPlainBlock) {
    if (const uint32_t found = find_special(block_at(text.data() + at))) return at + static_cast<size_t>(std::countr_zero(found));
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace json
