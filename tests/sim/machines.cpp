#include "machines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/time_text.h"
#include "language/json/parse.h"

namespace sim {

using json::Value;
using Kind = PlannedState::Kind;

namespace {

uint64_t mix(uint64_t x) {
  x ^= x >> 33, x *= 0xff51afd7ed558ccdULL, x ^= x >> 33, x *= 0xc4ceb9fe1a85ec53ULL, x ^= x >> 33;
  return x;
}

constexpr int kDepthMax = 2;

// So many seconds after the world has begun (1'700'000'000).
std::string instant(int64_t seconds) { return iso8601_s({(1'700'000'000 + seconds) * 1000}); }


struct Maker {
  Random& random;
  char letter = 'S';   // with which its states' names begin
  bool starts = true;  // executions of their own: others, or a Map's
  bool express = false;  // for Express: nothing that is answered by token, and two states at most
  int names = 0;
  bool variable = true;  // whether "v" is to be seen

  std::vector<PlannedState::Rule> retriers() {
    static constexpr const char* kErrors[] = {"E1", "E2", "States.ALL", "States.TaskFailed", "States.Timeout"};
    std::vector<PlannedState::Rule> out;
    const uint64_t count = random.below(3);
    for (uint64_t i = 0; i < count; ++i) {
      // States.ALL stands last and alone.
      const char* error = kErrors[i + 1 == count ? random.below(5) : random.below(2)];
      out.push_back({.error = error, .attempts = static_cast<int64_t>(random.below(3)), .interval = static_cast<int64_t>(1 + random.below(3))});
    }
    if (count == 2 && out[0].error == out[1].error) out.pop_back();
    return out;
  }

  Plan scope(int depth) {
    Plan plan;
    const size_t count = 1 + random.below(express ? 2 : depth == 0 ? 6 : 3) + (depth == 0);
    for (size_t i = 0; i < count; ++i) plan.states.push_back(state(i, count, depth));
    // The variable is there from the start.
    if (depth == 0 && variable) plan.states[0] = {.kind = Kind::pass, .name = fmt::format("{}0", letter), .next = 1, .number = static_cast<int64_t>(random.below(100)), .assigns = true};
    return plan;
  }

  PlannedState state(size_t i, size_t count, int depth) {
    PlannedState s{};
    s.name = fmt::format("{}{}", letter, ++names);
    s.next = i + 1;
    const bool last = i + 1 == count;
    switch (random.below(starts ? 14 : 12)) {
      case 0: case 1:
        s.kind = Kind::pass, s.number = static_cast<int64_t>(random.below(100));
        // What is around a branch or an iteration is seen in it, and not to be assigned there.
        s.assigns = depth == 0 && variable && random.below(2) == 0;
        s.shows = variable && random.below(2) == 0;
        break;
      case 2:
        s.kind = last ? Kind::pass : Kind::choice;
        s.number = static_cast<int64_t>(random.below(6));
        if (!last) s.other = i + 1 + random.below(count - i - 1);
        break;
      case 3:
        s.kind = Kind::wait, s.number = static_cast<int64_t>(1 + random.below(20));
        s.until = static_cast<PlannedState::Until>(random.below(4));
        break;
      case 4: s.kind = last ? (random.below(2) ? Kind::succeed : Kind::fail) : Kind::pass, s.number = 1; break;
      case 5: s.kind = depth < kDepthMax ? Kind::parallel : Kind::pass; break;
      case 6: s.kind = depth < kDepthMax ? Kind::map : Kind::wait; s.number = static_cast<int64_t>(1 + random.below(3)); break;
      case 12: s.kind = Kind::nested, s.waits = random.below(4) > 0, s.express = random.below(3) == 0; break;
      case 13:
        s.kind = depth < kDepthMax ? Kind::distributed : Kind::pass, s.number = static_cast<int64_t>(1 + random.below(3));
        if (random.below(2)) s.tolerated = static_cast<int64_t>(random.below(3));
        s.express = random.below(3) == 0;
        s.from_s3 = random.below(3) == 0;
        break;
      default: s.kind = Kind::task, s.number = static_cast<int64_t>(5 + random.below(15)); s.work = express ? PlannedState::Work::call : static_cast<PlannedState::Work>(random.below(3));
        // Whoever answers does so within two seconds.
        if (s.work != PlannedState::Work::call && random.below(2) == 0) s.heartbeat_s = 4 + static_cast<int64_t>(random.below(static_cast<uint64_t>(s.number) - 4));
    }
    if (s.kind == Kind::parallel) {
      for (uint64_t n = 2 + random.below(2); n > 0; --n) s.scopes.push_back(scope(depth + 1));
    } else if (s.kind == Kind::map) {
      s.scopes.push_back(scope(depth + 1));
    } else if (s.kind == Kind::distributed) {
      // An execution of its own sees no variable of its parent's, and an Express one has no executions of its own.
      Maker child = *this;
      child.variable = false;
      if (s.express) child.starts = false, child.express = true;
      s.scopes.push_back(child.scope(s.express ? kDepthMax : depth + 1));
      names = child.names;
    }
    if (s.kind == Kind::task || s.kind == Kind::parallel || s.kind == Kind::map || s.kind == Kind::distributed || (s.kind == Kind::nested && s.waits)) {
      s.retriers = retriers();
      if (!last && random.below(2)) s.catchers.push_back({.error = random.below(2) ? "States.ALL" : "E1", .next = i + 1 + random.below(count - i - 1)});
    }
    return s;
  }
};

// Writes a plan in one of the two languages.
struct Writer {
  bool jsonata;

  Value scope(const Plan& plan) const {
    json::ObjectBuilder states;
    for (const PlannedState& s : plan.states) states.add(s.name, state(plan, s));
    return json::object({{"StartAt", plan.states[0].name}, {"States", states.build()}});
  }

  // What the state gives besides its input.
  void result(json::ObjectBuilder& out, std::string_view member, std::string_view of = "$states.result") const {
    if (jsonata) {
      out.add("Output", fmt::format("{{% $merge([$states.input, {{'{}': {}}}]) %}}", member, of));
    } else {
      out.add("ResultPath", fmt::format("$.{}", member));
    }
  }

  void pass(json::ObjectBuilder& out, const PlannedState& s) const {
    if (jsonata) {
      result(out, "p", s.shows ? "{'x': $v}" : std::to_string(s.number));
    } else {
      if (s.shows) out.add("Parameters", json::object({{"x.$", "$v"}}));
      else out.add("Result", s.number);
      result(out, "p");
    }
    if (s.assigns) out.add("Assign", json::object({{"v", s.number}}));
  }

  void wait(json::ObjectBuilder& out, const PlannedState& s) const {
    using Until = PlannedState::Until;
    switch (s.until) {
      case Until::seconds: out.add("Seconds", s.number); break;
      case Until::seconds_path: out.add(jsonata ? "Seconds" : "SecondsPath", jsonata ? "{% $states.input.n %}" : "$.n"); break;
      case Until::timestamp: out.add("Timestamp", instant(s.number)); break;
      case Until::timestamp_path: out.add(jsonata ? "Timestamp" : "TimestampPath", jsonata ? "{% $states.input.at %}" : "$.at"); break;
    }
  }

  void task(json::ObjectBuilder& out, const PlannedState& s) const {
    out.add("Resource", s.work == PlannedState::Work::call       ? "arn:aws:states:::sqs:sendMessage"
                        : s.work == PlannedState::Work::callback ? "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
                                                                 : "arn:aws:states:us-east-1:000000000000:activity:a");
    if (jsonata) {
      out.add("Arguments", json::object({{"s", s.name}, {"a", "{% $states.context.State.RetryCount %}"}, {"n", "{% $states.input.n %}"},
                                         {"QueueUrl", "q"}, {"MessageBody", "m"}}));
    } else {
      out.add("Parameters", json::object({{"s", s.name}, {"a.$", "$$.State.RetryCount"}, {"n.$", "$.n"}, {"QueueUrl", "q"}, {"MessageBody", "m"}}));
    }
    result(out, "t");
    out.add("TimeoutSeconds", s.number);
    if (s.heartbeat_s > 0) out.add("HeartbeatSeconds", s.heartbeat_s);
  }

  // Times and names that chance picks are in what a started execution's description says: of it the output alone is kept.
  void nested(json::ObjectBuilder& out, const PlannedState& s) const {
    if (s.express && s.waits) return nested_express(out);
    const std::string_view leaf = s.express ? kExpressLeafArn : kLeafArn;
    out.add("Resource", s.waits ? "arn:aws:states:::states:startExecution.sync:2" : "arn:aws:states:::states:startExecution");
    if (jsonata) {
      out.add("Arguments", json::object({{"StateMachineArn", leaf}, {"Input", json::object({{"n", "{% $states.input.n %}"}, {"list", "{% $states.input.list %}"}, {"at", "{% $states.input.at %}"}})}}));
      if (s.waits) result(out, "nest", "{'o': $states.result.Output}");
      else out.add("Output", "{% $states.input %}");
    } else {
      out.add("Parameters", json::object({{"StateMachineArn", leaf}, {"Input", json::object({{"n.$", "$.n"}, {"list.$", "$.list"}, {"at.$", "$.at"}})}}));
      if (s.waits) out.add("ResultSelector", json::object({{"o.$", "$.Output"}})).add("ResultPath", "$.nest");
      else out.add("ResultPath", Value());
    }
  }

  // Its failure is an answer like any other.
  void nested_express(json::ObjectBuilder& out) const {
    out.add("Resource", "arn:aws:states:::aws-sdk:sfn:startSyncExecution");
    if (jsonata) {
      out.add("Arguments", json::object({{"StateMachineArn", kExpressLeafArn}, {"Input", "{% $string($states.input) %}"}}));
      result(out, "nest", "{'s': $states.result.Status}");
    } else {
      out.add("Parameters", json::object({{"StateMachineArn", kExpressLeafArn}, {"Input.$", "States.JsonToString($)"}}));
      out.add("ResultSelector", json::object({{"s.$", "$.Status"}})).add("ResultPath", "$.nest");
    }
  }

  void map(json::ObjectBuilder& out, const PlannedState& s) const {
    Value processor = scope(s.scopes[0]);
    if (s.kind == Kind::distributed) {
      processor = processor.with("ProcessorConfig", json::object({{"Mode", "DISTRIBUTED"}, {"ExecutionType", s.express ? "EXPRESS" : "STANDARD"}}));
      if (s.tolerated) out.add("ToleratedFailureCount", *s.tolerated);
    }
    out.add("MaxConcurrency", s.number).add("ItemProcessor", std::move(processor));
    if (s.from_s3) {
      const Value key = jsonata ? json::object({{"Bucket", "lists"}, {"Key", "{% $string($states.input.list) %}"}})
                                : json::object({{"Bucket", "lists"}, {"Key.$", "States.JsonToString($.list)"}});
      out.add("ItemReader", json::object({{"Resource", "arn:aws:states:::s3:getObject"}, {"ReaderConfig", json::object({{"InputType", "JSON"}})},
                                          {jsonata ? "Arguments" : "Parameters", key}}));
    } else {
      out.add(jsonata ? "Items" : "ItemsPath", jsonata ? "{% $states.input.list %}" : "$.list");
    }
    if (jsonata) {
      out.add("ItemSelector", json::object({{"n", "{% $states.context.Map.Item.Value %}"}, {"list", "{% $states.input.list %}"}, {"at", "{% $states.input.at %}"}}));
    } else {
      out.add("ItemSelector", json::object({{"n.$", "$$.Map.Item.Value"}, {"list.$", "$.list"}, {"at.$", "$.at"}}));
    }
    result(out, "map");
  }

  Value state(const Plan& plan, const PlannedState& s) const {
    static constexpr const char* kTypes[] = {"Pass", "Choice", "Wait", "Task", "Succeed", "Fail", "Parallel", "Map", "Task", "Map"};
    json::ObjectBuilder out;
    out.add("Type", kTypes[static_cast<size_t>(s.kind)]);
    switch (s.kind) {
      case Kind::pass: pass(out, s); break;
      case Kind::choice: {
        const Value test = jsonata ? json::object({{"Condition", fmt::format("{{% $states.input.n < {} %}}", s.number)}, {"Next", plan.states[s.next].name}})
                                   : json::object({{"Variable", "$.n"}, {"NumericLessThan", s.number}, {"Next", plan.states[s.next].name}});
        return out.add("Choices", json::array({test})).add("Default", plan.states[s.other].name).build();
      }
      case Kind::wait: wait(out, s); break;
      case Kind::succeed: return out.build();
      case Kind::fail: return out.add("Error", "F").add("Cause", "meant to").build();
      case Kind::task: task(out, s); break;
      case Kind::parallel: {
        std::vector<Value> branches;
        for (const Plan& branch : s.scopes) branches.push_back(scope(branch));
        out.add("Branches", Value::array(std::move(branches)));
        result(out, "par");
        break;
      }
      case Kind::nested: nested(out, s); break;
      case Kind::map: case Kind::distributed: map(out, s); break;
    }
    std::vector<Value> rules;
    for (const auto& r : s.retriers) {
      rules.push_back(json::object({{"ErrorEquals", json::array({r.error})}, {"MaxAttempts", r.attempts}, {"IntervalSeconds", r.interval}, {"BackoffRate", 1.5}}));
    }
    if (!rules.empty()) out.add("Retry", Value::array(std::move(rules)));
    rules = {};
    for (const auto& r : s.catchers) {
      json::ObjectBuilder rule;
      rule.add("ErrorEquals", json::array({r.error}));
      result(rule, "e", "$states.errorOutput");
      rules.push_back(rule.add("Next", plan.states[r.next].name).build());
    }
    if (!rules.empty()) out.add("Catch", Value::array(std::move(rules)));
    return s.next < plan.states.size() ? out.add("Next", plan.states[s.next].name).build() : out.add("End", true).build();
  }
};

// --- the model ---------------------------------------------------------------------------------------------

struct End {
  bool ok = true;
  Value value;                 // output
  std::string error;
  std::optional<std::string> cause;
  std::string text() const { return ok ? "SUCCEEDED " + canonical(value) : "FAILED " + error; }
};
bool covers(const std::string& rule, const std::string& error) {
  return rule == error || rule == "States.ALL" || (rule == "States.TaskFailed" && error != "States.Timeout");
}

struct Model {
  uint64_t seed;
  const Leaves& leaves;
  bool lost = false;  // too many possibilities
  static constexpr size_t kMost = 24;

  using Ends = std::map<std::string, End>;

  void add(Ends& ends, End end) {
    ends.emplace(end.text() + "\n" + end.cause.value_or(""), std::move(end));
    lost |= ends.size() > kMost;
  }

  // `v` is the variable as it stands.
  Ends scope(const Plan& plan, size_t from, const Value& input, int64_t v) {
    Ends out;
    if (lost) return out;
    if (from >= plan.states.size()) return add(out, {.value = input}), out;
    const PlannedState& s = plan.states[from];
    const auto go_on = [&](size_t next, const Value& data) {
      for (auto& [text, end] : scope(plan, next, data, v)) add(out, end);
    };
    switch (s.kind) {
      case Kind::pass: {
        const Value shown = s.shows ? json::object({{"x", v}}) : Value(s.number);
        if (s.assigns) v = s.number;
        go_on(s.next, input.with("p", shown));
        break;
      }
      case Kind::choice: go_on(*input["n"].as_int64() < s.number ? s.next : s.other, input); break;
      case Kind::wait: go_on(s.next, input); break;
      case Kind::succeed: add(out, {.value = input}); break;
      case Kind::fail: add(out, {.ok = false, .error = "F", .cause = "meant to"}); break;
      default: {
        if (s.kind == Kind::nested && !s.waits) {
          go_on(s.next, input);
          break;
        }
        const char* member = s.kind == Kind::task ? "t" : s.kind == Kind::nested ? "nest" : s.kind == Kind::parallel ? "par" : "map";
        for (const auto& [text, end] : s.kind == Kind::task          ? task(s, input)
                                       : s.kind == Kind::nested      ? nested(s, input)
                                       : s.kind == Kind::distributed ? distributed(s, input)
                                                                     : fan_out(s, input, v)) {
          if (end.ok) {
            go_on(s.next, input.with(member, end.value));
            continue;
          }
          const auto rule = std::ranges::find_if(s.catchers, [&](const auto& r) { return covers(r.error, end.error); });
          if (rule == s.catchers.end()) {
            add(out, end);
          } else {
            Value told = json::object({{"Error", end.error}});
            if (end.cause) told = told.with("Cause", *end.cause);
            go_on(rule->next, input.with("e", told));
          }
        }
      }
    }
    return out;
  }

  Ends task(const PlannedState& s, const Value& input) {
    std::vector<int64_t> used(s.retriers.size());
    Ends out;
    for (int64_t attempt = 0;; ++attempt) {
      const Answer answer = answer_of(seed, s.name, attempt, *input["n"].as_int64());
      if (answer.kind == Answer::Kind::output) return add(out, {.value = Value(answer.value)}), out;
      const bool silent = answer.kind == Answer::Kind::silence;
      const std::string error = silent ? "States.Timeout" : answer.error;
      const auto rule = std::ranges::find_if(s.retriers, [&](const auto& r) { return covers(r.error, error); });
      if (rule != s.retriers.end() && used[static_cast<size_t>(rule - s.retriers.begin())]++ < rule->attempts) continue;
      add(out, {.ok = false, .error = error, .cause = silent ? std::nullopt : std::optional<std::string>("c")});
      return out;
    }
  }

  static Value item_input(const Value& input, const Value& item) { return json::object({{"n", item}, {"list", input["list"]}, {"at", input["at"]}}); }

  // Whatever the other execution fails with, here its task has failed.
  Ends nested(const PlannedState& s, const Value& input) {
    Ends out;
    for (const auto& [text, end] : scope(s.express ? leaves.express : leaves.standard, 0, item_input(input, input["n"]), 0)) {
      if (s.express) add(out, {.value = json::object({{"s", end.ok ? "SUCCEEDED" : "FAILED"}})});
      else if (end.ok) add(out, {.value = json::object({{"o", end.value}})});
      else add(out, {.ok = false, .error = "States.TaskFailed"});
    }
    return out;
  }

  // What the children that succeeded gave, while no more fail than may.
  Ends distributed(const PlannedState& s, const Value& input) {
    struct Part {
      std::vector<Value> outputs;
      int64_t failed = 0;
    };
    std::vector<Part> whole{{}};
    for (const Value& item : input["list"].items()) {
      std::vector<Part> longer;
      for (const auto& [text, end] : scope(s.scopes[0], 0, item_input(input, item), 0)) {
        for (Part part : whole) {
          if (end.ok) part.outputs.push_back(end.value);
          else ++part.failed;
          longer.push_back(std::move(part));
        }
      }
      whole = std::move(longer);
      lost |= whole.size() > kMost;
      if (lost) return {};
    }
    Ends out;
    for (Part& part : whole) {
      if (part.failed > s.tolerated.value_or(0)) {
        add(out, {.ok = false, .error = "States.ExceedToleratedFailureThreshold", .cause = "The specified tolerated failure threshold was exceeded"});
      } else {
        add(out, {.value = Value::array(std::move(part.outputs))});
      }
    }
    return out;
  }

  // Trying it again gives the same again: what tasks answer does not depend on the attempt of what is around them.
  Ends fan_out(const PlannedState& s, const Value& input, int64_t v) {
    std::vector<Ends> parts;
    if (s.kind == Kind::parallel) {
      for (const Plan& branch : s.scopes) parts.push_back(scope(branch, 0, input, v));
    } else {
      for (const Value& item : input["list"].items()) parts.push_back(scope(s.scopes[0], 0, item_input(input, item), v));
    }
    Ends out;
    std::vector<std::vector<Value>> whole{{}};
    for (const Ends& part : parts) {
      std::vector<std::vector<Value>> longer;
      for (const auto& [text, end] : part) {
        if (!end.ok) {
          add(out, end);
          continue;
        }
        for (const auto& one : whole) {
          longer.push_back(one);
          longer.back().push_back(end.value);
        }
      }
      whole = std::move(longer);
      lost |= whole.size() > kMost;
      if (lost) return out;
    }
    for (auto& one : whole) add(out, {.value = Value::array(std::move(one))});
    return out;
  }
};

}  // namespace

Answer answer_of(uint64_t seed, std::string_view state, int64_t attempt, int64_t item) {
  uint64_t h = mix(seed);
  for (const char c : state) h = mix(h ^ static_cast<uint8_t>(c));
  h = mix(h ^ static_cast<uint64_t>(attempt) << 32 ^ static_cast<uint64_t>(item));
  const uint64_t kind = h % 10;
  if (kind < 7) return {Answer::Kind::output, static_cast<int64_t>(h >> 8) % 1000, ""};
  if (kind < 9) return {Answer::Kind::error, 0, kind == 7 ? "E1" : "E2"};
  return {Answer::Kind::silence, 0, ""};
}

std::string Plan::definition() const {
  Value written = Writer{jsonata}.scope(*this);
  if (jsonata) written = written.with("QueryLanguage", "JSONata");
  if (timeout_s) written = written.with("TimeoutSeconds", *timeout_s);
  return json::write(written);
}

bool Plan::sequential() const {
  return std::ranges::all_of(states, [](const PlannedState& s) {
    if (s.kind == Kind::parallel || s.kind == Kind::nested || s.kind == Kind::distributed) return false;
    return s.kind != Kind::map || (s.number == 1 && s.scopes[0].sequential());
  });
}

Plan make_plan(Random& random) {
  Maker maker{random};
  Plan plan = maker.scope(0);
  plan.jsonata = random.below(2) == 0;
  if (random.below(10) == 0) plan.timeout_s = static_cast<int64_t>(5 + random.below(60));
  return plan;
}

Leaves make_leaves(Random& random) {
  Maker standard{.random = random, .letter = 'L', .starts = false, .variable = false};
  Maker express{.random = random, .letter = 'X', .starts = false, .express = true, .variable = false};
  Leaves leaves{standard.scope(1), express.scope(kDepthMax)};
  leaves.standard.jsonata = random.below(2) == 0;
  leaves.express.jsonata = random.below(2) == 0;
  return leaves;
}

Value make_input(Random& random) {
  std::vector<Value> list;
  for (uint64_t n = random.below(4); n > 0; --n) list.emplace_back(static_cast<int64_t>(random.below(6)));
  return json::object({{"n", static_cast<int64_t>(random.below(6))}, {"list", Value::array(std::move(list))},
                       {"at", instant(static_cast<int64_t>(random.below(40)) - 5)}});
}

std::set<std::string> predict(const Plan& plan, const Leaves& leaves, const Value& input, uint64_t seed) {
  Model model{seed, leaves};
  std::set<std::string> out;
  for (const auto& [text, end] : model.scope(plan, 0, input, 0)) out.insert(end.text());
  if (model.lost) return {};
  return out;
}

std::string canonical(const Value& value) {
  if (value.is_array()) {
    std::string out = "[";
    for (const Value& item : value.items()) out += (out.size() > 1 ? "," : "") + canonical(item);
    return out + "]";
  }
  if (!value.is_object()) return json::write(value);
  std::map<std::string, std::string> members;
  for (const json::Member& m : value.members()) {
    // Why a started execution failed is told with its times and its name.
    if (m.name == "Cause" && m.value.is_string() && m.value.as_string().starts_with('{')) continue;
    members[std::string(m.name)] = canonical(m.value);
  }
  std::string out = "{";
  for (const auto& [name, text] : members) out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", name, text);
  return out + "}";
}

}  // namespace sim
