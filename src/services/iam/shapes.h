#pragma once
// What IAM's answers are made of, and what its requests' members mean.
#include <string>
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"
#include "protocol/operation.h"
#include "services/iam/entities.h"

namespace iam {

// Times have whole seconds here.
json::Value time_value(Instant at);
// A policy's text as IAM's results carry it: percent-encoded.
json::Value document_value(const PolicyText& policy);

// The members that roles, users and groups begin with: "Path", "RoleName", "RoleId", "Arn",
// "CreateDate".
json::ObjectBuilder identity_value(const Identity& one, std::string_view noun);
json::Value user_value(const Identity& user, bool whole);
json::Value group_value(const Identity& group);
json::Value boundary_value(std::string_view policy_arn);

// The Path of a request, "/" without one.
std::string path_in(const protocol::Call& call);
// The Tags of a request; `had` are those that there are already, which they add to.
Result<Tags> tags_in(const protocol::Call& call, const Tags& had, std::string_view quota);
void remove_tags(Tags& tags, const json::Value& keys);

// A policy's text as a client sent it, checked; sizes are counted without white space.
Result<PolicyText> policy_in(std::string_view text, policy::Kind kind);
size_t policy_size(std::string_view text);

// Names are told apart without regard to case.
std::string folded(std::string_view name);

}  // namespace iam
