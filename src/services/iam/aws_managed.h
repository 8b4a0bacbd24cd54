#pragma once
// The managed policies that AWS itself owns, as far as this server's services have a use for them.
// Their names and ARNs are AWS's; what they say was written for this server.
#include <span>
#include <string_view>

#include "services/iam/entities.h"

namespace iam {

// "arn:aws:iam::aws:policy/AdministratorAccess"; null when there is none of that ARN.
const ManagedPolicy* aws_managed_policy(std::string_view arn);
// All of them, by ARN.
std::span<const ManagedPolicy> aws_managed_policies();

}  // namespace iam
