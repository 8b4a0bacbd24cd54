// The conditions of filters. Operands compare as Jayway's value nodes do: a number equals the text that
// prints it, a missing path equals nothing, not even another.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "language/jsonpath/evaluation.h"
#include "language/jsonpath/java_text.h"
#include "language/jsonpath/loose_json.h"

namespace jsonpath {
namespace {

using json::Value;
using Kind = Operand::Kind;

// An operand with its path looked up.
struct Node {
  Kind kind = Kind::undefined;
  bool truth = false;              // boolean; json_text: whether it could be read
  const Value* value = nullptr;    // number, json, json_text
  std::string_view text = {};      // string, json_text; a literal number
  const Pattern* pattern = nullptr;
  Value owned = {};                // what the others point into
};

bool refuse(Run& run, std::string message) { return run.stop(Trouble::invalid, std::move(message)); }

void describe(const Value& value, Node& out) {
  out.value = &value;
  switch (value.kind()) {
    case json::Kind::null:
      out.kind = Kind::null;
      return;
    case json::Kind::boolean:
      out.kind = Kind::boolean;
      out.truth = value.as_bool();
      return;
    case json::Kind::number:
      out.kind = Kind::number;
      return;
    case json::Kind::string:
      out.kind = Kind::string;
      out.text = value.as_string();
      return;
    default:
      out.kind = Kind::json;
  }
}

// Evaluates a path operand into `value`; Trouble::not_found stays with the caller.
bool evaluate_path(const Path::Code& path, const Value& item, Run& run, bool require, Value& value) {
  const bool from_root = path.root == '$';
  if (from_root && !require) {
    for (const Run::Cached& cached : run.cache) {
      if (cached.path != &path) continue;
      value = cached.value;
      return cached.trouble == Trouble::none || run.stop(cached.trouble, "");
    }
  }
  const bool outer_past_end = run.past_end;
  const bool ok = Evaluation(path, run, require).evaluate(from_root ? run.root : item, value);
  run.past_end = outer_past_end;
  if (from_root && !require && (ok || run.trouble == Trouble::not_found)) {
    run.cache.push_back({&path, run.trouble, value});
  }
  return ok;
}

bool resolve(const Operand& operand, const Value& item, Run& run, Node& out) {
  if (operand.kind != Kind::path) {
    out.kind = operand.kind;
    out.truth = operand.truth;
    out.value = &operand.value;
    out.text = operand.text;
    out.pattern = operand.pattern.get();
    return true;
  }
  const Path::Code& path = *operand.path;
  if (path.simple) {
    if (const Value* found = look_up(path, path.root == '$' ? run.root : item)) describe(*found, out);
    return true;
  }
  if (evaluate_path(path, item, run, false, out.owned)) {
    describe(out.owned, out);
    return true;
  }
  if (run.trouble != Trouble::not_found) return false;
  run.trouble = Trouble::none;
  return true;
}

bool exists(const Operand& operand, const Value& item, Run& run, bool& out) {
  const Path::Code& path = *operand.path;
  if (path.simple) {
    out = look_up(path, path.root == '$' ? run.root : item) != nullptr;
    return true;
  }
  Value ignored;
  out = evaluate_path(path, item, run, true, ignored);
  if (out) return true;
  if (run.trouble != Trouble::not_found) return false;
  run.trouble = Trouble::none;
  return true;
}

std::string number_text(const Node& node) {
  return node.text.empty() ? java_number_text(*node.value) : std::string(node.text);
}

template <typename Number>
int order(Number a, Number b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// BigDecimal.compareTo.
int compare_numbers(const Value& a, const Value& b) {
  const auto whole_a = a.is_integer() ? a.as_int64() : std::nullopt;
  const auto whole_b = b.is_integer() ? b.as_int64() : std::nullopt;
  if (whole_a && whole_b) return order(*whole_a, *whole_b);
  if (a.is_integer() && b.is_integer()) {
    const std::string x = a.number_text();
    const std::string y = b.number_text();
    const bool minus = x.starts_with('-');
    if (minus != y.starts_with('-')) return minus ? -1 : 1;
    const int sizes = order(x.size(), y.size());
    const int result = sizes != 0 ? sizes : order(x.compare(y), 0);
    return minus ? -result : result;
  }
  // A long double holds every int64 and every double exactly.
  const auto wide = [](const Value& value, const std::optional<int64_t>& whole) {
    return whole ? static_cast<long double>(*whole) : static_cast<long double>(value.as_double());
  };
  return order(wide(a, whole_a), wide(b, whole_b));
}

// java.util's equals: 1 and 1.0 differ, since one is an Integer and the other a Double.
bool java_equal(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case json::Kind::number:
      return a.is_integer() == b.is_integer() && compare_numbers(a, b) == 0;
    case json::Kind::array:
      return std::ranges::equal(a.items(), b.items(), java_equal);
    case json::Kind::object:
      return a.size() == b.size() && std::ranges::all_of(a.members(), [&](const json::Member& member) {
               const Value* other = b.find(member.name);
               return other != nullptr && java_equal(member.value, *other);
             });
    default:
      return json::equal(a, b);
  }
}

bool equals(const Node& left, const Node& right) {
  switch (left.kind) {
    case Kind::string:
      if (right.kind == Kind::string) return left.text == right.text;
      return right.kind == Kind::number && left.text == number_text(right);
    case Kind::number: {
      if (right.kind == Kind::number) return compare_numbers(*left.value, *right.value) == 0;
      if (right.kind != Kind::string) return false;
      const auto text = java_decimal_text(right.text);
      return text && compare_numbers(*left.value, Value::number(*text)) == 0;
    }
    case Kind::boolean:
      return right.kind == Kind::boolean && left.truth == right.truth;
    case Kind::null:
      return right.kind == Kind::null;
    case Kind::json:
      // A literal on the right is parsed first, one on the left is but text and equals nothing.
      return (right.kind == Kind::json || (right.kind == Kind::json_text && right.truth)) &&
             java_equal(*left.value, *right.value);
    default:
      return false;
  }
}

// Less, equal or greater: two numbers or two texts; a number and a text have no order.
std::optional<int> compare(const Node& left, const Node& right) {
  if (left.kind != right.kind) return std::nullopt;
  if (left.kind == Kind::number) return compare_numbers(*left.value, *right.value);
  if (left.kind == Kind::string) return java_compare(left.text, right.text);
  return std::nullopt;
}

// An element of a list, which Jayway looks at more closely than at what a path leads to: a text that
// reads as a path or as JSON is one.
bool describe_element(const Value& value, Run& run, Node& out) {
  if (value.is_array() || value.is_object()) {
    return run.stop(Trouble::function, "Could not determine value type: " + std::string(java_class(value)));
  }
  describe(value, out);
  if (out.kind != Kind::string) return true;
  std::string_view text = out.text;
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  if (text.starts_with('@') || text.starts_with('$')) {
    if (compile_path(text, 0)) out.kind = Kind::path;
  } else if (text.size() > 1 && ((text.front() == '[' && text.back() == ']') || (text.front() == '{' && text.back() == '}'))) {
    if (parse_loose_json(text)) out.kind = Kind::json_text;
  }
  if (out.kind != Kind::string || out.text.size() < 2) return true;
  text = out.text;
  const char quote = text.front();
  if ((quote == '\'' || quote == '"') && text.back() == quote) text = text.substr(1, text.size() - 2);
  if (text.size() == out.text.size() && !text.contains('\\')) return true;
  const auto plain = unescape(text);
  if (!plain) return run.stop(Trouble::function, "Unable to parse unicode value");
  out.owned = Value(*plain);
  out.text = out.owned.as_string();
  return true;
}

// The array that a node stands for; `list` stays null for other JSON, which no list operator matches.
bool as_list(const Node& node, Run& run, const Value*& list) {
  if (node.kind != Kind::json && node.kind != Kind::json_text) return refuse(run, "Expected value list node");
  if (node.kind == Kind::json_text && !node.truth) return run.stop(Trouble::function, "Could not parse " + std::string(node.text));
  list = node.value->is_array() ? node.value : nullptr;
  return true;
}

bool list_contains(const Value& list, const Node& wanted, Run& run, bool& out) {
  out = false;
  for (const Value& item : list.items()) {
    Node element;
    if (!run.spend() || !describe_element(item, run, element)) return false;
    const bool same_text = wanted.kind == Kind::json_text && element.kind == Kind::json_text && wanted.text == element.text;
    out = out || same_text || equals(wanted, element);
  }
  return true;
}

bool test_in(const Node& left, const Node& right, Run& run, bool& out) {
  const Value* list = nullptr;
  if (!as_list(right, run, list)) return false;
  return list == nullptr || list_contains(*list, left, run, out);
}

bool test_contains(const Node& left, const Node& right, Run& run, bool& out) {
  if (left.kind == Kind::string && right.kind == Kind::string) {
    out = left.text.contains(right.text);
    return true;
  }
  if (left.kind != Kind::json && left.kind != Kind::json_text) return true;
  return test_in(right, left, run, out);
}

// subsetof, anyof, noneof.
bool test_sets(Operator op, const Node& left, const Node& right, Run& run, bool& out) {
  const Value* left_list = nullptr;
  const Value* right_list = nullptr;
  if (!as_list(right, run, right_list)) return false;
  if (right_list == nullptr) return true;
  if (!as_list(left, run, left_list)) return false;
  if (left_list == nullptr) return true;
  bool any = false;
  bool all = true;
  for (const Value& item : left_list->items()) {
    Node element;
    bool found = false;
    if (!describe_element(item, run, element) || !list_contains(*right_list, element, run, found)) return false;
    any = any || found;
    all = all && found;
  }
  out = op == Operator::subset_of ? all : op == Operator::any_of ? any : !any;
  return true;
}

bool matches(const Pattern& pattern, const Node& node) {
  switch (node.kind) {
    case Kind::string:
      return pattern.matches(node.text);
    case Kind::number:
      return pattern.matches(number_text(node));
    case Kind::boolean:
      return pattern.matches(node.truth ? "true" : "false");
    default:
      return pattern.matches("");
  }
}

bool test_regex(const Node& left, const Node& right, Run& run, bool& out) {
  if ((left.kind == Kind::pattern) == (right.kind == Kind::pattern)) return true;
  const Pattern& pattern = left.kind == Kind::pattern ? *left.pattern : *right.pattern;
  const Node& input = left.kind == Kind::pattern ? right : left;
  const Value* list = nullptr;
  if ((input.kind == Kind::json || input.kind == Kind::json_text) && !as_list(input, run, list)) return false;
  if (list == nullptr) {
    out = matches(pattern, input);
    return true;
  }
  for (const Value& item : list->items()) {
    Node element;
    if (!run.spend() || !describe_element(item, run, element)) return false;
    out = out || matches(pattern, element);
  }
  return true;
}

bool test_size(const Node& left, const Node& right, Run& run, bool& out) {
  if (right.kind != Kind::number) return true;
  // Java's intValue() leaves the fraction away; what is no int is no size.
  const double given = right.value->as_double();
  if (!(given > INT32_MIN && given < INT32_MAX)) return true;
  const auto wanted = static_cast<int64_t>(given);
  if (left.kind == Kind::string) out = static_cast<int64_t>(utf16_units(left.text)) == wanted;
  if (left.kind == Kind::json || left.kind == Kind::json_text) {
    const Value* list = nullptr;
    if (!as_list(left, run, list)) return false;
    out = (list == nullptr ? -1 : static_cast<int64_t>(list->size())) == wanted;
  }
  return true;
}

bool test_empty(const Node& left, const Node& right, Run& run, bool& out) {
  if (left.kind != Kind::string && left.kind != Kind::json && left.kind != Kind::json_text) return true;
  if (right.kind != Kind::boolean) return refuse(run, "Expected boolean node");
  out = (left.kind == Kind::string ? left.text.empty() : left.value->size() == 0) == right.truth;
  return true;
}

bool test_exists(const Node& left, const Node& right, Run& run, bool& out) {
  if (left.kind != Kind::boolean && right.kind != Kind::boolean) {
    return run.stop(Trouble::function, "Failed to evaluate exists expression");
  }
  if (left.kind != Kind::boolean || right.kind != Kind::boolean) return refuse(run, "Expected boolean node");
  out = left.truth == right.truth;
  return true;
}

bool same_class(const Node& left, const Node& right) {
  const auto one = [](Kind kind) { return kind == Kind::json_text ? Kind::json : kind; };
  return one(left.kind) == one(right.kind);
}

// `out` comes in false.
bool test(Operator op, const Node& left, const Node& right, Run& run, bool& out) {
  switch (op) {
    case Operator::equal:
      out = equals(left, right);
      return true;
    case Operator::not_equal:
      out = !equals(left, right);
      return true;
    case Operator::same:
      out = same_class(left, right) && equals(left, right);
      return true;
    case Operator::not_same:
      out = !(same_class(left, right) && equals(left, right));
      return true;
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: {
      const auto result = compare(left, right);
      if (!result) return true;
      out = op == Operator::less ? *result < 0 : op == Operator::less_equal ? *result <= 0
          : op == Operator::greater ? *result > 0 : *result >= 0;
      return true;
    }
    case Operator::regex:
      return test_regex(left, right, run, out);
    case Operator::in:
      return test_in(left, right, run, out);
    case Operator::not_in:
      if (!test_in(left, right, run, out)) return false;
      out = !out;
      return true;
    case Operator::contains:
      return test_contains(left, right, run, out);
    case Operator::size:
      return test_size(left, right, run, out);
    case Operator::empty:
      return test_empty(left, right, run, out);
    case Operator::exists:
      return test_exists(left, right, run, out);
    case Operator::subset_of:
    case Operator::any_of:
    case Operator::none_of:
      return test_sets(op, left, right, run, out);
    case Operator::all:
    case Operator::type:
    case Operator::matches:
      // These need operands that only a Java program can make.
      return refuse(run, "Expected value list node");
  }
  return true;
}

}  // namespace

bool fulfils(const Condition& condition, const Value& item, Run& run, bool& out) {
  out = false;
  switch (condition.kind) {
    case Condition::Kind::any:
    case Condition::Kind::all: {
      const bool decides = condition.kind == Condition::Kind::any;
      for (const Condition& part : condition.parts) {
        if (!fulfils(part, item, run, out)) return false;
        if (out == decides) return true;
      }
      return true;
    }
    case Condition::Kind::negate:
      if (!fulfils(condition.parts[0], item, run, out)) return false;
      out = !out;
      return true;
    case Condition::Kind::existence:
      if (!exists(condition.left, item, run, out)) return false;
      out = out == condition.left.should_exist;
      return true;
    case Condition::Kind::compare: {
      Node left;
      Node right;
      return resolve(condition.left, item, run, left) && resolve(condition.right, item, run, right) &&
             test(condition.op, left, right, run, out);
    }
  }
  return true;
}

}  // namespace jsonpath
