#pragma once
// Filter patterns of CloudWatch Logs, by which events are searched and counted: terms, "phrases", -excluded ones,
// ?alternatives, and of messages that are JSON objects { $.a.b = "x" && $.c > 3 }. An empty pattern takes every message;
// patterns for fields parted by spaces ([a, b]) are taken as terms.
#include <string_view>

#include "language/json/value.h"

namespace logs {

bool passes_filter(std::string_view pattern, std::string_view message);

// The value at "$.a.b" of a JSON object; nullptr when it is not there or the path is no such path.
const json::Value* at_selector(const json::Value& document, std::string_view selector);

}  // namespace logs
