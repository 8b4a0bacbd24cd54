// What each type of state may have and what that must look like.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/time_text.h"
#include "language/asl/compile.h"
#include "language/asl/timestamp.h"
#include "language/json/parse.h"

namespace asl {
namespace {

constexpr std::string_view kKinds[] = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"};

enum Who : uint16_t {
  kTask = 1, kPass = 2, kChoice = 4, kWait = 8, kSucceed = 16, kFail = 32, kParallel = 64, kMap = 128, kEvery = 255,
};
enum Tongue : uint8_t { kBoth, kPath, kQuery };

struct Field {
  std::string_view name;
  uint16_t who;
  Tongue tongue;
};

// spec/asl.md 2: which fields a state may have, and in which query language.
constexpr Field kFields[] = {
    {"Type", kEvery, kBoth}, {"Comment", kEvery, kBoth}, {"QueryLanguage", kEvery, kBoth},
    {"Next", kTask | kPass | kWait | kParallel | kMap, kBoth}, {"End", kTask | kPass | kWait | kParallel | kMap, kBoth},
    {"InputPath", kEvery & ~kFail, kPath}, {"OutputPath", kEvery & ~kFail, kPath},
    {"Parameters", kTask | kPass | kParallel | kMap, kPath}, {"Arguments", kTask | kParallel, kQuery}, {"Result", kPass, kPath},
    {"ResultSelector", kTask | kParallel | kMap, kPath}, {"ResultPath", kTask | kPass | kParallel | kMap, kPath},
    {"Output", kEvery & ~kFail, kQuery}, {"Assign", kTask | kPass | kChoice | kWait | kParallel | kMap, kBoth},
    {"Retry", kTask | kParallel | kMap, kBoth}, {"Catch", kTask | kParallel | kMap, kBoth},
    {"TimeoutSeconds", kTask, kBoth}, {"HeartbeatSeconds", kTask, kBoth}, {"TimeoutSecondsPath", kTask, kPath},
    {"HeartbeatSecondsPath", kTask, kPath}, {"Credentials", kTask, kBoth}, {"Resource", kTask, kBoth},
    {"Seconds", kWait, kBoth}, {"Timestamp", kWait, kBoth}, {"SecondsPath", kWait, kPath}, {"TimestampPath", kWait, kPath},
    {"Error", kFail, kBoth}, {"Cause", kFail, kBoth}, {"ErrorPath", kFail, kPath}, {"CausePath", kFail, kPath},
    {"Choices", kChoice, kBoth}, {"Default", kChoice, kBoth}, {"Branches", kParallel, kBoth},
    {"ItemProcessor", kMap, kBoth}, {"Iterator", kMap, kBoth}, {"ItemsPath", kMap, kPath}, {"Items", kMap, kQuery},
    {"ItemSelector", kMap, kBoth}, {"MaxConcurrency", kMap, kBoth}, {"MaxConcurrencyPath", kMap, kPath},
    {"Label", kMap, kBoth}, {"ItemReader", kMap, kBoth}, {"ItemBatcher", kMap, kBoth}, {"ResultWriter", kMap, kBoth},
    {"ToleratedFailurePercentage", kMap, kBoth}, {"ToleratedFailurePercentagePath", kMap, kPath},
    {"ToleratedFailureCount", kMap, kBoth}, {"ToleratedFailureCountPath", kMap, kPath},
};

uint16_t who(StateKind kind) {
  constexpr uint16_t kBits[] = {kTask, kPass, kChoice, kWait, kSucceed, kFail, kParallel, kMap};
  return kBits[static_cast<size_t>(kind)];
}

struct Operator {
  std::string_view name;
  Compare compare;
  bool path;
  json::Kind operand;
};
constexpr Operator kOperators[] = {
    {"StringEquals", Compare::string_equals, false, json::Kind::string}, {"StringEqualsPath", Compare::string_equals, true, json::Kind::string},
    {"StringLessThan", Compare::string_less, false, json::Kind::string}, {"StringLessThanPath", Compare::string_less, true, json::Kind::string},
    {"StringGreaterThan", Compare::string_greater, false, json::Kind::string}, {"StringGreaterThanPath", Compare::string_greater, true, json::Kind::string},
    {"StringLessThanEquals", Compare::string_less_equals, false, json::Kind::string}, {"StringLessThanEqualsPath", Compare::string_less_equals, true, json::Kind::string},
    {"StringGreaterThanEquals", Compare::string_greater_equals, false, json::Kind::string}, {"StringGreaterThanEqualsPath", Compare::string_greater_equals, true, json::Kind::string},
    {"StringMatches", Compare::string_matches, false, json::Kind::string},
    {"NumericEquals", Compare::numeric_equals, false, json::Kind::number}, {"NumericEqualsPath", Compare::numeric_equals, true, json::Kind::number},
    {"NumericLessThan", Compare::numeric_less, false, json::Kind::number}, {"NumericLessThanPath", Compare::numeric_less, true, json::Kind::number},
    {"NumericGreaterThan", Compare::numeric_greater, false, json::Kind::number}, {"NumericGreaterThanPath", Compare::numeric_greater, true, json::Kind::number},
    {"NumericLessThanEquals", Compare::numeric_less_equals, false, json::Kind::number}, {"NumericLessThanEqualsPath", Compare::numeric_less_equals, true, json::Kind::number},
    {"NumericGreaterThanEquals", Compare::numeric_greater_equals, false, json::Kind::number}, {"NumericGreaterThanEqualsPath", Compare::numeric_greater_equals, true, json::Kind::number},
    {"BooleanEquals", Compare::boolean_equals, false, json::Kind::boolean}, {"BooleanEqualsPath", Compare::boolean_equals, true, json::Kind::boolean},
    {"TimestampEquals", Compare::timestamp_equals, false, json::Kind::string}, {"TimestampEqualsPath", Compare::timestamp_equals, true, json::Kind::string},
    {"TimestampLessThan", Compare::timestamp_less, false, json::Kind::string}, {"TimestampLessThanPath", Compare::timestamp_less, true, json::Kind::string},
    {"TimestampGreaterThan", Compare::timestamp_greater, false, json::Kind::string}, {"TimestampGreaterThanPath", Compare::timestamp_greater, true, json::Kind::string},
    {"TimestampLessThanEquals", Compare::timestamp_less_equals, false, json::Kind::string}, {"TimestampLessThanEqualsPath", Compare::timestamp_less_equals, true, json::Kind::string},
    {"TimestampGreaterThanEquals", Compare::timestamp_greater_equals, false, json::Kind::string}, {"TimestampGreaterThanEqualsPath", Compare::timestamp_greater_equals, true, json::Kind::string},
    {"IsNull", Compare::is_null, false, json::Kind::boolean}, {"IsPresent", Compare::is_present, false, json::Kind::boolean},
    {"IsNumeric", Compare::is_numeric, false, json::Kind::boolean}, {"IsString", Compare::is_string, false, json::Kind::boolean},
    {"IsBoolean", Compare::is_boolean, false, json::Kind::boolean}, {"IsTimestamp", Compare::is_timestamp, false, json::Kind::boolean},
};

std::string operator_list() {
  std::vector<std::string> names;
  for (const Operator& o : kOperators) names.emplace_back(o.name);
  return name_list(names);
}

}  // namespace

Language Compiler::language_of(const Value& document, const std::string& at) {
  const Value* given = document.find("QueryLanguage");
  if (!given) return body_->language;
  if (given->is_string() && given->as_string() == "JSONPath") {
    if (body_->language == Language::jsonata) {
      schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at);
    }
    return Language::jsonpath;
  }
  return Language::jsonata;
}

