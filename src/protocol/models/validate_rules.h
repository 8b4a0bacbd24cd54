#pragma once
// How each service tells that params do not fit its model.
#include <string_view>

namespace model {

// How a missing required member is worded.
enum class MissingStyle {
  constraint,         // Value null at 'name' failed to satisfy constraint: Member must not be null
  request_parameter,  // The request must contain the parameter QueueUrl.
  parameter,          // The parameter MetricData.member.1.MetricName is required.
  blank,              // TaskDefinition can not be blank.
};

enum class Constraints {
  all,
  enums,  // lengths, patterns and ranges are the operations' own to check
  none,   // but required members
};

struct ValidationRule {
  std::string_view service;  // signing name
  std::string_view code;     // of the error for constraints
  MissingStyle missing = MissingStyle::constraint;
  std::string_view missing_code = {};  // when it differs
  Constraints constraints = Constraints::all;
};

// The rule of a service; every service has one.
const ValidationRule& validation_rule(std::string_view service);

// True for members whose values an operation checks itself, in words of its own, before or in place
// of the model's constraints. (That they are there at all is still checked.)
bool checks_itself(std::string_view service, std::string_view operation, std::string_view member);

// The words in which an operation tells that a text is too long, where they are not the model's;
// else "".
std::string_view too_long_text(std::string_view service, std::string_view operation,
                               std::string_view member);

}  // namespace model
