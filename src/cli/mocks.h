#pragma once
// What tasks answer when nobody is there to do them: a file of mocks, in our own form or in Step Functions Local's.
//
// Ours: an answer, or a list of answers for one call after another (the last one stays), by state or by resource.
//
//   {"states": {"Charge": [{"error": "Busy", "cause": "later"}, {"result": {"id": 1}}],
//               "Ship":   {"result": "ok", "after": 3}},                     // "after": seconds that it takes
//    "resources": {"arn:aws:states:::sns:publish": {"result": {"MessageId": "m"}}}}
//
// A distributed Map may have "items" in place of what its reader reads, or a "result" for its whole run.
// Step Functions Local's: {"StateMachines": {M: {"TestCases": {C: {STATE: RESPONSE}}}}, "MockedResponses":
// {RESPONSE: {"0": {"Return": ...}, "1-2": {"Throw": {"Error", "Cause"}}}}}; what is called more often than its ranges
// say has no answer.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace cli {

struct MockedAnswer {
  std::optional<json::Value> result, items;
  std::optional<std::string> error, cause;
  int64_t after_ms = 0;
};

class Mocks {
 public:
  // `test_case` chooses one of Step Functions Local's: "Case" or "Machine/Case"; empty where there is only one.
  static Result<Mocks> parse(std::string_view text, std::string_view test_case);

  bool has(std::string_view state, std::string_view resource = "") const;
  // The answer to the next call of that state (counted over the whole run, as Step Functions Local does); null when there
  // is none, or none any more.
  const MockedAnswer* next(const std::string& state, std::string_view resource = "");
  // How often it has been asked for.
  int64_t calls(const std::string& state) const;
  // The states that it speaks of.
  std::vector<std::string> states() const;

 private:
  struct Answers {
    // The first and last call that it answers, from 0.
    struct Range {
      int64_t first, last;
      MockedAnswer answer;
    };
    std::vector<Range> ranges;
  };
  Result<Answers> read_own(const json::Value& value, const std::string& name) const;
  Status read_local(const json::Value& document, std::string_view test_case);
  const Answers* find(std::string_view state, std::string_view resource) const;

  std::map<std::string, Answers, std::less<>> states_, resources_;
  std::map<std::string, int64_t, std::less<>> calls_;
};

}  // namespace cli
