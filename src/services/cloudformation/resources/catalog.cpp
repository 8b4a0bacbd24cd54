#include <algorithm>

#include "services/cloudformation/resources/resource_type.h"

namespace cloudformation {

bool ResourceType::replaces(std::string_view property) const {
  return !update || std::ranges::find(replacing, property) != replacing.end();
}

Catalog::Catalog() {
  add_cloudformation_types(*this);
  add_cloudwatch_types(*this);
  add_ec2_types(*this);
  add_ecs_types(*this);
  add_events_types(*this);
  add_iam_types(*this);
  add_lambda_types(*this);
  add_logs_types(*this);
  add_sns_types(*this);
  add_sqs_types(*this);
  add_ssm_types(*this);
  add_states_types(*this);
}

const ResourceType* Catalog::find(std::string_view name) const {
  const auto it = types_.find(name);
  return it == types_.end() ? nullptr : &it->second;
}

}  // namespace cloudformation
