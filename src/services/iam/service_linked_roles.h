#pragma once
// The service-linked roles that AWS knows: which role a service gets, and which policy goes with
// it.
#include <span>
#include <string>
#include <string_view>

namespace iam {

struct LinkedRole {
  std::string_view service;  // without ".amazonaws.com"
  std::string_view role;     // behind "AWSServiceRoleFor"
  std::string_view policy;   // below "arn:aws:iam::aws:policy/aws-service-role/"
  bool suffix_allowed = false;
  std::string_view description = {};
};

std::span<const LinkedRole> linked_roles();
// `service` in full: "ecs.amazonaws.com". Null when there is none.
const LinkedRole* linked_role(std::string_view service);

}  // namespace iam
