#pragma once
// YAML templates as JSON values: short tags ("!GetAtt A.B") become their long form ({"Fn::GetAtt": ["A","B"]}).
//
// Plain scalars are what YAML 1.1 says (yes is true, 0x1F is 31), except dates: 2012-10-17 stays a text.
// Aliases are refused, as CloudFormation does. This is the only place that knows yaml-cpp.
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"

namespace cloudformation {

// Fails with ValidationError, "Template format error: YAML not well-formed. (line 3, column 7)".
Result<json::Value> parse_yaml(std::string_view text);

}  // namespace cloudformation
