#pragma once
// The intrinsic functions of templates, evaluated in a world of names.
//
// A value evaluates to a value, or to nothing where {"Ref": "AWS::NoValue"} stands: a property that is not
// there. Faults are ValidationErrors in CloudFormation's words.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace cloudformation {

// What a change set shows for a value that only its execution will tell.
inline constexpr std::string_view kKnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}";

// The pseudo parameters.
struct Pseudo {
  std::string account, region, partition, stack_id, stack_name;
  std::vector<std::string> notification_arns;
};

struct Names {
  Pseudo pseudo;
  json::Value mappings;                         // the template's section
  std::map<std::string, json::Value, std::less<>> parameters;  // texts, or lists of texts
  std::map<std::string, bool, std::less<>> conditions;
  std::vector<std::string> zones;               // of the region, for Fn::GetAZs
  // What a resource's name and attribute stand for; null functions: there are no resources here.
  std::function<Result<json::Value>(std::string_view resource)> ref;
  std::function<Result<json::Value>(std::string_view resource, std::string_view attribute)> attribute;
  std::function<Result<json::Value>(std::string_view export_name)> imported;
};

// Limits how deep values may nest; parse_template() refuses deeper ones.
Result<std::optional<json::Value>> evaluate(const json::Value& value, const Names& names);
// The same where something has to be there: AWS::NoValue gives null.
Result<json::Value> evaluate_value(const json::Value& value, const Names& names);

// The template's Conditions, each as true or false, in `names` of which the conditions are not used.
Result<std::map<std::string, bool, std::less<>>> evaluate_conditions(const json::Value& conditions, Names names);

// Whether the template's Rules hold; the Error tells the first assertion that does not.
Status check_rules(const json::Value& rules, const Names& names);

// A scalar as CloudFormation makes it a text: true, 1.50, "x". Nothing for lists and objects.
std::optional<std::string> scalar_text(const json::Value& value);
// Every scalar below as a text: how events and change sets show properties, and how they are compared.
json::Value with_texts(const json::Value& value);

}  // namespace cloudformation
