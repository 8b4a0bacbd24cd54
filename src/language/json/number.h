#pragma once
// Doubles as text and back.
#include <string>
#include <string_view>

namespace json {

// The nearest double of a JSON number's text; too large gives infinity.
double parse_double(std::string_view text);
// The shortest text that reads back as the same double, as JavaScript writes it: 0.1, 1e+21, 1.5e-7.
std::string double_text(double value);

}  // namespace json
