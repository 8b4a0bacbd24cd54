#pragma once
// The parameters of a stack: what was given for those of the template.
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace cloudformation {

struct Parameter {
  std::string key;
  std::string type;      // "String", "AWS::SSM::Parameter::Value<String>"
  std::string value;     // as given, or the default; the name of an SSM parameter
  std::string resolved;  // of an SSM parameter: what it held when it was looked up
  bool no_echo = false;
  bool operator==(const Parameter&) const = default;

  bool from_ssm() const { return type.starts_with("AWS::SSM::Parameter::Value<"); }
};
json::Value to_json(const std::vector<Parameter>& parameters);
std::vector<Parameter> parameters_from_json(const json::Value& value);

// The template's parameters by the values of a request ([{ParameterKey, ParameterValue, UsePreviousValue}]),
// sorted by key. Those that come from SSM are yet to be resolved.
Result<std::vector<Parameter>> bind_parameters(const json::Value& body, const json::Value& given,
                                               const std::vector<Parameter>& previous);

// What Ref gives for each: a text, or a list of texts for the list types.
std::map<std::string, json::Value, std::less<>> parameter_values(const std::vector<Parameter>& parameters);

// As DescribeStacks shows them: [{ParameterKey, ParameterValue, ResolvedValue}], NoEcho as "****".
json::Value shown_parameters(const std::vector<Parameter>& parameters);

}  // namespace cloudformation
