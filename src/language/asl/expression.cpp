#include "language/asl/expression.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "language/json/parse.h"

namespace asl {
namespace {

bool is_name_start(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80; }
bool is_name_part(char32_t c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

// The length of the variable's name at the front of "name.path".
size_t name_length(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    const char32_t c = next_code_point(text, next);
    if (at == 0 ? !is_name_start(c) : !is_name_part(c)) break;
    at = next;
  }
  return at;
}

Fault runtime(std::string cause) { return {.error = "States.Runtime", .cause = std::move(cause)}; }

}  // namespace

std::optional<Reference> parse_reference(std::string_view text, bool calls) {
  Reference out;
  out.text = text;
  if (text.starts_with("States.")) {
    if (!calls) return std::nullopt;
    auto call = intrinsics::Call::compile(text);
    if (!call) return std::nullopt;
    out.root = Reference::Root::intrinsic;
    out.call = std::move(*call);
    return out;
  }
  if (!text.starts_with("$")) return std::nullopt;
  std::string path;
  if (text.starts_with("$$")) {
    out.root = Reference::Root::context;
    path = text.substr(1);
  } else if (text.size() > 1 && text[1] != '.' && text[1] != '[') {
    const size_t length = name_length(text.substr(1));
    if (length == 0) return std::nullopt;
    out.root = Reference::Root::variable;
    out.variable = text.substr(1, length);
    path = "$" + std::string(text.substr(1 + length));
  } else {
    path = text;
  }
  if (path != "$") {
    auto compiled = jsonpath::Path::compile(path);
    if (!compiled) return std::nullopt;
    out.path = std::move(*compiled);
  }
  return out;
}

std::optional<Reference> parse_template_reference(std::string_view text) {
  if (auto reference = parse_reference(text, true)) return reference;
  const size_t filter = text.find("[?(");
  if (!text.starts_with("$") || filter == text.npos) return std::nullopt;
  const size_t end = text.find(")]", filter);
  if (end == text.npos) return std::nullopt;
  // Whether the rest of it is a path shows with a filter that can be read.
  std::string readable(text.substr(0, filter));
  readable += "[?(@)]";
  readable += text.substr(end + 2);
  auto reference = parse_template_reference(readable);
  if (!reference) return std::nullopt;
  const auto fault = jsonpath::Path::compile(text);
  reference->text = text;
  reference->unreadable = fault ? "the filter cannot be read" : fault.error().message;
  return reference;
}

bool is_query(std::string_view text, std::string_view& inner) {
  if (text.size() < 4 || !text.starts_with("{%") || !text.ends_with("%}")) return false;
  inner = text.substr(2, text.size() - 4);
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = inner.find_first_not_of(kSpace);
  if (first == inner.npos) {
    inner = {};
  } else {
    inner = inner.substr(first, inner.find_last_not_of(kSpace) - first + 1);
  }
  return true;
}

Evaluated<Value> look_up(const Reference& reference, const View& view) {
  if (!reference.unreadable.empty()) return std::unexpected(runtime(fmt::format("Invalid path '{}' : {}", reference.text, reference.unreadable)));
  Value document;
  switch (reference.root) {
    case Reference::Root::input:
      document = *view.input;
      break;
    case Reference::Root::context:
      document = view.context();
      break;
    case Reference::Root::variable: {
      const Value* value = view.variable(reference.variable);
      if (!value) {
        return std::unexpected(runtime(fmt::format("The variable '${}' is not defined", reference.variable)));
      }
      document = *value;
      break;
    }
    case Reference::Root::intrinsic: {
      const intrinsics::Resolve resolve = [&](std::string_view path) -> std::expected<Value, std::string> {
        const auto argument = parse_reference(path, false);
        if (!argument) return std::unexpected(std::string("invalid path"));
        auto value = look_up(*argument, view);
        if (!value) return std::unexpected(value.error().cause);
        return *std::move(value);
      };
      auto value = reference.call->evaluate(resolve, [&] { return json::write(*view.input); }, *view.random);
      if (!value) return std::unexpected(runtime(std::move(value.error().message)));
      return *std::move(value);
    }
  }
  if (!reference.path) return document;
  auto value = reference.path->evaluate(document);
  // A path that may give many gives none where there is nothing; one past the end of an array gives null.
  if (!value && !reference.path->definite()) return Value::array();
  if (!value && value.error().past_end) return Value();
  if (!value) return std::unexpected(runtime(fmt::format("Invalid path '{}' : {}", reference.text, value.error().message)));
  return *std::move(value);
}

Evaluated<Value> run_query(const Query& query, std::string_view field, const View& view) {
  std::vector<std::pair<std::string, Value>> bindings;
  for (const std::string& name : query.variables) {
    if (name == "states") {
      json::ObjectBuilder states;
      states.add("input", *view.input);
      if (view.result) states.add("result", *view.result);
      if (view.error_output) states.add("errorOutput", *view.error_output);
      if (query.context) states.add("context", view.context());
      bindings.emplace_back(name, states.build());
    } else if (const Value* value = view.variable(name)) {
      bindings.emplace_back(name, *value);
    }
  }
  jsonata::Environment environment;
  environment.now = view.now;
  environment.random = view.random;
  environment.spent = view.spent;
  environment.quote_infinity = true;
  environment.limits.timeout_ms = 1'000;
  environment.limits.memory_bytes = 64u << 20;
  auto value = query.code.evaluate(std::nullopt, bindings, environment);
  const auto failed = [&](std::string detail) {
    return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                 .cause = fmt::format("The JSONata expression '{}' specified for the field '{}' {}", query.text, field, detail),
                                 .evaluation = true,
                                 .location = std::string(field)});
  };
  if (!value) {
    if (value.error().unsupported) return failed("returned an unsupported result type.");
    if (value.error().code == "U1001") return failed(fmt::format("threw an error during evaluation: {}", value.error().message));
    return failed(fmt::format("threw an error during evaluation. {}: {}", value.error().code, value.error().message));
  }
  if (!*value) return failed("returned nothing (undefined).");
  return **std::move(value);
}

