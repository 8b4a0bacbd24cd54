#pragma once
// Text as JavaScript sees it: sequences of UTF-16 units, kept here as UTF-8 in which a lone surrogate stands as its
// three-byte form (WTF-8).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jsonata {

// The code point at `at`, a lone surrogate as itself; moves past it.
char32_t code_point(std::string_view text, size_t& at);
// Appends one UTF-16 unit or code point; two halves of a pair become one character.
void append_unit(std::string& out, char32_t unit);
// Appends text; a pair may close at the seam.
void append_text(std::string& out, std::string_view text);
// Whether the seam between both would close a pair.
bool joins(std::string_view left, std::string_view right);

size_t units_of(std::string_view text);        // UTF-16 units
size_t code_points_of(std::string_view text);  // what a string's iterator gives
// The byte at which that many code points have passed.
size_t byte_of(std::string_view text, size_t code_points);
// By UTF-16 units, as < on strings.
int compare(std::string_view a, std::string_view b);
std::u16string to_utf16(std::string_view text);
std::string from_utf16(std::u16string_view text);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

// As JSON.stringify writes a string.
void quote(std::string_view text, std::string& out);
// As JavaScript writes a number: "NaN" and "Infinity" too.
std::string number_text(double number);
// The nearest number of 15 significant digits.
double to_precision_15(double number);

// Throws U1001 when the native stack is nearly used up.
void check_stack();

}  // namespace jsonata
