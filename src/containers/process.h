#pragma once
// Runs a program to its end and keeps what it said. Blocks: for threads that may wait.
#include <cstdint>
#include <string>
#include <vector>

namespace containers {

struct Finished {
  int exit_code = -1;  // 128 + n of one that signal n ended; 127 when it could not be started
  bool timed_out = false;
  std::string output;  // standard output and error, at most 64 KiB
};

// `input` goes to its standard input. Past `timeout_ms` it is killed.
Finished run_program(const std::vector<std::string>& arguments, int64_t timeout_ms, const std::string& input = {});

}  // namespace containers
