// $formatNumber. The steps and their order are the reference's, quirks included: which of several faults is told, and
// where separators go, depends on them. Places are UTF-16 units.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "language/jsonata/failure.h"
#include "language/jsonata/pictures.h"
#include "language/jsonata/text.h"

namespace jsonata {

void NumberSymbols::set(std::string_view name, std::string_view value) {
  struct Known {
    std::string_view name;
    std::u16string NumberSymbols::* member;
  };
  static constexpr Known kKnown[] = {
      {"decimal-separator", &NumberSymbols::decimal_separator}, {"grouping-separator", &NumberSymbols::grouping_separator},
      {"exponent-separator", &NumberSymbols::exponent_separator}, {"minus-sign", &NumberSymbols::minus_sign},
      {"percent", &NumberSymbols::percent}, {"per-mille", &NumberSymbols::per_mille}, {"zero-digit", &NumberSymbols::zero_digit},
      {"digit", &NumberSymbols::digit}, {"pattern-separator", &NumberSymbols::pattern_separator},
  };
  const auto found = std::ranges::find(kKnown, name, &Known::name);
  if (found != std::end(kKnown)) this->*(found->member) = to_utf16(value);
}

namespace {

using Text = std::u16string;
constexpr size_t kNone = Text::npos;

struct Part {
  Text picture, prefix, suffix, active, mantissa, integer, fraction;
  std::optional<Text> exponent;
  // What the analysis finds.
  std::vector<size_t> integer_groups, fraction_groups;
  size_t regular = 0;
  size_t integer_min = 0, scaling = 0, fraction_min = 0, fraction_max = 0, exponent_min = 0;
};

Text substring(const Text& text, size_t from, size_t to) {
  from = std::min(from, text.size());
  to = std::min(to, text.size());
  if (from > to) std::swap(from, to);
  return text.substr(from, to - from);
}

class Picture {
 public:
  explicit Picture(const NumberSymbols& symbols) : symbols_(symbols), zero_(symbols.zero_digit.empty() ? u'0' : symbols.zero_digit[0]) {}

  bool digit(char16_t c) const { return c >= zero_ && c < zero_ + 10; }
  bool is(char16_t c, const Text& symbol) const { return symbol.size() == 1 && symbol[0] == c; }
  bool active(char16_t c) const {
    return digit(c) || is(c, symbols_.decimal_separator) || is(c, symbols_.exponent_separator) || is(c, symbols_.grouping_separator) ||
           is(c, symbols_.digit) || is(c, symbols_.pattern_separator);
  }

  Part split(const Text& picture) const {
    Part out;
    out.picture = picture;
    const auto counts = [&](char16_t c) { return active(c) && !is(c, symbols_.exponent_separator); };
    size_t first = 0;
    while (first < picture.size() && !counts(picture[first])) ++first;
    if (first == picture.size()) throw Failure("D3085");  // nothing to go by
    size_t last = picture.size();
    while (last > 0 && !counts(picture[last - 1])) --last;
    out.prefix = picture.substr(0, first);
    out.suffix = picture.substr(last);
    out.active = substring(picture, first, last);
    const size_t exponent = picture.find(symbols_.exponent_separator, first);
    if (exponent == kNone || exponent > last) {
      out.mantissa = out.active;
    } else {
      out.mantissa = substring(out.active, 0, exponent);
      out.exponent = substring(out.active, std::min(exponent + 1, out.active.size()), out.active.size());
    }
    const size_t decimal = out.mantissa.find(symbols_.decimal_separator);
    if (decimal == kNone) {
      out.integer = out.mantissa;
      out.fraction = out.suffix;
    } else {
      out.integer = out.mantissa.substr(0, decimal);
      out.fraction = substring(out.mantissa, decimal + 1, out.mantissa.size());
    }
    return out;
  }

