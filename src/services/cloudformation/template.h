#pragma once
// A template is a JSON value in the long form of every function, whatever it was written in.
//
// parse() reads the text; check() finds what is wrong with it before anything is evaluated, in
// CloudFormation's words (spec/cloudformation.md 2). Limits are AWS's: 51,200 bytes in a request
// (template_bytes_max checks that at the wire), 500 resources, 200 parameters, outputs and mappings.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace cloudformation {

inline constexpr size_t kTemplateBytesMax = 1'048'576;  // from a URL
inline constexpr size_t kResourcesMax = 500;
inline constexpr size_t kParametersMax = 200;
inline constexpr size_t kOutputsMax = 200;
inline constexpr size_t kMappingsMax = 200;

// JSON when it starts with '{', else YAML. Code ValidationError.
Result<json::Value> parse_template(std::string_view text);

// Sections, resource attributes, arguments of functions, and names that nothing stands for.
Status check_template(const json::Value& body);

// A name that a value mentions.
struct Reference {
  enum class Kind : uint8_t { name, attribute, condition };
  Kind kind;
  std::string name;       // of a parameter, pseudo parameter or resource; of a condition
  std::string attribute;  // "Arn", of Kind::attribute; empty when a function makes it
};
// Every Ref, Fn::GetAtt and ${...} of Fn::Sub below `value`, and Conditions where `value` has them.
void visit_references(const json::Value& value, const std::function<void(const Reference&)>& visit);

// The ${...} of a Fn::Sub's text, in order, without those that are literal (${!x}).
std::vector<std::string> sub_variables(std::string_view text);

// DependsOn, as a list.
std::vector<std::string> depends_on(const json::Value& resource);

// The argument of a function call, {"Fn::Join": argument}; null for anything else.
struct FunctionCall {
  std::string_view name;
  const json::Value* argument = nullptr;
  explicit operator bool() const { return argument != nullptr; }
};
FunctionCall as_function(const json::Value& value);

std::unexpected<Error> invalid(std::string message);  // ValidationError

}  // namespace cloudformation
