#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "language/json/nodes.h"
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

// U+D800..U+DFFF is ED A0..BF 80..BF; anything else behind ED is an ordinary character, or bytes that are none: what comes from
// elsewhere (a row of a CSV file) may be no UTF-8.
bool surrogate_at(std::string_view text, size_t at) {
  const auto within = [&](size_t i, uint8_t from) { return static_cast<uint8_t>(text[i]) >= from && static_cast<uint8_t>(text[i]) <= 0xBF; };
  return static_cast<uint8_t>(text[at]) == kSurrogate && at + 2 < text.size() && within(at + 1, 0xA0) && within(at + 2, 0x80);
}

char* write_surrogate(std::string_view text, size_t at, char* to) {
  const uint32_t unit = 0xD000u | (static_cast<uint8_t>(text[at + 1]) & 0x3Fu) << 6 | (static_cast<uint8_t>(text[at + 2]) & 0x3Fu);
  for (const char c : {'\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]}) *to++ = c;
  return to;
}

uint32_t marks_of(Block block) { return find_special(block) | find_byte(block, kSurrogate); }
uint32_t marks_of(const char* text) { return marks_of(block_at(text)); }

// Of a member's name: whether it stays as it is and is shorter than a block. It lies in its Name then, so that a
// whole block is there to read.
bool is_short_and_plain(std::string_view text) {
  static_assert(sizeof(Name) == kPlainBlock);
  return text.size() < kPlainBlock && (marks_of(text.data()) & ((1u << text.size()) - 1)) == 0;
}

// Whether the value holds a whole number as one: its digits are its text.
bool is_whole(const Value& value) { return value.is_integer() && !value.identity(); }

constexpr size_t kDigitsMax = 20;  // of 64 bits, with their sign

// Text on its way into a string, through a small buffer: to append each piece would cost more than to make it.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  ~Writer() { flush(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void value(const Value& value) {
    switch (value.kind()) {
      case Kind::null: return text("null");
      case Kind::boolean: return text(value.as_bool() ? "true" : "false");
      case Kind::string: {
        const std::string_view literal = string_node_of(value).literal();
        return literal.empty() ? string(value.as_string()) : text(literal);
      }
      case Kind::number:
        if (!is_whole(value)) return text(value.number_text());
        make_room();
        to_ = std::to_chars(to_, to_ + kDigitsMax, *value.as_int64()).ptr;
        return;
      case Kind::array: {
        put('[');
        bool first = true;
        for (const Value& item : value.items()) {
          if (!std::exchange(first, false)) put(',');
          this->value(item);
        }
        return put(']');
      }
      case Kind::object: {
        put('{');
        bool first = true;
        for (const Member& member : value.members()) {
          if (!std::exchange(first, false)) put(',');
          name(member.name);
          put(':');
          this->value(member.value);
        }
        return put('}');
      }
    }
  }

  void name(const Name& name) {
    const std::string_view text = name;
    if (!is_short_and_plain(text)) return string(text);
    char* to = with_room(to_);
    *to++ = '"';
    std::memcpy(to, text.data(), kPlainBlock);
    to += text.size();
    *to++ = '"';
    to_ = to;
  }

  void string(std::string_view text) {
    reserve_for(text);
    char* to = with_room(to_);  // a register's, while what it points at is written
    *to++ = '"';
    size_t at = 0;
    // What stands between two marks is copied as a whole block, of which the next writes over the rest: so two must be there to read.
    while (at + 2 * kPlainBlock <= text.size()) {
      to = with_room(to);
      const size_t begin = at, end = at + kPlainBlock;
      for (uint32_t found = marks_of(text.data() + at); found != 0; found &= found - 1) {
        const size_t next = begin + static_cast<size_t>(std::countr_zero(found));
        std::memcpy(to, text.data() + at, kPlainBlock);
        to += next - at;
        at = character(text, next, to);
      }
      if (at >= end) continue;
      std::memcpy(to, text.data() + at, kPlainBlock);
      to += end - at;
      at = end;
    }
    to = with_room(to);
    if (at + kPlainBlock <= text.size() && marks_of(text.data() + at) == 0) {
      std::memcpy(to, text.data() + at, kPlainBlock);
      to += kPlainBlock;
      at += kPlainBlock;
    }
    while (at < text.size()) at = character(text, at, to);
    *to++ = '"';
    to_ = to;
  }

 private:
  static constexpr size_t kLarge = 4096;
  // For not quite two blocks all of which are escapes, what is copied too much, and a quote at either end.
  static constexpr size_t kRoom = 2 * 6 * kPlainBlock + sizeof(Written) + kPlainBlock + 2;

  void flush() {
    out_.append(buffer_, to_);
    to_ = buffer_;
  }
  char* with_room(char* to) {
    if (to <= buffer_ + sizeof buffer_ - kRoom) return to;
    to_ = to;
    flush();
    return to_;
  }
  void make_room() { to_ = with_room(to_); }
  void put(char c) {
    make_room();
    *to_++ = c;
  }
  void text(std::string_view text) {
    make_room();
    if (text.size() > kRoom) {
      flush();
      out_ += text;
    } else {
      to_ = std::ranges::copy(text, to_).out;
    }
  }
  // What is large makes room at once, with some for its escapes: growing would copy what is written so far again and again.
  void reserve_for(std::string_view text) {
    if (text.size() <= kLarge) return;
    flush();
    const size_t wanted = out_.size() + text.size() + text.size() / 4;
    if (wanted > out_.capacity()) out_.reserve(std::max(wanted, 2 * out_.capacity()));
  }
  // One character as JSON has it; returns where the next begins.
  static size_t character(std::string_view text, size_t at, char*& to) {
    if (surrogate_at(text, at)) {
      to = write_surrogate(text, at, to);
      return at + 3;
    }
    const Written& written = kWritten[static_cast<uint8_t>(text[at])];
    std::memcpy(to, &written, sizeof written);
    to += written.size;
    return at + 1;
  }

  std::string& out_;
  char buffer_[1024];
  char* to_ = buffer_;
};

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

void write_string(std::string_view text, std::string& out) { Writer(out).string(text); }
void write(const Value& value, std::string& out) { Writer(out).value(value); }

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
  size_t size = 2, at = 0;
  // Blocks that stay as they are.
  for (; at + kPlainBlock <= text.size(); at += kPlainBlock, size += kPlainBlock) {
    if (marks_of(text.data() + at) != 0) break;
  }
  for (; at < text.size(); ++at) {
    if (surrogate_at(text, at)) {
      size += 6, at += 2;
    } else {
      size += kWritten[static_cast<uint8_t>(text[at])].size;
    }
  }
  return size;
}
size_t name_size(std::string_view name) { return is_short_and_plain(name) ? name.size() + 2 : written_size(name); }
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
      for (const Member& member : value.members()) size += name_size(member.name) + 1 + written_size(member.value);
      return size;
    }
    case Kind::string:
      return string_node_of(value).kept ? string_node_of(value).literal().size() : written_size(value.as_string());
    case Kind::number: {
      if (!is_whole(value)) return value.number_text().size();
      char digits[kDigitsMax];
      return static_cast<size_t>(std::to_chars(digits, digits + kDigitsMax, *value.as_int64()).ptr - digits);
    }
    case Kind::boolean:
      return value.as_bool() ? 4 : 5;
    default:
      return 4;
  }
}

}  // namespace json
