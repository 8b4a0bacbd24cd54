// What can be wrong with a template before anything of it is evaluated.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

using NameSet = std::set<std::string, std::less<>>;

bool is_alphanumeric(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

// Where a null stands, "/Outputs/O/Value"; empty when there is none.
std::string path_of_null(const Value& value, const std::string& path) {
  if (value.is_null()) return path;
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      std::string found = path_of_null(value[i], fmt::format("{}/{}", path, i));
      if (!found.empty()) return found;
    }
  } else if (value.is_object()) {
    for (const json::Member& member : value.members()) {
      std::string found = path_of_null(member.value, fmt::format("{}/{}", path, member.name));
      if (!found.empty()) return found;
    }
  }
  return {};
}

std::string join(const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); }

Status check_sections(const Value& body) {
  static constexpr std::array kSections = {
      "AWSTemplateFormatVersion", "Description", "Metadata",  "Parameters", "Mappings",
      "Conditions",               "Rules",       "Transform", "Resources",  "Outputs", "Hooks"};
  NameSet unknown;
  for (const json::Member& member : body.members()) {
    const bool loop = member.name.starts_with("Fn::");  // Fn::Transform, Fn::ForEach
    if (!loop && std::ranges::find(kSections, member.name) == kSections.end()) unknown.emplace(member.name);
  }
  if (!unknown.empty()) {
    return invalid(fmt::format("Invalid template property or properties [{}]", join(unknown)));
  }
  const Value& version = body["AWSTemplateFormatVersion"];
  if (body.find("AWSTemplateFormatVersion") && version != Value("2010-09-09")) {
    return invalid("Template format error: unsupported value for AWSTemplateFormatVersion.");
  }
  if (const Value* description = body.find("Description")) {
    if (!description->is_string()) {
      return invalid("Template format error: [/Description] Description must be a string.");
    }
    if (description->as_string().size() > 1024) {
      return invalid("Template format error: 'Description' length is greater than 1024.");
    }
  }
  const Value& resources = body["Resources"];
  if (!resources.is_object() || resources.size() == 0) {
    return invalid("Template format error: At least one Resources member must be defined.");
  }
  struct Limit {
    std::string_view section;
    size_t most;
  };
  for (const Limit& limit : {Limit{"Resources", kResourcesMax}, Limit{"Parameters", kParametersMax},
                             Limit{"Outputs", kOutputsMax}, Limit{"Mappings", kMappingsMax}}) {
    if (body[limit.section].size() > limit.most) {
      std::string noun(limit.section);
      noun.pop_back();
      for (char& c : noun) c = static_cast<char>(c | 0x20);
      return invalid(fmt::format("Template format error: Number of {}s, {}, is greater than maximum allowed, {}",
                                 noun, body[limit.section].size(), limit.most));
    }
    if (body.find(limit.section) && !body[limit.section].is_object()) {
      return invalid(fmt::format("Template format error: {} must be an object.", limit.section));
    }
  }
  return {};
}

Status check_parameters(const Value& body) {
  static constexpr std::array kMembers = {"Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MaxLength",
                                          "MinLength", "MaxValue", "MinValue", "Description", "ConstraintDescription"};
  if (!body["Parameters"].is_object()) return {};
  for (const auto& [name, parameter] : body["Parameters"].members()) {
    if (!is_alphanumeric(name)) {
      return invalid(fmt::format("Template format error: Parameter name {} is non alphanumeric.", name));
    }
    if (!parameter.is_object()) {
      return invalid("Template format error: Any Parameters member must be an object.");
    }
    for (const json::Member& member : parameter.members()) {
      if (std::ranges::find(kMembers, member.name) == kMembers.end()) {
        return invalid(fmt::format("Invalid template parameter property '{}'", member.name));
      }
    }
    if (!parameter["Type"].is_string()) {
      return invalid("Template format error: Every Parameters object must contain a Type member.");
    }
    const std::string_view type = parameter.text("Type");
    static constexpr std::array kTypes = {"String", "Number", "List<Number>", "List<String>", "CommaDelimitedList"};
    if (std::ranges::find(kTypes, type) == kTypes.end() && !type.starts_with("AWS::") && !type.starts_with("List<AWS::")) {
      return invalid(fmt::format("Template format error: Unrecognized parameter type: {}", type));
    }
    if (parameter.find("Default") && (parameter["Default"].is_object() || parameter["Default"].is_array())) {
      return invalid("Template format error: Every Default member must be a string.");
    }
  }
  return {};
}

