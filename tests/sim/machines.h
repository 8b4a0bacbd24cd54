#pragma once
// Random state machines, and an independent opinion of how they end.
//
// A Plan is a machine as the generator thought of it: definition() writes it in the Amazon States Language for
// the program, predict() works out by itself (no code shared with the interpreter but JSON values) what may come
// out. What tasks answer depends on nothing but the task's name, its attempt and its item, so an outcome does not
// depend on when things happen; where two branches may both fail, either error is right.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "language/json/value.h"

namespace sim {

// What a task does when it is asked: by its name, attempt and item.
struct Answer {
  enum class Kind : uint8_t { output, error, silence } kind;
  int64_t value = 0;
  std::string error;
};
Answer answer_of(uint64_t seed, std::string_view state, int64_t attempt, int64_t item);

struct Plan;
struct PlannedState {
  enum class Kind : uint8_t { pass, choice, wait, task, succeed, fail, parallel, map, nested, distributed } kind;
  std::string name;
  size_t next = 0;             // number of the next state; past the end: End
  size_t other = 0;            // choice: Default
  int64_t number = 0;          // pass: the result; choice: the bound; wait: seconds; map: MaxConcurrency; task: TimeoutSeconds
  enum class Work : uint8_t { call, callback, activity } work = Work::call;
  int64_t heartbeat_s = 0;     // task; 0: none
  bool waits = true;           // nested: for the end of the execution that it starts
  bool express = false;        // nested, distributed: Express executions
  bool from_s3 = false;        // distributed: its items are an object's, of which the key is the content (process.cpp)
  std::optional<int64_t> tolerated;  // distributed: how many children may fail
  // Wait: how it says until when. The paths' are the input's "n" and "at".
  enum class Until : uint8_t { seconds, seconds_path, timestamp, timestamp_path } until = Until::seconds;
  // Pass: the variable "v" becomes `number`; or it is shown, as {"x": v}.
  bool assigns = false, shows = false;
  struct Rule {
    std::string error;
    int64_t attempts = 0, interval = 1;  // of a retrier
    size_t next = 0;                     // of a catcher
  };
  std::vector<Rule> retriers, catchers;
  std::vector<Plan> scopes;    // branches, or the one processor
};

struct Plan {
  std::vector<PlannedState> states;
  std::optional<int64_t> timeout_s;  // of the whole execution
  bool jsonata = false;              // in which language it is written
  std::string definition() const;
  // One thing after another, and nothing that is named by chance: its history has one order alone.
  bool sequential() const;
};

Plan make_plan(Random& random);
// The machines whose executions the others start: without a Map of executions, and starting none themselves. Express ones are over
// within their five minutes, and nobody answers by token.
struct Leaves {
  Plan standard, express;
};
Leaves make_leaves(Random& random);
inline constexpr std::string_view kLeafArn = "arn:aws:states:us-east-1:000000000000:stateMachine:leaf";
inline constexpr std::string_view kExpressLeafArn = "arn:aws:states:us-east-1:000000000000:stateMachine:express-leaf";

json::Value make_input(Random& random);

// "SUCCEEDED {output, members sorted}" or "FAILED error"; empty when there are too many possibilities to tell.
std::set<std::string> predict(const Plan& plan, const Leaves& leaves, const json::Value& input, uint64_t seed);

// JSON with members sorted, without the causes that describe another execution.
std::string canonical(const json::Value& value);

}  // namespace sim
