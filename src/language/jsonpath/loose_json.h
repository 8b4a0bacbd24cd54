#pragma once
// JSON as filters may have it ('a', a, [1,2,]): json-smart's permissive mode.
#include <optional>
#include <string_view>

#include "language/json/value.h"

namespace jsonpath {

// Nothing when not even that mode takes it, or it is nested more than 64 deep.
std::optional<json::Value> parse_loose_json(std::string_view text);

}  // namespace jsonpath