void Compiler::check_fields(const Value& document, const std::string& at, const State& out, bool known_kind) {
  const Value* given = document.find("QueryLanguage");
  const bool downgraded = given && out.language == Language::jsonpath && body_->language == Language::jsonata;
  for (const auto& [name, value] : document.members()) {
    const auto field = std::ranges::find(kFields, std::string_view(name), &Field::name);
    if (field == std::end(kFields)) {
      schema(fmt::format("Field '{}' is not supported", name), at);
      continue;
    }
    const bool wrong_tongue = (field->tongue == kPath && out.language == Language::jsonata) ||
                              (field->tongue == kQuery && out.language == Language::jsonpath);
    if (wrong_tongue && !downgraded) {
      const bool jsonata = out.language == Language::jsonata;
      schema(fmt::format("The QueryLanguage is set to '{}', but field '{}' is only supported for the '{}' QueryLanguage",
                         jsonata ? "JSONata" : "JSONPath", name, jsonata ? "JSONPath" : "JSONata"), at);
    } else if (known_kind && (field->who & who(out.kind)) == 0) {
      schema(fmt::format("Field '{}' is not supported", name), at);
    }
  }
  if (given && !(given->is_string() && (given->as_string() == "JSONPath" || given->as_string() == "JSONata"))) {
    schema("Value should be one of the following: [JSONPath, JSONata]", at + "/QueryLanguage");
  }
}

