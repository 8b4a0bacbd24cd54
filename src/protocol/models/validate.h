#pragma once
// Checks a call's params against the constraints of its service's model, in AWS's words:
// "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member
// must have value less than or equal to 1000".
//
// AWS's services differ in which constraints they check so, and what they call the error:
// validate_rules.h. Params of the wrong types (they come from inside then; codecs refuse them) fail
// with SerializationException.
#include <functional>

#include "base/result.h"
#include "protocol/operation.h"

namespace model {

// A protocol::Validator. Keeps compiled patterns; to be called from one thread.
std::function<Status(const protocol::Call&)> make_validator();

}  // namespace model
