#pragma once
// The tables behind the journal: ordered keys, atomic writes, and a flush that makes safe what they hold.
//
// With every write they take the position that they then go up to, in the same atomic step, so that after a
// crash they tell which commits they hold: always a prefix. They may make themselves safe earlier than asked.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/store/store.h"

namespace store {

class Tables {
 public:
  virtual ~Tables() = default;

  // How far what they hold goes, as they were opened.
  virtual Result<Position> position() = 0;
  // All or nothing. False when they refuse (a full disk, most likely): to be tried again, in order.
  virtual bool apply(std::span<const Write> writes, Position position) = 0;
  // Gets ready to take writes again after a refusal; may block.
  virtual void recover() {}
  // From now on nothing is written any more, at their end neither: the disk is full. The journal has everything.
  virtual void leave_as_is() {}
  // Makes everything applied so far safe. May be called from another thread.
  virtual bool flush() = 0;

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
// The same only to be looked at: nothing in the folder is changed, and writes are refused.
Result<std::unique_ptr<Tables>> look_at_rocks_tables(const std::string& folder);

}  // namespace store
