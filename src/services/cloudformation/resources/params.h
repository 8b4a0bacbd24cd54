#pragma once
// Properties of a resource as params of an operation: CloudFormation's names are in PascalCase and its
// scalars may be texts; the operation's model says what the service calls them and what it takes.
#include <initializer_list>
#include <string_view>

#include "language/json/value.h"

namespace cloudformation {

// The properties that the operation has members for (whatever their case), bent to the members' types:
// "5" becomes 5 where a number is taken, an object its JSON text where a text is. Others are left out.
json::Value to_params(std::string_view service, std::string_view operation, const json::Value& properties);
// The same of these properties alone.
json::Value to_params(std::string_view service, std::string_view operation, const json::Value& properties,
                      std::initializer_list<std::string_view> only);

// A property as text, an object or list as its JSON.
std::string json_text(const json::Value& value);

// [{Key, Value}] with these names instead: {"key", "value"}.
json::Value renamed_tags(const json::Value& tags, std::string_view key, std::string_view value);

}  // namespace cloudformation
