#pragma once
// Texts that stand for bytes: base64, hexadecimal, percent-encoding; and UTF-8 itself.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

std::string base64_encode(std::string_view bytes);
// RFC 4648 with padding; white space and other letters are refused.
std::optional<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

// RFC 3986: everything but unreserved letters (A-Z a-z 0-9 - _ . ~) becomes %XX. `keep` lists further
// letters to leave alone, such as "/".
std::string percent_encode(std::string_view text, std::string_view keep = "");
// `plus_is_space`: '+' means a space, as in application/x-www-form-urlencoded. A '%' that is not followed
// by two hexadecimal digits gives nothing.
enum class Plus : uint8_t { literal, space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::literal);

// The letters A to Z made small, everything else as it is: how names of headers, hosts and conditions are compared.
std::string lower_case(std::string_view text);

// True when `text` is well-formed UTF-8 (no surrogates, nothing overlong).
bool is_utf8(std::string_view text);
bool is_ascii(std::string_view text);
// The number of code points; each byte that is not a continuation counts as one.
size_t code_points(std::string_view utf8);
// Decodes the code point at `at` and moves past it; U+FFFD for a malformed byte.
char32_t next_code_point(std::string_view utf8, size_t& at);
void append_utf8(std::string& out, char32_t code_point);
// The number of UTF-16 code units, which is how Java and JavaScript (and so many AWS limits) count.
size_t utf16_units(std::string_view utf8);
