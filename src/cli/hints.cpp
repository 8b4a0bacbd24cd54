#include "cli/hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/options.h"

namespace cli {
namespace {

using json::Value;

// Every name of a state, with the States object that holds it.
void collect_states(const Value& value, std::vector<std::pair<std::string_view, const Value*>>& out, int depth = 0) {
  if (depth > 100) return;
  if (value.is_array()) {
    for (const Value& item : value.items()) collect_states(item, out, depth + 1);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.members()) {
      if (name == "States" && member.is_object()) {
        for (const auto& [state, content] : member.members()) out.emplace_back(state, &member);
      }
      collect_states(member, out, depth + 1);
    }
  }
}

std::string target_hint(const std::string& message, const Value& document) {
  const std::string missing = message.substr(message.find(": ") + 2);
  std::vector<std::pair<std::string_view, const Value*>> states;
  collect_states(document, states);
  std::vector<std::string_view> names;
  for (const auto& [name, scope] : states) {
    if (name == missing) return fmt::format("'{}' stands in another States object: a state leads only to those beside it", missing);
    names.push_back(name);
  }
  const std::string_view meant = nearest(missing, names);
  if (!meant.empty()) return fmt::format("did you mean '{}'?", meant);
  std::string list;
  for (size_t i = 0; i < names.size() && i < 8; ++i) list += (list.empty() ? "" : ", ") + fmt::format("'{}'", names[i]);
  return names.empty() ? "there is no state yet" : fmt::format("the states are {}{}", list, names.size() > 8 ? " ..." : "");
}

constexpr std::string_view kFields[] = {
    "Type", "Comment", "QueryLanguage", "Next", "End", "InputPath", "OutputPath", "Parameters", "Arguments", "Result", "ResultSelector", "ResultPath",
    "Output", "Assign", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds", "TimeoutSecondsPath", "HeartbeatSecondsPath", "Credentials",
    "Resource", "Seconds", "Timestamp", "SecondsPath", "TimestampPath", "Error", "Cause", "ErrorPath", "CausePath", "Choices", "Default", "Branches",
    "ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "MaxConcurrency", "MaxConcurrencyPath", "Label", "ItemReader", "ItemBatcher",
    "ResultWriter", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath", "StartAt",
    "States", "Version", "ProcessorConfig", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy",
    "Variable", "Condition", "And", "Or", "Not"};

std::string field_hint(const std::string& field) {
  if (std::ranges::find(kFields, field) != std::end(kFields)) {
    if (field == "TimeoutSeconds" || field == "HeartbeatSeconds") return "only a Task, and the machine as a whole, may have a time limit";
    if (field == "Retry" || field == "Catch") return "only Task, Parallel and Map may retry and catch";
    if (field == "End" || field == "Next") return "this type of state leads on in another way: Choice by its rules, Succeed and Fail end";
    return "take it out: this type of state does not have it";
  }
  const std::string_view meant = nearest(field, {std::begin(kFields), std::end(kFields)});
  if (!meant.empty()) return fmt::format("did you mean '{}'?", meant);
  return "take it out, or put what it says into Comment";
}

std::string tongue_hint(const std::string& message) {
  const std::string field = quoted(message, 1);
  if (message.contains("is set to 'JSONata'")) {
    if (field == "Parameters") return "in JSONata this is Arguments, with {% ... %} for what is computed";
    if (field == "ResultPath" || field == "ResultSelector" || field == "OutputPath") return "in JSONata this is Output: {% $states.result %} and the like";
    if (field == "InputPath") return "in JSONata read $states.input where it is needed";
    if (field.ends_with("Path")) return fmt::format("in JSONata this is {} with an expression {{% ... %}}", field == "ItemsPath" ? "Items" : field.substr(0, field.size() - 4));
    return "in JSONata a rule has a Condition: {% $states.input.x > 1 %}";
  }
  return R"(add "QueryLanguage": "JSONata" to the state or the machine, or use the JSONPath field)";
}

std::string json_hint(const std::string& message) {
  if (message.contains("'}'") || message.contains("']'")) return "a comma stands before the closing bracket, or a value is missing";
  if (message.contains("double-quote to start field name")) return "names stand in double quotes; no comma behind the last member";
  if (message.contains("Unrecognized token")) return "texts stand in double quotes";
  if (message.contains("end-of-input")) return "a bracket or a quote is not closed";
  if (message.contains("to separate")) return "a comma is missing before this";
  return "";
}

}  // namespace

std::string quoted(const std::string& message, int n) {
  size_t at = 0;
  for (;; --n) {
    const size_t begin = message.find('\'', at);
    const size_t end = begin == message.npos ? begin : message.find('\'', begin + 1);
    if (end == message.npos) return "";
    if (n == 0) return message.substr(begin + 1, end - begin - 1);
    at = end + 1;
  }
}

std::string hint_for(const asl::Diagnostic& d, const Value& document) {
  const std::string& m = d.message;
  if (d.code == "INVALID_JSON_DESCRIPTION") return json_hint(m);
  if (d.code == "MISSING_END_STATE") return R"(give a state "End": true, or add one of Type Succeed or Fail)";
  if (d.code == "UNSUPPORTED_JSONATA_EXPRESSION") return "there is no input document here: begin at $states.input, $states.result or a variable";
  if (d.code == "MISSING_TRANSITION_TARGET") {
    return m.ends_with("is not reachable.") ? "nothing leads to it: name it in a Next, a Default or a Catch, or take it out" : target_hint(m, document);
  }
  if (m.starts_with("Field '")) return field_hint(quoted(m));
  if (m.starts_with("The QueryLanguage is set")) return tongue_hint(m);
  if (m.starts_with("The resource provided")) {
    return "a function is arn:aws:lambda:REGION:ACCOUNT:function:NAME, a service arn:aws:states:::SERVICE:ACTION, an SDK call arn:aws:states:::aws-sdk:SERVICE:ACTION";
  }
  if (m.starts_with("This object should have only one of the following fields: [Next, End]")) return R"(add "Next": "<a state>" or "End": true)";
  if (m.starts_with("This object should have only one of")) return "one of these is needed";
  if (m.starts_with("There should only be one of")) return "keep one of them";
  if (m.starts_with("These fields are required") || m.starts_with("The field 'Type' is required")) return "add what is named";
  if (m.contains("must be a valid JSONPath or a valid intrinsic function call")) {
    return "a name that ends with .$ takes a path ($.a.b, $$.Execution.Id, $variable) or a call such as States.Format('{}', $.a); for plain text leave out the .$";
  }
  if (m.starts_with("Value must be a valid JSONPath")) return "a path begins with $: $.a.b, $['a b'][0], $$.Execution.Id";
  if (m.starts_with("Value must be a valid Reference Path")) return "a reference path names one place: no .., *, filters or slices";
  if (m.starts_with("String does not match RFC3339")) return "for instance 2030-01-31T12:00:00Z, with capital T and Z, or an offset as +01:00";
  if (m.starts_with("States.ALL must appear alone")) return "put [\"States.ALL\"] into a clause of its own, the last one";
  if (m.starts_with("Value cannot be empty")) return "at least one is needed";
  if (m.starts_with("Duplicate State name")) return "names are unique in the whole machine, branches and Map processors included";
  return "";
}

}  // namespace cli