void Compiler::state(const std::string&, const Value& document, const std::string& at, State& out) {
  const Value* type = document.find("Type");
  bool known = false;
  if (!type) {
    schema("The field 'Type' is required", at);
  } else {
    const auto kind = type->is_string() ? std::ranges::find(kKinds, type->as_string()) : std::end(kKinds);
    if (kind == std::end(kKinds)) {
      schema("The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]", at + "/Type");
    } else {
      out.kind = static_cast<StateKind>(kind - std::begin(kKinds));
      known = true;
    }
  }
  out.language = language_of(document, at);
  check_fields(document, at, out, known);
  if (const Value* comment = document.find("Comment")) expect(*comment, json::Kind::string, at + "/Comment");
  if (!known) return;
  const bool flows = (who(out.kind) & (kTask | kPass | kWait | kParallel | kMap)) != 0;
  if (flows) {
    const Value* end = document.find("End");
    const Value* next = document.find("Next");
    if (end && expect(*end, json::Kind::boolean, at + "/End")) out.end = end->as_bool();
    if (next) expect(*next, json::Kind::string, at + "/Next");
    if (!end == !next) {
      schema(next ? "There should only be one of the following fields: [Next, End]"
                  : "This object should have only one of the following fields: [Next, End]", at);
    } else if (end && end->is_bool() && !out.end) {
      schema("This object should have only one of the following fields: [Next, End]", at);
    }
  }
  data_fields(document, at, out);
  switch (out.kind) {
    case StateKind::task: task(document, at, out); break;
    case StateKind::choice: choice(document, at, out); break;
    case StateKind::wait: wait(document, at, out); break;
    case StateKind::fail: fail_state(document, at, out); break;
    case StateKind::parallel: parallel(document, at, out); break;
    case StateKind::map: map(document, at, out); break;
    case StateKind::pass:
      if (const Value* result = document.find("Result")) out.result = *result;
      break;
    case StateKind::succeed: out.end = true; break;
  }
  if (who(out.kind) & (kTask | kParallel | kMap)) retry_catch(document, at, out);
}

void Compiler::data_fields(const Value& document, const std::string& at, State& out) {
  const auto path_field = [&](std::string_view name, std::shared_ptr<const Reference>& to, bool& nothing) {
    const Value* value = document.find(name);
    if (!value) return;
    if (value->is_null()) {
      nothing = true;
    } else {
      to = path(*value, at + "/" + std::string(name));
      if (to && to->root == Reference::Root::input && !to->path) to = nullptr;
    }
  };
  if (out.language == Language::jsonpath) {
    path_field("InputPath", out.input_path, out.input_nothing);
    path_field("OutputPath", out.output_path, out.output_nothing);
    out.result_path = result_path(document.find("ResultPath"), at + "/ResultPath");
    if (const Value* selector = document.find("ResultSelector")) {
      if (expect(*selector, json::Kind::object, at + "/ResultSelector")) {
        out.result_selector = payload(*selector, out.language, at + "/ResultSelector", "ResultSelector");
      }
    }
    if (const Value* parameters = document.find("Parameters"); parameters && out.kind != StateKind::map) {
      out.parameters = payload(*parameters, out.language, at + "/Parameters", "Parameters");
    }
  } else {
    if (const Value* arguments = document.find("Arguments")) out.parameters = payload(*arguments, out.language, at + "/Arguments", "Arguments");
    if (const Value* output = document.find("Output")) out.output = payload(*output, out.language, at + "/Output", "Output");
  }
  if (const Value* assign = document.find("Assign")) {
    if (expect(*assign, json::Kind::object, at + "/Assign")) out.assign = payload(*assign, out.language, at + "/Assign", "Assign");
  }
}

