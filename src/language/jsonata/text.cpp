#include "language/jsonata/text.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/encoding.h"
#include "language/json/number.h"
#include "language/jsonata/failure.h"

namespace jsonata {
namespace {

uint8_t byte(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

bool ends_with_high(std::string_view text) {
  return text.size() >= 3 && byte(text, text.size() - 3) == 0xED && byte(text, text.size() - 2) >= 0xA0 && byte(text, text.size() - 2) < 0xB0;
}
bool begins_with_low(std::string_view text) { return text.size() >= 3 && byte(text, 0) == 0xED && byte(text, 1) >= 0xB0; }

locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

// Characters whose capital is more than one (SpecialCasing.txt, the unconditional part).
struct Special {
  char32_t from;
  const char* to;
};
constexpr Special kCapitals[] = {
    {0x00DF, "SS"}, {0x0149, "\u02BCN"}, {0x01F0, "J\u030C"}, {0x0390, "\u0399\u0308\u0301"}, {0x03B0, "\u03A5\u0308\u0301"}, {0x0587, "\u0535\u0552"},
    {0x1E96, "H\u0331"}, {0x1E97, "T\u0308"}, {0x1E98, "W\u030A"}, {0x1E99, "Y\u030A"}, {0x1E9A, "A\u02BE"}, {0x1F50, "\u03A5\u0313"},
    {0x1FB3, "\u0391\u0399"}, {0x1FB6, "\u0391\u0342"}, {0x1FC3, "\u0397\u0399"}, {0x1FC6, "\u0397\u0342"}, {0x1FD6, "\u0399\u0342"}, {0x1FE4, "\u03A1\u0313"},
    {0x1FE6, "\u03A5\u0342"}, {0x1FF3, "\u03A9\u0399"}, {0x1FF6, "\u03A9\u0342"}, {0xFB00, "FF"}, {0xFB01, "FI"}, {0xFB02, "FL"}, {0xFB03, "FFI"},
    {0xFB04, "FFL"}, {0xFB05, "ST"}, {0xFB06, "ST"}, {0xFB13, "\u0544\u0546"}, {0xFB14, "\u0544\u0535"}, {0xFB15, "\u0544\u053B"}, {0xFB16, "\u054E\u0546"},
    {0xFB17, "\u0544\u053D"},
};

}  // namespace

char32_t code_point(std::string_view text, size_t& at) {
  const uint8_t lead = byte(text, at);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || lead < 0xC0 || at + length > text.size()) {
    ++at;
    return lead < 0x80 ? lead : 0xFFFD;
  }
  char32_t out = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) out = out << 6 | (byte(text, at + i) & 0x3Fu);
  at += length;
  return out;
}

void append_unit(std::string& out, char32_t unit) {
  if (unit >= 0xDC00 && unit < 0xE000 && ends_with_high(out)) {
    const char32_t high = 0xD000u | (byte(out, out.size() - 2) & 0x3Fu) << 6 | (byte(out, out.size() - 1) & 0x3Fu);
    out.resize(out.size() - 3);
    append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
    return;
  }
  if (unit >= 0xD800 && unit < 0xE000) {
    out += {static_cast<char>(0xED), static_cast<char>(0x80 | (unit >> 6 & 0x3F)), static_cast<char>(0x80 | (unit & 0x3F))};
    return;
  }
  append_utf8(out, unit);
}

bool joins(std::string_view left, std::string_view right) { return begins_with_low(right) && ends_with_high(left); }

void append_text(std::string& out, std::string_view text) {
  if (joins(out, text)) {
    size_t at = 0;
    append_unit(out, code_point(text, at));
    text.remove_prefix(at);
  }
  out += text;
}

size_t code_points_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

size_t units_of(std::string_view text) {
  size_t out = 0;
  for (const char c : text) out += ((static_cast<uint8_t>(c) & 0xC0) != 0x80) + (static_cast<uint8_t>(c) >= 0xF0);
  return out;
}

size_t byte_of(std::string_view text, size_t count) {
  size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    ++at;
    while (at < text.size() && (byte(text, at) & 0xC0) == 0x80) ++at;
  }
  return at;
}

int compare(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  const auto [x, y] = std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(shared), b.begin());
  if (x == a.begin() + static_cast<ptrdiff_t>(shared)) return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  const auto p = static_cast<uint8_t>(*x), q = static_cast<uint8_t>(*y);
  // Characters past U+FFFF begin with a surrogate, which comes before U+E000.
  if (p >= 0xEE && q >= 0xEE && (p >= 0xF0) != (q >= 0xF0)) return p >= 0xF0 ? -1 : 1;
  return p < q ? -1 : 1;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const char32_t c = code_point(text, at);
    if (c < 0x10000) {
      out.push_back(static_cast<char16_t>(c));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
  }
  return out;
}

