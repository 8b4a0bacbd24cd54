#include "services/cloudformation/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/cloudformation/yaml.h"

namespace cloudformation {

using json::Value;

namespace {
constexpr json::Limits kJsonLimits{.depth = 200};
}

std::unexpected<Error> invalid(std::string message) {
  return fail("ValidationError", std::move(message), 400);
}

Result<Value> parse_template(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  Value body;
  if (start != text.npos && text[start] == '{') {
    auto parsed = json::parse_detailed(text, kJsonLimits);
    if (!parsed) {
      // A flow mapping of YAML begins so too.
      auto yaml = parse_yaml(text);
      if (!yaml || !yaml->is_object()) {
        return invalid(fmt::format("Template format error: JSON not well-formed. (line {}, column {})",
                                   parsed.error().line, parsed.error().column));
      }
      parsed = *std::move(yaml);
    }
    body = *std::move(parsed);
  } else {
    body = TRY(parse_yaml(text));
  }
  if (!body.is_object()) return invalid("Template format error: unsupported structure.");
  return body;
}

FunctionCall as_function(const Value& value) {
  if (!value.is_object() || value.size() != 1) return {};
  const json::Member& only = value.members()[0];
  if (only.name == "Ref" || only.name.starts_with("Fn::")) {
    return {only.name, &only.value};
  }
  return {};
}

std::vector<std::string> sub_variables(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = text.find("${"); at != text.npos; at = text.find("${", at + 2)) {
    const size_t end = text.find('}', at);
    if (end == text.npos) break;
    const std::string_view name = text.substr(at + 2, end - at - 2);
    if (!name.starts_with("!")) out.emplace_back(name);
  }
  return out;
}

std::vector<std::string> depends_on(const Value& resource) {
  const Value& given = resource["DependsOn"];
  std::vector<std::string> out;
  if (given.is_string()) out.emplace_back(given.as_string());
  if (given.is_array()) {
    for (const Value& one : given.items()) {
      if (one.is_string()) out.emplace_back(one.as_string());
    }
  }
  return out;
}

namespace {

void visit_dotted(std::string_view text, const std::function<void(const Reference&)>& visit) {
  const size_t dot = text.find('.');
  if (dot == text.npos || text.starts_with("AWS::")) {
    visit({Reference::Kind::name, std::string(text), ""});
  } else {
    visit({Reference::Kind::attribute, std::string(text.substr(0, dot)),
           std::string(text.substr(dot + 1))});
  }
}

void visit_sub(const Value& argument, const std::function<void(const Reference&)>& visit) {
  const bool with_map = argument.is_array() && argument.size() == 2;
  const Value& text = argument.is_array() && argument.size() > 0 ? argument[size_t{0}] : argument;
  if (text.is_string()) {
    for (std::string& name : sub_variables(text.as_string())) {
      name.erase(0, name.find_first_not_of(' '));
      name.resize(name.find_last_not_of(' ') + 1);
      if (!with_map || !argument[size_t{1}].find(name)) visit_dotted(name, visit);
    }
  }
  if (with_map) visit_references(argument[size_t{1}], visit);
}

}  // namespace

void visit_references(const Value& value, const std::function<void(const Reference&)>& visit) {
  if (value.is_array()) {
    for (const Value& item : value.items()) visit_references(item, visit);
    return;
  }
  if (!value.is_object()) return;
  const FunctionCall call = as_function(value);
  if (call && call.name == "Ref" && call.argument->is_string()) {
    return visit({Reference::Kind::name, std::string(call.argument->as_string()), ""});
  }
  if (value.size() == 1 && value["Condition"].is_string()) {
    return visit({Reference::Kind::condition, std::string(value.text("Condition")), ""});
  }
  if (call && call.name == "Fn::GetAtt") {
    if (call.argument->is_string()) return visit_dotted(call.argument->as_string(), visit);
    const Value& argument = *call.argument;
    if (argument.is_array() && argument.size() >= 2 && argument[size_t{0}].is_string()) {
      const Value& attribute = argument[size_t{1}];
      visit({Reference::Kind::attribute, std::string(argument[size_t{0}].as_string()),
             attribute.is_string() ? std::string(attribute.as_string()) : std::string()});
      visit_references(attribute, visit);
    }
    return;
  }
  if (call && call.name == "Fn::Sub") return visit_sub(*call.argument, visit);
  if (call && call.name == "Fn::If" && call.argument->is_array() && call.argument->size() == 3) {
    const Value& condition = (*call.argument)[size_t{0}];
    if (condition.is_string()) {
      visit({Reference::Kind::condition, std::string(condition.as_string()), ""});
    }
    visit_references((*call.argument)[size_t{1}], visit);
    return visit_references((*call.argument)[size_t{2}], visit);
  }
  for (const json::Member& member : value.members()) visit_references(member.value, visit);
}

}  // namespace cloudformation
