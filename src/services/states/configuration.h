#pragma once
// The small configurations of a state machine: logging, tracing, roles, tags.
#include "base/result.h"
#include "language/json/value.h"
#include "services/states/resources.h"

namespace states {

Status check_role_arn(std::string_view arn);
// As DescribeStateMachine shows it; of nothing: level OFF. InvalidLoggingConfiguration where it is not valid.
Result<json::Value> logging_configuration(const json::Value& given);
bool tracing_enabled(const json::Value& given);
// As Describe* shows it: AWS's own key where no other was given.
json::Value shown_encryption(const json::Value& given);
// InvalidEncryptionConfiguration where type and key do not go together.
Status check_encryption(const json::Value& given);
// [{"key", "value"}] checked for AWS's rules: at most 50, AWS's letters alone, no "aws:" prefix. Keys that begin with "aws:" are for stacks alone (Call::for_stack).
Result<Tags> tags_from_list(const json::Value& list, bool for_stack);

}  // namespace states
