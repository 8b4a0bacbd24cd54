// Functions of numbers.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/random.h"
#include "language/jsonata/evaluation.h"
#include "language/jsonata/pictures.h"
#include "language/jsonata/text.h"

namespace jsonata {

namespace {

// A number's text with its exponent moved: how the reference scales without losing digits.
double shifted(double number, double by) {
  const std::string text = number_text(number);
  const size_t e = text.find('e');
  const double exponent = (e == text.npos ? 0 : std::strtod(text.c_str() + e + 1, nullptr)) + by;
  if (exponent != std::trunc(exponent) || std::isnan(number)) return std::nan("");
  return std::strtod((text.substr(0, e) + "e" + number_text(exponent)).c_str(), nullptr);
}

}  // namespace

double round_half_even(double number, double precision) {
  const bool scaled = precision != 0 && !std::isnan(precision);
  if (scaled) number = shifted(number, precision);
  double result = std::floor(number);
  if (number - result >= 0.5) result += 1;
  if (std::abs(result - number) == 0.5 && std::abs(std::fmod(result, 2)) == 1) result -= 1;
  if (scaled) result = shifted(result, -precision);
  return result == 0 ? 0 : result;
}

namespace {

bool digits(std::string_view text, size_t& at) {
  const size_t from = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > from;
}

// -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?
bool is_decimal(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  if (!digits(text, at)) return false;
  if (at < text.size() && text[at] == '.' && !digits(text, ++at)) return false;
  if (at < text.size() && (text[at] | 32) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (!digits(text, at)) return false;
  }
  return at == text.size();
}

// "0x1F", "0o17", "0b11": the radix, or 0.
int radix_of(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return 0;
  const char mark = static_cast<char>(text[1] | 32);
  return mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
}

int digit_of(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : 99; }

// /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/: the first anchored in front, the last behind, the middle nowhere.
bool looks_radical(std::string_view text) {
  if (radix_of(text) == 16 && digit_of(text[2]) < 16) return true;
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (radix_of(rest) == 8 && digit_of(rest[2]) < 8) return true;
    if (radix_of(rest) == 2 && std::ranges::all_of(rest.substr(2), [](char c) { return c == '0' || c == '1'; })) return true;
  }
  return false;
}

// Number(text) of such a text.
double radical(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\v\f";
  const size_t first = text.find_first_not_of(kSpace);
  text = first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  const int radix = radix_of(text);
  if (radix == 0) return std::nan("");
  double out = 0;
  for (const char c : text.substr(2)) {
    if (digit_of(c) >= radix) return std::nan("");
    out = out * radix + digit_of(c);
  }
  return out;
}

Item number(Call& call) {
  const Item value = call[0];
  if (!value.defined() || value.is_number()) return value;
  if (value.is_bool()) return Item(value.truth() ? 1.0 : 0.0);
  if (value.is_string()) {
    const std::string text(value.string());
    if (is_decimal(text)) {
      const double number = std::strtod(text.c_str(), nullptr);
      if (std::isfinite(number)) return Item(number);
    }
    if (looks_radical(text)) return Item(radical(text));
  }
  call.evaluation.fail("D3030", value, 1);
}

Item floor(Call& call) { return call[0].defined() ? Item(std::floor(call[0].number())) : Item(); }
Item ceil(Call& call) { return call[0].defined() ? Item(std::ceil(call[0].number())) : Item(); }
Item abs(Call& call) { return call[0].defined() ? Item(std::abs(call[0].number())) : Item(); }
Item round(Call& call) { return call[0].defined() ? Item(round_half_even(call[0].number(), call[1].defined() ? call[1].number() : 0)) : Item(); }

Item sqrt(Call& call) {
  if (!call[0].defined()) return {};
  if (call[0].number() < 0) call.evaluation.fail("D3060", call[0], 1);
  return Item(std::sqrt(call[0].number()));
}

Item power(Call& call) {
  if (!call[0].defined()) return {};
  const double base = call[0].number(), exponent = call[1].defined() ? call[1].number() : std::nan("");
  double result = std::pow(base, exponent);
  if (std::isnan(exponent) || (std::abs(base) == 1 && std::isinf(exponent))) result = std::nan("");
  if (!std::isfinite(result)) {
    Failure failure("D3061");
    failure.value = call.evaluation.json_of(call[0]);
    failure.value2 = call.evaluation.json_of(call[1]);
    failure.index = 1;
    throw failure;
  }
  return Item(result);
}

Item format_base(Call& call) {
  if (!call[0].defined()) return {};
  double value = round_half_even(call[0].number(), 0);
  const double radix = call[1].defined() ? round_half_even(call[1].number(), 0) : 10;
  if (!(radix >= 2 && radix <= 36)) call.evaluation.fail("D3100", Item(radix));
  if (radix == 10 || !std::isfinite(value)) return call.evaluation.text(number_text(value));
  const bool negative = value < 0;
  value = std::abs(value);
  std::string out;
  // Past 2^53 the lower digits are not known.
  while (value >= 9007199254740992.0) {
    value /= radix;
    out.push_back('0');
  }
  value = std::floor(value);
  do {
    const double digit = std::fmod(value, radix);
    out.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[static_cast<size_t>(digit)]);
    value = (value - digit) / radix;
  } while (value > 0);
  if (negative) out.push_back('-');
  std::ranges::reverse(out);
  return call.evaluation.text(out);
}

Item format_number_native(Call& call) {
  if (!call[0].defined()) return {};
  NumberSymbols symbols;
  if (call[2].is_object()) {
    const Members members(call.evaluation.arena, call[2]);
    for (size_t i = 0; i < members.size(); ++i) {
      if (members.value(i).is_string()) symbols.set(members.name(i), members.value(i).string());
    }
  }
  return call.evaluation.text(format_number(call[0].number(), call[1].is_string() ? call[1].string() : std::string_view(), symbols));
}

Item format_integer_native(Call& call) {
  if (!call[0].defined()) return {};
  IntegerPicture picture = analyse_integer_picture(call[1].is_string() ? call[1].string() : std::string_view());
  call.evaluation.admit(picture.mandatory_digits);
  return call.evaluation.text(format_integer(std::floor(call[0].number()), picture));
}

Item parse_integer_native(Call& call) {
  if (!call[0].defined()) return {};
  return Item(parse_integer(call[0].string(), analyse_integer_picture(call[1].is_string() ? call[1].string() : std::string_view())));
}

const Native kNumberNatives[] = {
    {"number", "<(nsb)-:n>", 1, number},
    {"floor", "<n-:n>", 1, floor},
    {"ceil", "<n-:n>", 1, ceil},
    {"round", "<n-n?:n>", 2, round},
    {"abs", "<n-:n>", 1, abs},
    {"sqrt", "<n-:n>", 1, sqrt},
    {"power", "<n-n:n>", 2, power},
    {"formatBase", "<n-n?:s>", 2, format_base},
    {"formatNumber", "<n-so?:s>", 3, format_number_native},
    {"formatInteger", "<n-s:s>", 2, format_integer_native},
    {"parseInteger", "<s-s:n>", 2, parse_integer_native},
};

}  // namespace

std::span<const Native> number_natives() { return kNumberNatives; }

}  // namespace jsonata
