#include "services/cloudformation/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;
using Maybe = std::optional<Value>;

std::optional<std::string> scalar_text(const Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return value.number_text();
  return std::nullopt;
}

Value with_texts(const Value& value) {
  if (value.is_array()) {
    std::vector<Value> out;
    for (const Value& item : value.items()) out.push_back(with_texts(item));
    return Value::array(std::move(out));
  }
  if (value.is_object()) {
    std::vector<json::Member> out;
    for (const json::Member& member : value.members()) out.push_back({member.name, with_texts(member.value)});
    return Value::object(std::move(out));
  }
  if (value.is_null()) return value;
  return *scalar_text(value);
}

namespace {

constexpr size_t kTextBytesMax = 4 * 1'048'576;  // of what one function makes
constexpr int64_t kCidrsMax = 256;

std::string trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  if (from == text.npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

class Evaluation {
 public:
  explicit Evaluation(const Names& names) : names_(names) {}

  Result<Maybe> value(const Value& given) {
    if (given.is_array()) return list(given);
    if (!given.is_object()) return Maybe(given);
    if (const FunctionCall call = as_function(given)) return function(call.name, *call.argument);
    std::vector<json::Member> members;
    for (const json::Member& member : given.members()) {
      Maybe one = TRY(value(member.value));
      if (one) members.push_back({member.name, *std::move(one)});
    }
    return Maybe(Value::object(std::move(members)));
  }

  // The truth of an expression of the Conditions or Rules section.
  Result<bool> truth(const Value& given, const Value* conditions, int depth = 0) {
    if (depth > 100) return invalid("Template error: circular dependency between conditions");
    if (given.is_bool()) return given.as_bool();
    if (given.is_string()) return given.as_string() == "true";
    if (given.is_object() && given.size() == 1 && given["Condition"].is_string()) {
      return named_condition(given.text("Condition"), conditions, depth);
    }
    const FunctionCall call = as_function(given);
    if (!call) return invalid("Template error: every condition must be a boolean function.");
    const Value& argument = *call.argument;
    if (call.name == "Fn::Equals") {
      // Conditions compare values that were made with other conditions' help, too.
      const Value a = TRY(operand(argument[size_t{0}], conditions, depth));
      const Value b = TRY(operand(argument[size_t{1}], conditions, depth));
      return with_texts(a) == with_texts(b);
    }
    if (call.name == "Fn::Not") return !TRY(truth(argument[size_t{0}], conditions, depth + 1));
    if (call.name == "Fn::And" || call.name == "Fn::Or") {
      const bool stops_at = call.name == "Fn::Or";
      for (const Value& item : argument.items()) {
        if (TRY(truth(item, conditions, depth + 1)) == stops_at) return stops_at;
      }
      return !stops_at;
    }
    if (call.name == "Fn::Contains" && argument.is_array() && argument.size() == 2) {
      const Value among = TRY(operand(argument[size_t{0}], conditions, depth));
      const Value wanted = TRY(operand(argument[size_t{1}], conditions, depth));
      return contains(among, wanted);
    }
    if (call.name == "Fn::EachMemberIn" && argument.is_array() && argument.size() == 2) {
      const Value each = TRY(operand(argument[size_t{0}], conditions, depth));
      const Value among = TRY(operand(argument[size_t{1}], conditions, depth));
      return each.is_array() && std::ranges::all_of(each.items(), [&](const Value& one) { return contains(among, one); });
    }
    if (call.name == "Fn::EachMemberEquals" && argument.is_array() && argument.size() == 2) {
      const Value each = TRY(operand(argument[size_t{0}], conditions, depth));
      const Value wanted = with_texts(TRY(operand(argument[size_t{1}], conditions, depth)));
      return each.is_array() && std::ranges::all_of(each.items(), [&](const Value& one) { return with_texts(one) == wanted; });
    }
    const Maybe other = TRY(value(given));
    if (other && other->is_bool()) return other->as_bool();
    if (other && other->is_string()) return other->as_string() == "true";
    return invalid(fmt::format("Template error: {} is not a condition", call.name));
  }

 private:
  static bool contains(const Value& among, const Value& wanted) {
    if (!among.is_array()) return with_texts(among) == with_texts(wanted);
    const Value text = with_texts(wanted);
    return std::ranges::any_of(among.items(), [&](const Value& one) { return with_texts(one) == text; });
  }

  Result<bool> named_condition(std::string_view name, const Value* conditions, int depth) {
    if (!conditions) {
      const auto known = names_.conditions.find(name);
      if (known != names_.conditions.end()) return known->second;
    } else if (const Value* expression = conditions->find(name)) {
      return truth(*expression, conditions, depth + 1);
    }
    return invalid(fmt::format("Template error: unresolved condition dependency {} in Fn::If", name));
  }

  // A value of the Conditions section, in which Fn::If names conditions that are only being evaluated.
  Result<Value> operand(const Value& given, const Value* conditions, int depth) {
    if (const FunctionCall call = as_function(given); call && call.name == "Fn::If" && conditions) {
      const bool taken = TRY(named_condition((*call.argument)[size_t{0}].as_string(), conditions, depth));
      return operand((*call.argument)[taken ? size_t{1} : size_t{2}], conditions, depth + 1);
    }
    Maybe made = TRY(value(given));
    return made ? *std::move(made) : Value();
  }

  Result<Maybe> list(const Value& given) {
    std::vector<Value> out;
    for (const Value& item : given.items()) {
      Maybe one = TRY(value(item));
      if (one) out.push_back(*std::move(one));
    }
    return Maybe(Value::array(std::move(out)));
  }

  Result<Maybe> function(std::string_view name, const Value& argument) {
    if (name == "Ref") return ref(argument.as_string());
    if (name == "Fn::If") {
      const bool taken = TRY(named_condition(argument[size_t{0}].as_string(), nullptr, 0));
      return value(argument[taken ? size_t{1} : size_t{2}]);
    }
    if (name == "Fn::GetAtt") return get_att(argument);
    if (name == "Fn::Sub") return sub(argument);
    if (name == "Fn::Equals" || name == "Fn::And" || name == "Fn::Or" || name == "Fn::Not" || name == "Fn::Contains") {
      return Maybe(Value(TRY(truth(json::object({{name, argument}}), nullptr))));
    }
    const Maybe made = TRY(value(argument));
    const Value given = made ? *made : Value();
    if (name == "Fn::Join") return join(given);
    if (name == "Fn::Select") return select(given);
    if (name == "Fn::Split") return split(given);
    if (name == "Fn::FindInMap") return find_in_map(given);
    if (name == "Fn::Base64") return Maybe(Value(base64_encode(TRY(text_of(given, name)))));
    if (name == "Fn::GetAZs") return zones(given);
    if (name == "Fn::Cidr") return cidr(given);
    if (name == "Fn::ImportValue") {
      if (!names_.imported) return invalid("Template error: Fn::ImportValue is not allowed here");
      return Maybe(TRY(names_.imported(TRY(text_of(given, name)))));
    }
    if (name == "Fn::Length") {
      if (!given.is_array()) return invalid("Template error: Fn::Length requires a list");
      return Maybe(Value(static_cast<int64_t>(given.size())));
    }
    if (name == "Fn::ToJsonString") return Maybe(Value(json::write(given)));
    return invalid(fmt::format("Template error: Encountered unsupported function: {}", name));
  }

  Result<std::string> text_of(const Value& given, std::string_view function) {
    if (auto text = scalar_text(given)) return *std::move(text);
    return invalid(fmt::format("Template error: every {} object must have a String-typed value.", function));
  }

  Result<Maybe> ref(std::string_view name) {
    const Pseudo& pseudo = names_.pseudo;
    if (name == "AWS::NoValue") return Maybe();
    if (name == "AWS::AccountId") return Maybe(pseudo.account);
    if (name == "AWS::Region") return Maybe(pseudo.region);
    if (name == "AWS::Partition") return Maybe(pseudo.partition);
    if (name == "AWS::StackId") return Maybe(pseudo.stack_id);
    if (name == "AWS::StackName") return Maybe(pseudo.stack_name);
    if (name == "AWS::URLSuffix") return Maybe(pseudo.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com");
    if (name == "AWS::NotificationARNs") {
      std::vector<Value> arns(pseudo.notification_arns.begin(), pseudo.notification_arns.end());
      return Maybe(Value::array(std::move(arns)));
    }
    const auto parameter = names_.parameters.find(name);
    if (parameter != names_.parameters.end()) return Maybe(parameter->second);
    if (!names_.ref) return unresolved(name);
    return Maybe(TRY(names_.ref(name)));
  }

  static std::unexpected<Error> unresolved(std::string_view name) {
    return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", name));
  }

  Result<Maybe> get_att(const Value& argument) {
    std::string resource, attribute;
    if (argument.is_string()) {
      const std::string_view text = argument.as_string();
      const size_t dot = std::min(text.find('.'), text.size());
      resource = text.substr(0, dot);
      attribute = text.substr(std::min(dot + 1, text.size()));
    } else {
      resource = argument[size_t{0}].as_string();
      const Maybe made = TRY(value(argument[size_t{1}]));
      attribute = TRY(text_of(made ? *made : Value(), "Fn::GetAtt"));
    }
    if (!names_.attribute) return unresolved(resource);
    return Maybe(TRY(names_.attribute(resource, attribute)));
  }

  Result<Maybe> sub(const Value& argument) {
    const std::string_view text = argument.is_string() ? argument.as_string() : argument[size_t{0}].as_string();
    const Value variables = argument.is_array() && argument.size() == 2 ? argument[size_t{1}] : Value();
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const size_t open = text.find("${", at), close = open == text.npos ? open : text.find('}', open);
      if (close == text.npos) {
        out.append(text.substr(at));
        break;
      }
      out.append(text.substr(at, open - at));
      const std::string name = trimmed(text.substr(open + 2, close - open - 2));
      at = close + 1;
      if (name.starts_with("!")) {
        out.append("${").append(name.substr(1)).append("}");
        continue;
      }
      out.append(TRY(variable(name, variables)));
      if (out.size() > kTextBytesMax) return invalid("Template error: the result of Fn::Sub is too long");
    }
    return Maybe(Value(out));
  }

  Result<std::string> variable(const std::string& name, const Value& variables) {
    Maybe made;
    const size_t dot = name.find('.');
    if (const Value* given = variables.find(name)) {
      made = TRY(value(*given));
    } else if (dot != name.npos && !name.starts_with("AWS::")) {
      made = TRY(get_att(json::array({name.substr(0, dot), name.substr(dot + 1)})));
    } else {
      made = TRY(ref(name));
    }
    if (made) {
      if (auto text = scalar_text(*made)) return *std::move(text);
    }
    return invalid(fmt::format("Template error: Fn::Sub expression does not resolve to a string: {}", name));
  }

  Result<Maybe> join(const Value& given) {
    const bool fits = given.is_array() && given.size() == 2 && given[size_t{0}].is_string() && given[size_t{1}].is_array();
    std::string out;
    bool first = true;
    for (const Value& item : fits ? given[size_t{1}].items() : std::span<const Value>()) {
      const auto text = scalar_text(item);
      if (!text) return bad_join();
      if (!first) out.append(given[size_t{0}].as_string());
      first = false;
      out.append(*text);
      if (out.size() > kTextBytesMax) return invalid("Template error: the result of Fn::Join is too long");
    }
    if (!fits) return bad_join();
    return Maybe(Value(out));
  }
  static std::unexpected<Error> bad_join() {
    return invalid("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a "
                   "function that returns a list of strings (such as Fn::GetAzs) to be joined.");
  }

  Result<Maybe> select(const Value& given) {
    const bool two = given.is_array() && given.size() == 2;
    const auto index_text = two ? scalar_text(given[size_t{0}]) : std::nullopt;
    if (two && given[size_t{1}] == Value(kKnownAfterApply)) return Maybe(given[size_t{1}]);
    uint64_t index = 0;
    if (index_text) {
      const auto [end, error] = std::from_chars(index_text->data(), index_text->data() + index_text->size(), index);
      if (error == std::errc() && end == index_text->data() + index_text->size() && given[size_t{1}].is_array()) {
        const Value& among = given[size_t{1}];
        if (index < among.size()) return Maybe(among[index]);
        if (among.size() == 1 && among[size_t{0}] == Value(kKnownAfterApply)) return Maybe(among[size_t{0}]);
        return invalid(fmt::format("Template error: Fn::Select cannot select nonexistent value at index {}", index));
      }
    }
    return invalid("Template error: Fn::Select requires a list argument with two elements: an integer index and a list");
  }

  Result<Maybe> split(const Value& given) {
    const auto text = given.is_array() && given.size() == 2 ? scalar_text(given[size_t{1}]) : std::nullopt;
    if (!text || !given[size_t{0}].is_string() || given[size_t{0}].as_string().empty()) {
      return invalid("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function "
                     "that returns a string to be split.");
    }
    if (*text == kKnownAfterApply) return Maybe(json::array({*text}));
    const std::string_view delimiter = given[size_t{0}].as_string();
    std::vector<Value> parts;
    size_t at = 0;
    for (size_t next; (next = text->find(delimiter, at)) != text->npos; at = next + delimiter.size()) {
      parts.emplace_back(std::string_view(*text).substr(at, next - at));
    }
    parts.emplace_back(std::string_view(*text).substr(at));
    return Maybe(Value::array(std::move(parts)));
  }

  Result<Maybe> find_in_map(const Value& given) {
    std::vector<std::string> path;
    const bool listed = given.is_array() && given.size() >= 3;
    for (size_t i = 0; listed && i < 3; ++i) {
      if (auto text = scalar_text(given[i])) path.push_back(*std::move(text));
    }
    if (path.size() != 3) {
      return invalid("Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value");
    }
    const Value* found = names_.mappings.find(path[0]);
    if (found) found = found->find(path[1]);
    if (found) found = found->find(path[2]);
    if (found) return Maybe(*found);
    // AWS::LanguageExtensions: [..., {"DefaultValue": x}]
    if (given.size() == 4 && given[size_t{3}].find("DefaultValue")) return Maybe(given[size_t{3}]["DefaultValue"]);
    if (!names_.mappings.find(path[0])) {
      return invalid(fmt::format("Template error: Mapping named '{}' is not present in the 'Mappings' section of template.", path[0]));
    }
    return invalid(fmt::format("Template error: Unable to get mapping for {}::{}::{}", path[0], path[1], path[2]));
  }

  Result<Maybe> zones(const Value& given) {
    const std::string region = TRY(text_of(given.is_null() ? Value("") : given, "Fn::GetAZs"));
    std::vector<Value> out;
    if (region.empty() || region == names_.pseudo.region) {
      out.assign(names_.zones.begin(), names_.zones.end());
    } else {
      for (const char letter : {'a', 'b', 'c'}) out.emplace_back(region + letter);
    }
    return Maybe(Value::array(std::move(out)));
  }

  Result<Maybe> cidr(const Value& given) {
    const auto number = [&](size_t i) -> std::optional<int64_t> {
      if (!given.is_array() || given.size() <= i) return std::nullopt;
      const auto text = scalar_text(given[i]);
      int64_t value = 0;
      if (!text) return std::nullopt;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
      if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
      return value;
    };
    const auto block = given.is_array() && given.size() >= 2 ? scalar_text(given[size_t{0}]) : std::nullopt;
    const auto count = number(1);
    const int64_t bits = number(2).value_or(8);  // of hosts
    unsigned parts[5] = {};
    char rest = 0;
    if (!block || !count || std::sscanf(block->c_str(), "%u.%u.%u.%u/%u%c", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4], &rest) != 5 ||
        std::ranges::any_of(parts, [](unsigned part) { return part > 255; }) || parts[4] > 32 || bits < 1 || bits > 32) {
      return invalid("Template error: every Fn::Cidr object requires two required parameters, (1) a cidr block and (2) a count, and an optional parameter, "
                     "(3) cidr bits.");
    }
    const int prefix = static_cast<int>(32 - bits);
    const uint64_t size = uint64_t{1} << bits, whole = uint64_t{1} << (32 - parts[4]);
    const uint64_t mask = parts[4] == 0 ? 0 : ~uint64_t{0} << (32 - parts[4]);
    const uint64_t base = (uint64_t{parts[0]} << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]) & mask;
    if (*count < 1 || *count > kCidrsMax || static_cast<uint64_t>(*count) * size > whole) {
      return invalid(fmt::format("Template error: Fn::Cidr cannot make {} blocks of {} bits from {}", *count, bits, *block));
    }
    std::vector<Value> out;
    for (uint64_t i = 0; i < static_cast<uint64_t>(*count); ++i) {
      const uint64_t at = base + i * size;
      out.emplace_back(fmt::format("{}.{}.{}.{}/{}", at >> 24 & 255, at >> 16 & 255, at >> 8 & 255, at & 255, prefix));
    }
    return Maybe(Value::array(std::move(out)));
  }

