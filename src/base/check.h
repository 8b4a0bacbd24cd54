#pragma once
// CHECK(condition, "why it must hold") aborts with file and line when an invariant is broken, in release
// builds too: a node that stops recovers from its journal, a corrupt one spreads.
#include <string_view>

[[noreturn]] void check_failed(const char* condition, std::string_view why, const char* file, int line);

#define CHECK(condition, why) \
  ((condition) ? (void)0 : check_failed(#condition, (why), __FILE__, __LINE__))
