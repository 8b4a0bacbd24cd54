#pragma once
// The built-in functions, by name.
#include <span>
#include <string_view>

#include "language/jsonata/item.h"
#include "language/jsonata/signature.h"

namespace jsonata {

class Evaluation;

// The arguments have been checked against the signature; those left out are undefined.
struct Call {
  Evaluation& evaluation;
  std::span<Item> arguments;
  Item input;

  Item operator[](size_t i) const { return i < arguments.size() ? arguments[i] : Item(); }
};

struct Native {
  std::string_view name;
  std::string_view signature;
  size_t arity;  // as JavaScript counts: up to the first parameter with a default
  Item (*run)(Call& call);
  bool step_functions = false;  // one of AWS's own
  Signature parsed = {};
};

// Null when there is none of that name.
const Native* find_native(std::string_view name);

// The families.
std::span<const Native> string_natives();
std::span<const Native> text_natives();  // those that search: match, contains, replace, split
std::span<const Native> number_natives();
std::span<const Native> array_natives();
std::span<const Native> function_natives();  // those that call functions: map, filter, sort ...
std::span<const Native> object_natives();
std::span<const Native> time_natives();
std::span<const Native> aws_natives();

}  // namespace jsonata
