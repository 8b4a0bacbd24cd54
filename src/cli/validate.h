#pragma once
// `gantry validate`: what AWS would say of a definition, and where in the text that is, and how to mend it.
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "language/asl/machine.h"
#include "language/json/value.h"

namespace cli {

// One diagnostic as a person reads it: the line for editors (FILE:LINE:COLUMN: error: CODE: message at location),
// the line of the definition with the offending text marked, and a hint.
std::string explain(const asl::Diagnostic& diagnostic, std::string_view file, std::string_view text, const Terminal& terminal);
// The same for programs: the members of ValidateStateMachineDefinition and "line", "column", "hint".
json::Value describe(const asl::Diagnostic& diagnostic, std::string_view text);

// The command; the result is its exit status: 0 all are valid, 1 one is not, 2 used wrongly or a file cannot be read.
int validate(std::vector<std::string> arguments);

}  // namespace cli
