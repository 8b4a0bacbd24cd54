#pragma once
// The tables behind the journal: ordered keys on disk, which take over what memory holds, a whole memtable at a time.
//
// With it they take the position that they then go up to, in the same atomic step, so that after a crash they tell
// which commits they hold: always a prefix.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/store/memtable.h"
#include "engine/store/store.h"

namespace store {

class Tables {
 public:
  virtual ~Tables() = default;

  // How far what they hold goes.
  virtual Result<Position> position() = 0;
  // Takes over all that `memory` holds, all or nothing; it is safe on the device when this returns true. False when they
  // refuse (a full disk, most likely): to be tried again with the same. Called from another thread, and may block.
  virtual bool take(Memtable& memory, Position position) = 0;

  virtual std::optional<std::string> get(Space space, std::string_view key) = 0;
  virtual void scan(Space space, std::string_view from, std::string_view to, Order order,
                    const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;

  // A copy of what they hold, safe, in a new folder; while they are in use, from another thread.
  virtual Status copy_to(const std::string& folder) = 0;
  // Reads everything and compares checksums: a line for each file that is damaged. May be called from another thread.
  virtual std::vector<std::string> verify() = 0;
};

// RocksDB in `folder`, without a log of its own.
Result<std::unique_ptr<Tables>> open_rocks_tables(const std::string& folder);
// The same only to be looked at: nothing in the folder is changed, and nothing is taken.
Result<std::unique_ptr<Tables>> look_at_rocks_tables(const std::string& folder);

}  // namespace store