  void validate(const Part& part) const {
    std::string_view error;
    const Text& picture = part.picture;
    const auto twice = [&](const Text& symbol) { return picture.find(symbol) != picture.rfind(symbol); };
    const auto has = [&](const Text& symbol) { return picture.find(symbol) != kNone; };
    const size_t decimal = picture.find(symbols_.decimal_separator);
    if (twice(symbols_.decimal_separator)) error = "D3081";
    if (twice(symbols_.percent)) error = "D3082";
    if (twice(symbols_.per_mille)) error = "D3083";
    if (has(symbols_.percent) && has(symbols_.per_mille)) error = "D3084";
    if (std::ranges::none_of(part.mantissa, [&](char16_t c) { return digit(c) || is(c, symbols_.digit); })) error = "D3085";
    if (std::ranges::any_of(part.active, [&](char16_t c) { return !active(c); })) error = "D3086";
    if (decimal != kNone) {
      const bool before = decimal > 0 && is(picture[decimal - 1], symbols_.grouping_separator);
      const bool behind = decimal + 1 < picture.size() && is(picture[decimal + 1], symbols_.grouping_separator);
      if (before || behind) error = "D3087";
    } else if (!part.integer.empty() && is(part.integer.back(), symbols_.grouping_separator)) {
      error = "D3088";
    }
    if (has(symbols_.grouping_separator + symbols_.grouping_separator)) error = "D3089";
    if (const size_t optional = part.integer.find(symbols_.digit); optional != kNone) {
      if (std::ranges::any_of(part.integer.substr(0, optional), [&](char16_t c) { return digit(c); })) error = "D3090";
    }
    if (const size_t optional = part.fraction.rfind(symbols_.digit); optional != kNone) {
      if (std::ranges::any_of(part.fraction.substr(optional), [&](char16_t c) { return digit(c); })) error = "D3091";
    }
    if (part.exponent && !part.exponent->empty() && (has(symbols_.percent) || has(symbols_.per_mille))) error = "D3092";
    if (part.exponent && (part.exponent->empty() || std::ranges::any_of(*part.exponent, [&](char16_t c) { return !digit(c); }))) error = "D3093";
    if (!error.empty()) throw Failure(error);
  }

  void analyse(Part& part) const {
    const auto count = [&](const Text& text, bool optional_too) {
      return static_cast<size_t>(std::ranges::count_if(text, [&](char16_t c) { return digit(c) || (optional_too && is(c, symbols_.digit)); }));
    };
    const auto groups = [&](const Text& text, bool to_left) {
      std::vector<size_t> out;
      size_t at = text.find(symbols_.grouping_separator);
      while (at != kNone && out.size() < 1'000) {
        out.push_back(count(to_left ? substring(text, 0, at) : substring(text, at, text.size()), true));
        // The reference goes on in the integer part whichever part it is about.
        at = part.integer.find(symbols_.grouping_separator, at + 1);
      }
      return out;
    };
    part.integer_groups = groups(part.integer, false);
    if (!part.integer_groups.empty()) {
      size_t factor = 0;
      for (const size_t place : part.integer_groups) factor = std::gcd(factor, place);
      part.regular = factor;
      for (size_t i = 1; i <= part.integer_groups.size(); ++i) {
        if (std::ranges::find(part.integer_groups, i * factor) == part.integer_groups.end()) part.regular = 0;
      }
    }
    part.fraction_groups = groups(part.fraction, true);
    part.integer_min = count(part.integer, false);
    part.scaling = part.integer_min;
    part.fraction_min = count(part.fraction, false);
    part.fraction_max = count(part.fraction, true);
    if (part.integer_min == 0 && part.fraction_max == 0) {
      if (part.exponent) {
        part.fraction_min = part.fraction_max = 1;
      } else {
        part.integer_min = 1;
      }
    }
    if (part.exponent && part.integer_min == 0 && part.integer.find(symbols_.digit) != kNone) part.integer_min = 1;
    if (part.integer_min == 0 && part.fraction_min == 0) part.fraction_min = 1;
    if (part.exponent) part.exponent_min = count(*part.exponent, false);
  }

  // toFixed, in the picture's digits.
  Text fixed(double value, size_t places) const {
    value = std::abs(value);
    std::string text;
    if (!std::isfinite(value) || value >= 1e21) {
      text = number_text(value);
    } else {
      char buffer[512];
      const int length = std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(std::min<size_t>(places, 100)), value);
      text.assign(buffer, static_cast<size_t>(length));
    }
    Text out;
    for (const char c : text) out.push_back(c >= '0' && c <= '9' ? static_cast<char16_t>(zero_ + (c - '0')) : static_cast<char16_t>(c));
    return out;
  }

  Text zeros(ptrdiff_t count) const { return count > 0 ? Text(static_cast<size_t>(count), zero_) : Text(); }