  const Names& names_;
};

}  // namespace

Result<Maybe> evaluate(const Value& value, const Names& names) { return Evaluation(names).value(value); }

Result<Value> evaluate_value(const Value& value, const Names& names) {
  Maybe made = TRY(evaluate(value, names));
  return made ? *std::move(made) : Value();
}

Result<std::map<std::string, bool, std::less<>>> evaluate_conditions(const Value& conditions, Names names) {
  std::map<std::string, bool, std::less<>> out;
  if (!conditions.is_object()) return out;
  names.conditions.clear();
  Evaluation evaluation(names);
  for (const auto& [name, expression] : conditions.members()) out[std::string(name)] = TRY(evaluation.truth(expression, &conditions));
  return out;
}

Status check_rules(const Value& rules, const Names& names) {
  if (!rules.is_object()) return {};
  Evaluation evaluation(names);
  for (const auto& [name, rule] : rules.members()) {
    if (const Value* gate = rule.find("RuleCondition")) {
      if (!TRY(evaluation.truth(*gate, nullptr))) continue;
    }
    if (!rule["Assertions"].is_array()) continue;
    for (const Value& assertion : rule["Assertions"].items()) {
      if (TRY(evaluation.truth(assertion["Assert"], nullptr))) continue;
      return invalid(fmt::format("Template validation error: Template error: Rule '{}' is not satisfied: {}", name,
                                 assertion.text("AssertDescription", "its assertion failed")));
    }
  }
  return {};
}

}  // namespace cloudformation
