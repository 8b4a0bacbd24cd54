#pragma once
// The intrinsic functions of payload templates: States.Format('{}', $.name) (spec/asl.md 4).
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "language/json/value.h"

namespace intrinsics {

// Why a call has no value. `message` is the whole detail that AWS puts behind its standard prefix:
// "There was an error while evaluating the intrinsic function: States.X(...). Invalid arguments in States.X".
struct Fault {
  std::string message;
};

// Resolves a path argument ("$.a", "$$.Execution.Id", "$variable.b"); the fault's message is the path's own.
using Resolve = std::function<std::expected<json::Value, std::string>(std::string_view path)>;

class Call {
 public:
  struct Code;

  // Syntax only: names, brackets, quotes, nesting up to 10. Arity and types are not looked at, as on AWS.
  // Nothing when it is no valid call.
  static std::optional<Call> compile(std::string_view text);

  // `input_text` is the state's input as JSON, for messages about paths that lead nowhere.
  std::expected<json::Value, Fault> evaluate(const Resolve& resolve, const std::function<std::string()>& input_text,
                                             Random& random) const;
  // The paths among its arguments, nested calls included.
  std::vector<std::string> paths() const;
  // "States.Format" of the outermost call.
  std::string_view function() const;

 private:
  explicit Call(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
  std::shared_ptr<const Code> code_;
};

}  // namespace intrinsics
