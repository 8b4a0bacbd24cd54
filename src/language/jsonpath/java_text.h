#pragma once
// Values as Java prints them, which shows in AWS's texts.
#include <optional>
#include <string>
#include <string_view>

#include "language/json/value.h"

namespace jsonpath {

// Double.toString: 28.0, 1.0E10, 1.5E-5.
std::string java_double_text(double value);
// new BigDecimal(text).toString() for digits with sign, point and exponent: "01" is 1, "1.0E10" is 1.0E+10.
// Nothing when that is no number to Java.
std::optional<std::string> java_decimal_text(std::string_view text);
// A number of a document as a BigDecimal prints it.
std::string java_number_text(const json::Value& number);
// String.valueOf: {a=1, b=[x, null]}, texts without quotes.
std::string java_text(const json::Value& value);
void java_text(const json::Value& value, std::string& out);
// "java.lang.String": the class that Jackson reads it into.
std::string_view java_class(const json::Value& value);
// String.compareTo of two UTF-8 texts: by UTF-16 unit. Negative, zero or positive.
int java_compare(std::string_view a, std::string_view b);

}  // namespace jsonpath
