#pragma once
// Stack policies: what an update may do to which resource. What no statement allows is refused; a stack
// without a policy, or with the empty one, has no limits.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cloudformation {

// Whether a text is a stack policy; the Error is AWS's.
Status check_stack_policy(std::string_view policy);

// `action` is "Update:Modify", "Update:Replace" or "Update:Delete".
std::optional<std::string> stack_policy_refusal(std::string_view policy, std::string_view action, std::string_view logical_id,
                                                std::string_view resource_type);

}  // namespace cloudformation
