#include "base/memory.h"

#ifdef GANTRY_JEMALLOC
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace {

// A file's number, or 0: "max" is none.
uint64_t number_in(const std::string& path) {
  std::ifstream in(path);
  uint64_t value = 0;
  in >> value;
  return in ? value : 0;
}

// What is free in the allocator goes back to the system at once.
void give_back() {
#ifdef GANTRY_JEMALLOC
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl(fmt::format("arena.{}.purge", MALLCTL_ARENAS_ALL).c_str(), nullptr, nullptr, nullptr, 0);
#else
  malloc_trim(0);
#endif
}

}  // namespace

uint64_t resident_bytes() {
  long pages = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<uint64_t>(resident) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t allowed_bytes(const std::string& root) {
  // A line is "hierarchy:controllers:path": "0::/a/b" of the second version, "4:memory:/a/b" of the first.
  uint64_t least = 0;
  std::ifstream lines(root + "/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::string hierarchy, controllers, path;
    if (!std::getline(parts, hierarchy, ':') || !std::getline(parts, controllers, ':') || !std::getline(parts, path)) continue;
    const bool second = hierarchy == "0" && controllers.empty();
    if (!second && controllers != "memory") continue;
    const std::string base = root + (second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    while (true) {
      const uint64_t here = number_in(base + (path == "/" ? "" : path) + (second ? "/memory.max" : "/memory.limit_in_bytes"));
      // The first version says "none" by a number that no machine has.
      constexpr uint64_t kNone = 1ULL << 60;
      if (here > 0 && here < kNone) least = least ? std::min(least, here) : here;
      if (path.empty() || path == "/") break;
      const size_t slash = path.rfind('/');
      path.erase(slash == path.npos ? 0 : slash);
    }
  }
  return least;
}

bool MemoryLimit::room() {
  constexpr int64_t kLookMs = 100, kTrimMs = 2'000;
  const Instant now = clock_.now();
  // A clock that was set back makes nobody wait.
  const auto ago = [&](Instant then) { return now < then ? INT64_MAX : now - then; };
  if (ago(looked_) < kLookMs) return !over_;
  looked_ = now;
  over_ = resident_bytes() > bytes_;
  if (over_ && ago(trimmed_) >= kTrimMs) {
    trimmed_ = now;
    give_back();
    over_ = resident_bytes() > bytes_;
  }
  return !over_;
}
