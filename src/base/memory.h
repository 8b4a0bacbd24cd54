#pragma once
// The program's own memory: how much there is of it, and the limit beyond which new work is refused.
#include <cstdint>
#include <memory>
#include <string>

#include "base/loop.h"

// In bytes, as the kernel counts it.
uint64_t resident_bytes();

// What the control groups that this process is in allow, the least of it; 0 when none says.
// `root` is where the kernel's file systems are, for tests.
uint64_t allowed_bytes(const std::string& root = "");

// Looks at the memory now and then. Above the limit what is free goes back to the system first, since a process that was
// busy keeps much of it.
class MemoryLimit {
 public:
  MemoryLimit(Loop& loop, uint64_t bytes) : loop_(loop), bytes_(bytes) { look(); }
  ~MemoryLimit() { *alive_ = false; }
  bool room() const { return !over_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void look();

  Loop& loop_;
  uint64_t bytes_;
  bool over_ = false;
  uint64_t looks_ = 0;  // since it has been over
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};
