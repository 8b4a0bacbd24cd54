#pragma once
// {{resolve:ssm:name:version}}, {{resolve:ssm-secure:...}} and {{resolve:secretsmanager:id:SecretString:key:...}}
// in properties, looked up when the resource is made and never stored resolved.
#include "services/cloudformation/job.h"

namespace cloudformation {

Result<json::Value> resolve_dynamic_references(Job& job, const json::Value& properties);

}  // namespace cloudformation
