#pragma once
// What lies in a data directory (or in a backup of one), looked at while no server has it: what `gantry inspect` tells.
//
// Nothing is changed. Every checksum is compared, and what is damaged is named with its file and, where there is one,
// its offset; what could be read nevertheless is told too.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/store/journal.h"
#include "engine/store/store.h"

namespace store {

struct Contents {
  int format = 0;                   // 0: there is none
  Position tables_position = 0;     // the commit up to which the tables go
  uint64_t table_files = 0, table_bytes = 0;
  JournalSummary journal;
  uint64_t journal_bytes = 0;
  struct Count {
    uint64_t keys = 0, bytes = 0;
  };
  std::array<Count, static_cast<size_t>(Space::count)> spaces;
  bool counted = false;             // false: the damage does not let keys be counted
  std::vector<std::string> damage;  // a line each

  Position position() const { return std::max(tables_position, journal.last_position); }
};

// Fails when there is no store or when a server has it. `visit` sees every key, those of a table together.
Result<Contents> look_into(const std::string& folder, const std::function<void(Space space, std::string_view key)>& visit = {});

// The table's name, for people.
std::string_view space_name(Space space);

}  // namespace store
