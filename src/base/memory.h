#pragma once
// The program's own memory: how much there is of it, and the limit beyond which new work is refused.
#include <cstdint>
#include <string>

#include "base/clock.h"

// In bytes, as the kernel counts it.
uint64_t resident_bytes();

// What the control groups that this process is in allow, the least of it; 0 when none says.
// `root` is where the kernel's file systems are, for tests.
uint64_t allowed_bytes(const std::string& root = "");

// Whether there is memory left. Looked at when somebody asks, and then no more often than ten times a second: a server that
// is asked nothing looks at nothing. Above the limit what is free goes back to the system first, since a process that was
// busy keeps much of it.
class MemoryLimit {
 public:
  MemoryLimit(Clock& clock, uint64_t bytes) : clock_(clock), bytes_(bytes) {}
  bool room();

 private:
  Clock& clock_;
  uint64_t bytes_;
  bool over_ = false;
  Instant looked_{INT64_MIN / 2}, trimmed_{INT64_MIN / 2};
};