void Compiler::task(const Value& document, const std::string& at, State& out) {
  const Value* resource = document.find("Resource");
  if (!resource) {
    schema(fmt::format("These fields are required: {}", name_list({"Resource"})), at);
  } else if (expect(*resource, json::Kind::string, at + "/Resource")) {
    auto parsed = parse_resource(resource->as_string());
    if (!parsed) {
      schema(fmt::format("The resource provided {} is not recognized. The value is not a valid resource ARN, or the resource is not "
                         "available in this region.", resource->as_string()), at + "/Resource");
    } else {
      using Pattern = Resource::Pattern;
      if (options_.express && (parsed->pattern == Pattern::sync || parsed->pattern == Pattern::sync2)) {
        schema("Express state machine does not support '.sync' service integration", at + "/Resource");
      } else if (options_.express && parsed->pattern == Pattern::wait_for_task_token) {
        schema("Express state machine does not support '.waitForTaskToken' service integration ", at + "/Resource");
      } else if (options_.express && parsed->kind == Resource::Kind::activity) {
        schema("Express state machine does not support Activity ARN", at + "/Resource");
      } else if (parsed->kind == Resource::Kind::foreign) {
        warning(fmt::format("Nothing runs the resource {}: the state will fail", parsed->arn), at + "/Resource");
      } else if (!document.find("TimeoutSeconds") && !document.find("TimeoutSecondsPath") && !document.find("HeartbeatSeconds") &&
                 !document.find("HeartbeatSecondsPath") && (parsed->pattern == Pattern::wait_for_task_token || parsed->kind == Resource::Kind::activity)) {
        warning("The state waits for an answer without a time limit: it may never end", at);
      }
      out.resource = std::make_shared<Resource>(std::move(*parsed));
    }
  }
  out.timeout = quantity(document, "TimeoutSeconds", at, out.language, 1, 99'999'999);
  out.heartbeat = quantity(document, "HeartbeatSeconds", at, out.language, 1, 99'999'999);
  if (out.timeout.fixed && out.heartbeat.fixed && out.heartbeat.fixed->as_double() >= out.timeout.fixed->as_double()) {
    schema("HeartbeatSeconds must be smaller than TimeoutSeconds", at + "/HeartbeatSeconds");
  }
  if (const Value* credentials = document.find("Credentials")) {
    if (expect(*credentials, json::Kind::object, at + "/Credentials")) {
      const bool foreign = out.resource && out.resource->kind == Resource::Kind::foreign;
      if (!foreign && !credentials->find("RoleArn") && !credentials->find("RoleArn.$")) {
        schema("The field 'RoleArn' is required but was missing", at + "/Credentials");
      }
      out.credentials = payload(*credentials, out.language, at + "/Credentials", "Credentials");
    }
  }
}

void Compiler::choice(const Value& document, const std::string& at, State& out) {
  const Value* choices = document.find("Choices");
  if (!choices) {
    schema(fmt::format("These fields are required: {}", name_list({"Choices"})), at);
    return;
  }
  if (const Value* fallback = document.find("Default")) expect(*fallback, json::Kind::string, at + "/Default");
  if (!expect(*choices, json::Kind::array, at + "/Choices")) return;
  if (choices->size() == 0) schema("Value cannot be empty", at + "/Choices");
  out.choices.resize(choices->size());
  for (size_t i = 0; i < choices->size(); ++i) {
    out.choices[i].index = static_cast<int>(i);
    choice_rule((*choices)[i], fmt::format("{}/Choices[{}]", at, i), out, out.choices[i]);
  }
}