Status check_mappings(const Value& body) {
  if (!body["Mappings"].is_object()) return {};
  for (const auto& [name, mapping] : body["Mappings"].members()) {
    if (!is_alphanumeric(name)) {
      return invalid(fmt::format("Template format error: Mappings name '{}' is non alphanumeric.", name));
    }
    if (!mapping.is_object()) {
      return invalid(fmt::format("Template format error: Every Mappings member {} must be a map", name));
    }
    for (const json::Member& key : mapping.members()) {
      if (!key.value.is_object()) {
        return invalid(fmt::format("Template format error: Every Mappings member {} must be a map", key.name));
      }
      for (const json::Member& attribute : key.value.members()) {
        if (attribute.value.is_object()) {
          return invalid("Template format error: Every Mappings attribute must be a String or a List.");
        }
      }
    }
  }
  return {};
}

Status check_resource(const std::string& name, const Value& resource) {
  static constexpr std::array kMembers = {"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy",
                                          "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy", "Metadata", "Version"};
  if (!resource.is_object()) return invalid("Template format error: Any Resources member must be an object.");
  if (!is_alphanumeric(name)) {
    return invalid(fmt::format("Template format error: Resource name {} is non alphanumeric.", name));
  }
  if (!resource["Type"].is_string()) {
    return invalid(fmt::format("Template format error: [/Resources/{}] Every Resources object must contain a Type member.", name));
  }
  for (const json::Member& member : resource.members()) {
    if (std::ranges::find(kMembers, member.name) == kMembers.end()) {
      return invalid(fmt::format("Invalid template resource property '{}'", member.name));
    }
  }
  if (resource.find("Properties") && !resource["Properties"].is_object()) {
    return invalid("Template format error: [/Resources/" + name + "/Properties] Properties must be an object.");
  }
  for (const std::string_view policy : {"DeletionPolicy", "UpdateReplacePolicy"}) {
    const Value* given = resource.find(policy);
    if (!given || given->is_object()) continue;  // a function
    static constexpr std::array kPolicies = {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"};
    if (!given->is_string() || std::ranges::find(kPolicies, given->as_string()) == kPolicies.end()) {
      return invalid(fmt::format("Template error: {} must be one of Delete, Retain, RetainExceptOnCreate, Snapshot", policy));
    }
  }
  return {};
}

bool is_function_or(const Value& value, bool fits) { return fits || as_function(value) || value.is_object(); }
bool is_scalar(const Value& value) { return value.is_string() || value.is_number() || value.is_bool(); }

// The shape of a function's argument.
Status check_call(std::string_view name, const Value& argument, bool in_condition_section) {
  const auto is_list = [&](size_t least, size_t most) {
    return argument.is_array() && argument.size() >= least && argument.size() <= most;
  };
  if (name == "Ref") {
    if (!argument.is_string()) return invalid("Template format error: Every Ref object must have a single String value.");
  } else if (name == "Fn::GetAtt") {
    bool fits = false;
    if (argument.is_string()) {
      const std::string_view text = argument.as_string();
      fits = text.find('.') != text.npos && text.front() != '.' && text.back() != '.';
    } else if (is_list(2, 2)) {
      fits = argument[size_t{0}].is_string() && !argument[size_t{0}].as_string().empty() &&
             (argument[size_t{1}].is_object() || (argument[size_t{1}].is_string() && !argument[size_t{1}].as_string().empty()));
    }
    if (!fits) {
      return invalid("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute");
    }
  } else if (name == "Fn::Join") {
    if (!is_list(2, 2) || !argument[size_t{0}].is_string() || !is_function_or(argument[size_t{1}], argument[size_t{1}].is_array())) {
      return invalid("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined "
                     "or a function that returns a list of strings (such as Fn::GetAzs) to be joined.");
    }
  } else if (name == "Fn::Select") {
    if (!is_list(2, 2) || !is_function_or(argument[size_t{0}], is_scalar(argument[size_t{0}])) ||
        !is_function_or(argument[size_t{1}], argument[size_t{1}].is_array())) {
      return invalid("Template error: Fn::Select requires a list argument with two elements: an integer index and a list");
    }
  } else if (name == "Fn::Split") {
    if (!is_list(2, 2) || !argument[size_t{0}].is_string() || !is_function_or(argument[size_t{1}], is_scalar(argument[size_t{1}]))) {
      return invalid("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
                     "function that returns a string to be split.");
    }
  } else if (name == "Fn::Equals") {
    if (!is_list(2, 2)) return invalid("Template error: every Fn::Equals object requires a list of 2 string parameters.");
  } else if (name == "Fn::If") {
    if (!is_list(3, 3) || !argument[size_t{0}].is_string()) {
      return invalid("Template error: Fn::If requires a list argument with the first element being a condition");
    }
  } else if (name == "Fn::And" || name == "Fn::Or") {
    if (!is_list(2, 10)) {
      return invalid(fmt::format("Template error: every {} object requires a list of at least 2 and at most 10 boolean parameters.", name));
    }
  } else if (name == "Fn::Not") {
    if (!is_list(1, 1)) return invalid("Template error: every Fn::Not object requires one boolean parameter.");
  } else if (name == "Fn::FindInMap") {
    if (!is_list(3, 4)) {
      return invalid("Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value");
    }
  } else if (name == "Fn::Sub") {
    if (!argument.is_string() && !(is_list(2, 2) && argument[size_t{0}].is_string() && argument[size_t{1}].is_object()) &&
        !(is_list(1, 1) && argument[size_t{0}].is_string())) {
      return invalid("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, "
                     "and an optional second argument to specify a mapping of values to replace in the string");
    }
    for (const std::string& variable : sub_variables(argument.is_string() ? argument.as_string() : argument[size_t{0}].as_string())) {
      const bool fits = !variable.empty() && std::ranges::all_of(variable, [](char c) {
        return is_alphanumeric(std::string_view(&c, 1)) || c == '_' || c == '.' || c == ':' || c == ' ';
      });
      if (!fits) {
        return invalid("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons");
      }
    }
  } else if (name == "Fn::Cidr") {
    if (!is_list(2, 3)) {
      return invalid("Template error: every Fn::Cidr object requires two required parameters, (1) a cidr block and (2) a count, and an optional "
                     "parameter, (3) cidr bits.");
    }
  } else if (name == "Fn::Base64" || name == "Fn::GetAZs" || name == "Fn::ImportValue") {
    if (!is_function_or(argument, is_scalar(argument))) {
      return invalid(fmt::format("Template error: every {} object must have a String-typed value.", name));
    }
  } else if (name != "Fn::Transform" && name != "Fn::Length" && name != "Fn::ToJsonString" &&
             !name.starts_with("Fn::ForEach") && !in_condition_section) {
    return invalid(fmt::format("Template error: Encountered unsupported function: {} Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, "
                               "Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, "
                               "Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
                               name));
  }
  return {};
}

Status check_functions(const Value& value, bool lax = false) {
  if (value.is_array()) {
    for (const Value& item : value.items()) TRY(check_functions(item, lax));
  } else if (value.is_object()) {
    if (const FunctionCall call = as_function(value)) TRY(check_call(call.name, *call.argument, lax));
    for (const json::Member& member : value.members()) TRY(check_functions(member.value, lax));
  }
  return {};
}

// The names under which a section's values mention something that there is not.
NameSet unresolved(const Value& value, const Value& body) {
  NameSet out;
  visit_references(value, [&](const Reference& reference) {
    if (reference.kind == Reference::Kind::condition) return;
    const bool pseudo = reference.name.starts_with("AWS::");
    const bool known = body["Resources"].find(reference.name) || (reference.kind == Reference::Kind::name && body["Parameters"].find(reference.name));
    if (!pseudo && !known) out.insert(reference.name);
  });
  return out;
}

Status check_conditions(const Value& body) {
  const Value& conditions = body["Conditions"];
  if (conditions.is_object()) {
    NameSet resources, conditions_missing;
    for (const auto& [name, condition] : conditions.members()) {
      visit_references(condition, [&](const Reference& reference) {
        if (reference.kind == Reference::Kind::condition) {
          if (!conditions.find(reference.name)) conditions_missing.insert(reference.name);
        } else if (!reference.name.starts_with("AWS::") && !body["Parameters"].find(reference.name)) {
          resources.insert(reference.name);
        }
      });
    }
    if (!resources.empty()) {
      return invalid(fmt::format("Template format error: Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template", join(resources)));
    }
    if (!conditions_missing.empty()) {
      return invalid(fmt::format("Template format error: Unresolved condition dependency {} in the Conditions block of the template", *conditions_missing.begin()));
    }
  }
  for (const std::string_view section : {"Resources", "Outputs"}) {
    if (!body[section].is_object()) continue;
    for (const auto& [name, one] : body[section].members()) {
      std::string missing;
      const Value& gate = one["Condition"];
      if (gate.is_string() && !conditions.find(gate.as_string())) {
        return invalid(fmt::format("Template format error: Unresolved condition dependency {} in the {} block of the template", gate.as_string(), section));
      }
      visit_references(one.without("Condition"), [&](const Reference& reference) {
        if (reference.kind == Reference::Kind::condition && !conditions.find(reference.name)) missing = reference.name;
      });
      if (!missing.empty()) return invalid(fmt::format("Template error: unresolved condition dependency {} in Fn::If", missing));
    }
  }
  return {};
}

Status check_names(const Value& body) {
  NameSet missing;
  for (const auto& [name, resource] : body["Resources"].members()) {
    for (const std::string& other : depends_on(resource)) {
      if (!body["Resources"].find(other)) missing.insert(other);
    }
    for (const std::string_view member : {"Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"}) {
      missing.merge(unresolved(resource[member], body));
    }
  }
  if (!missing.empty()) {
    return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", join(missing)));
  }
  if (!body["Outputs"].is_object()) return {};
  for (const auto& [name, output] : body["Outputs"].members()) missing.merge(unresolved(output.without("Condition"), body));
  if (!missing.empty()) {
    return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Outputs block of the template", join(missing)));
  }
  return {};
}

}  // namespace

