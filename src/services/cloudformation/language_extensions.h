#pragma once
// AWS::LanguageExtensions: Fn::ForEach is written out before anything else looks at the template.
//
// Fn::Length, Fn::ToJsonString and the DefaultValue of Fn::FindInMap need no expansion: functions.h has them.
#include <map>
#include <string>

#include "base/result.h"
#include "language/json/value.h"

namespace cloudformation {

// Whether the template asks for it in its Transform section.
bool has_language_extensions(const json::Value& body);

// Macros and transforms that the template names, beside AWS::LanguageExtensions.
std::vector<std::string> other_transforms(const json::Value& body);

// The template without its loops and without the transform. A template that does not ask stays as it is.
Result<json::Value> expand_language_extensions(const json::Value& body,
                                               const std::map<std::string, json::Value, std::less<>>& parameters);

}  // namespace cloudformation
