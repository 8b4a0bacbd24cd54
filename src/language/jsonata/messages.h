#pragma once
// The texts of the reference implementation, by code.
#include <string>

#include "language/jsonata/failure.h"

namespace jsonata {

// The failure's message, its placeholders filled in. `token_json`: the token as JSON writes it, where it is no string.
std::string message_of(const Failure& failure, std::string_view token_json = "");

}  // namespace jsonata
