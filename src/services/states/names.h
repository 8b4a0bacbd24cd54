#pragma once
// Names and ARNs of Step Functions (spec/asl.md "Names", spec/sfn-api.md 1).
#include <optional>
#include <string>
#include <string_view>

#include "base/arn.h"
#include "base/result.h"

namespace states {

// 1 to 80 characters without white space, brackets, wildcards, special or control characters. Letters of
// any script are welcome.
bool is_valid_name(std::string_view name);

// What an ARN of the service names.
struct Name {
  enum class Kind : uint8_t { machine, version, alias, label, execution, express, map_run, activity };
  Kind kind{};
  std::string arn;       // as given
  std::string machine;   // name of the machine (execution's machine, activity's name)
  std::string qualifier; // version number, alias name, label, or execution name
  Arn parts;

  // The machine's own ARN, without version, alias, label or execution.
  std::string machine_arn() const;
};

// Whose an execution is, in views of its ARN, which is one of ours: what is done at each of its events costs little.
struct Whose {
  std::string_view account, region, machine;
};
Whose whose(std::string_view execution_arn);

// The error is InvalidArn with AWS's words: "Invalid Arn: 'Invalid ARN prefix: x'".
Result<Name> parse_arn(std::string_view arn);
// The same, of one of the kinds; another is "Resource type not valid in this context: <type>".
Result<Name> parse_machine_arn(std::string_view arn);    // machine, version, alias or label
Result<Name> parse_execution_arn(std::string_view arn);  // of a standard execution
Result<Name> parse_activity_arn(std::string_view arn);
// ValidationException for a machine's ARN with a distributed Map's label, where an operation takes none.
Status refuse_label(const Name& name);
// The same for versions and aliases too, where an operation is about the machine as a whole.
Status refuse_qualified(const Name& name);

}  // namespace states
