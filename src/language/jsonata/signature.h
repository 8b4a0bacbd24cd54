#pragma once
// A function's signature, "<s-nn?:s>": which arguments it takes, and which it takes from the context.
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace jsonata {

// Kinds of values as one bit each, in the order of kKinds.
constexpr std::string_view kKinds = "asnblfom";  // array string number boolean null function object missing
constexpr uint8_t kind_bit(char kind) {
  const size_t at = kKinds.find(kind);
  return at == kKinds.npos ? uint8_t{0} : static_cast<uint8_t>(1u << at);
}

struct Parameter {
  uint8_t kinds = 0;
  uint8_t context_kinds = 0;  // -: taken from the context when left out, if that is one of these
  bool context = false;
  bool array = false;         // 'a': a single value is wrapped
  bool optional = false;      // ?
  bool many = false;          // +
  bool reluctant = false;     // as few as will do
  std::string item;           // of an array's elements: a<n>
};

struct Signature {
  std::vector<Parameter> parameters;
};

struct SignatureFault {
  std::string_view code;  // S0401, S0402
  std::string value;
  size_t offset = 0;
};

std::expected<Signature, SignatureFault> parse_signature(std::string_view text);

}  // namespace jsonata