void Compiler::choice_rule(const Value& rule, const std::string& at, State& state, Choice& out) {
  if (!expect(rule, json::Kind::object, at)) return;
  const Value* next = rule.find("Next");
  if (!next) {
    schema(fmt::format("These fields are required: {}", name_list({"Next"})), at);
  } else {
    expect(*next, json::Kind::string, at + "/Next");
  }
  const std::string field = fmt::format("Choices[{}]", out.index);
  if (const Value* assign = rule.find("Assign")) {
    if (expect(*assign, json::Kind::object, at + "/Assign")) out.assign = payload(*assign, state.language, at + "/Assign", field + "/Assign");
  }
  if (state.language == Language::jsonpath) {
    out.condition = condition(rule, at, true);
    if (rule.find("Condition") || rule.find("Output")) {
      schema(fmt::format("The QueryLanguage is set to 'JSONPath', but field '{}' is only supported for the 'JSONata' QueryLanguage",
                         rule.find("Condition") ? "Condition" : "Output"), at);
    }
    return;
  }
  if (const Value* output = rule.find("Output")) out.output = payload(*output, state.language, at + "/Output", field + "/Output");
  for (const auto& [name, value] : rule.members()) {
    if (name == "Condition" || name == "Next" || name == "Assign" || name == "Output" || name == "Comment") continue;
    schema(fmt::format("The QueryLanguage is set to 'JSONata', but field '{}' is only supported for the 'JSONPath' QueryLanguage", name), at);
  }
  const Value* text = rule.find("Condition");
  std::string_view inner;
  if (!text) {
    schema(fmt::format("These fields are required: {}", name_list({"Condition"})), at);
  } else if (text->is_bool()) {
    out.query.fixed = *text;
  } else if (text->is_string() && is_query(text->as_string(), inner)) {
    out.query.query = query(text->as_string(), inner, at + "/Condition");
  } else {
    schema("Expected value of type [BOOLEAN]", at + "/Condition");
  }
}

std::optional<Condition> Compiler::condition(const Value& rule, const std::string& at, bool top) {
  if (!expect(rule, json::Kind::object, at)) return std::nullopt;
  Condition out;
  if (++depth_ > 100) {
    schema("The rule is nested too deeply", at);
    --depth_;
    return std::nullopt;
  }
  std::vector<const Operator*> operators;
  std::vector<std::string> algebra;
  for (const auto& [name, value] : rule.members()) {
    const auto it = std::ranges::find(kOperators, std::string_view(name), &Operator::name);
    if (it != std::end(kOperators)) {
      operators.push_back(&*it);
    } else if (name == "And" || name == "Or" || name == "Not") {
      algebra.emplace_back(name);
    } else if (name == "Variable" || name == "Comment" || (top && (name == "Next" || name == "Assign"))) {
      continue;
    } else if (!(top && (name == "Condition" || name == "Output"))) {
      schema(fmt::format("Field '{}' is not supported", name), at);
    }
  }
  if (algebra.size() == 1 && operators.empty() && !rule.find("Variable")) {
    const Value& parts = rule[algebra[0]];
    out.kind = algebra[0] == "And" ? Condition::Kind::all : algebra[0] == "Or" ? Condition::Kind::any : Condition::Kind::none;
    const std::string here = at + "/" + algebra[0];
    if (algebra[0] == "Not") {
      if (auto part = condition(parts, here, false)) out.parts.push_back(std::move(*part));
    } else if (expect(parts, json::Kind::array, here)) {
      if (parts.size() == 0) schema("Value cannot be empty", here);
      for (size_t i = 0; i < parts.size(); ++i) {
        if (auto part = condition(parts[i], fmt::format("{}[{}]", here, i), false)) out.parts.push_back(std::move(*part));
      }
    }
    --depth_;
    return out;
  }
  --depth_;
  if (!algebra.empty() && (!operators.empty() || algebra.size() > 1)) {
    schema(fmt::format("There should only be one of the following fields: {}", operator_list()), at);
    return std::nullopt;
  }
  const Value* variable = rule.find("Variable");
  if (!variable) {
    schema(fmt::format("These fields are required: {}", name_list({"Variable"})), at);
  } else {
    out.variable = path(*variable, at + "/Variable");
  }
  if (operators.empty()) {
    schema(fmt::format("This object should have only one of the following fields: {}", operator_list()), at);
    return std::nullopt;
  }
  if (operators.size() > 1) {
    schema(fmt::format("There should only be one of the following fields: {}", operator_list()), at);
    return std::nullopt;
  }
  const Operator& op = *operators[0];
  const Value& operand = rule[op.name];
  const std::string here = at + "/" + std::string(op.name);
  out.compare = op.compare;
  if (op.path) {
    out.right = path(operand, here);
  } else if (expect(operand, op.operand, here)) {
    const bool timestamp = op.compare >= Compare::timestamp_equals && op.compare <= Compare::timestamp_greater_equals;
    if (timestamp && !parse_timestamp(operand.as_string())) schema("String does not match RFC3339 timestamp", here);
    out.literal = operand;
  }
  return out;
}

