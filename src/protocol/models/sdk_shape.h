#pragma once
// Between the names in a state machine's Parameters and Arguments (those of Java's SDK, with a
// capital in front: "NetworkConfiguration.AwsvpcConfiguration.Subnets") and a service's own member
// names. The model leads the way down, so that keys of maps, which are users' data, stay as they
// are.
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace model {

// How a member's name becomes Java's.
enum class Naming : uint8_t {
  capitalised,  // optimized integrations: MD5OfMessageBody, ExecutionArn
  sdk,  // aws-sdk integrations: Md5OfBody, DbInstanceIdentifier, ETag (a leading acronym is one
        // word)
};
std::string java_name(std::string_view member_name, Naming naming);

struct ServiceParams {
  json::Value params;                // what fits, under the service's names
  std::vector<std::string> unknown;  // fields that the operation does not have, as they were given
  std::vector<std::string> missing;  // required fields that were not given, in Java's names
  std::vector<std::string> misshapen;  // fields whose values cannot be what the operation takes
};

// The params of an operation; a field may have either of Java's names. Values are bent as Step
// Functions does: whatever stands where the service takes a text becomes one (JSON text for objects
// and lists), numbers and booleans may be given as texts, times as ISO 8601 or epoch seconds, and
// the text of a blob stands for its bytes.
ServiceParams to_service_params(const Operation& operation, const json::Value& pascal);
// The same by names, with the faults as Step Functions words them in one message: "The field 'X' is
// not supported by Step Functions, The field \"Y\" is required but was missing". Without a model
// params stay as they are.
Result<json::Value> to_service_params(std::string_view service, std::string_view operation,
                                      const json::Value& pascal);

// How results show times: the aws-sdk integrations as text, the optimized ones as numbers.
enum class Times : uint8_t { iso8601, epoch_milliseconds };

struct PascalStyle {
  Times times = Times::iso8601;
  Naming naming = Naming::sdk;
  // Java's first SDK shows empty lists where a result has none (recorded for ECS).
  bool fill_in_lists = false;

  PascalStyle() = default;
  // As the kind of integration that shows times so names members.
  PascalStyle(Times shown)
      : times(shown), naming(shown == Times::iso8601 ? Naming::sdk : Naming::capitalised) {}
  PascalStyle(Times shown, Naming names, bool fill)
      : times(shown), naming(names), fill_in_lists(fill) {}
};

// A result as a state's output shows it: names in Java's form and in alphabetical order, the
// streamed body last.
json::Value to_pascal_result(const Operation& operation, const json::Value& result,
                             const PascalStyle& style);
// By names; without a model it stays as it is.
json::Value to_pascal_result(std::string_view service, std::string_view operation,
                             const json::Value& result, const PascalStyle& style);
// The same for a part of a result (the one task in a runTask.sync's output).
json::Value to_pascal(const Shape& shape, const json::Value& value, const PascalStyle& style);
// An optimized integration's output with SdkHttpMetadata and SdkResponseMetadata among its members:
// what the HTTP response to the call would have been.
json::Value with_sdk_metadata(std::string_view service, std::string_view operation,
                              const json::Value& result, const json::Value& output,
                              std::string_view request_id, Instant at);

// "cloudwatchlogs" (the service part of arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups):
// the service, or nullptr when no model knows it.
const Service* find_sdk_service(std::string_view java_client_id);
// "describeLogGroups": the operation, or nullptr.
const Operation* find_sdk_operation(const Service& service, std::string_view action);
// The service as error names begin: "CloudWatchLogs", "DynamoDb", "Sfn".
std::string sdk_error_prefix(const Metadata& metadata);
// "Sfn.InvalidTokenException", for an error that an operation gave: its code is a shape's name.
// Unmodelled errors are called after the service: "DynamoDb.DynamoDbException".
std::string sdk_error_name(const Service& service, std::string_view code);

}  // namespace model
