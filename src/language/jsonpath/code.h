#pragma once
// What a path compiles to: a list of steps, with a tree of conditions for each filter. Internal.
#include <climits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"
#include "language/jsonpath/path.h"
#include "language/jsonpath/pattern.h"

namespace jsonpath {

// Bounds: a path longer than this in steps or deeper in brackets is invalid.
inline constexpr size_t kStepsMax = 4096;
inline constexpr int kNestingMax = 64;

inline constexpr int kUnset = INT_MIN;  // a slice's missing bound

// One side of a comparison. A literal, or a path whose value is looked up for each candidate.
struct Operand {
  enum class Kind : uint8_t { undefined, null, boolean, number, string, json, json_text, pattern, path };
  Kind kind = Kind::undefined;
  bool truth = false;
  json::Value value;    // number, json
  std::string text;     // string, json_text; a number as Java's BigDecimal prints it
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Path::Code> path;
  bool should_exist = true;
};

enum class Operator : uint8_t {
  equal, not_equal, same, not_same, less, less_equal, greater, greater_equal, regex, in, not_in, contains, all,
  size, exists, type, matches, empty, subset_of, any_of, none_of
};

struct Condition {
  enum class Kind : uint8_t { any, all, negate, compare, existence };
  Kind kind = Kind::compare;
  std::vector<Condition> parts;
  Operator op = Operator::equal;
  Operand left, right;  // existence: only left
};

// An argument of a function: a path, or JSON that is parsed when the function is called.
struct Parameter {
  std::shared_ptr<const Path::Code> path;
  std::string json;
};

struct Step {
  enum class Kind : uint8_t { property, index, properties, indexes, slice, wildcard, scan, filter, function };
  Kind kind = Kind::property;
  char quote = '\'';
  bool upstream_definite = true;  // nothing before this step fans out
  int index = 0;
  int from = kUnset, to = kUnset;
  std::string name;  // of a property or a function
  std::vector<std::string> names;
  std::vector<int> indexes;
  std::shared_ptr<const Condition> condition;
  std::vector<Parameter> parameters;
  // A function at the end of a deep scan, `$..a.sum()`, is called once with all that the scan found.
  bool over_scan = false;

  bool definite(bool leaf) const {
    return kind == Kind::property || kind == Kind::index || kind == Kind::function ||
           (kind == Kind::properties && leaf);
  }
};

struct Path::Code {
  std::string text;  // as it was given
  char root = '$';
  std::vector<Step> steps;
  bool definite = true;
  bool simple = true;     // properties and single indexes only
  bool reference = true;  // simple, and written with `$`
  bool function = false;  // ends with one

  // "$['a'][0]": the first `count` steps as Jayway prints a path that it has walked, or as it prints the
  // path itself (`escaped`).
  std::string canonical(size_t count, bool escaped) const;
};

std::expected<std::shared_ptr<const Path::Code>, Fault> compile_path(std::string_view text, int nesting);
// An argument of a function: unlike compile_path() it must begin with `$` or `@`.
std::expected<std::shared_ptr<const Path::Code>, Fault> compile_argument(std::string_view text, int nesting);
// "[?(...)]" with its brackets.
std::expected<std::shared_ptr<const Condition>, Fault> compile_filter(std::string_view text, int nesting);
// Takes the backslashes out of a quoted text; nothing when a \u is not followed by four digits.
std::optional<std::string> unescape(std::string_view text);

}  // namespace jsonpath