void Compiler::wait(const Value& document, const std::string& at, State& out) {
  std::vector<std::string> all = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"};
  if (out.language == Language::jsonata) all = {"Seconds", "Timestamp"};
  const auto given = std::ranges::count_if(all, [&](const std::string& name) { return document.find(name) != nullptr; });
  if (given != 1) {
    schema(std::string(given == 0 ? "This object should have only one of the following fields: "
                                  : "There should only be one of the following fields: ") + name_list(all), at);
    return;
  }
  if (document.find("Seconds") || document.find("SecondsPath")) {
    out.wait_seconds = quantity(document, "Seconds", at, out.language, 0, 99'999'999);
    return;
  }
  if (const Value* by_path = document.find("TimestampPath")) {
    out.wait_timestamp.reference = reference_path(*by_path, at + "/TimestampPath");
    return;
  }
  const Value& timestamp = document["Timestamp"];
  std::string_view inner;
  if (!expect(timestamp, json::Kind::string, at + "/Timestamp")) return;
  if (out.language == Language::jsonata && is_query(timestamp.as_string(), inner)) {
    out.wait_timestamp.query = query(timestamp.as_string(), inner, at + "/Timestamp");
  } else if (!parse_timestamp(timestamp.as_string())) {
    schema("String does not match RFC3339 timestamp", at + "/Timestamp");
  } else {
    out.wait_timestamp.fixed = timestamp;
  }
}

void Compiler::fail_state(const Value& document, const std::string& at, State& out) {
  const auto part = [&](std::string_view name, Quantity& to) {
    const std::string path_name = std::string(name) + "Path";
    const Value* fixed = document.find(name);
    const Value* by_path = document.find(path_name);
    if (fixed && by_path) {
      schema(fmt::format("There should only be one of the following fields: {}", name_list({std::string(name), path_name})), at);
    } else if (fixed && expect(*fixed, json::Kind::string, at + "/" + std::string(name))) {
      std::string_view inner;
      if (out.language == Language::jsonata && is_query(fixed->as_string(), inner)) {
        to.query = query(fixed->as_string(), inner, at + "/" + std::string(name));
      } else {
        to.fixed = *fixed;
      }
    } else if (by_path && out.language == Language::jsonpath) {
      to.reference = path(*by_path, at + "/" + path_name, true);
    }
  };
  part("Error", out.error);
  part("Cause", out.cause);
}

void Compiler::parallel(const Value& document, const std::string& at, State& out) {
  const Value* branches = document.find("Branches");
  if (!branches) {
    schema(fmt::format("These fields are required: {}", name_list({"Branches"})), at);
    return;
  }
  if (!expect(*branches, json::Kind::array, at + "/Branches")) return;
  if (branches->size() == 0) schema("Value cannot be empty", at + "/Branches");
  for (size_t i = 0; i < branches->size(); ++i) {
    const std::string here = fmt::format("{}/Branches[{}]", at, i);
    out.branches.push_back(std::make_unique<Scope>());
    if (expect((*branches)[i], json::Kind::object, here)) scope((*branches)[i], here, *out.branches.back(), Place::branch);
  }
}

