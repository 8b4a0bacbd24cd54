#include "base/check.h"

#include <cstdio>
#include <cstdlib>

void check_failed(const char* condition, std::string_view why, const char* file, int line) {
  std::fprintf(stderr, "gantry: broken invariant at %s:%d: %s (%.*s)\n", file, line, condition,
               static_cast<int>(why.size()), why.data());
  std::fflush(stderr);
  std::abort();
}
