// Whole numbers as digits, letters, Roman numerals and English words.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/encoding.h"
#include "language/jsonata/failure.h"
#include "language/jsonata/pictures.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

using Primary = IntegerPicture::Primary;
using Case = IntegerPicture::Case;

constexpr std::string_view kFew[] = {"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
                                     "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::string_view kOrdinals[] = {"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
                                          "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::string_view kDecades[] = {"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"};
constexpr std::string_view kMagnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

std::string words(double number, bool behind, bool ordinal) {
  std::string out;
  if (number <= 19) return (behind ? " and " : "") + std::string((ordinal ? kOrdinals : kFew)[static_cast<size_t>(number)]);
  if (number < 100) {
    const double tens = std::floor(number / 10), rest = std::fmod(number, 10);
    out = (behind ? " and " : "") + std::string(kDecades[static_cast<size_t>(tens) - 2]);
    if (rest > 0) {
      out += "-" + words(rest, false, ordinal);
    } else if (ordinal) {
      out.pop_back();
      out += "ieth";
    }
    return out;
  }
  double rest = 0;
  if (number < 1000) {
    rest = std::fmod(number, 100);
    out = (behind ? ", " : "") + std::string(kFew[static_cast<size_t>(number / 100)]) + " Hundred";
  } else {
    const double magnitude = std::min(std::floor(std::log10(number) / 3), 4.0);
    const double factor = std::pow(10.0, magnitude * 3);
    const double mantissa = std::floor(number / factor);
    rest = number - mantissa * factor;
    out = (behind ? ", " : "") + words(mantissa, false, false) + " " + std::string(kMagnitudes[static_cast<size_t>(magnitude) - 1]);
  }
  if (rest > 0) {
    out += words(rest, true, ordinal);
  } else if (ordinal) {
    out += "th";
  }
  return out;
}

struct Numeral {
  double value;
  std::string_view text;
};
constexpr Numeral kNumerals[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
                                 {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}};

std::string roman(double value) {
  if (value > 1e7) throw Failure("U1001", "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive.");
  std::string out;
  for (const Numeral& numeral : kNumerals) {
    for (; value >= numeral.value; value -= numeral.value) out += numeral.text;
  }
  return out;
}

std::string letters(double value, char first) {
  std::string out;
  while (value > 0) {
    out.push_back(static_cast<char>(first + static_cast<int>(std::fmod(value - 1, 26))));
    value = std::floor((value - 1) / 26);
  }
  std::ranges::reverse(out);
  return out;
}

constexpr char32_t kDecimalGroups[] = {0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
                                       0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
                                       0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

// A separator every so many digits: how many, or 0.
size_t regular_repeat(const std::vector<IntegerPicture::Separator>& separators) {
  if (separators.empty()) return 0;
  size_t factor = 0;
  for (const auto& one : separators) {
    if (one.character != separators[0].character) return 0;
    factor = std::gcd(factor, one.position);
  }
  for (size_t i = 1; i <= separators.size(); ++i) {
    if (std::ranges::find(separators, i * factor, &IntegerPicture::Separator::position) == separators.end()) return 0;
  }
  return factor;
}

std::u16string unit_text(char32_t c) {
  std::string text;
  append_unit(text, c);
  return to_utf16(text);
}

std::string decimal(double value, const IntegerPicture& picture) {
  std::u16string out = to_utf16(number_text(value));
  const double missing = picture.mandatory_digits - static_cast<double>(out.size());
  if (missing > 1e6) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  if (missing > 0) out.insert(0, static_cast<size_t>(missing), u'0');
  if (picture.zero != '0') {
    for (char16_t& c : out) c = static_cast<char16_t>(c + picture.zero - '0');
  }
  if (picture.regular) {
    const size_t every = picture.separators[0].position;
    const std::u16string separator = unit_text(picture.separators[0].character);
    const size_t groups = out.empty() || every == 0 ? 0 : (out.size() - 1) / every;
    for (size_t i = groups; i > 0; --i) {
      out.insert(out.size() - i * every, separator);
    }
  } else {
    for (auto one = picture.separators.rbegin(); one != picture.separators.rend(); ++one) {
      // substr() counts from the end where it is negative.
      const auto place = static_cast<ptrdiff_t>(out.size()) - static_cast<ptrdiff_t>(one->position);
      const size_t at = place >= 0 ? static_cast<size_t>(place) : 0;
      const std::u16string separator = unit_text(one->character);
      if (place >= 0) {
        out.insert(at, separator);
      } else {
        const size_t from = static_cast<size_t>(std::max<ptrdiff_t>(0, static_cast<ptrdiff_t>(out.size()) + place));
        out = separator + out.substr(from);
      }
    }
  }
  std::string text = from_utf16(out);
  if (picture.ordinal && !out.empty()) {
    const char16_t last = out.back();
    std::string_view suffix = last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
    if (out.size() > 1 && out[out.size() - 2] == '1') suffix = "th";
    text += suffix;
  }
  return text;
}

struct Word {
  std::string text;
  double value;
};

// In the order in which the reference puts them into its pattern.
const std::vector<Word>& word_values() {
  static const auto* const values = [] {
    auto* out = new std::vector<Word>;
    const auto add = [&](std::string text, double value) {
      for (Word& word : *out) {
        if (word.text == text) {
          word.value = value;
          return;
        }
      }
      out->push_back({std::move(text), value});
    };
    double value = 0;
    for (const std::string_view word : kFew) add(to_lower(word), value++);
    value = 0;
    for (const std::string_view word : kOrdinals) add(to_lower(word), value++);
    value = 2;
    for (const std::string_view word : kDecades) {
      const std::string lower = to_lower(word);
      add(lower, value * 10);
      add(lower.substr(0, lower.size() - 1) + "ieth", value * 10);
      ++value;
    }
    add("hundredth", 100);
    value = 1;
    for (const std::string_view word : kMagnitudes) {
      const std::string lower = to_lower(word);
      add(lower, std::pow(10.0, value * 3));
      add(lower + "th", std::pow(10.0, value * 3));
      ++value;
    }
    return out;
  }();
  return *values;
}

// Pieces between ", ", " and ", white space, '-' and backslash.
double words_to_number(std::string_view text) {
  std::vector<double> segments{0};
  const auto take = [&](std::string_view word) {
    const auto found = std::ranges::find(word_values(), word, &Word::text);
    const double value = found == word_values().end() ? std::nan("") : found->value;
    if (value < 100) {
      double top = segments.back();
      segments.pop_back();
      if (top >= 1000) {
        segments.push_back(top);
        top = 0;
      }
      segments.push_back(top + value);
    } else {
      segments.back() *= value;
    }
  };
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  size_t from = 0;
  for (size_t i = 0; i < text.size();) {
    size_t length = 0;
    if (text[i] == ',' && i + 1 < text.size() && space(text[i + 1])) {
      length = 2;
    } else if (space(text[i]) && text.substr(i + 1, 3) == "and" && i + 4 < text.size() && space(text[i + 4])) {
      length = 5;
    } else if (space(text[i]) || text[i] == '-' || text[i] == '\\') {
      length = 1;
    }
    if (length == 0) {
      ++i;
      continue;
    }
    take(text.substr(from, i - from));
    i += length;
    from = i;
  }
  take(text.substr(from));
  double total = 0;
  for (const double segment : segments) total += segment;
  return total;
}

double roman_to_decimal(std::string_view text) {
  double total = 0, most = 1;
  for (size_t i = text.size(); i > 0; --i) {
    static constexpr Numeral kValues[] = {{1000, "M"}, {500, "D"}, {100, "C"}, {50, "L"}, {10, "X"}, {5, "V"}, {1, "I"}};
    const auto found = std::ranges::find(kValues, text.substr(i - 1, 1), &Numeral::text);
    const double value = found == std::end(kValues) ? std::nan("") : found->value;
    if (value < most) {
      total -= value;
    } else {
      most = value;
      total += value;
    }
  }
  return total;
}

// parseInt: leading white space and sign, then digits.
double parse_int(std::string_view text) {
  const std::string copy(text);
  size_t at = copy.find_first_not_of(" \t\n\r\v\f");
  if (at == copy.npos) return std::nan("");
  const size_t start = at;
  if (copy[at] == '-' || copy[at] == '+') ++at;
  const size_t digits = at;
  while (at < copy.size() && copy[at] >= '0' && copy[at] <= '9') ++at;
  if (at == digits) return std::nan("");
  return std::strtod(copy.substr(start, at - start).c_str(), nullptr);
}

}  // namespace

IntegerPicture analyse_integer_picture(std::string_view picture) {
  IntegerPicture out;
  std::string_view primary = picture;
  if (const size_t semicolon = picture.rfind(';'); semicolon != picture.npos) {
    primary = picture.substr(0, semicolon);
    out.ordinal = picture.substr(semicolon + 1).starts_with('o');
  }
  if (primary == "A" || primary == "a") {
    out.primary = Primary::letters;
    out.letter_case = primary == "A" ? Case::upper : Case::lower;
    return out;
  }
  if (primary == "I" || primary == "i") {
    out.primary = Primary::roman;
    out.letter_case = primary == "I" ? Case::upper : Case::lower;
    return out;
  }
  if (primary == "W" || primary == "Ww" || primary == "w") {
    out.primary = Primary::words;
    out.letter_case = primary == "W" ? Case::upper : primary == "Ww" ? Case::title : Case::lower;
    return out;
  }
  std::vector<char32_t> characters;
  for (size_t at = 0; at < primary.size();) characters.push_back(code_point(primary, at));
  std::ranges::reverse(characters);
  bool zero_known = false;
  size_t position = 0;
  for (const char32_t c : characters) {
    const auto group = std::ranges::find_if(kDecimalGroups, [&](char32_t zero) { return c >= zero && c <= zero + 9; });
    if (group != std::end(kDecimalGroups)) {
      ++out.mandatory_digits;
      ++position;
      if (zero_known && *group != out.zero) throw Failure("D3131");
      out.zero = *group;
      zero_known = true;
    } else if (c == '#') {
      ++position;
      ++out.optional_digits;
    } else {
      out.separators.push_back({position, c});
    }
  }
  if (out.mandatory_digits == 0) {
    out.primary = Primary::sequence;
    out.token = primary;
    return out;
  }
  if (const size_t every = regular_repeat(out.separators); every > 0) {
    out.regular = true;
    out.separators = {{every, out.separators[0].character}};
  }
  return out;
}

std::string format_integer(double value, const IntegerPicture& picture) {
  const bool negative = value < 0;
  value = std::abs(value);
  std::string out;
  switch (picture.primary) {
    case Primary::letters: out = letters(value, picture.letter_case == Case::upper ? 'A' : 'a'); break;
    case Primary::roman: out = roman(value); break;
    case Primary::words: out = std::isfinite(value) && value < 1e300 ? words(value, false, picture.ordinal) : number_text(value); break;
    case Primary::decimal: out = decimal(value, picture); break;
    case Primary::sequence: {
      Failure failure("D3130");
      quote(picture.token, failure.value);
      throw failure;
    }
  }
  if (picture.primary == Primary::roman && picture.letter_case == Case::upper) out = to_upper(out);
  if (picture.primary == Primary::words && picture.letter_case == Case::upper) out = to_upper(out);
  if (picture.primary == Primary::words && picture.letter_case == Case::lower) out = to_lower(out);
  return negative ? "-" + out : out;
}

double parse_integer(std::string_view text, const IntegerPicture& picture) {
  switch (picture.primary) {
    case Primary::letters: {
      const std::u16string units = to_utf16(text);
      const char16_t first = picture.letter_case == Case::upper ? u'A' : u'a';
      double out = 0;
      for (size_t i = 0; i < units.size(); ++i) out += (static_cast<double>(units[units.size() - i - 1]) - first + 1) * std::pow(26.0, static_cast<double>(i));
      return out;
    }
    case Primary::roman: return roman_to_decimal(picture.letter_case == Case::upper ? std::string(text) : to_upper(text));
    case Primary::words: return words_to_number(to_lower(text));
    case Primary::sequence: {
      Failure failure("D3130");
      quote(picture.token, failure.value);
      throw failure;
    }
    case Primary::decimal: break;
  }
  if (picture.ordinal) text = text.substr(0, text.size() >= 2 ? text.size() - 2 : 0);
  std::string digits;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = code_point(text, at);
    // A regular separator is taken for a comma whatever it is.
    const bool separator = picture.regular ? c == ',' : std::ranges::find(picture.separators, c, &IntegerPicture::Separator::character) != picture.separators.end();
    if (separator) continue;
    append_unit(digits, picture.zero == '0' ? c : c - picture.zero + '0');
  }
  return parse_int(digits);
}

std::string pattern_of(const IntegerPicture& picture) {
  const bool upper = picture.letter_case == Case::upper;
  switch (picture.primary) {
    case Primary::letters: return upper ? "[A-Z]+" : "[a-z]+";
    case Primary::roman: return upper ? "[MDCLXVI]+" : "[mdclxvi]+";
    case Primary::words: {
      std::string out = "(?:";
      for (const Word& word : word_values()) out += word.text + "|";
      return out + "and|[\\-, ])+";
    }
    case Primary::decimal: {
      std::string out = "[0-9]";
      if (picture.n > 0 && picture.optional_digits == 0) {
        out += "{" + number_text(picture.n) + "}";
      } else if (picture.n > 0) {
        out += "{" + number_text(picture.n - picture.optional_digits) + "," + number_text(picture.n) + "}";
      } else {
        out += "+";
      }
      return picture.ordinal ? out + "(?:th|st|nd|rd)" : out;
    }
    case Primary::sequence: break;
  }
  Failure failure("D3130");
  quote(picture.token, failure.value);
  throw failure;
}

}  // namespace jsonata
