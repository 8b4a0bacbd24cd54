#pragma once
// How TestState looks into the interpreter: one state is run, what its data becomes on the way is noted, and what
// the world would have answered may be given instead (spec/sfn-api.md 6). An execution without an Inspection pays
// nothing for it.
#include <map>
#include <optional>
#include <string>

#include "language/json/value.h"

namespace asl {

struct Inspection {
  // --- what is given ---
  std::optional<json::Value> context;       // stands in for the whole context object
  json::Value variables;                    // name -> value, or null
  std::optional<json::Value> mock_result;   // of the task, or of the branches or iterations together
  std::optional<std::string> mock_error, mock_cause;
  std::optional<int64_t> retry_count;       // attempts of the retrier that matches, so far
  std::optional<int64_t> failed_iterations;
  std::optional<json::Value> reader_items;
  bool reveals_secrets = false;             // of a connection, in `request`
  bool mocked() const { return mock_result || mock_error; }

  // --- what is seen ---
  std::map<std::string, json::Value> stages;  // by AWS's names: "afterInputPath" ...
  json::Value request, response;              // of a task that is an HTTP request
  json::Value output;
  size_t iterations = 0;
  std::optional<int> choice;                  // the rule that was taken; none: Default
  std::optional<int> retry_index, catch_index;
  std::optional<int64_t> retry_delay_s;
  bool left = false, retriable = false;
  std::optional<std::string> error, cause;    // what Retry or Catch saw

  void see(const char* stage, json::Value value) { stages.insert_or_assign(stage, std::move(value)); }
};

}  // namespace asl