void Compiler::retry_catch(const Value& document, const std::string& at, State& out) {
  if (const Value* retry = document.find("Retry"); retry && expect(*retry, json::Kind::array, at + "/Retry")) {
    for (size_t i = 0; i < retry->size(); ++i) {
      const std::string here = fmt::format("{}/Retry[{}]", at, i);
      const Value& item = (*retry)[i];
      if (!expect(item, json::Kind::object, here)) continue;
      Retrier made;
      made.errors = error_names(item, here, i + 1 == retry->size());
      const auto whole = [&](std::string_view name, double least, double most) -> std::optional<int64_t> {
        const Quantity q = quantity(item, name, here, Language::jsonpath, least, most);
        return q.fixed ? q.fixed->as_int64() : std::nullopt;
      };
      made.interval_s = whole("IntervalSeconds", 1, 99'999'999).value_or(1);
      made.attempts_max = whole("MaxAttempts", 0, 99'999'999).value_or(3);
      made.delay_max_s = whole("MaxDelaySeconds", 1, 31'622'399);
      if (const Value* rate = item.find("BackoffRate"); rate && expect(*rate, json::Kind::number, here + "/BackoffRate")) {
        made.backoff = rate->as_double();
        if (made.backoff < 1) schema("Minimum value is 1.0", here + "/BackoffRate");
      }
      if (const Value* jitter = item.find("JitterStrategy")) {
        const std::string_view text = jitter->is_string() ? jitter->as_string() : "";
        if (text != "FULL" && text != "NONE") schema("Value should be one of the following: [FULL, NONE]", here + "/JitterStrategy");
        made.jitter = text == "FULL";
      }
      for (const auto& [name, value] : item.members()) {
        static constexpr std::string_view kKnown[] = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "MaxDelaySeconds", "BackoffRate", "JitterStrategy", "Comment"};
        if (std::ranges::find(kKnown, name.view()) == std::end(kKnown)) schema(fmt::format("Field '{}' is not supported", name), here);
      }
      out.retriers.push_back(std::move(made));
    }
  }
  const Value* catches = document.find("Catch");
  if (!catches || !expect(*catches, json::Kind::array, at + "/Catch")) return;
  for (size_t i = 0; i < catches->size(); ++i) {
    const std::string here = fmt::format("{}/Catch[{}]", at, i), field = fmt::format("Catch[{}]", i);
    const Value& item = (*catches)[i];
    out.catchers.emplace_back();
    Catcher& made = out.catchers.back();
    if (!expect(item, json::Kind::object, here)) continue;
    made.errors = error_names(item, here, i + 1 == catches->size());
    if (!item.find("Next")) schema(fmt::format("These fields are required: {}", name_list({"Next"})), here);
    if (out.language == Language::jsonpath) made.result_path = result_path(item.find("ResultPath"), here + "/ResultPath");
    if (const Value* assign = item.find("Assign"); assign && expect(*assign, json::Kind::object, here + "/Assign")) {
      made.assign = payload(*assign, out.language, here + "/Assign", field + "/Assign");
    }
    if (const Value* output = item.find("Output")) {
      if (out.language == Language::jsonata) made.output = payload(*output, out.language, here + "/Output", field + "/Output");
    }
    for (const auto& [name, value] : item.members()) {
      static constexpr std::string_view kKnown[] = {"ErrorEquals", "Next", "ResultPath", "Assign", "Output", "Comment"};
      if (std::ranges::find(kKnown, name.view()) == std::end(kKnown)) schema(fmt::format("Field '{}' is not supported", name), here);
      const bool path_only = name == "ResultPath" && out.language == Language::jsonata, query_only = name == "Output" && out.language == Language::jsonpath;
      if (path_only || query_only) {
        schema(fmt::format("The QueryLanguage is set to '{}', but field '{}' is only supported for the '{}' QueryLanguage",
                           path_only ? "JSONata" : "JSONPath", name, path_only ? "JSONPath" : "JSONata"), here);
      }
    }
  }
}

std::vector<std::string> Compiler::error_names(const Value& item, const std::string& at, bool last) {
  std::vector<std::string> names;
  const Value* given = item.find("ErrorEquals");
  if (!given) {
    schema(fmt::format("These fields are required: {}", name_list({"ErrorEquals"})), at);
    return names;
  }
  if (!expect(*given, json::Kind::array, at + "/ErrorEquals")) return names;
  if (given->size() == 0) schema("Value cannot be empty", at + "/ErrorEquals");
  for (const Value& name : given->items()) {
    if (expect(name, json::Kind::string, at + "/ErrorEquals")) names.emplace_back(name.as_string());
  }
  const bool all = std::ranges::find(names, "States.ALL") != names.end();
  if (all && (names.size() > 1 || !last)) schema("States.ALL must appear alone and at end of list", at + "/ErrorEquals");
  return names;
}

}  // namespace asl
