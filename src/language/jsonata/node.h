#pragma once
// A compiled expression: the tree that the parser makes and the evaluator walks. Immutable once it is made.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "language/json/value.h"
#include "language/jsonata/expression.h"
#include "language/jsonata/item.h"
#include "language/jsonata/regex.h"
#include "language/jsonata/signature.h"

namespace jsonata {

enum class Type : uint8_t {
  literal, name, variable, wildcard, descendant, parent, regex,
  path, binary, negate, array, object, condition, block, bind, lambda, call, partial, placeholder, apply, transform, sort,
};

enum class Op : uint8_t { add, subtract, multiply, divide, modulo, equal, not_equal, less, less_equal, greater, greater_equal, concat, and_, or_, in, range };

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct SortTerm {
  NodePtr expression;
  bool descending = false;
};

// What follows a step: [filter] or #$index.
struct Stage {
  bool is_index = false;
  NodePtr filter;
  NameId index = kNoName;
};

using Pairs = std::vector<std::pair<NodePtr, NodePtr>>;

struct Group {
  Pairs pairs;
  size_t position = 0;
};

// Which step a % means; found while parsing.
struct Slot {
  NameId label = kNoName;
  int level = 1;
};

// A shorter way to what evaluating a node gives.
enum class Way : uint8_t {
  whole,   // there is none
  literal,
  name,    // a path that is one mere name, `only`
  names,   // a path of mere names
  leaves,  // arithmetic or a comparison of literals and names
  inner,   // a block that is `only`, which is such an operation
};

struct Node {
  Type type = Type::literal;
  Op op{};
  bool plain = true;              // no predicates, no group, no keep_array
  bool keep_array = false;        // x[]
  bool keep_singleton = false;    // a path with such a step
  bool constructs = false;        // an array constructor as first or last step
  bool tuple = false;             // the step or path works on tuples
  bool thunk = false;             // a tail call
  bool fixed = false;             // the same value whatever it is evaluated on
  bool fixed_names = false;       // an object constructor of literal names, no two alike and none an array index
  bool binds = false;             // a block that binds variables in its own scope
  Way way = Way::whole;
  NameId id = kNoName;            // of variables and names
  NameId focus = kNoName, index = kNoName, ancestor = kNoName;  // @$x, #$i, what a % further on means
  Item literal;
  const Node* only = nullptr;
  NodePtr left, right, third;     // operands; condition: if, then, else; transform: pattern, update, delete
  std::vector<NodePtr> items;     // steps, elements, expressions, arguments
  std::vector<Stage> predicates;  // of what is no path
  std::vector<Stage> stages;      // of a step
  std::unique_ptr<Group> group;
  Pairs pairs;                    // of an object constructor
  std::vector<SortTerm> terms;
  std::vector<NameId> parameters;
  NodePtr body;
  std::shared_ptr<const Signature> signature;
  std::shared_ptr<const Regex> regex;
  std::string text;               // of names, of operators in messages
  json::Name name;                // of names, as objects have them
  size_t position = 0;
  json::Value constant;           // of literals
  std::vector<std::shared_ptr<Slot>> seeking;      // while parsing
  std::shared_ptr<Slot> slot;                      // of a parent step, while parsing
  std::shared_ptr<Slot> ancestor_slot;
};

struct Native;

struct Expression::Code {
  NodePtr root;
  std::vector<std::string> names;                       // by NameId
  std::unordered_map<std::string, NameId> ids;
  std::vector<const Native*> natives;                   // the built-in function of that name, or null
  std::vector<char> bound;                              // by NameId: whether the expression itself binds it
  std::vector<std::string> free_variables;
  std::vector<std::string> references;
};

// The parser (parser.cpp).
std::expected<std::shared_ptr<Expression::Code>, Fault> parse(std::string_view text);

}  // namespace jsonata
