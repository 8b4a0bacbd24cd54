#pragma once
// Pictures: how numbers, whole numbers and times are written and read (XPath and XQuery Functions 3.1, as far as the
// reference implementation goes). Faults are thrown as Failure: D3080 to D3093, D3130 to D3136.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jsonata {

// To the nearest, halves to the even one; at that many places behind the point.
double round_half_even(double number, double precision);

// --- $formatNumber -----------------------------------------------------------------------------------------

struct NumberSymbols {
  std::u16string decimal_separator = u".", grouping_separator = u",", exponent_separator = u"e", minus_sign = u"-", percent = u"%", per_mille = u"\u2030",
                 zero_digit = u"0", digit = u"#", pattern_separator = u";";
  void set(std::string_view name, std::string_view value);
};

std::string format_number(double value, std::string_view picture, const NumberSymbols& symbols);

// --- $formatInteger, $parseInteger -------------------------------------------------------------------------

struct IntegerPicture {
  enum class Primary : uint8_t { decimal, letters, roman, words, sequence };
  enum class Case : uint8_t { lower, upper, title };
  struct Separator {
    size_t position = 0;
    char32_t character = 0;
  };
  Primary primary = Primary::decimal;
  Case letter_case = Case::lower;
  bool ordinal = false;
  bool regular = false;  // one separator every so many digits: the first of `separators`
  double mandatory_digits = 0;
  double optional_digits = 0;
  char32_t zero = '0';
  std::vector<Separator> separators;
  std::string token;  // of a sequence
  double n = 0;       // digits that a date component takes; 0 and less: any number
};

IntegerPicture analyse_integer_picture(std::string_view picture);
std::string format_integer(double value, const IntegerPicture& picture);
// NaN where the text is no such number.
double parse_integer(std::string_view text, const IntegerPicture& picture);
// The regular expression of the texts that parse_integer() reads.
std::string pattern_of(const IntegerPicture& picture);

// --- $fromMillis, $toMillis --------------------------------------------------------------------------------

// No picture: ISO 8601.
std::string format_time(double millis, std::optional<std::string_view> picture, std::optional<std::string_view> timezone);
// Nothing where the text does not match. `now` fills in what the picture does not tell.
std::optional<double> parse_time(std::string_view text, std::string_view picture, double now);
// Date.parse of an ISO 8601 text. NaN for a day or hour that there is not, nothing for anything else.
std::optional<double> parse_iso_time(std::string_view text);

}  // namespace jsonata
