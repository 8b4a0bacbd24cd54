#pragma once
// The rule of a composite alarm: ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA(c)), TRUE, FALSE.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cloudwatch {

class AlarmRule {
 public:
  struct Node;
  // Errors are of kind ValidationException.
  static Result<AlarmRule> parse(std::string_view text);
  // The alarms that it names, as it names them (name or ARN).
  const std::vector<std::string>& alarms() const { return alarms_; }
  // `state_of` tells an alarm's state, "" when there is none of that name.
  bool holds(const std::function<std::string(const std::string& alarm)>& state_of) const;

 private:
  std::shared_ptr<const Node> root_;
  std::vector<std::string> alarms_;
};

}  // namespace cloudwatch
