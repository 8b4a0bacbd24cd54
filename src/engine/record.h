#pragma once
// What is known of an execution besides where it stands: the answer to DescribeExecution.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "language/asl/step.h"

namespace engine {

using asl::Outcome;

// "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED".
std::string_view status_text(Outcome outcome);
std::optional<Outcome> status_from(std::string_view text);

struct Record {
  std::string arn, name;
  std::string machine_arn;                // without version or alias
  std::string version_arn, alias_arn;     // how it was started, may be empty
  std::string definition;                 // key of the definition it runs: Engine::add_definition
  std::string role_arn;
  std::string input;                      // JSON text as it was given
  std::string trace_header;
  std::string map_run_arn;                // of a distributed Map's child
  std::string parent_arn;                 // the execution whose task started this one
  Instant start, stop;
  Outcome status = Outcome::running;
  std::optional<std::string> output;      // JSON text, of a succeeded one
  std::optional<std::string> error, cause;
  uint64_t events = 0;                    // how many its history has
  uint64_t order = 0;                     // counts starts: tells apart what began in one millisecond
  int redrive_count = 0;
  Instant redrive;
  std::string redrive_token;              // the client's token of the last redrive; of a distributed Map's child: the number of its run's
  int64_t item_count = 0;                 // of a distributed Map's child: how many items it works on
  bool express = false;
  bool synchronous = false;               // of an Express one: somebody waits for its end; never stored

  std::string encode() const;
  // Takes the record off the front of `bytes` and leaves what follows it.
  static std::optional<Record> decode(std::string_view& bytes);
};

}  // namespace engine
