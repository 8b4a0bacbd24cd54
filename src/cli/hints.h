#pragma once
// How to mend what a diagnostic speaks of: ours, not AWS's. Empty where nothing better than the message can be said.
#include <string>

#include "language/asl/machine.h"
#include "language/json/value.h"

namespace cli {

std::string hint_for(const asl::Diagnostic& diagnostic, const json::Value& document);

// The text in the n-th pair of single quotes (n from 0): "Field 'X' is not ..." -> "X".
std::string quoted(const std::string& message, int n = 0);

}  // namespace cli
