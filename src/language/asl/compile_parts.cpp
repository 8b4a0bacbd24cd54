// Paths, templates, expressions and numbers of a definition.
#include <fmt/format.h>

#include <algorithm>

#include "language/asl/compile.h"
#include "language/json/parse.h"

namespace asl {

bool Compiler::expect(const Value& value, json::Kind kind, const std::string& at) {
  if (value.kind() == kind) return true;
  std::string name(json::kind_name(kind));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  schema(fmt::format("Expected value of type [{}]", name), at);
  return false;
}

std::shared_ptr<const Reference> Compiler::path(const Value& value, const std::string& at, bool calls) {
  if (!expect(value, json::Kind::string, at)) return nullptr;
  auto reference = parse_reference(value.as_string(), calls);
  if (!reference) {
    schema("Value must be a valid JSONPath.", at);
    return nullptr;
  }
  return std::make_shared<Reference>(std::move(*reference));
}

std::shared_ptr<const Reference> Compiler::reference_path(const Value& value, const std::string& at) {
  auto reference = path(value, at);
  if (reference && reference->path && !reference->path->reference()) {
    schema("Value must be a valid Reference Path.", at);
    return nullptr;
  }
  return reference;
}

std::shared_ptr<const Query> Compiler::query(std::string_view text, std::string_view inner, const std::string& at) {
  // Linters want the marks to stand apart from the expression; one that is deployed does so on one side alone.
  if (!inner.empty() && (inner.data() == text.data() + 2 && inner.size() + 2 == static_cast<size_t>(text.data() + text.size() - inner.data()))) {
    finding("INVALID_JSONATA_EXPRESSION", "JSONata expressions should be surrounded like so: \"{% <JSONata expression> %}\"", at);
    return nullptr;
  }
  auto code = jsonata::Expression::compile(inner);
  if (!code) {
    finding("INVALID_JSONATA_EXPRESSION", code.error().message, at);
    return nullptr;
  }
  for (const std::string& name : code->top_level_references()) {
    finding("UNSUPPORTED_JSONATA_EXPRESSION", fmt::format("Reference to '{}' at the top level is not supported.", name), at);
  }
  auto variables = code->variables();
  // $states is built for each evaluation; the context object in it only where something may look at it.
  const bool bare = inner.find("$states") != inner.npos && inner.find("$states.") == inner.npos;
  const bool context = inner.find("context") != inner.npos || inner.find('[') != inner.npos || inner.find('*') != inner.npos || bare;
  return std::make_shared<Query>(Query{std::string(inner), std::move(*code), std::move(variables), context});
}

std::optional<Template> Compiler::payload(const Value& value, Language language, const std::string& at, const std::string& field) {
  const size_t before = findings_.size();
  Template out = language == Language::jsonata ? jsonata_template(value, at, field) : jsonpath_template(value, at);
  if (findings_.size() != before) return std::nullopt;
  return out;
}

namespace {
bool constant(const Template& t) { return t.kind == Template::Kind::constant; }
}  // namespace

// At each level plain members come first, then the evaluated ones in Java's hash order.
Template Compiler::jsonpath_template(const Value& value, const std::string& at) {
  Template out;
  if (++depth_ > 200) {
    schema("The payload template is nested too deeply", at);
  } else if (value.is_object()) {
    out.kind = Template::Kind::object;
    std::vector<std::string> names;
    std::vector<Template> evaluated;
    bool fixed = true;
    for (const auto& [name, member] : value.members()) {
      if (!name.ends_with(".$")) {
        if (member.is_string() && (member.as_string().starts_with("$.") || member.as_string().starts_with("$$."))) {
          warning(fmt::format("The value for the field '{}' looks like a JSONPath, but is taken as text: did you mean '{}.$'?", name, name), at);
        } else if (member.is_string() && member.as_string().starts_with("States.") && intrinsics::Call::compile(member.as_string())) {
          warning(fmt::format("The value for the field '{}' looks like an intrinsic function call, but is taken as text: did you mean '{}.$'?", name, name), at);
        }
        out.members.push_back({std::string(name), jsonpath_template(member, at)});
        fixed = fixed && constant(out.members.back().value);
        continue;
      }
      fixed = false;
      Template leaf;
      leaf.kind = Template::Kind::reference;
      leaf.field = name;
      auto reference = member.is_string() ? parse_template_reference(member.as_string()) : std::nullopt;
      if (!reference) {
        schema(fmt::format("The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call", name), at);
        continue;
      }
      leaf.reference = std::make_shared<Reference>(std::move(*reference));
      names.emplace_back(name.substr(0, name.size() - 2));
      if (value.find(names.back())) schema(fmt::format("The field '{}' is given twice, with and without '.$'", names.back()), at);
      evaluated.push_back(std::move(leaf));
    }
    for (const size_t i : json::java_hash_order(names)) out.members.push_back({names[i], std::move(evaluated[i])});
    if (fixed) out = Template{.kind = Template::Kind::constant, .constant = value};
  } else if (value.is_array()) {
    out.kind = Template::Kind::array;
    for (const Value& item : value.items()) out.items.push_back(jsonpath_template(item, at));
    if (std::ranges::all_of(out.items, constant)) out = Template{.kind = Template::Kind::constant, .constant = value};
  } else {
    out.constant = value;
  }
  --depth_;
  return out;
}

Template Compiler::jsonata_template(const Value& value, const std::string& at, const std::string& field) {
  Template out;
  if (++depth_ > 200) {
    schema("The value is nested too deeply", at);
  } else if (value.is_object()) {
    out.kind = Template::Kind::object;
    for (const auto& [name, member] : value.members()) {
      out.members.push_back({std::string(name), jsonata_template(member, at + "/" + name, field + "/" + name)});
    }
    if (std::ranges::all_of(out.members, [](const auto& m) { return constant(m.value); })) {
      out = Template{.kind = Template::Kind::constant, .constant = value};
    }
  } else if (value.is_array()) {
    out.kind = Template::Kind::array;
    for (size_t i = 0; i < value.size(); ++i) {
      out.items.push_back(jsonata_template(value[i], fmt::format("{}[{}]", at, i), fmt::format("{}[{}]", field, i)));
    }
    if (std::ranges::all_of(out.items, constant)) out = Template{.kind = Template::Kind::constant, .constant = value};
  } else if (std::string_view inner; value.is_string() && is_query(value.as_string(), inner)) {
    out.kind = Template::Kind::query;
    out.field = field;
    out.query = query(value.as_string(), inner, at);
  } else {
    out.constant = value;
  }
  --depth_;
  return out;
}

ResultPath Compiler::result_path(const Value* value, const std::string& at) {
  ResultPath out;
  if (!value) return out;
  if (value->is_null()) {
    out.mode = ResultPath::Mode::discard;
    return out;
  }
  if (!expect(*value, json::Kind::string, at)) return out;
  const std::string_view text = value->as_string();
  if (text == "$") return out;
  auto reference = parse_reference(text, false);
  if (!reference || reference->root != Reference::Root::input || !reference->path || !reference->path->reference()) {
    schema("Value must be a valid Reference Path.", at);
    return out;
  }
  out.mode = ResultPath::Mode::path;
  out.path = std::move(reference->path);
  return out;
}

Quantity Compiler::quantity(const Value& document, std::string_view name, const std::string& at, Language language, double least, double most) {
  Quantity out;
  const std::string path_name = std::string(name) + "Path";
  const Value* fixed = document.find(name);
  const Value* by_path = document.find(path_name);
  if (fixed && by_path) {
    schema(fmt::format("There should only be one of the following fields: {}", name_list({std::string(name), path_name})), at);
    return out;
  }
  if (by_path && language == Language::jsonpath) out.reference = reference_path(*by_path, at + "/" + path_name);
  if (!fixed) return out;
  const std::string here = at + "/" + std::string(name);
  std::string_view inner;
  if (language == Language::jsonata && fixed->is_string() && is_query(fixed->as_string(), inner)) {
    out.query = query(fixed->as_string(), inner, here);
  } else if (!fixed->is_number() || (name != "ToleratedFailurePercentage" && !fixed->as_int64())) {
    schema(name == "ToleratedFailurePercentage" ? "Expected value of type [NUMBER]" : "Expected value of type [INTEGER]", here);
  } else if (fixed->as_double() < least) {
    schema(fmt::format("Minimum value is {}", static_cast<int64_t>(least)), here);
  } else if (fixed->as_double() > most) {
    schema(fmt::format("Maximum value is {}", static_cast<int64_t>(most)), here);
  } else {
    out.fixed = *fixed;
  }
  return out;
}

}  // namespace asl
