#include "services/cloudformation/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>

#include "base/encoding.h"
#include "protocol/models/pattern.h"
#include "services/cloudformation/functions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

constexpr size_t kValueBytesMax = 4'096;

bool is_list_type(std::string_view type) {
  if (type == "CommaDelimitedList" || type.starts_with("List<")) return true;
  return type.find("Value<List<") != type.npos || type.find("Value<CommaDelimitedList>") != type.npos;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    std::string_view item = text.substr(at, comma - at);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    out.emplace_back(item);
    at = comma + 1;
  }
  return out;
}

std::optional<double> number(const std::string& text) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != 0 || text.find_first_of("xXnNiI") != text.npos) return std::nullopt;
  return value;
}

std::optional<double> bound(const Value& declared, std::string_view name) {
  const auto text = scalar_text(declared[name]);
  return text ? number(*text) : std::nullopt;
}

// What a refused value is told; the template may word it itself.
std::unexpected<Error> refused(const std::string& key, const Value& declared, std::string text) {
  if (const std::string_view own = declared.text("ConstraintDescription"); !own.empty()) {
    return invalid(fmt::format("Parameter '{}' failed to satisfy constraint: {}", key, own));
  }
  return invalid(fmt::format("Parameter '{}' {}", key, text));
}

Status check_one(const std::string& key, const Value& declared, const std::string& value, std::string_view type) {
  const bool numeric = type == "Number" || type == "List<Number>";
  const auto as_number = number(value);
  if (numeric && !as_number) return invalid(fmt::format("Parameter '{}' must be a number.", key));
  if (declared["AllowedValues"].is_array()) {
    const bool allowed = std::ranges::any_of(declared["AllowedValues"].items(), [&](const Value& one) { return scalar_text(one) == value; });
    if (!allowed) {
      return refused(key, declared, "must be one of AllowedValues");
    }
  }
  if (numeric) {
    if (const auto least = bound(declared, "MinValue"); least && *as_number < *least) {
      return refused(key, declared, fmt::format("must be a number not less than {}", *scalar_text(declared["MinValue"])));
    }
    if (const auto most = bound(declared, "MaxValue"); most && *as_number > *most) {
      return refused(key, declared, fmt::format("must be a number not greater than {}", *scalar_text(declared["MaxValue"])));
    }
    return {};
  }
  const auto length = static_cast<double>(code_points(value));
  if (const auto least = bound(declared, "MinLength"); least && length < *least) {
    return refused(key, declared, fmt::format("must contain at least {} characters", *scalar_text(declared["MinLength"])));
  }
  if (const auto most = bound(declared, "MaxLength"); most && length > *most) {
    return refused(key, declared, fmt::format("must contain at most {} characters", *scalar_text(declared["MaxLength"])));
  }
  if (const std::string_view pattern = declared.text("AllowedPattern"); !pattern.empty()) {
    const model::Pattern compiled(pattern);
    if (!compiled.valid()) return invalid(fmt::format("Template error: AllowedPattern of parameter '{}' is not a regular expression", key));
    if (!compiled.matches(value)) return refused(key, declared, fmt::format("must match pattern {}", pattern));
  }
  return {};
}

Status check_value(const Parameter& parameter, const Value& declared) {
  if (parameter.value.size() > kValueBytesMax) {
    return invalid(fmt::format("Parameter '{}' must contain at most {} characters", parameter.key, kValueBytesMax));
  }
  if (parameter.from_ssm() || !is_list_type(parameter.type)) return check_one(parameter.key, declared, parameter.value, parameter.type);
  for (const std::string& item : split_list(parameter.value)) TRY(check_one(parameter.key, declared, item, parameter.type));
  return {};
}

}  // namespace

Value to_json(const std::vector<Parameter>& parameters) {
  std::vector<Value> out;
  for (const Parameter& one : parameters) {
    out.push_back(json::object({{"key", one.key}, {"type", one.type}, {"value", one.value}, {"resolved", one.resolved}, {"no_echo", one.no_echo}}));
  }
  return Value::array(std::move(out));
}

std::vector<Parameter> parameters_from_json(const Value& value) {
  std::vector<Parameter> out;
  if (!value.is_array()) return out;
  for (const Value& one : value.items()) {
    out.push_back({std::string(one.text("key")), std::string(one.text("type")), std::string(one.text("value")), std::string(one.text("resolved")),
                   one["no_echo"] == Value(true)});
  }
  return out;
}

Result<std::vector<Parameter>> bind_parameters(const Value& body, const Value& given, const std::vector<Parameter>& previous) {
  const Value& declared = body["Parameters"];
  std::map<std::string, const Value*, std::less<>> by_key;
  std::set<std::string> unknown, missing;
  for (const Value& one : given.is_array() ? given.items() : std::span<const Value>()) {
    const std::string key(one.text("ParameterKey"));
    if (!declared.find(key)) unknown.insert(key);
    if (!by_key.emplace(key, &one).second) return invalid(fmt::format("Duplicate parameter: {}", key));
  }
  if (!unknown.empty()) return invalid(fmt::format("Parameters: [{}] do not exist in the template", fmt::join(unknown, ", ")));
  std::vector<Parameter> out;
  if (!declared.is_object()) return out;
  for (const auto& [key, declaration] : declared.members()) {
    Parameter parameter{.key = std::string(key), .type = std::string(declaration.text("Type")), .value = {}, .resolved = {}, .no_echo = scalar_text(declaration["NoEcho"]) == "true"};
    const auto found = by_key.find(key);
    if (found != by_key.end() && (*found->second)["UsePreviousValue"] == Value(true)) {
      const auto before = std::ranges::find(previous, key.view(), &Parameter::key);
      if (before == previous.end()) {
        return invalid(fmt::format("Invalid input for parameter key {}. Cannot specify usePreviousValue as true for a parameter key not in the previous template", key));
      }
      parameter.value = before->value;
    } else if (found != by_key.end() && found->second->find("ParameterValue")) {
      parameter.value = found->second->text("ParameterValue");
    } else if (const Value* standard = declaration.find("Default")) {
      parameter.value = scalar_text(*standard).value_or("");
    } else {
      missing.emplace(key);
      continue;
    }
    out.push_back(std::move(parameter));
  }
  if (!missing.empty()) return invalid(fmt::format("Parameters: [{}] must have values", fmt::join(missing, ", ")));
  for (const Parameter& parameter : out) TRY(check_value(parameter, declared[parameter.key]));
  std::ranges::sort(out, {}, &Parameter::key);
  return out;
}

std::map<std::string, Value, std::less<>> parameter_values(const std::vector<Parameter>& parameters) {
  std::map<std::string, Value, std::less<>> out;
  for (const Parameter& one : parameters) {
    const std::string& text = one.from_ssm() ? one.resolved : one.value;
    if (is_list_type(one.type)) {
      const std::vector<std::string> items = split_list(text);
      out[one.key] = Value::array(std::vector<Value>(items.begin(), items.end()));
    } else {
      out[one.key] = text;
    }
  }
  return out;
}

Value shown_parameters(const std::vector<Parameter>& parameters) {
  std::vector<Value> out;
  for (const Parameter& one : parameters) {
    json::ObjectBuilder shown;
    shown.add("ParameterKey", one.key).add("ParameterValue", one.no_echo ? std::string("****") : one.value);
    if (one.from_ssm()) shown.add("ResolvedValue", one.resolved);
    out.push_back(shown.build());
  }
  return Value::array(std::move(out));
}

}  // namespace cloudformation
