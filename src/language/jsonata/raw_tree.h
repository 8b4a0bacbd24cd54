#pragma once
// The tree as it is read, operator by operator, before it takes the shape in which it is evaluated (shape.cpp).
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/json/value.h"
#include "language/jsonata/node.h"

namespace jsonata {

struct Raw;
using RawPtr = std::unique_ptr<Raw>;

struct Raw {
  enum class Kind : uint8_t {
    name, variable, string, number, constant, regex, word,  // word: and, or, in, ? where an operand stands
    wildcard, descendant, parent, binary, array, object, negate, block, call, partial, lambda, condition, transform,
    filter, group, sort, focus, index, bind, end,
  };
  Kind kind = Kind::end;
  std::string text, json;  // the token, and as JSON shows its value
  size_t position = 0;
  double number = 0;
  json::Value constant;
  std::shared_ptr<const Regex> regex;
  RawPtr left, right, third;
  std::vector<RawPtr> items;
  std::vector<std::pair<RawPtr, RawPtr>> pairs;
  std::vector<std::pair<RawPtr, bool>> terms;
  bool keep_array = false;
  int depth = 0;
  std::shared_ptr<const Signature> signature;
};

// Both throw Failure.
RawPtr read_tree(std::string_view text);
// `bound` gets the names of the variables that the expression itself binds.
NodePtr shape_tree(Raw& raw, Expression::Code& code, std::set<std::string>& bound);

// `token_json`: the token as the message shows it, `value` likewise.
[[noreturn]] void refuse(std::string_view code, size_t position, std::string_view token = "", std::string_view value = "", std::string_view token_json = "");

}  // namespace jsonata
