#include "services/states/configuration.h"

#include <fmt/format.h>

#include "base/arn.h"
#include "base/encoding.h"

namespace states {

Status check_role_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn) return fail("InvalidArn", fmt::format("Invalid Role Arn: '{}'", text));
  const bool account = arn->account.size() == 12 && arn->account.find_first_not_of("0123456789") == std::string::npos;
  if (arn->service != "iam" || !account || !arn->resource.starts_with("role/")) {
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
  if (!given.is_object()) return json::object({{"type", "AWS_OWNED_KEY"}});
  const bool own = given.text("type") == "CUSTOMER_MANAGED_KMS_KEY";
  return own && !given.find("kmsDataKeyReusePeriodSeconds") ? given.with("kmsDataKeyReusePeriodSeconds", 300) : given;
}

Status check_encryption(const json::Value& given) {
  if (!given.is_object()) return {};
  const bool keyed = given.find("kmsKeyId") || given.find("kmsDataKeyReusePeriodSeconds");
  if (given.text("type") == "AWS_OWNED_KEY" && keyed) {
    return fail("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: AWS_OWNED_KEY takes neither kmsKeyId nor kmsDataKeyReusePeriodSeconds.");
  }
  if (given.text("type") == "CUSTOMER_MANAGED_KMS_KEY" && given.text("kmsKeyId").empty()) {
    return fail("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY.");
  }
  return {};
}

namespace {
// Letters and digits of any script, white space, and a few symbols.
bool may_stand_in_a_tag(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const char32_t c = next_code_point(text, at);
    if (c >= 0x80) continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view(" \t_.:/=+-@").find(static_cast<char>(c)) == std::string_view::npos) return false;
  }
  return true;
}
}  // namespace

Result<Tags> tags_from_list(const json::Value& list, bool for_stack) {
  Tags tags;
  if (!list.is_array()) return tags;
  for (const json::Value& tag : list.items()) {
    const std::string_view key = tag.text("key");
    for (const std::string_view part : {key, tag.text("value")}) {
      if (!may_stand_in_a_tag(part)) {
        return fail("ValidationException", fmt::format("Tag keys and values may hold letters, numbers, spaces and the symbols _ . : / = + - @ alone. Received: '{}'", part));
      }
    }
    if (key.empty()) return fail("ValidationException", "A tag has a key");
    if (key.starts_with("aws:") && !for_stack) {
      return fail("ValidationException", "Tag keys that begin with 'aws:' are reserved for system use");
    }
    tags.insert_or_assign(std::string(key), std::string(tag.text("value")));
  }
  if (tags.size() > 50) return fail("TooManyTags", "A resource has at most 50 tags");
  return tags;
}

}  // namespace states
