#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "language/json/plain.h"

namespace json {
namespace {

// What each byte is written as, and how many bytes that is: all of it is copied, so that no branch is needed.
struct Written {
  char text[7];
  uint8_t size;
};
constexpr char kHex[] = "0123456789ABCDEF";
constexpr uint8_t kSurrogate = 0xED;  // may begin one, in WTF-8
constexpr std::array<Written, 256> kWritten = [] {
  std::array<Written, 256> table{};
  for (size_t c = 0; c < 256; ++c) table[c] = {{static_cast<char>(c)}, 1};
  for (size_t c = 0; c < 0x20; ++c) table[c] = {{'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]}, 6};
  for (const auto& [c, letter] : {std::pair{'\b', 'b'}, {'\t', 't'}, {'\n', 'n'}, {'\f', 'f'}, {'\r', 'r'}, {'"', '"'}, {'\\', '\\'}}) {
    table[static_cast<size_t>(c)] = {{'\\', letter}, 2};
  }
  return table;
}();

// U+D800..U+DFFF is ED A0..BF xx; anything else behind ED is an ordinary character.
bool surrogate_at(std::string_view text, size_t at) {
  return static_cast<uint8_t>(text[at]) == kSurrogate && at + 2 < text.size() && static_cast<uint8_t>(text[at + 1]) >= 0xA0;
}

char* write_surrogate(std::string_view text, size_t at, char* to) {
  const uint32_t unit = 0xD000u | (static_cast<uint8_t>(text[at + 1]) & 0x3Fu) << 6 | (static_cast<uint8_t>(text[at + 2]) & 0x3Fu);
  for (const char c : {'\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]}) *to++ = c;
  return to;
}

// The digits of a whole number that a Value holds as one; nothing of any other.
struct Digits {
  char text[24];
  size_t size = 0;
  explicit Digits(const Value& value) {
    if (value.is_integer() && !value.identity()) size = static_cast<size_t>(std::to_chars(text, text + sizeof text, *value.as_int64()).ptr - text);
  }
};

void write_scalar(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case Kind::string:
      write_string(value.as_string(), out);
      return;
    default:
      if (const Digits digits(value); digits.size > 0) {
        out.append(digits.text, digits.size);
        return;
      }
      out += value.number_text();
  }
}

void write_indented(const Value& value, size_t indent, std::string& out) {
  const auto line = [&](size_t depth) { out.append("\n").append(depth * 2, ' '); };
  if (value.is_array() && value.size() > 0) {
    out.push_back('[');
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out.push_back(',');
      line(indent + 1);
      write_indented(value[i], indent + 1, out);
    }
    line(indent);
    out.push_back(']');
  } else if (value.is_object() && value.size() > 0) {
    out.push_back('{');
    bool first = true;
    for (const Member& member : value.members()) {
      if (!std::exchange(first, false)) out.push_back(',');
      line(indent + 1);
      write_string(member.name, out);
      out += ": ";
      write_indented(member.value, indent + 1, out);
    }
    line(indent);
    out.push_back('}');
  } else {
    write(value, out);
  }
}

}  // namespace

void write_string(std::string_view text, std::string& out) {
  // What is large makes room at once, with some for its escapes: growing would copy what is written so far again and again.
  constexpr size_t kLarge = 4096;
  if (const size_t wanted = out.size() + text.size() + text.size() / 4; text.size() > kLarge && wanted > out.capacity()) {
    out.reserve(std::max(wanted, 2 * out.capacity()));
  }
  // Through a small buffer: to append each escape would cost more than to write it.
  char buffer[512];
  constexpr size_t kRoom = 6 * kPlainBlock + sizeof(Written) + kPlainBlock;
  char* to = buffer;
  *to++ = '"';
  // One character as JSON has it; returns where the next begins.
  const auto put = [&](size_t at) {
    if (surrogate_at(text, at)) {
      to = write_surrogate(text, at, to);
      return at + 3;
    }
    const Written& written = kWritten[static_cast<uint8_t>(text[at])];
    std::memcpy(to, &written, sizeof written);
    to += written.size;
    return at + 1;
  };
  size_t at = 0;
  const auto make_room = [&] {
    if (to <= buffer + sizeof buffer - kRoom) return;
    out.append(buffer, to);
    to = buffer;
  };
  // What stands between two marks is copied as a whole block, of which the next writes over the rest: so two must be there to read.
  while (at + 2 * kPlainBlock <= text.size()) {
    make_room();
    const size_t end = at + kPlainBlock;
    const Block block = block_at(text.data() + at);
    for (uint32_t found = find_special(block) | find_byte(block, kSurrogate); found != 0; found &= found - 1) {
      const size_t next = end - kPlainBlock + static_cast<size_t>(std::countr_zero(found));
      std::memcpy(to, text.data() + at, kPlainBlock);
      to += next - at;
      at = put(next);
    }
    if (at < end) {
      std::memcpy(to, text.data() + at, kPlainBlock);
      to += end - at;
      at = end;
    }
  }
  while (at < text.size()) {
    make_room();
    at = put(at);
  }
  *to++ = '"';
  out.append(buffer, to);
}

void write(const Value& value, std::string& out) {
  if (value.is_array()) {
    out.push_back('[');
    bool first = true;
    for (const Value& item : value.items()) {
      if (!std::exchange(first, false)) out.push_back(',');
      write(item, out);
    }
    out.push_back(']');
  } else if (value.is_object()) {
    out.push_back('{');
    bool first = true;
    for (const Member& member : value.members()) {
      if (!std::exchange(first, false)) out.push_back(',');
      write_string(member.name, out);
      out.push_back(':');
      write(member.value, out);
    }
    out.push_back('}');
  } else {
    write_scalar(value, out);
  }
}

std::string write(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

std::string write_pretty(const Value& value) {
  std::string out;
  write_indented(value, 0, out);
  return out;
}

namespace {
size_t written_size(std::string_view text) {
  size_t size = 2;
  for (size_t at = 0; at < text.size(); ++at) {
    if (surrogate_at(text, at)) {
      size += 6, at += 2;
    } else {
      size += kWritten[static_cast<uint8_t>(text[at])].size;
    }
  }
  return size;
}
}  // namespace

size_t written_size(const Value& value) {
  switch (value.kind()) {
    case Kind::array: {
      size_t size = value.size() == 0 ? 2 : value.size() + 1;
      for (const Value& item : value.items()) size += written_size(item);
      return size;
    }
    case Kind::object: {
      size_t size = value.size() == 0 ? 2 : value.size() + 1;
      for (const Member& member : value.members()) size += written_size(std::string_view(member.name)) + 1 + written_size(member.value);
      return size;
    }
    case Kind::string:
      return written_size(value.as_string());
    case Kind::number:
      if (const Digits digits(value); digits.size > 0) return digits.size;
      [[fallthrough]];
    default: {
      std::string text;
      write_scalar(value, text);
      return text.size();
    }
  }
}

}  // namespace json
