// What each type of state does when it is entered, and how a state is left.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "language/asl/interpreter.h"
#include "language/asl/timestamp.h"
#include "language/json/parse.h"

namespace asl {
namespace {

constexpr EventType kEntered[] = {EventType::TaskStateEntered, EventType::PassStateEntered, EventType::ChoiceStateEntered,
                                  EventType::WaitStateEntered, EventType::SucceedStateEntered, EventType::FailStateEntered,
                                  EventType::ParallelStateEntered, EventType::MapStateEntered};
// A Fail state is never left.
constexpr EventType kExited[] = {EventType::TaskStateExited, EventType::PassStateExited, EventType::ChoiceStateExited,
                                 EventType::WaitStateExited, EventType::SucceedStateExited, EventType::FailStateEntered,
                                 EventType::ParallelStateExited, EventType::MapStateExited};

}  // namespace

void Interpreter::enter(Thread& t) {
  ++x_.transitions;
  ++transitions_;
  const State& state = state_of(t);
  t.entered = context_.now;
  t.retry_count = 0;
  t.retries.assign(state.retriers.size(), 0);
  t.task = 0;
  Event& event = emit(t, kEntered[static_cast<size_t>(state.kind)]);
  if (!running()) return;
  event.name = state.name;
  event.data = t.input;
  t.entered_event = event.id;
  work(t);
}

void Interpreter::work(Thread& t) {
  switch (state_of(t).kind) {
    case StateKind::task: return task(t);
    case StateKind::pass: return pass(t);
    case StateKind::choice: return choose(t);
    case StateKind::wait: return wait(t);
    case StateKind::succeed: return succeed(t);
    case StateKind::fail: return fail(t);
    case StateKind::parallel: return parallel(t);
    case StateKind::map: return map(t);
  }
}

void Interpreter::pass(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  if (seen_) {
    if (!state.result && state.language == Language::jsonpath) seen_->see("afterInputPath", *effective);
  }
  Value result = *effective;
  if (state.parameters) {
    auto filled = fill(*state.parameters, view(t, *effective));
    if (!filled) return fault(t, std::move(filled).error());
    result = *std::move(filled);
  }
  if (seen_ && state.language == Language::jsonpath) seen_->see(state.result ? "result" : "afterParameters", state.result ? *state.result : result);
  if (state.result) result = *state.result;
  complete(t, std::move(result), *std::move(effective), false);
}

void Interpreter::succeed(Thread& t) {
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  if (seen_ && state_of(t).language == Language::jsonpath) seen_->see("afterInputPath", *effective);
  complete(t, *effective, *effective, false);
}

void Interpreter::fail(Thread& t) {
  const State& state = state_of(t);
  if (seen_ && state.language == Language::jsonpath) seen_->see("afterInputPath", t.input);
  const auto text = [&](const Quantity& q, std::string_view field) -> Evaluated<std::optional<std::string>> {
    if (!q.given()) return std::nullopt;
    if (q.fixed) return std::string(q.fixed->as_string());
    auto value = q.query ? run_query(*q.query, field, view(t, t.input)) : look_up(*q.reference, view(t, t.input));
    if (!value && q.query) return std::unexpected(std::move(value).error());
    if (!value) return std::unexpected(not_found(*q.reference, std::string(field) + "Path", view(t, t.input), std::move(value).error()));
    if (value->is_string()) return std::string(value->as_string());
    if (q.query) {
      return std::unexpected(Fault{.error = "States.QueryEvaluationError",
                                   .cause = fmt::format("The JSONata expression '{}' specified for the field '{}' returned an unexpected result type. "
                                                        "Expected 'string', but was '{}' for value: {}", q.query->text, field,
                                                        json::kind_name(value->kind()), json::write(*value)),
                                   .evaluation = true,
                                   .location = std::string(field)});
    }
    return std::unexpected(Fault{.error = "States.Runtime",
                                 .cause = fmt::format("The {}Path field must refer to a string: {}", field, q.reference->text)});
  };
  auto error = text(state.error, "Error");
  if (!error) return fault(t, std::move(error).error());
  auto cause = text(state.cause, "Cause");
  if (!cause) return fault(t, std::move(cause).error());
  fail_scope(t, *error, *cause);
}

void Interpreter::wait(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  if (seen_ && state.language == Language::jsonpath) seen_->see("afterInputPath", t.effective);
  const View seen = view(t, t.effective);
  const auto runtime = [](std::string cause) { return Fault{.error = "States.Runtime", .cause = std::move(cause)}; };
  Instant due = context_.now;
  if (state.wait_seconds.given()) {
    const Quantity& q = state.wait_seconds;
    int64_t amount = 0;
    if (q.fixed) {
      amount = *q.fixed->as_int64();
    } else if (q.query) {
      auto value = run_query(*q.query, "Seconds", seen);
      if (!value) return fault(t, std::move(value).error());
      const auto whole = value->as_int64();
      if (!whole || *whole < 0) {
        return fault(t, {.error = "States.QueryEvaluationError",
                         .cause = fmt::format("The JSONata expression '{}' specified for the field 'Seconds' returned an unexpected result type. "
                                              "Expected 'number', but was '{}' for value: {}", q.query->text, json::kind_name(value->kind()), json::write(*value)),
                         .evaluation = true, .location = "Seconds"});
      }
      amount = *whole;
    } else {
      auto value = look_up(*q.reference, seen);
      if (!value) return fault(t, runtime(fmt::format("The SecondsPath parameter does not reference an input value: {}", q.reference->text)));
      const auto whole = value->is_number() && value->is_integer() ? value->as_int64() : std::nullopt;
      if (!whole) {
        return fault(t, runtime(fmt::format("The SecondsPath parameter cannot be parsed as a long value: {} == {}", q.reference->text,
                                            value->is_string() ? std::string(value->as_string()) : json::write(*value))));
      }
      if (*whole < 0) return fault(t, runtime(fmt::format("The SecondsPath parameter references a negative value: {} == {}", q.reference->text, *whole)));
      amount = *whole;
    }
    if (amount > 99'999'999) return fault(t, runtime("Wait state delay is too long."));
    due = context_.now + amount * 1000;
  } else {
    const Quantity& q = state.wait_timestamp;
    Value value;
    if (q.fixed) {
      value = *q.fixed;
    } else if (q.query) {
      auto answer = run_query(*q.query, "Timestamp", seen);
      if (!answer) return fault(t, std::move(answer).error());
      value = *std::move(answer);
    } else {
      auto answer = look_up(*q.reference, seen);
      if (!answer) return fault(t, runtime(fmt::format("The TimestampPath parameter does not reference an input value: {}", q.reference->text)));
      value = *std::move(answer);
    }
    const auto at = value.is_string() ? parse_timestamp(value.as_string()) : std::nullopt;
    if (!at) {
      const std::string shown = value.is_string() ? std::string(value.as_string()) : json::write(value);
      if (q.query) {
        return fault(t, {.error = "States.QueryEvaluationError",
                         .cause = fmt::format("The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {}", shown),
                         .evaluation = true, .location = "Timestamp"});
      }
      return fault(t, runtime(fmt::format("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                                          "string: {} == {}", q.reference ? q.reference->text : "", shown)));
    }
    if (*at - context_.now > INT32_MAX * int64_t{1000}) return fault(t, runtime("Wait state delay is too long."));
    due = *at;
  }
  if (due <= context_.now || seen_) return complete(t, t.effective, t.effective, false);
  t.phase = Phase::timer;
  t.timer_due = due;
  t.timer = set_timer(due);
}

// --- Choice ------------------------------------------------------------------------------------------------------

void Interpreter::choose(Thread& t) {
  const State& state = state_of(t);
  auto effective = effective_input(t);
  if (!effective) return fault(t, std::move(effective).error());
  t.effective = *std::move(effective);
  if (seen_ && state.language == Language::jsonpath) seen_->see("afterInputPath", t.effective);
  const View seen = view(t, t.effective);
  const Choice* chosen = nullptr;
  for (const Choice& choice : state.choices) {
    bool matched = false;
    if (choice.query.fixed) {
      matched = choice.query.fixed->as_bool();
    } else if (choice.query.query) {
      const std::string field = fmt::format("Choices[{}]/Condition", choice.index);
      auto value = run_query(*choice.query.query, field, seen);
      if (!value) return fault(t, std::move(value).error());
      if (!value->is_bool()) {
        return fault(t, {.error = "States.QueryEvaluationError",
                         .cause = fmt::format("The JSONata expression '{}' specified for the field '{}' returned an unexpected result type. "
                                              "Expected 'boolean', but was '{}' for value: {}", choice.query.query->text, field,
                                              json::kind_name(value->kind()), json::write(*value)),
                         .evaluation = true, .location = field});
      }
      matched = value->as_bool();
    } else if (choice.condition) {
      auto decided = matches(t, *choice.condition, seen);
      if (!decided) return fault(t, std::move(decided).error());
      matched = *decided;
    }
    if (!matched) continue;
    chosen = &choice;
    break;
  }
  const int next = chosen ? chosen->next : state.default_next;
  if (seen_ && chosen) seen_->choice = chosen->index;
  if (seen_ && !chosen) seen_->choice.reset();
  // TestState knows a single state: where a rule leads is looked up in the definition.
  const bool leads = seen_ ? chosen || state.has_default : next >= 0;
  if (!leads) {
    return fault(t, {.error = "States.Runtime", .cause = "Failed to transition out of the state. The state does not point to a next state."});
  }
  // A rule's own Assign and Output stand in for the state's.
  const auto& assigns = chosen ? chosen->assign : state.assign;
  const auto& outputs = chosen ? chosen->output : state.output;
  Value assigned;
  if (assigns) {
    auto filled = fill(*assigns, seen);
    if (!filled) return fault(t, std::move(filled).error());
    assigned = *std::move(filled);
  }
  Value output = t.effective;
  if (outputs) {
    auto filled = fill(*outputs, seen);
    if (!filled) return fault(t, std::move(filled).error());
    output = *std::move(filled);
  } else if (state.language == Language::jsonpath) {
    auto filtered = output_filter(t, output);
    if (!filtered) return fault(t, std::move(filtered).error());
    output = *std::move(filtered);
  }
  if (auto large = too_large(t, output)) return fault(t, *std::move(large));
  if (auto large = too_much_assigned(t, assigned)) return fault(t, *std::move(large));
  leave(t, std::move(output), assigned, next, false);
}

namespace {

// '*' is any run of characters; a backslash makes a star or a backslash plain.
bool string_matches(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = pattern.npos, star_text = 0;
  const auto literal = [&](size_t& at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size() && (pattern[at + 1] == '*' || pattern[at + 1] == '\\')) ++at;
    return pattern[at];
  };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) {
      size_t at = p;
      if (literal(at) == text[t]) {
        p = at + 1;
        ++t;
        continue;
      }
    }
    if (star == pattern.npos) return false;
    p = star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template <typename T>
bool ordered(Compare compare, Compare first, const T& a, const T& b) {
  switch (static_cast<int>(compare) - static_cast<int>(first)) {
    case 0: return a == b;
    case 1: return a < b;
    case 2: return a > b;
    case 3: return a <= b;
    default: return a >= b;
  }
}

// A comparison of values of unlike types is false, never an error.
bool compare_values(Compare compare, const Value& left, const Value& right) {
  if (compare <= Compare::string_matches) {
    if (!left.is_string() || !right.is_string()) return false;
    if (compare == Compare::string_matches) return string_matches(left.as_string(), right.as_string());
    return ordered(compare, Compare::string_equals, left.as_string(), right.as_string());
  }
  if (compare <= Compare::numeric_greater_equals) {
    if (!left.is_number() || !right.is_number()) return false;
    return ordered(compare, Compare::numeric_equals, left.as_double(), right.as_double());
  }
  if (compare == Compare::boolean_equals) return left.is_bool() && right.is_bool() && left.as_bool() == right.as_bool();
  if (!left.is_string() || !right.is_string()) return false;
  const auto a = parse_timestamp(left.as_string()), b = parse_timestamp(right.as_string());
  return a && b && ordered(compare, Compare::timestamp_equals, *a, *b);
}

bool is_of_type(Compare compare, const Value& value) {
  switch (compare) {
    case Compare::is_null: return value.is_null();
    case Compare::is_numeric: return value.is_number();
    case Compare::is_string: return value.is_string();
    case Compare::is_boolean: return value.is_bool();
    default: return value.is_string() && parse_timestamp(value.as_string()).has_value();
  }
}

}  // namespace

Evaluated<bool> Interpreter::matches(const Thread& t, const Condition& condition, const View& seen) {
  if (condition.kind != Condition::Kind::compare) {
    for (const Condition& part : condition.parts) {
      auto decided = matches(t, part, seen);
      if (!decided) return decided;
      if (condition.kind == Condition::Kind::none) return !*decided;
      if (*decided == (condition.kind == Condition::Kind::any)) return *decided;
    }
    return condition.kind == Condition::Kind::all;
  }
  const auto missing = [](const Reference& path) {
    return std::unexpected(Fault{.error = "States.Runtime",
                                 .cause = fmt::format("Invalid path '{}': The choice state's condition path references an invalid value.", path.text)});
  };
  auto left = look_up(*condition.variable, seen);
  if (condition.compare == Compare::is_present) return left.has_value() == condition.literal.as_bool();
  Value right = condition.literal;
  if (condition.right) {
    auto value = look_up(*condition.right, seen);
    if (!value) return missing(*condition.right);
    right = *std::move(value);
  }
  if (!left) return missing(*condition.variable);
  if (condition.compare > Compare::is_present || condition.compare == Compare::is_null) {
    return is_of_type(condition.compare, *left) == right.as_bool();
  }
  return compare_values(condition.compare, *left, right);
}

// --- leaving -------------------------------------------------------------------------------------------------------

void Interpreter::complete(Thread& t, Value result, Value effective, bool has_result) {
  const State& state = state_of(t);
  if (seen_ && state.kind == StateKind::task) seen_->see("result", result);
  Value output = result, assigned;
  if (state.language == Language::jsonata) {
    View seen = view(t, t.input);
    if (has_result) seen.result = &result;
    if (state.assign) {
      auto filled = fill(*state.assign, seen);
      if (!filled) return fault(t, std::move(filled).error());
      assigned = *std::move(filled);
    }
    if (state.output) {
      auto filled = fill(*state.output, seen);
      if (!filled) return fault(t, std::move(filled).error());
      output = *std::move(filled);
    }
  } else {
    if (state.result_selector) {
      auto selected = fill(*state.result_selector, view(t, result));
      if (!selected) return fault(t, std::move(selected).error());
      result = *std::move(selected);
    }
    if (state.assign) {
      const bool by_result = has_result || state.kind == StateKind::pass;
      auto filled = fill(*state.assign, view(t, by_result ? result : effective));
      if (!filled) return fault(t, std::move(filled).error());
      assigned = *std::move(filled);
    }
    if (has_result || state.kind == StateKind::pass) {
      if (seen_) seen_->see("afterResultSelector", result);
      auto joined = join_result(state.result_path, t.input, result, state);
      if (!joined) return fault(t, std::move(joined).error());
      output = *std::move(joined);
      if (seen_) seen_->see("afterResultPath", output);
    }
    auto filtered = output_filter(t, output);
    if (!filtered) return fault(t, std::move(filtered).error());
    output = *std::move(filtered);
  }
  if (auto large = too_large(t, output)) return fault(t, *std::move(large));
  if (auto large = too_much_assigned(t, assigned)) return fault(t, *std::move(large));
  leave(t, std::move(output), assigned, state.next, state.end);
}

void Interpreter::leave(Thread& t, Value output, const Value& assigned, int next, bool end) {
  const State& state = state_of(t);
  Event& event = emit(t, kExited[static_cast<size_t>(state.kind)]);
  if (!running()) return;
  event.name = state.name;
  event.data = output;
  if (assigned.is_object() && assigned.size() > 0) {
    // History shows each variable as JSON text, sorted by name.
    std::vector<json::Member> members;
    for (const auto& [name, value] : assigned.members()) members.push_back({name, json::write(value)});
    std::ranges::sort(members, {}, &json::Member::name);
    event.details = json::object({{"assignedVariables", Value::object(std::move(members))},
                                  {"assignedVariablesDetails", json::object({{"truncated", false}})}});
    assign(t, assigned);
  }
  clear_timers(t);
  if (seen_) {
    // One state is all that is asked for.
    seen_->left = true;
    seen_->output = output;
    return finish(Outcome::succeeded, std::nullopt, std::nullopt);
  }
  t.effective = Value();
  t.task = 0;
  if (end) return thread_ended(t, std::move(output));
  t.state = scope_of(t).states[static_cast<size_t>(next)].number;
  t.input = std::move(output);
  t.phase = Phase::enter;
  // It goes on at once, before others: a branch is run as far as it goes.
  if (!t.queued) {
    t.queued = true;
    x_.ready.push_front(t.id);
  }
}

}  // namespace asl
