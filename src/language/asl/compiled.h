#pragma once
// A compiled definition: every path, template, intrinsic and expression parsed once, every transition an index.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/asl/machine.h"
#include "language/intrinsics/call.h"
#include "language/jsonata/expression.h"
#include "language/jsonpath/path.h"

namespace asl {

using json::Value;

enum class Language : uint8_t { jsonpath, jsonata };
enum class StateKind : uint8_t { task, pass, choice, wait, succeed, fail, parallel, map };

// What a JSONPath field refers to: "$.a", "$$.Execution.Id", "$variable.b", "States.Format('{}', $.a)".
struct Reference {
  enum class Root : uint8_t { input, context, variable, intrinsic } root = Root::input;
  std::string text;
  std::string variable;
  std::optional<jsonpath::Path> path;  // nothing: the whole root
  std::string unreadable;              // what is wrong with a path whose filter nobody can read; told when it is looked up
  std::optional<intrinsics::Call> call;
};

// A JSONata expression between {% and %}.
struct Query {
  std::string text;  // between the marks, trimmed
  jsonata::Expression code;
  std::vector<std::string> variables;
  bool context = true;  // whether it may look at $states.context
};

struct TemplateMember;

// A value with parts that are evaluated.
struct Template {
  enum class Kind : uint8_t { constant, object, array, reference, query } kind = Kind::constant;
  Value constant;
  std::vector<TemplateMember> members;  // in the order of the result
  std::vector<Template> items;
  std::shared_ptr<const Reference> reference;
  std::shared_ptr<const Query> query;
  std::string field;  // where it stands: "Arguments/a[0]", of a reference the key with its ".$"
};

struct TemplateMember {
  std::string name;
  Template value;
};

struct ResultPath {
  enum class Mode : uint8_t { replace, discard, path } mode = Mode::replace;
  std::optional<jsonpath::Path> path;
};

struct Retrier {
  std::vector<std::string> errors;
  int64_t interval_s = 1, attempts_max = 3;
  double backoff = 2.0;
  std::optional<int64_t> delay_max_s;
  bool jitter = false;
};

struct Catcher {
  std::vector<std::string> errors;
  int next = -1;
  ResultPath result_path;
  std::optional<Template> assign, output;
};

// A number of seconds (or the like) that is fixed, looked up, or computed.
struct Quantity {
  std::optional<Value> fixed;
  std::shared_ptr<const Reference> reference;
  std::shared_ptr<const Query> query;
  bool given() const { return fixed || reference || query; }
};

enum class Compare : uint8_t {
  string_equals, string_less, string_greater, string_less_equals, string_greater_equals, string_matches,
  numeric_equals, numeric_less, numeric_greater, numeric_less_equals, numeric_greater_equals,
  boolean_equals,
  timestamp_equals, timestamp_less, timestamp_greater, timestamp_less_equals, timestamp_greater_equals,
  is_null, is_present, is_numeric, is_string, is_boolean, is_timestamp,
};

struct Condition {
  enum class Kind : uint8_t { all, any, none, compare } kind = Kind::compare;
  std::vector<Condition> parts;  // of And, Or, Not
  std::shared_ptr<const Reference> variable;
  Compare compare{};
  Value literal;
  std::shared_ptr<const Reference> right;  // of the ...Path operators
};

struct Choice {
  std::optional<Condition> condition;
  Quantity query;  // JSONata's Condition
  int next = -1;
  std::optional<Template> assign, output;
  int index = 0;
};

struct Scope;

struct DistributedMap {
  std::string label;
  std::string execution_type;
  Value processor;  // the ItemProcessor as it stands, for the children
  std::optional<Template> reader, writer, batch_input;
  Quantity items_max, batch_items_max, batch_bytes_max;
  bool batched = false;
  Quantity tolerated_count, tolerated_percentage;
};

struct State {
  std::string name;
  StateKind kind{};
  Language language = Language::jsonpath;
  uint32_t number = 0;  // in Body::states
  int next = -1;        // in its scope
  bool end = false;

  std::shared_ptr<const Reference> input_path, output_path;  // null: "$"
  bool input_nothing = false, output_nothing = false;        // the path is null
  std::optional<Template> parameters, result_selector, assign, output;  // parameters: Parameters or Arguments
  ResultPath result_path;
  std::optional<Value> result;
  std::vector<Retrier> retriers;
  std::vector<Catcher> catchers;

  std::shared_ptr<const Resource> resource;
  Quantity timeout, heartbeat;
  std::optional<Template> credentials;

  std::vector<Choice> choices;
  int default_next = -1;
  bool has_default = false;

  Quantity wait_seconds, wait_timestamp;
  Quantity error, cause;

  std::vector<std::unique_ptr<Scope>> branches;  // of Parallel; of Map the one processor
  std::shared_ptr<const Reference> items_path;
  std::optional<Template> items, item_selector;
  Quantity concurrency;
  std::optional<DistributedMap> distributed;
};

struct Scope {
  std::vector<State> states;
  std::map<std::string, int, std::less<>> index;
  int start = -1;
};

struct Machine::Body {
  Scope root;
  Language language = Language::jsonpath;
  std::optional<int64_t> timeout_s;
  std::vector<std::pair<const State*, const Scope*>> states;  // all of them, by number
};

}  // namespace asl
