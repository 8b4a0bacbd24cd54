#include "language/jsonpath/java_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace jsonpath {

std::string java_double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  // Java prints two digits at least, and of those that read back as the smallest double the nearest.
  if (std::abs(value) == std::numeric_limits<double>::denorm_min()) return value < 0 ? "-4.9E-324" : "4.9E-324";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  std::string out;
  if (text.starts_with('-')) {
    out = "-";
    text.remove_prefix(1);
  }
  const size_t e = text.find('e');
  int exponent = 0;
  const char* digits_of_exponent = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits_of_exponent, text.data() + text.size(), exponent);
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  if (value == 0) return out + "0.0";
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() < whole + 1) digits.append(whole + 1 - digits.size(), '0');
    return out + digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return out + digits.substr(0, 1) + "." + (digits.size() > 1 ? digits.substr(1) : "0") + "E" + std::to_string(exponent);
}

std::optional<std::string> java_decimal_text(std::string_view text) {
  std::string sign;
  if (text.starts_with('-')) sign = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  int64_t scale = 0;
  bool point = false;
  size_t at = 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.' && !point) {
      point = true;
    } else if (text[at] >= '0' && text[at] <= '9') {
      digits += text[at];
      if (point) ++scale;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty()) return std::nullopt;
  if (at < text.size()) {
    std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('+')) rest.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc() || end != rest.data() + rest.size() || std::abs(exponent) > 100'000'000) return std::nullopt;
    scale -= exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") sign.clear();
  const auto count = static_cast<int64_t>(digits.size());
  const int64_t adjusted = -scale + count - 1;
  if (scale >= 0 && adjusted >= -6) {
    if (scale == 0) return sign + digits;
    if (scale < count) digits.insert(static_cast<size_t>(count - scale), ".");
    else digits.insert(0, "0." + std::string(static_cast<size_t>(scale - count), '0'));
    return sign + digits;
  }
  if (digits.size() > 1) digits.insert(1, ".");
  if (adjusted != 0) digits += (adjusted > 0 ? "E+" : "E") + std::to_string(adjusted);
  return sign + digits;
}

std::string java_number_text(const json::Value& number) {
  if (number.is_integer()) return number.number_text();
  const std::string text = java_double_text(number.as_double());
  return java_decimal_text(text).value_or(text);
}

void java_text(const json::Value& value, std::string& out) {
  switch (value.kind()) {
    case json::Kind::null:
      out += "null";
      return;
    case json::Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case json::Kind::number:
      out += value.number_text();
      return;
    case json::Kind::string:
      out += value.as_string();
      return;
    case json::Kind::array: {
      out += '[';
      std::string_view between;
      for (const json::Value& item : value.items()) {
        out += between;
        java_text(item, out);
        between = ", ";
      }
      out += ']';
      return;
    }
    case json::Kind::object: {
      out += '{';
      std::string_view between;
      for (const json::Member& member : value.members()) {
        out += between;
        out += member.name;
        out += '=';
        java_text(member.value, out);
        between = ", ";
      }
      out += '}';
    }
  }
}

std::string java_text(const json::Value& value) {
  std::string out;
  java_text(value, out);
  return out;
}

std::string_view java_class(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::null:
      return "null";
    case json::Kind::boolean:
      return "java.lang.Boolean";
    case json::Kind::number: {
      if (!value.is_integer()) return "java.lang.Double";
      const std::string text = value.number_text();
      int64_t wide = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
      if (error != std::errc() || end != text.data() + text.size()) return "java.math.BigInteger";
      return wide >= INT32_MIN && wide <= INT32_MAX ? "java.lang.Integer" : "java.lang.Long";
    }
    case json::Kind::string:
      return "java.lang.String";
    case json::Kind::array:
      return "java.util.ArrayList";
    default:
      return "java.util.LinkedHashMap";
  }
}

int java_compare(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::ranges::mismatch(a, b);
  if (at_a == a.end() || at_b == b.end()) return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  // Code points above U+FFFF are surrogates in UTF-16 and so come before U+E000.
  const auto rank = [](char c) {
    const int byte = static_cast<unsigned char>(c);
    return byte >= 0xF0 ? byte - 2 : byte >= 0xEE ? byte + 8 : byte;
  };
  return rank(*at_a) - rank(*at_b);
}

}  // namespace jsonpath
