#pragma once
// The parts of a definition that are evaluated: parsed at compile time, looked up at run time.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "language/asl/compiled.h"

namespace asl {

// Why there is no value. What a state makes of it: States.Runtime (nothing rescues it) or a query error
// (which Retry and Catch see, and history tells as EvaluationFailed).
struct Fault {
  std::string error;  // "States.Runtime", "States.QueryEvaluationError", "States.ResultPathMatchFailure" ...
  std::string cause;  // without the standard prefix
  bool evaluation = false;
  std::string location;  // of an evaluation: "Arguments/x"
};

template <typename T>
using Evaluated = std::expected<T, Fault>;

// What expressions of one state see at one moment.
struct View {
  const Value* input = nullptr;  // "$"; of JSONata $states.input
  std::function<Value()> context;                                    // "$$", $states.context
  std::function<const Value*(std::string_view name)> variable;       // "$name"; nullptr when there is none
  const Value* result = nullptr;        // $states.result
  const Value* error_output = nullptr;  // $states.errorOutput
  Random* random = nullptr;
  Instant now;
  uint64_t* spent = nullptr;            // where evaluations add the steps that they took
  // The name of the state's input in messages about paths: its JSON text.
};

// "$.a", "$$.b", "$v.c" or, where `calls` allows, an intrinsic. Nothing when it is none of these.
std::optional<Reference> parse_reference(std::string_view text, bool calls);
// The same for a template's value, where AWS does not look into a path's filter before it is used: deployed
// definitions hold `$.a[?(@.b==word)]`.
std::optional<Reference> parse_template_reference(std::string_view text);
// True when the text is `{%...%}`; `inner` is what stands between, trimmed.
bool is_query(std::string_view text, std::string_view& inner);

// Looks a reference up; the fault's cause is the path's own ("Invalid path '$.a' : No results ...").
Evaluated<Value> look_up(const Reference& reference, const View& view);
// Evaluates a query for the field named so ("Arguments/x"); the value is never missing.
Evaluated<Value> run_query(const Query& query, std::string_view field, const View& view);
// The fault of a reference that led nowhere, for a field that is named.
Fault not_found(const Reference& reference, std::string_view field, const View& view, Fault otherwise);
Evaluated<Value> fill(const Template& payload, const View& view);

}  // namespace asl
