#include "services/cloudformation/language_extensions.h"

#include <fmt/format.h>

#include "services/cloudformation/functions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;
using Parameters = std::map<std::string, Value, std::less<>>;

namespace {

constexpr std::string_view kName = "AWS::LanguageExtensions";
constexpr size_t kMembersMax = 20'000;  // that loops may write

std::vector<std::string> transforms(const Value& body) {
  std::vector<std::string> out;
  const auto add = [&](const Value& one) {
    if (one.is_string()) out.emplace_back(one.as_string());
    if (one.is_object()) out.emplace_back(one.text("Name"));
  };
  const Value& given = body["Transform"];
  if (given.is_array()) {
    for (const Value& one : given.items()) add(one);
  } else {
    add(given);
  }
  return out;
}

void find_snippets(const Value& value, std::vector<std::string>& out) {
  if (value.is_array()) {
    for (const Value& item : value.items()) find_snippets(item, out);
  } else if (value.is_object()) {
    for (const json::Member& member : value.members()) {
      if (member.name == "Fn::Transform") {
        for (std::string& name : transforms(json::object({{"Transform", member.value}}))) out.push_back(std::move(name));
      } else {
        find_snippets(member.value, out);
      }
    }
  }
}

struct Variable {
  std::string name, value;
};

std::string replaced(std::string_view text, const std::vector<Variable>& variables) {
  std::string out(text);
  for (const Variable& variable : variables) {
    std::string alphanumeric;  // ${x} puts the value there, &{x} its letters and digits alone
    for (const char c : variable.value) {
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) alphanumeric.push_back(c);
    }
    for (const auto& [open, value] : {std::pair<std::string_view, const std::string*>{"${", &variable.value}, {"&{", &alphanumeric}}) {
      const std::string name = fmt::format("{}{}}}", open, variable.name);
      for (size_t at = 0; (at = out.find(name, at)) != out.npos; at += value->size()) out.replace(at, name.size(), *value);
    }
  }
  return out;
}

class Loops {
 public:
  explicit Loops(const Parameters& parameters, const Value& body) {
    names_.parameters = parameters;
    names_.mappings = body["Mappings"];
  }

  Result<Value> expand(const Value& value, const std::vector<Variable>& variables) {
    if (value.is_string()) return Value(variables.empty() ? std::string(value.as_string()) : replaced(value.as_string(), variables));
    if (value.is_array()) {
      std::vector<Value> out;
      for (const Value& item : value.items()) out.push_back(TRY(expand(item, variables)));
      return Value::array(std::move(out));
    }
    if (!value.is_object()) return value;
    if (const FunctionCall call = as_function(value); call && call.name == "Ref" && call.argument->is_string()) {
      for (const Variable& variable : variables) {
        if (variable.name == call.argument->as_string()) return Value(variable.value);
      }
    }
    std::vector<json::Member> out;
    for (const json::Member& member : value.members()) {
      if (member.name.starts_with("Fn::ForEach::")) {
        TRY(loop(member.value, variables, out));
      } else {
        out.push_back({replaced(member.name, variables), TRY(expand(member.value, variables))});
      }
      if (++written_ > kMembersMax) return invalid("Template format error: Fn::ForEach makes too many members");
    }
    return Value::object(std::move(out));
  }

 private:
  Status loop(const Value& argument, const std::vector<Variable>& variables, std::vector<json::Member>& out) {
    if (!argument.is_array() || argument.size() != 3 || !argument[size_t{0}].is_string() || !argument[size_t{2}].is_object()) {
      return invalid("Fn::ForEach layout is incorrect: it requires an identifier, a collection and an output");
    }
    const Value collection = TRY(evaluate_value(TRY(expand(argument[size_t{1}], variables)), names_));
    if (!collection.is_array()) return invalid("Fn::ForEach: the collection must be a list or a reference to one");
    for (const Value& given : collection.items()) {
      // An item may itself be a list that a Ref gave.
      const std::vector<Value> items = given.is_array() ? std::vector<Value>(given.items().begin(), given.items().end()) : std::vector<Value>{given};
      for (const Value& item : items) {
        std::vector<Variable> inner = variables;
        inner.push_back({std::string(argument[size_t{0}].as_string()), scalar_text(item).value_or("")});
        const Value made = TRY(expand(argument[size_t{2}], inner));
        for (const json::Member& member : made.members()) out.push_back(member);
      }
    }
    return {};
  }

  Names names_;
  size_t written_ = 0;
};

}  // namespace

bool has_language_extensions(const Value& body) {
  for (const std::string& name : transforms(body)) {
    if (name == kName) return true;
  }
  return false;
}

std::vector<std::string> other_transforms(const Value& body) {
  std::vector<std::string> out;
  for (const std::string& name : transforms(body)) {
    if (name != kName) out.push_back(name);
  }
  find_snippets(body.without("Transform"), out);
  return out;
}

Result<Value> expand_language_extensions(const Value& body, const Parameters& parameters) {
  if (!has_language_extensions(body)) return body;
  return Loops(parameters, body).expand(body.without("Transform"), {});
}

}  // namespace cloudformation
