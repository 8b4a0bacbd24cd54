// compile(): from a definition's text to a machine, or to AWS's findings (spec/asl-diagnostics.md).
#include "language/asl/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"

namespace asl {

std::string name_list(std::vector<std::string> names) {
  std::string out = "[";
  for (const size_t i : json::java_hash_order(names)) {
    if (out.size() > 1) out += ", ";
    out += names[i];
  }
  return out + "]";
}

void Compiler::finding(std::string code, std::string message, std::string location) {
  findings_.push_back({.code = std::move(code), .message = std::move(message), .location = std::move(location)});
}

void Compiler::warning(std::string message, std::string location) {
  warnings_.push_back({.severity = Diagnostic::Severity::warning, .code = "WARNING", .message = std::move(message), .location = std::move(location)});
}

// Schema findings of the states, then targets that lead nowhere, then the missing end, then what cannot be
// reached; a missing end says enough about reachability.
std::vector<Diagnostic> Compiler::take_findings() {
  std::vector<Diagnostic> all = std::move(findings_);
  if (options_.one_state) return all;
  all.insert(all.end(), targets_.begin(), targets_.end());
  all.insert(all.end(), ends_.begin(), ends_.end());
  if (ends_.empty()) all.insert(all.end(), reachability_.begin(), reachability_.end());
  all.insert(all.end(), warnings_.begin(), warnings_.end());
  return all;
}

void Compiler::machine(const Value& document) {
  if (const Value* language = document.find("QueryLanguage")) {
    if (language->is_string() && (language->as_string() == "JSONata" || language->as_string() == "JSONPath")) {
      if (language->as_string() == "JSONata") body_->language = Language::jsonata;
    } else {
      body_->language = Language::jsonata;
      schema("Value should be one of the following: [JSONPath, JSONata]", "/QueryLanguage");
    }
  }
  if (const Value* timeout = document.find("TimeoutSeconds")) {
    const Quantity seconds = quantity(document, "TimeoutSeconds", "", Language::jsonpath, 1, 99'999'999);
    if (seconds.fixed) body_->timeout_s = timeout->as_int64();
  }
  if (const Value* version = document.find("Version"); version && !(version->is_string() && version->as_string() == "1.0")) {
    schema("Value should be one of the following: [1.0]", "/Version");
  }
  static constexpr std::string_view kFields[] = {"StartAt", "States", "Comment", "TimeoutSeconds", "Version", "QueryLanguage"};
  for (const auto& [name, value] : document.members()) {
    if (std::ranges::find(kFields, name.view()) == std::end(kFields)) schema(fmt::format("Field '{}' is not supported", name), "/");
  }
  scope(document, "", body_->root, Place::machine);
  size_t number = 0;
  const auto enumerate = [&](auto&& self, Scope& in) -> void {
    for (State& s : in.states) {
      s.number = static_cast<uint32_t>(number++);
      body_->states.emplace_back(&s, &in);
      for (auto& branch : s.branches) self(self, *branch);
    }
  };
  enumerate(enumerate, body_->root);
}

void Compiler::scope(const Value& document, const std::string& at, Scope& out, Place place) {
  std::vector<std::string> missing;
  for (const char* name : {"StartAt", "States"}) {
    if (!document.find(name)) missing.emplace_back(name);
  }
  if (!missing.empty()) schema(fmt::format("These fields are required: {}", name_list(missing)), at.empty() ? "/" : at);
  if (document.find("StartAt")) expect(document["StartAt"], json::Kind::string, at + "/StartAt");
  if (const Value* comment = document.find("Comment")) expect(*comment, json::Kind::string, at + "/Comment");
  if (place != Place::machine) {
    static constexpr std::string_view kFields[] = {"StartAt", "States", "Comment", "ProcessorConfig"};
    for (const auto& [name, value] : document.members()) {
      const bool known = std::ranges::find(kFields, name.view()) != std::end(kFields) && (name != "ProcessorConfig" || place == Place::processor);
      if (!known) schema(fmt::format("Field '{}' is not supported", name), at);
    }
  }
  const Value* states = document.find("States");
  if (!states || !expect(*states, json::Kind::object, at + "/States")) return;
  if (states->size() == 0) schema("Value cannot be empty", at + "/States");
  out.states.resize(states->size());
  int number = 0;
  for (const auto& [name, value] : states->members()) out.index.emplace(name, number++);
  number = 0;
  for (const auto& [name, value] : states->members()) {
    const std::string here = at + "/States/" + name;
    State& made = out.states[static_cast<size_t>(number++)];
    made.name = name;
    if (utf16_units(name) > 80) schema("State name exceeds the maximum length of 80 characters", here);
    if (!names_.emplace(name).second) schema(fmt::format("Duplicate State name: {}", name), here);
    if (!expect(value, json::Kind::object, here)) continue;
    state(std::string(name), value, here, made);
  }
  transitions(document, at, out, place == Place::machine);
}

int Compiler::target(const Scope& scope, const Value* name, const std::string& at) {
  if (!name || !name->is_string()) return -1;
  const auto it = scope.index.find(name->as_string());
  if (it != scope.index.end()) return it->second;
  targets_.push_back({.code = "MISSING_TRANSITION_TARGET", .message = fmt::format("Missing 'Next' target: {}", name->as_string()), .location = at});
  return -1;
}

// Where each state leads, what leads nowhere, and what is never reached.
void Compiler::transitions(const Value& document, const std::string& at, Scope& out, bool root) {
  out.start = target(out, document.find("StartAt"), at + "/StartAt");
  std::vector<std::vector<int>> edges(out.states.size());
  bool terminal = false;
  size_t number = 0;
  for (const auto& [name, value] : document["States"].members()) {
    State& made = out.states[number];
    std::vector<int>& to = edges[number++];
    const std::string here = at + "/States/" + name;
    if (!value.is_object()) continue;
    made.next = target(out, value.find("Next"), here + "/Next");
    to.push_back(made.next);
    if (value["Choices"].is_array()) {
      for (size_t i = 0; i < value["Choices"].size(); ++i) {
        const int next = target(out, value["Choices"][i].find("Next"), fmt::format("{}/Choices[{}]/Next", here, i));
        if (i < made.choices.size()) made.choices[i].next = next;
        to.push_back(next);
      }
    }
    made.has_default = value.find("Default") != nullptr;
    made.default_next = target(out, value.find("Default"), here + "/Default");
    to.push_back(made.default_next);
    if (value["Catch"].is_array()) {
      for (size_t i = 0; i < value["Catch"].size(); ++i) {
        const int next = target(out, value["Catch"][i].find("Next"), fmt::format("{}/Catch[{}]/Next", here, i));
        if (i < made.catchers.size()) made.catchers[i].next = next;
        to.push_back(next);
      }
    }
    const std::string_view type = value.text("Type");
    const bool ends = value["End"].is_bool() && value["End"].as_bool() && !type.empty() && type != "Choice";
    terminal = terminal || ends || type == "Succeed" || type == "Fail";
  }
  if (root && !terminal) ends_.push_back({.code = "MISSING_END_STATE", .message = "Workflow has no terminal state", .location = std::nullopt});
  std::vector<bool> reached(out.states.size());
  std::vector<int> open;
  if (out.start >= 0) open.push_back(out.start);
  while (!open.empty()) {
    const int current = open.back();
    open.pop_back();
    if (reached[static_cast<size_t>(current)]) continue;
    reached[static_cast<size_t>(current)] = true;
    for (const int next : edges[static_cast<size_t>(current)]) {
      if (next >= 0) open.push_back(next);
    }
  }
  for (size_t i = 0; i < out.states.size(); ++i) {
    if (reached[i]) continue;
    reachability_.push_back({.code = "MISSING_TRANSITION_TARGET",
                             .message = fmt::format("State \"{}\" is not reachable.", out.states[i].name),
                             .location = at + "/States/" + out.states[i].name});
  }
}

namespace {

// A Map's Label is judged by another layer of AWS, which words it its own way.
std::optional<std::string> label_fault(const Value& value) {
  if (value.is_array()) {
    for (const Value& item : value.items()) {
      if (auto fault = label_fault(item)) return fault;
    }
  }
  if (!value.is_object()) return std::nullopt;
  if (value.text("Type") == "Map" && value["Label"].is_string()) {
    const std::string_view label = value["Label"].as_string();
    if (label.empty()) return "['Label cannot be empty']";
    if (utf16_units(label) > 40) return "['Label cannot exceed 40 characters']";
    size_t at = 0;
    while (at < label.size()) {
      const size_t begin = at;
      const char32_t c = next_code_point(label, at);
      const bool special = c < 0x80 && std::string_view(" \"#$%&*,:;<>?[\\]^`{|}~").find(static_cast<char>(c)) != std::string_view::npos;
      if (!special && c > 0x1F && !(c >= 0x7F && c <= 0x9F)) continue;
      std::string shown(label.substr(begin, at - begin));
      if (c == '\n') shown = "\\\\n";
      else if (c == '\t') shown = "\\\\t";
      else if (c == '\r') shown = "\\\\r";
      else if (c <= 0x1F || (c >= 0x7F && c <= 0x9F)) shown = fmt::format("\\\\x{:02x}", static_cast<uint32_t>(c));
      return fmt::format("[\"Label contains invalid character: '{}'\"]", shown);
    }
  }
  for (const auto& member : value.members()) {
    if (auto fault = label_fault(member.value)) return fault;
  }
  return std::nullopt;
}

}  // namespace

Machine::Machine(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Machine::~Machine() = default;

Compiled compile(std::string_view definition, const CompileOptions& options) {
  Compiled out;
  const auto error = [&](std::string code, std::string message, std::optional<std::string> location, size_t offset = 0) {
    out.diagnostics.push_back({.code = std::move(code), .message = std::move(message), .location = std::move(location), .offset = offset});
  };
  constexpr size_t kDefinitionMax = 1 << 20;
  if (definition.size() > kDefinitionMax) {
    error("SCHEMA_VALIDATION_FAILED", "Definition exceeds the maximum size of 1048576 bytes", std::nullopt);
    return out;
  }
  if (definition.find_first_not_of(" \t\r\n") == definition.npos) {
    error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", std::nullopt);
    return out;
  }
  auto document = json::parse_detailed(definition);
  if (!document) {
    const auto& fault = document.error();
    const std::string source = fmt::format("[Source: (String)\"{}\"; line: {}, column: {}]", definition, fault.line, fault.column);
    error("INVALID_JSON_DESCRIPTION", fmt::format("{}\n at {}", fault.message, source), source, fault.offset);
    return out;
  }
  if (!document->is_object()) {
    error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", std::nullopt);
    return out;
  }
  Compiler compiler(options);
  compiler.machine(*document);
  out.diagnostics = compiler.take_findings();
  const bool faulty = std::ranges::any_of(out.diagnostics, [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
  if (!faulty) {
    if (const auto fault = label_fault(*document)) {
      error("SCHEMA_VALIDATION_FAILED", fmt::format("Error=ValueError Args={} in definition '{}'.", *fault, definition), std::nullopt);
      out.diagnostics.back().alone = true;
      return out;
    }
    out.machine = std::make_shared<Machine>(compiler.take_body());
  }
  return out;
}

std::string join_errors(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    if (d.severity != Diagnostic::Severity::error) continue;
    if (!out.empty()) out += ", ";
    fmt::format_to(std::back_inserter(out), "{}: {} at {}", d.code, d.message, d.location ? *d.location : "null");
  }
  return out;
}

std::vector<std::shared_ptr<const Resource>> Machine::resources() const {
  std::vector<std::shared_ptr<const Resource>> out;
  for (const auto& [state, scope] : body_->states) {
    if (state->resource) out.push_back(state->resource);
  }
  return out;
}

}  // namespace asl
