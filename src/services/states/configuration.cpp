#include "services/states/configuration.h"

#include <fmt/format.h>

#include "base/arn.h"

namespace states {

Status check_role_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn) return fail("InvalidArn", fmt::format("Invalid Role Arn: '{}'", text));
  if (arn->service != "iam" || !arn->resource.starts_with("role/")) {
    return fail("InvalidArn", fmt::format("Invalid Role Arn: '{}'", text));
  }
  return {};
}

Result<json::Value> logging_configuration(const json::Value& given) {
  const std::string_view level = given.text("level", "OFF");
  const json::Value& included = given["includeExecutionData"];
  const json::Value& destinations = given["destinations"];
  const size_t count = destinations.size();
  if (count > 1 || (level != "OFF" && count != 1)) {
    return fail("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  }
  if (count == 1) {
    const std::string_view group = destinations[size_t{0}]["cloudWatchLogsLogGroup"].text("logGroupArn");
    if (!Arn::parse(group) || !group.ends_with(":*")) {
      return fail("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination is not valid.");
    }
  }
  json::ObjectBuilder out;
  if (count == 1) out.add("destinations", destinations);
  out.add("includeExecutionData", included.is_bool() && included.as_bool());
  out.add("level", level);
  return out.build();
}

bool tracing_enabled(const json::Value& given) { return given["enabled"].is_bool() && given["enabled"].as_bool(); }

json::Value shown_encryption(const json::Value& given) {
  return given.is_object() ? given : json::object({{"type", "AWS_OWNED_KEY"}});
}

Result<Tags> tags_from_list(const json::Value& list, bool for_stack) {
  Tags tags;
  if (!list.is_array()) return tags;
  for (const json::Value& tag : list.items()) {
    const std::string_view key = tag.text("key");
    if (key.starts_with("aws:") && !for_stack) {
      return fail("ValidationException", "Tag keys that begin with 'aws:' are reserved for system use");
    }
    tags.insert_or_assign(std::string(key), std::string(tag.text("value")));
  }
  if (tags.size() > 50) return fail("TooManyTags", "A resource has at most 50 tags");
  return tags;
}

}  // namespace states
