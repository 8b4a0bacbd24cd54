#include <array>
#include <charconv>

#include "base/encoding.h"
#include "language/json/parse.h"

namespace json {
namespace {

// What each ASCII character is written as: 0 as it is, 'u' as \u00XX, else as a backslash and this letter.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b', table['\t'] = 't', table['\n'] = 'n', table['\f'] = 'f', table['\r'] = 'r';
  table['"'] = '"', table['\\'] = '\\';
  table[0xED] = 's';  // may begin a surrogate in WTF-8
  return table;
}();

void append_unit(std::string& out, uint32_t unit) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += {'\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]};
}

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
      if (value.is_integer()) {
        if (const auto integer = value.as_int64(); integer && value.number_text().size() < 19) {
          char digits[24];
          const auto [end, error] = std::to_chars(digits, digits + sizeof digits, *integer);
          out.append(digits, end);
          return;
        }
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
  out.push_back('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    const char escape = kEscapes[c];
    if (escape == 0) continue;
    if (escape == 's') {
      // U+D800..U+DFFF is ED A0..BF xx; anything else behind ED is an ordinary character.
      if (i + 2 >= text.size() || static_cast<uint8_t>(text[i + 1]) < 0xA0) continue;
      out.append(text.substr(plain, i - plain));
      append_unit(out, 0xD000u | (static_cast<uint8_t>(text[i + 1]) & 0x3Fu) << 6 | (static_cast<uint8_t>(text[i + 2]) & 0x3Fu));
      i += 2;
    } else {
      out.append(text.substr(plain, i - plain));
      if (escape == 'u') {
        append_unit(out, c);
      } else {
        out += {'\\', escape};
      }
    }
    plain = i + 1;
  }
  out.append(text.substr(plain)).push_back('"');
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

size_t written_size(const Value& value) {
  switch (value.kind()) {
    case Kind::array: {
      size_t size = value.size() == 0 ? 2 : value.size() + 1;
      for (const Value& item : value.items()) size += written_size(item);
      return size;
    }
    case Kind::object: {
      size_t size = value.size() == 0 ? 2 : value.size() + 1;
      for (const Member& member : value.members()) {
        std::string name;
        write_string(member.name, name);
        size += name.size() + 1 + written_size(member.value);
      }
      return size;
    }
    default: {
      std::string text;
      write_scalar(value, text);
      return text.size();
    }
  }
}

}  // namespace json
