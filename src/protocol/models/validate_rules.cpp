#include "protocol/models/validate_rules.h"

#include <algorithm>

namespace model {
namespace {

constexpr ValidationRule kRules[] = {
    {"cloudformation", "ValidationError"},
    {"ec2", "InvalidParameterValue", MissingStyle::request_parameter, "MissingParameter",
     Constraints::none},
    {"ecr", "InvalidParameterException"},
    {"ecs", "InvalidParameterException", MissingStyle::blank, {}, Constraints::enums},
    {"events", "ValidationException"},
    {"iam", "ValidationError"},
    {"logs", "InvalidParameterException"},
    {"monitoring", "ValidationError", MissingStyle::parameter, "MissingParameter"},
    {"sns", "ValidationError", MissingStyle::constraint, {}, Constraints::none},
    {"sqs", "InvalidParameterValue", MissingStyle::request_parameter, "MissingParameter",
     Constraints::none},
    {"sts", "ValidationError"},
};
constexpr ValidationRule kOtherServices = {"", "ValidationException"};

struct Exemption {
  std::string_view service, operation, member;
};

constexpr Exemption kExemptions[] = {
    // spec/sfn-api.md 2 and 3: InvalidName, InvalidDefinition, InvalidExecutionInput and InvalidArn
    // come first.
    {"states", "CreateActivity", "name"},          {"states", "CreateStateMachine", "definition"},
    {"states", "CreateStateMachine", "name"},      {"states", "CreateStateMachine", "roleArn"},
    {"states", "CreateStateMachineAlias", "name"}, {"states", "StartExecution", "name"},
    {"states", "StartSyncExecution", "name"},      {"states", "UpdateStateMachine", "definition"},
};

struct OwnText {
  std::string_view service, operation, member, text;
};

constexpr std::string_view kLogNameTooLong =
    "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
constexpr OwnText kTooLong[] = {
    {"logs", "CreateLogGroup", "logGroupName", kLogNameTooLong},  // recorded
    {"logs", "CreateLogStream", "logGroupName", kLogNameTooLong},
    {"logs", "CreateLogStream", "logStreamName", kLogNameTooLong},
};
}  // namespace

const ValidationRule& validation_rule(std::string_view service) {
  const auto it = std::ranges::find(kRules, service, &ValidationRule::service);
  return it == std::end(kRules) ? kOtherServices : *it;
}

bool checks_itself(std::string_view service, std::string_view operation, std::string_view member) {
  return std::ranges::any_of(kExemptions, [&](const Exemption& e) {
    return e.member == member && e.operation == operation && e.service == service;
  });
}

std::string_view too_long_text(std::string_view service, std::string_view operation,
                               std::string_view member) {
  for (const OwnText& own : kTooLong) {
    if (own.service == service && own.operation == operation && own.member == member)
      return own.text;
  }
  return "";
}

}  // namespace model
