#pragma once
// The store on disk: the journal in front, memory beside it, RocksDB's tables behind.
//
// A commit is written into memory (memtable.h) and appended to the journal, which alone makes it durable. From time to
// time a checkpoint hands what memory holds to the tables, sorted and at once, and lets old journal segments go. At start
// the tables know up to which commit they go, and the journal tells the rest.
#include <functional>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/result.h"
#include "engine/store/journal.h"
#include "engine/store/store.h"
#include "engine/store/tables.h"

class Exposition;

namespace store {

// The disk that a store lies on, and what tests may want otherwise.
struct Disk {
  Journal::Settings journal{.files = real_file_system()};
  std::function<Result<std::unique_ptr<Tables>>(const std::string& folder)> open_tables = open_rocks_tables;
  size_t memory_bytes = 32 << 20;  // a checkpoint is made when memory holds so much
};

// The format of everything in a data directory, written into its file `format`. A number of its own for every
// change that an older program could not read; this one reads all that came before.
constexpr int kFormat = 2;
// What that file holds while a backup is being restored into the directory.
constexpr std::string_view kUnfinishedRestore = "gantry data directory, being restored\n";

class DiskStore : public Store {
 public:
  // Opens (or makes) the store in `folder`. Fails, saying so, when another process has it, when a newer program
  // has written it and when it is damaged.
  static Result<std::unique_ptr<DiskStore>> open(Loop& loop, const std::string& folder, Disk disk = {});

  // Makes `folder` with a consistent copy of the tables, in the background; `done` on the loop. What was durable
  // when it was called is in the copy. Fails while the disk takes nothing.
  virtual void copy_to(const std::string& folder, Function<void(Status)> done) = 0;

  // Counts of the journal, for /_gantry/metrics.
  virtual void report(Exposition& out) const = 0;
};

Result<std::unique_ptr<Store>> open_disk_store(Loop& loop, const std::string& folder);

// The data directory's format, when it is one that this program reads; 0 when there is nothing yet.
Result<int> read_format(FileSystem& files, const std::string& folder);
// Writes the format's file.
Status write_format(FileSystem& files, const std::string& folder);
// Writes down what a store that was opened so counts, for /_gantry/metrics; of another store, nothing.
void report(const Store& store, Exposition& out);

}  // namespace store