Status check_template(const Value& body) {
  if (!body.is_object()) return invalid("Template format error: unsupported structure.");
  for (const json::Member& section : body.members()) {
    const std::string path = path_of_null(section.value, "/" + section.name);
    if (!path.empty()) return invalid(fmt::format("[{}] 'null' values are not allowed in templates", path));
  }
  TRY(check_sections(body));
  TRY(check_parameters(body));
  TRY(check_mappings(body));
  for (const auto& [name, resource] : body["Resources"].members()) TRY(check_resource(std::string(name), resource));
  if (body["Outputs"].is_object()) {
    for (const auto& [name, output] : body["Outputs"].members()) {
      if (!output.is_object() || !output.find("Value")) {
        return invalid("Template format error: Every Outputs member must contain a Value object");
      }
      if (!is_alphanumeric(name)) {
        return invalid(fmt::format("Template format error: Output name '{}' is non alphanumeric.", name));
      }
    }
  }
  for (const auto& [name, resource] : body["Resources"].members()) TRY(check_functions(resource.without("Condition")));
  for (const std::string_view section : {"Conditions", "Outputs"}) TRY(check_functions(body[section]));
  TRY(check_functions(body["Rules"], true));
  TRY(check_conditions(body));
  return check_names(body);
}

}  // namespace cloudformation
