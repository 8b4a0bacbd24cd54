#pragma once
// Between the names in a state machine's Parameters and Arguments (those of Java's SDK, with a capital in front:
// "NetworkConfiguration.AwsvpcConfiguration.Subnets") and a service's own member names. The model leads the way
// down, so that keys of maps, which are users' data, stay as they are.
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"
#include "protocol/models/model.h"

namespace model {

// How a member's name becomes Java's.
enum class Naming : uint8_t {
  capitalised,  // optimized integrations: MD5OfMessageBody, ExecutionArn
  sdk,          // aws-sdk integrations: Md5OfBody, DbInstanceIdentifier, ETag (a leading acronym is one word)
};
std::string java_name(std::string_view member_name, Naming naming);

struct ServiceParams {
  json::Value params;                   // what fits, under the service's names
  std::vector<std::string> unknown;     // fields that the operation does not have, as they were given
  std::vector<std::string> missing;     // required fields that were not given, in Java's names
  std::vector<std::string> misshapen;   // fields whose values cannot be what the operation takes
  bool good() const { return unknown.empty() && missing.empty() && misshapen.empty(); }
};

// The params of an operation. Values are bent as Step Functions does: whatever stands where the service takes a
// text becomes one (JSON text for objects and lists), numbers and booleans may be given as texts, times as ISO
// 8601 or epoch seconds, and the text of a blob stands for its UTF-8 bytes.
ServiceParams to_service_params(const Operation& operation, const json::Value& pascal, Naming naming);

struct PascalStyle {
  Naming naming = Naming::sdk;
  enum class Times : uint8_t { iso8601, epoch_seconds, epoch_milliseconds } times = Times::iso8601;
  // Java's first SDK shows empty lists where a result has none (recorded for ECS).
  bool fill_in_lists = false;
};

// A result as a state's output shows it: names in Java's form and in alphabetical order, the streamed body last.
json::Value to_pascal_result(const Operation& operation, const json::Value& result, const PascalStyle& style);
// The same for a part of a result (the one task in a runTask.sync's output).
json::Value to_pascal(const Shape& shape, const json::Value& value, const PascalStyle& style);

// "cloudwatchlogs" (the service part of arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups): the service, or
// nullptr when no model knows it.
const Service* find_sdk_service(std::string_view java_client_id);
// "describeLogGroups": the operation, or nullptr.
const Operation* find_sdk_operation(const Service& service, std::string_view action);
// The service as error names begin: "CloudWatchLogs", "DynamoDb", "Sfn".
std::string sdk_error_prefix(const Metadata& metadata);
// "Sfn.InvalidTokenException", for an error that an operation gave: its code is a shape's name. Unmodelled errors
// are called after the service: "DynamoDb.DynamoDbException".
std::string sdk_error_name(const Service& service, std::string_view code);

}  // namespace model
