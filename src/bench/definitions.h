#pragma once
// The state machines of the workloads (bench/workloads): definition, input, the output that is right, and how many
// states one execution enters.
#include <string>
#include <string_view>

#include "language/json/value.h"

namespace bench {

struct Definition {
  json::Value machine;
  std::string text;    // of the machine
  std::string input;   // JSON text
  json::Value output;
  uint64_t transitions = 0;
};

// Of a file in bench/workloads, without ".json". There must be such a one.
Definition definition(std::string_view name);
// The file's text.
std::string_view definition_text(std::string_view name);

}  // namespace bench
