#pragma once
// How the writes of a commit stand in a group of the journal: docs/formats/journal.md.
#include <optional>
#include <string>
#include <string_view>

#include "engine/store/store.h"

namespace store {

inline void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) out.push_back(static_cast<char>(value | 0x80)), value >>= 7;
  out.push_back(static_cast<char>(value));
}

inline bool get_varint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// One write: its space with 0x80 for an erasure, key, value.
inline void encode(const Write& write, std::string& out) {
  out.push_back(static_cast<char>(static_cast<uint8_t>(write.space) | (write.value ? 0 : 0x80)));
  put_varint(out, write.key.size());
  out.append(write.key);
  if (!write.value) return;
  put_varint(out, write.value->size());
  out.append(*write.value);
}

inline std::optional<Write> decode(std::string_view& in) {
  if (in.empty()) return std::nullopt;
  const auto head = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  uint64_t size;
  if ((head & 0x7F) >= static_cast<uint8_t>(Space::count) || !get_varint(in, size) || size > in.size()) return std::nullopt;
  Write write{static_cast<Space>(head & 0x7F), std::string(in.substr(0, size)), std::nullopt};
  in.remove_prefix(size);
  if (head & 0x80) return write;
  if (!get_varint(in, size) || size > in.size()) return std::nullopt;
  write.value.emplace(in.substr(0, size));
  in.remove_prefix(size);
  return write;
}

}  // namespace store