  std::string format(double value, std::string_view picture) const {
    const Text whole = to_utf16(picture);
    std::vector<Text> pictures;
    if (symbols_.pattern_separator.empty()) {
      pictures.push_back(whole);
    } else {
      size_t from = 0;
      for (size_t at = whole.find(symbols_.pattern_separator); at != kNone; at = whole.find(symbols_.pattern_separator, from)) {
        pictures.push_back(whole.substr(from, at - from));
        from = at + symbols_.pattern_separator.size();
      }
      pictures.push_back(whole.substr(from));
    }
    if (pictures.size() > 2) throw Failure("D3080");
    std::vector<Part> parts;
    for (const Text& one : pictures) parts.push_back(split(one));
    for (const Part& one : parts) validate(one);
    for (Part& one : parts) analyse(one);
    if (parts.size() == 1) {
      parts.push_back(parts[0]);
      parts[1].prefix = symbols_.minus_sign + parts[1].prefix;
    }
    const Part& part = value >= 0 ? parts[0] : parts[1];
    double adjusted = value;
    if (part.picture.find(symbols_.percent) != kNone) {
      adjusted = value * 100;
    } else if (part.picture.find(symbols_.per_mille) != kNone) {
      adjusted = value * 1000;
    }
    double mantissa = adjusted;
    std::optional<double> exponent;
    if (part.exponent_min > 0) {
      const double most = std::pow(10.0, static_cast<double>(part.scaling)), least = std::pow(10.0, static_cast<double>(part.scaling) - 1);
      double e = 0;
      // Zero, and what is below it, never gets there.
      while (mantissa < least && e > -400) mantissa *= 10, e -= 1;
      while (mantissa > most && e < 400) mantissa /= 10, e += 1;
      if (e <= -400) throw Failure("U1001", "Expression evaluation timeout: Check for infinite loop");
      exponent = e;
    }
    const double rounded = round_half_even(mantissa, static_cast<double>(part.fraction_max));
    Text text = fixed(rounded, part.fraction_max);
    if (const size_t point = text.find(u'.'); point == kNone) {
      text += symbols_.decimal_separator;
    } else {
      text.replace(point, 1, symbols_.decimal_separator);
    }
    while (!text.empty() && text.front() == zero_) text.erase(0, 1);
    while (!text.empty() && text.back() == zero_) text.pop_back();
    const auto point_of = [&] { return static_cast<ptrdiff_t>(std::min(text.find(symbols_.decimal_separator), text.size())); };
    ptrdiff_t point = point_of();
    const ptrdiff_t pad_left = static_cast<ptrdiff_t>(part.integer_min) - point;
    const ptrdiff_t pad_right = static_cast<ptrdiff_t>(part.fraction_min) - (static_cast<ptrdiff_t>(text.size()) - point - 1);
    text = zeros(pad_left) + text + zeros(pad_right);
    point = point_of();
    const auto insert = [&](ptrdiff_t at) {
      // slice() counts from the end where it is negative.
      if (at < 0) at = std::max<ptrdiff_t>(0, static_cast<ptrdiff_t>(text.size()) + at);
      text.insert(std::min(static_cast<size_t>(at), text.size()), symbols_.grouping_separator);
    };
    if (part.regular > 0) {
      const ptrdiff_t groups = point > 0 ? (point - 1) / static_cast<ptrdiff_t>(part.regular) : -1;
      for (ptrdiff_t group = 1; group <= groups; ++group) insert(point - group * static_cast<ptrdiff_t>(part.regular));
    } else {
      for (const size_t place : part.integer_groups) {
        insert(point - static_cast<ptrdiff_t>(place));
        ++point;
      }
    }
    point = point_of();
    for (const size_t place : part.fraction_groups) insert(static_cast<ptrdiff_t>(place) + point + 1);
    point = point_of();
    if ((part.picture.find(symbols_.decimal_separator) == kNone || point == static_cast<ptrdiff_t>(text.size()) - 1) && !text.empty()) text.pop_back();
    if (exponent) {
      Text digits = fixed(*exponent, 0);
      digits = zeros(static_cast<ptrdiff_t>(part.exponent_min) - static_cast<ptrdiff_t>(digits.size())) + digits;
      text += symbols_.exponent_separator + (*exponent < 0 ? symbols_.minus_sign : Text()) + digits;
    }
    return from_utf16(part.prefix + text + part.suffix);
  }

 private:
  const NumberSymbols& symbols_;
  char16_t zero_;
};

}  // namespace

std::string format_number(double value, std::string_view picture, const NumberSymbols& symbols) { return Picture(symbols).format(value, picture); }

}  // namespace jsonata
