#pragma once
// The compiler's own workings: one Compiler walks a definition, collects findings and builds the states.
// compile_states.cpp has the fields of each type of state, compile_parts.cpp what they share, compile_map.cpp Map.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "language/asl/compiled.h"
#include "language/asl/expression.h"

namespace asl {

// The order of a bracketed list of names in messages: a Java HashSet's.
std::string name_list(std::vector<std::string> names);

class Compiler {
 public:
  explicit Compiler(const CompileOptions& options) : options_(options) {}

  void machine(const Value& document);
  std::vector<Diagnostic> take_findings();
  std::unique_ptr<Machine::Body> take_body() { return std::move(body_); }

 private:
  enum class Place : uint8_t { machine, branch, processor };

  // --- findings ---
  void finding(std::string code, std::string message, std::string location);
  void schema(std::string message, std::string location) { finding("SCHEMA_VALIDATION_FAILED", std::move(message), std::move(location)); }
  void warning(std::string message, std::string location);

  // --- scopes (compile.cpp) ---
  void scope(const Value& document, const std::string& at, Scope& out, Place place);
  void transitions(const Value& document, const std::string& at, Scope& out, bool root);
  int target(const Scope& scope, const Value* name, const std::string& at);

  // --- states (compile_states.cpp) ---
  void state(const std::string& name, const Value& document, const std::string& at, State& out);
  Language language_of(const Value& document, const std::string& at);
  void check_fields(const Value& document, const std::string& at, const State& out, bool known_kind);
  void data_fields(const Value& document, const std::string& at, State& out);
  void task(const Value& document, const std::string& at, State& out);
  void choice(const Value& document, const std::string& at, State& out);
  void choice_rule(const Value& rule, const std::string& at, State& state, Choice& out);
  std::optional<Condition> condition(const Value& rule, const std::string& at, bool top);
  void wait(const Value& document, const std::string& at, State& out);
  void fail_state(const Value& document, const std::string& at, State& out);
  void parallel(const Value& document, const std::string& at, State& out);
  void map(const Value& document, const std::string& at, State& out);
  void distributed(const Value& document, const Value& processor, const std::string& at, State& out);
  // Whether a member, if there is one, is one of these texts.
  void one_of(const Value& object, std::string_view name, std::initializer_list<std::string_view> values, const std::string& at);
  void item_reader(const Value& reader, const std::string& at);
  void retry_catch(const Value& document, const std::string& at, State& out);
  std::vector<std::string> error_names(const Value& item, const std::string& at, bool last);

  // --- parts (compile_parts.cpp) ---
  std::shared_ptr<const Reference> path(const Value& value, const std::string& at, bool calls = false);
  std::shared_ptr<const Reference> reference_path(const Value& value, const std::string& at);
  std::shared_ptr<const Query> query(std::string_view text, std::string_view inner, const std::string& at);
  // A payload template in the state's language; `field` begins the names in messages ("Parameters").
  std::optional<Template> payload(const Value& value, Language language, const std::string& at, const std::string& field);
  Template jsonpath_template(const Value& value, const std::string& at);
  Template jsonata_template(const Value& value, const std::string& at, const std::string& field);
  ResultPath result_path(const Value* value, const std::string& at);
  // Seconds, counts and the like: `name` fixed or JSONata, `name`Path a path.
  Quantity quantity(const Value& document, std::string_view name, const std::string& at, Language language, double least, double most);
  bool expect(const Value& value, json::Kind kind, const std::string& at);

  const CompileOptions& options_;
  std::unique_ptr<Machine::Body> body_ = std::make_unique<Machine::Body>();
  std::vector<Diagnostic> findings_, targets_, ends_, reachability_, warnings_;
  std::set<std::string> names_;
  size_t depth_ = 0;
};

}  // namespace asl
