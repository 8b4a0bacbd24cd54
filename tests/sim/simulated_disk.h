#pragma once
// A disk in memory that behaves as badly as a real one may.
//
// Until a file is synced its writes may be lost at a power cut, each sector of them for itself and in any
// order; until a folder is synced so may the names in it, the last ones first. A sync that fails loses what it
// was to keep safe, even if a later one succeeds. Any call can be made to fail, or to be the last before the
// process dies. Everything repeats itself from the seed.
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "engine/store/file_system.h"
#include "engine/store/store.h"
#include "engine/store/tables.h"

namespace sim {

enum class Fault : uint8_t { io_error, no_space, short_write };
enum class Crash : uint8_t { process, power };  // what the system had in memory survives the first

class SimulatedDisk final : public store::FileSystem {
 public:
  explicit SimulatedDisk(uint64_t seed) : random_(seed) {}

  // --- what is done to it ---
  void fail_calls(uint64_t first, uint64_t count, Fault how) { fail_first_ = calls_ + first, fail_count_ = count, fault_ = how; }
  void die_at_call(uint64_t nth) { die_at_ = calls_ + nth; }
  void set_full(bool full) { full_ = full; }
  bool dead() const { return dead_; }
  uint64_t calls() const { return calls_; }
  // The process is gone, or the power; then the disk is there again, without faults.
  void crash(Crash how);
  // What a bit flip may hit: every file, as the device has it.
  std::vector<std::string> files() const;
  void flip(const std::string& path, size_t byte, int bit);

  // --- what it does ---
  Status make_folder(const std::string& path) override;
  std::vector<std::string> list(const std::string& folder) override;
  Result<std::string> read(const std::string& path) override;
  Result<store::FileView> look(const std::string& path) override;
  std::unique_ptr<store::File> open(const std::string& path, Open how) override;
  uint64_t size(const std::string& path) override;
  uint64_t room(const std::string&) override { return full_ ? 0 : UINT64_MAX; }
  bool rename(const std::string& from, const std::string& to) override;
  bool remove(const std::string& path) override;
  bool sync_folder(const std::string& folder) override;
  std::unique_ptr<Lock> lock(const std::string& path) override;

  // The tables that are kept on it: RocksDB is taken at its word, but it may refuse while the disk is bad, and what it
  // has refused may be there after all.
  std::unique_ptr<store::Tables> tables();

 private:
  friend class SimulatedFile;
  friend class SimulatedTables;
  struct Write {
    size_t offset;
    std::string bytes;
  };
  struct Inode {
    std::string cached, durable;
    std::vector<Write> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  struct NameChange {
    std::string erased, made;  // one of them may be empty
    std::shared_ptr<Inode> inode;
  };
  using Rows = std::map<std::pair<store::Space, std::string>, std::string>;

  // Counts a call; nothing when it goes well.
  std::optional<Fault> call();
  static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static void put(std::string& content, size_t offset, std::string_view bytes);

  SeededRandom random_;
  Names names_, durable_names_;
  std::map<std::string, std::vector<NameChange>> changes_;  // by folder, not synced
  Rows rows_;                                               // the tables, flushed
  store::Position rows_position_ = 0;
  uint64_t calls_ = 0, fail_first_ = UINT64_MAX, fail_count_ = 0, die_at_ = UINT64_MAX;
  Fault fault_ = Fault::io_error;
  bool full_ = false, dead_ = false;
};

}  // namespace sim
