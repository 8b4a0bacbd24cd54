#pragma once
// The store on disk: the journal in front, RocksDB's tables behind it.
//
// A commit is applied to the tables (in memory, RocksDB's own log is off) and appended to the journal; the
// journal alone makes it durable. From time to time a checkpoint flushes the tables and lets old journal
// segments go. At start the tables know up to which commit they go, and the journal tells the rest.
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/result.h"
#include "engine/store/store.h"

namespace store {

// Opens (or makes) the store in `folder`. Fails, saying so, when another process has it.
Result<std::unique_ptr<Store>> open_disk_store(Loop& loop, const std::string& folder);

}  // namespace store