// Where a field is named the message shows the document that was searched.
Fault not_found(const Reference& reference, std::string_view field, const View& view, Fault otherwise) {
  if (reference.root == Reference::Root::intrinsic) return otherwise;
  const Value* variable = reference.root == Reference::Root::variable ? view.variable(reference.variable) : nullptr;
  if (reference.root == Reference::Root::variable && !variable) return otherwise;
  const Value document = reference.root == Reference::Root::context ? view.context() : variable ? *variable : *view.input;
  return runtime(fmt::format("The JSONPath '{}' specified for the field '{}' could not be found in the input '{}'", reference.text, field, json::write(document)));
}

Evaluated<Value> fill(const Template& payload, const View& view) {
  switch (payload.kind) {
    case Template::Kind::constant:
      return payload.constant;
    case Template::Kind::reference: {
      auto value = look_up(*payload.reference, view);
      if (value) return value;
      return std::unexpected(not_found(*payload.reference, payload.field, view, std::move(value).error()));
    }
    case Template::Kind::query:
      return run_query(*payload.query, payload.field, view);
    case Template::Kind::array: {
      std::vector<Value> items;
      items.reserve(payload.items.size());
      for (const Template& item : payload.items) {
        auto value = fill(item, view);
        if (!value) return value;
        items.push_back(*std::move(value));
      }
      return Value::array(std::move(items));
    }
    case Template::Kind::object: {
      std::vector<json::Member> members;
      members.reserve(payload.members.size());
      for (const auto& [name, member] : payload.members) {
        auto value = fill(member, view);
        if (!value) return value;
        members.push_back({name, *std::move(value)});
      }
      return Value::object(std::move(members));
    }
  }
  return Value();
}

}  // namespace asl
