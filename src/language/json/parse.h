#pragma once
// JSON text to Value and back (RFC 8259). Faults are told in Jackson's words, since AWS shows those.
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"

namespace json {

struct Limits {
  size_t depth = 1000;  // nested arrays and objects
};

struct ParseError {
  std::string message;  // "Unrecognized token 'not': was expecting (JSON String, ...)"
  size_t offset = 0;    // byte at which it was noticed
  int line = 1;         // of that byte, from 1
  int column = 1;       // as Jackson counts: from 1, in UTF-16 units
};

// The one value that `text` holds; anything but white space behind it is a fault.
std::expected<Value, ParseError> parse_detailed(std::string_view text, const Limits& limits = {});
// The same with an Error of code "JsonParse" and the message alone.
Result<Value> parse(std::string_view text, const Limits& limits = {});

// Compact text, no spaces, as Jackson writes it: non-ASCII as it is, control characters as \u001F.
std::string write(const Value& value);
void write(const Value& value, std::string& out);
// A JSON string literal with its quotes.
void write_string(std::string_view text, std::string& out);
// Two spaces of indentation.
std::string write_pretty(const Value& value);
// The size that write() would give, without making the text.
size_t written_size(const Value& value);

}  // namespace json
