#pragma once
// What the families of resource types share: small steps of handlers.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "language/json/parse.h"
#include "services/cloudformation/job.h"
#include "services/cloudformation/resources/params.h"
#include "services/cloudformation/resources/resource_type.h"

namespace cloudformation {

using json::Value;
using Tags = Job::SystemTags;

// "arn:<partition>:<service>:<region>:<account>:<resource>"
inline std::string arn(const Job& job, std::string_view service, std::string_view resource) {
  const Job::Subject& s = job.subject();
  return fmt::format("arn:{}:{}:{}:{}:{}", s.partition, service, s.region, s.account, resource);
}

// A document that may be given as an object or as its text.
inline std::string document(const Value& value) { return value.is_string() ? std::string(value.as_string()) : json::write(value); }

// True when the property is given and is "true".
inline bool is_true(const Job& job, std::string_view property) { return job.text(property) == "true"; }

// The items of a property that is a list; none where it is not given.
inline std::span<const Value> items(const Value& list) { return list.is_array() ? list.items() : std::span<const Value>(); }

// Whether a property has another value than before.
inline bool changed(const Job& job, std::string_view property) { return !(job.property(property) == job.previous()[property]); }

}  // namespace cloudformation
