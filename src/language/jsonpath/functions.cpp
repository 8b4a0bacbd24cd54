// The functions at a path's end: $.items.length(), $..price.sum(), $.list.index(-1).
#include <algorithm>
#include <cmath>
#include <limits>

#include "language/json/parse.h"
#include "language/jsonpath/evaluation.h"
#include "language/jsonpath/java_text.h"

namespace jsonpath {
namespace {

using json::Value;

constexpr std::string_view kNoNumbers = "Aggregation function attempted to calculate value using empty array";

// Path arguments are looked up from the document, whatever the function is called on.
bool evaluate_parameters(const Step& step, Run& run, std::vector<Value>& out) {
  for (const Parameter& parameter : step.parameters) {
    Value value;
    if (parameter.path) {
      const bool outer_past_end = run.past_end;
      if (!Evaluation(*parameter.path, run).evaluate(run.root, value)) return false;
      run.past_end = outer_past_end;
    } else {
      auto parsed = json::parse(parameter.json);
      if (!parsed) return run.stop(Trouble::function, parsed.error().message);
      value = *std::move(parsed);
    }
    out.push_back(std::move(value));
  }
  return true;
}

// Each argument, and what is in it when it is an array.
template <typename Use>
void each_value(const std::vector<Value>& arguments, const Use& use) {
  for (const Value& argument : arguments) {
    if (!argument.is_array()) {
      use(argument, false);
      continue;
    }
    for (const Value& item : argument.items()) use(item, true);
  }
}

std::vector<double> numbers_of(const Value& model, const std::vector<Value>& arguments) {
  std::vector<double> numbers;
  const auto take = [&](const Value& value, bool) {
    if (value.is_number()) numbers.push_back(value.as_double());
  };
  if (model.is_array()) {
    for (const Value& item : model.items()) take(item, true);
  }
  each_value(arguments, take);
  return numbers;
}

// A Java Double: 28.0, never 28.
Value double_value(double value) {
  const std::string text = java_double_text(value);
  return std::isfinite(value) ? Value::number(text) : Value(text);
}

bool aggregate(std::string_view name, const std::vector<double>& numbers, Run& run, Value& out) {
  if (numbers.empty()) return run.stop(Trouble::function, std::string(kNoNumbers));
  double sum = 0;
  double squares = 0;
  // Java's Double.MIN_VALUE is the smallest positive one, so the greatest of negative numbers is that.
  double greatest = std::numeric_limits<double>::denorm_min();
  double smallest = std::numeric_limits<double>::max();
  for (const double number : numbers) {
    sum += number;
    squares += number * number;
    greatest = std::max(greatest, number);
    smallest = std::min(smallest, number);
  }
  const auto count = static_cast<double>(numbers.size());
  double result = sum;
  if (name == "avg") result = sum / count;
  if (name == "max") result = greatest;
  if (name == "min") result = smallest;
  if (name == "stddev") result = std::sqrt(squares / count - sum * sum / count / count);
  out = double_value(result);
  return true;
}

bool element(const Value& model, int64_t index, Run& run, Value& out) {
  if (!model.is_array()) return run.stop(Trouble::function, std::string(kNoNumbers));
  const auto items = model.items();
  const auto size = static_cast<int64_t>(items.size());
  if (index < 0) {
    // Jayway does not reach the first element from the end.
    if (size + index <= 0) {
      return run.stop(Trouble::function, "Target index:" + std::to_string(index) +
                                             " larger than object count:" + std::to_string(size));
    }
    index += size;
  }
  if (index >= size) {
    return run.stop(Trouble::overrun,
                    "Index " + std::to_string(index) + " out of bounds for length " + std::to_string(size));
  }
  out = items[static_cast<size_t>(index)];
  return true;
}

Value concat(const Value& model, const std::vector<Value>& arguments) {
  std::string text;
  if (model.is_array()) {
    for (const Value& item : model.items()) {
      if (item.is_string()) text += item.as_string();
    }
  }
  each_value(arguments, [&](const Value& value, bool from_array) {
    if (value.is_string() || (from_array && !value.is_null())) java_text(value, text);
  });
  return Value(text);
}

Value append(const Value& model, const std::vector<Value>& arguments) {
  if (!model.is_array() || arguments.empty()) return model;
  std::vector<Value> items(model.items().begin(), model.items().end());
  items.insert(items.end(), arguments.begin(), arguments.end());
  return Value::array(std::move(items));
}

Value keys(const Value& model) {
  if (!model.is_object()) return {};
  std::vector<Value> names;
  for (const json::Member& member : model.members()) names.emplace_back(member.name);
  return Value::array(std::move(names));
}

// The number of children; with a path argument that of all nodes it leads to together.
bool length(const Step& step, const Value& model, Run& run, Value& out) {
  if (!step.parameters.empty()) {
    const auto& path = step.parameters[0].path;
    if (!path) return run.stop(Trouble::function, "length() takes a path");
    Path::Code children = *path;
    if (!path->function && !path->steps.empty()) {
      Step& every = children.steps.emplace_back();
      every.kind = Step::Kind::wildcard;
      every.upstream_definite = path->definite;
      children.definite = false;
      children.simple = false;
    }
    Value found;
    if (!Evaluation(children, run).evaluate(run.root, found)) return false;
    if (found.is_array()) {
      out = static_cast<int64_t>(found.size());
      return true;
    }
  }
  out = model.is_array() || model.is_object() ? Value(static_cast<int64_t>(model.size())) : Value();
  return true;
}

}  // namespace

bool call_function(const Step& step, const Value& model, Run& run, Value& out) {
  const std::string_view name = step.name;
  if (name == "length" || name == "size") return length(step, model, run, out);
  constexpr std::string_view kNames[] = {"avg", "stddev", "sum", "min", "max", "concat",
                                         "append", "keys", "first", "last", "index"};
  if (std::ranges::find(kNames, name) == std::end(kNames)) {
    return run.stop(Trouble::invalid, "Function with name: " + step.name + " does not exist.");
  }
  std::vector<Value> arguments;
  if (!evaluate_parameters(step, run, arguments)) return false;
  if (name == "concat") {
    out = concat(model, arguments);
  } else if (name == "append") {
    out = append(model, arguments);
  } else if (name == "keys") {
    out = keys(model);
  } else if (name == "first") {
    return element(model, 0, run, out);
  } else if (name == "last") {
    return element(model, -1, run, out);
  } else if (name == "index") {
    const std::vector<double> numbers = numbers_of({}, arguments);
    if (model.is_array() && numbers.empty()) return run.stop(Trouble::overrun, "Index 0 out of bounds for length 0");
    return element(model, numbers.empty() ? 0 : static_cast<int64_t>(numbers[0]), run, out);
  } else {
    return aggregate(name, numbers_of(model, arguments), run, out);
  }
  return true;
}

}  // namespace jsonpath