std::string from_utf16(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char16_t unit : text) append_unit(out, unit);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto lead = byte(text, at);
    if (lead < 0x80) {
      out.push_back(lead >= 'a' && lead <= 'z' ? static_cast<char>(lead - 32) : static_cast<char>(lead));
      ++at;
      continue;
    }
    const char32_t c = code_point(text, at);
    if (const auto special = std::ranges::find(kCapitals, c, &Special::from); special != std::end(kCapitals)) {
      out += special->to;
    } else {
      append_unit(out, static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), unicode())));
    }
  }
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool letter_before = false;
  for (size_t at = 0; at < text.size();) {
    const auto lead = byte(text, at);
    if (lead < 0x80) {
      out.push_back(lead >= 'A' && lead <= 'Z' ? static_cast<char>(lead + 32) : static_cast<char>(lead));
      letter_before = (lead | 32) >= 'a' && (lead | 32) <= 'z';
      ++at;
      continue;
    }
    const char32_t c = code_point(text, at);
    if (c == 0x0130) {
      out += "i\u0307";
    } else if (c == 0x03A3) {
      // A sigma that ends a word has a form of its own.
      size_t next = at;
      const bool letter_after = at < text.size() && iswalpha_l(static_cast<wint_t>(code_point(text, next)), unicode()) != 0;
      append_unit(out, letter_before && !letter_after ? 0x03C2 : 0x03C3);
    } else {
      append_unit(out, static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicode())));
    }
    letter_before = iswalpha_l(static_cast<wint_t>(c), unicode()) != 0;
  }
  return out;
}

void quote(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t c = byte(text, i);
    if (c == '"' || c == '\\') {
      out += {'\\', static_cast<char>(c)};
    } else if (c < 0x20) {
      static constexpr std::string_view kFrom = "\b\t\n\f\r", kTo = "btnfr";
      if (const size_t known = kFrom.find(static_cast<char>(c)); known != kFrom.npos) {
        out += {'\\', kTo[known]};
      } else {
        out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      }
    } else if (c == 0xED && i + 2 < text.size() && byte(text, i + 1) >= 0xA0) {
      const uint32_t unit = 0xD000u | (byte(text, i + 1) & 0x3Fu) << 6 | (byte(text, i + 2) & 0x3Fu);
      out += {'\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]};
      i += 2;
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  out.push_back('"');
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == std::trunc(number) && std::abs(number) < 1e15) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, static_cast<int64_t>(number));
    return {digits, end};
  }
  return json::double_text(number);
}

double to_precision_15(double number) {
  if (!std::isfinite(number) || number == 0 || (number == std::trunc(number) && std::abs(number) < 1e15)) return number;
  char shortest[40];
  const auto [end, error] = std::to_chars(shortest, shortest + sizeof shortest, number, std::chars_format::scientific);
  ptrdiff_t digits = 0;
  for (const char* p = shortest; p != end && *p != 'e'; ++p) digits += *p >= '0' && *p <= '9';
  if (digits <= 15) return number;
  // glibc writes the exact value; a tie goes away from zero, as JavaScript has it.
  char exact[96];
  const int length = std::snprintf(exact, sizeof exact, "%.60e", std::abs(number));
  std::string text(exact, static_cast<size_t>(length));
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  mantissa.erase(1, 1);
  const bool up = mantissa[15] >= '5';
  mantissa.resize(15);
  int exponent = std::atoi(text.c_str() + e + 1);
  if (up) {
    size_t i = 15;
    while (i > 0 && mantissa[i - 1] == '9') mantissa[--i] = '0';
    if (i > 0) {
      ++mantissa[i - 1];
    } else {
      mantissa = "1" + mantissa.substr(0, 14);
      ++exponent;
    }
  }
  const double out = std::strtod((mantissa.substr(0, 1) + "." + mantissa.substr(1) + "e" + std::to_string(exponent)).c_str(), nullptr);
  return number < 0 ? -out : out;
}

void check_stack() {
  // Half a megabyte is left for what an evaluation calls.
  thread_local const char* const floor = [] {
    pthread_attr_t attributes;
    void* base = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return static_cast<const char*>(nullptr);
    pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    return static_cast<const char*>(base) + std::min<size_t>(512u << 10, size / 4);
  }();
  if (static_cast<const char*>(__builtin_frame_address(0)) < floor) {
    throw Failure("U1001", "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive.");
  }
}

}  // namespace jsonata
