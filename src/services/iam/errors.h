#pragma once
// IAM's errors in its words.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "services/iam/iam.h"

namespace iam {

inline std::string_view noun(Kind kind) {
  return kind == Kind::role ? "role" : kind == Kind::user ? "user" : "group";
}

inline std::unexpected<Error> no_such_entity(std::string message) {
  return fail("NoSuchEntityException", std::move(message), 404);
}
inline std::unexpected<Error> no_such_identity(Kind kind, std::string_view name) {
  return no_such_entity(fmt::format("The {} with name {} cannot be found.", noun(kind), name));
}
inline std::unexpected<Error> already_exists(std::string message) {
  return fail("EntityAlreadyExistsException", std::move(message), 409);
}
inline std::unexpected<Error> delete_conflict(std::string message) {
  return fail("DeleteConflictException", std::move(message), 409);
}
inline std::unexpected<Error> limit_exceeded(std::string message) {
  return fail("LimitExceededException", std::move(message), 409);
}
inline std::unexpected<Error> over_quota(std::string_view quota, int64_t value) {
  return limit_exceeded(fmt::format("Cannot exceed quota for {}: {}", quota, value));
}
inline std::unexpected<Error> invalid_input(std::string message) {
  return fail("InvalidInputException", std::move(message));
}
// Service-linked roles are AWS's to change.
inline Status check_modifiable(const Identity& one) {
  if (one.linked_service.empty()) return {};
  return fail("UnmodifiableEntityException",
              fmt::format("Cannot perform the operation on the protected role '{}' - this role is "
                          "only modifiable by AWS",
                          one.name));
}
inline std::unexpected<Error> validation_error(std::string message) {
  return fail("ValidationError", std::move(message));
}

}  // namespace iam
