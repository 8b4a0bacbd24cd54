#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/experimental.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "base/check.h"
#include "engine/store/encoding.h"
#include "engine/store/tables.h"

namespace store {
namespace {

// Where the tables keep the position that they go up to; sorts behind every space.
const std::string kPositionKey = "\xFFposition";

enum class Access : uint8_t { all, look };

// Hears how compaction does in RocksDB's threads.
class Compaction final : public rocksdb::EventListener {
 public:
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { change([] {}); }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override { change([this] { failing_ = true; }); }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (info.new_bg_error.ok()) goes_on();
  }

  void goes_on() { change([this] { failing_ = false; }); }
  bool failing() {
    const std::lock_guard lock(mutex_);
    return failing_;
  }
  // Until `enough` is true or compaction fails.
  void await(const std::function<bool()>& enough) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failing_ || enough(); });
  }

 private:
  template <class F>
  void change(F&& how) {
    const std::lock_guard lock(mutex_);
    how();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool failing_ = false;
};

// RocksDB's diary does not live through a disk that fills up: it asserts that no line ever failed. What matters is told by statuses.
class NoDiary final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Two families of keys. Of nearly all tables keys come in the order of time, or in a few such rows: what is new goes below as it is,
// since it overlaps with nothing. Names come in none, and each is written once and only looked up: files of about the same size are
// merged, so that a name is written again as often as sizes grow twelvefold, not once for every level.
enum class Family : uint8_t { ordered, names };
constexpr Family family_of(Space space) { return space == Space::names ? Family::names : Family::ordered; }

// Tells of keys, asked in order, whether tables hold them.
class Presence {
 public:
  Presence(rocksdb::DB& tables, rocksdb::ColumnFamilyHandle* family) : at_(tables.NewIterator(looking_once(), family)) {}

  // True also where it cannot be told.
  bool holds(const rocksdb::Slice& key) {
    // What is asked for lies close together, more often than not.
    constexpr int kSteps = 8;
    for (int i = 0; begun_ && i < kSteps && before(key); ++i) at_->Next();
    if (!begun_ || before(key)) at_->Seek(key);
    begun_ = true;
    return at_->Valid() ? at_->key() == key : !at_->status().ok();
  }

 private:
  static rocksdb::ReadOptions looking_once() {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    return options;
  }
  bool before(const rocksdb::Slice& key) const { return at_->Valid() && at_->key().compare(key) < 0; }

  std::unique_ptr<rocksdb::Iterator> at_;
  bool begun_ = false;
};

class RocksTables final : public Tables {
 public:
  RocksTables() = default;
  ~RocksTables() override {
    // RocksDB does not live through being closed while the disk is full.
    if (compaction_->failing()) (void)db_.release();
    if (!db_) return;
    for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family);
    db_->Close();
  }

  Status open(const std::string& folder, Access access) {
    // What a take that was cut off has left.
    std::error_code error;
    if (access == Access::all) std::filesystem::remove_all(incoming(folder), error);
    rocksdb::Options options;
    options.create_if_missing = options.create_missing_column_families = access == Access::all;
    options.compression = rocksdb::kLZ4Compression;
    options.max_background_jobs = 2;
    options.level0_file_num_compaction_trigger = kMergedAtOnce;
    options.max_bytes_for_level_base = kLevelBytes;
    options.info_log = std::make_shared<NoDiary>();
    options.max_open_files = 512;
#if __has_feature(thread_sanitizer)
    // Files that several threads open at once seem to race for the function's statics: their guards are in Debian's RocksDB, which is not
    // instrumented.
    options.max_file_opening_threads = 1;
#endif
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    rocksdb::BlockBasedTableOptions table;
    // One shard: a share of the cache must hold the largest block, and there is one thread that reads to speak of.
    constexpr int kShardBits = 0;
    table.block_cache = rocksdb::NewLRUCache(32 << 20, kShardBits);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // Indexes and filters count as cache, in parts, so that a lookup reads the part it wants and memory stays bounded
    // however much is stored.
    table.cache_index_and_filter_blocks = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.enable_index_compression = false;
    // Keys begin alike for most of their length, names above all: an index that says so is a fraction as large, in the cache and
    // while files are merged.
    table.index_block_restart_interval = 16;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.listeners.push_back(compaction_);
    // What was taken away goes from the disk too, and listings need not step over it: files in which half of a stretch
    // of keys are erasures are merged downwards though nothing else asks for it.
    options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(kErasedStretch, kErasedStretch / 2));
    rocksdb::ColumnFamilyOptions names(options);
    names.compaction_style = rocksdb::kCompactionStyleUniversal;
    std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, options}, {"names", names}};
    rocksdb::DB* db = nullptr;
    rocksdb::Status status;
    if (access == Access::all) {
      status = rocksdb::DB::Open(options, folder, families, &families_, &db);
    } else {
      // What format 1 has left has no names, and is not to get any by being looked at.
      std::vector<std::string> there;
      status = rocksdb::DB::ListColumnFamilies(options, folder, &there);
      families.resize(std::min(families.size(), there.size()));
      if (status.ok()) status = rocksdb::DB::OpenForReadOnly(options, folder, families, &families_, &db);
    }
    if (!status.ok()) return fail("Store", fmt::format("cannot open the tables in {}: {}", folder, status.ToString()));
    db_.reset(db);
    folder_ = folder;
    for (const auto& family : families) options_.emplace_back(options, family.options);
    return {};
  }

  Result<Position> position() override {
    std::string stored;
    const auto status = db_->Get(rocksdb::ReadOptions(), kPositionKey, &stored);
    if (status.IsNotFound()) return 0;
    std::string_view view = stored;
    Position position = 0;
    if (!status.ok() || !get_varint(view, position)) return fail("Store", damaged(status.ToString()));
    return position;
  }

  // Sorted files that RocksDB adds to its own, all or none: no second log, no second memtable.
  bool take(Memtable& memory, Position position) override {
    if (compaction_->failing() && db_->Resume().ok()) compaction_->goes_on();
    // Reading looks into every file of level 0: compaction must not fall behind.
    constexpr uint64_t kFilesAtMost = 3 * kMergedAtOnce;
    compaction_->await([this] { return files_at_level_0() < kFilesAtMost; });
    std::error_code error;
    std::filesystem::create_directory(incoming(folder_), error);
    std::vector<File> files;
    const bool taken = !error && write_files(files, memory, position) && add_files(files);
    std::filesystem::remove_all(incoming(folder_), error);
    if (taken) merge_erasures();
    return taken;
  }

  std::optional<std::string> get(Space space, std::string_view key) override {
    if (!handle(space)) return std::nullopt;
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), handle(space), table_key(space, key), &value);
    if (status.IsNotFound()) return std::nullopt;
    CHECK(status.ok(), damaged(status.ToString()));
    return value;
  }

  void scan(Space space, std::string_view from, std::string_view to, Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (!handle(space)) return;
    const std::string lower = table_key(space, from);
    const std::string upper = to.empty() ? std::string(1, static_cast<char>(static_cast<int>(space) + 1)) : table_key(space, to);
    const rocksdb::Slice lower_slice(lower), upper_slice(upper);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_slice;
    options.iterate_upper_bound = &upper_slice;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handle(space)));
    order == Order::forward ? it->SeekToFirst() : it->SeekToLast();
    for (; it->Valid(); order == Order::forward ? it->Next() : it->Prev()) {
      const rocksdb::Slice key = it->key(), value = it->value();
      if (!visit({key.data() + 1, key.size() - 1}, {value.data(), value.size()})) return;
    }
    CHECK(it->status().ok(), damaged(it->status().ToString()));
  }

  Status copy_to(const std::string& folder) override {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(folder, 0);
    if (!status.ok()) return fail("Store", fmt::format("cannot copy the tables to {}: {}", folder, status.ToString()));
    return {};
  }

  std::vector<std::string> verify() override {
    // File by file, so that one that is damaged does not hide another.
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    std::vector<std::string> damage;
    for (const auto& file : files) {
      const std::string path = folder_ + file.name;
      rocksdb::SstFileReader reader(options_.front());
      auto status = reader.Open(path);
      if (status.ok()) status = reader.VerifyChecksum(rocksdb::ReadOptions());
      if (!status.ok()) damage.push_back(fmt::format("{}: {}", path, status.ToString()));
    }
    return damage;
  }

 private:
  struct File {
    std::string path;
    Family family;
  };

  // A folder, emptied and left behind by nobody.
  static std::string incoming(const std::string& folder) { return folder + "/incoming"; }

  // Nothing where that family is not there.
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    const auto at = static_cast<size_t>(family);
    return at < families_.size() ? families_[at] : nullptr;
  }
  rocksdb::ColumnFamilyHandle* handle(Space space) const { return handle(family_of(space)); }

  // Of the family that has the most.
  uint64_t files_at_level_0() const {
    uint64_t most = 0;
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      std::string count;
      const bool known = db_->GetProperty(family, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &count);
      if (known) most = std::max<uint64_t>(most, std::strtoull(count.c_str(), nullptr, 10));
    }
    return most;
  }

  // Keys that are ordered among themselves have a file of their own (a table's, and in the index a kind's), so that its range is
  // no wider than it must be and what does not overlap can be told from what does.
  bool write_files(std::vector<File>& files, Memtable& memory, Position position) {
    std::optional<rocksdb::SstFileWriter> file;
    bool ok = true;
    const auto begin = [&](Family family) {
      if (file) ok = file->Finish().ok();
      file.emplace(rocksdb::EnvOptions(), options_[static_cast<size_t>(family)], nullptr, /*invalidate_page_cache=*/false);
      files.push_back({fmt::format("{}/{}", incoming(folder_), files.size()), family});
      ok = ok && file->Open(files.back().path).ok();
    };
    std::string key;
    Presence below(*db_, handle(Family::ordered));
    for (size_t i = 0; ok && i < static_cast<size_t>(Space::count); ++i) {
      const auto space = static_cast<Space>(i);
      std::optional<char> kind;
      for (MemtableCursor at({&memory}, space, "", "", Order::forward); ok && !at.done(); at.next()) {
        key.assign(1, static_cast<char>(space)).append(at.key());
        // What came and went between two checkpoints leaves nothing: its erasure would overlap with nothing either, go to the last
        // level, and stay there. Names have no such level, and hardly one goes so soon.
        if (!at.value() && family_of(space) == Family::ordered && !below.holds(key)) continue;
        const char its_kind = space == Space::index && !at.key().empty() ? at.key().front() : '\0';
        if (kind != its_kind) begin(family_of(space));
        kind = its_kind;
        ok = ok && (at.value() ? file->Put(key, *at.value()) : file->Delete(key)).ok();
        erased_ += !at.value();
      }
    }
    std::string text;
    put_varint(text, position);
    if (ok) begin(Family::ordered);
    return ok && file->Put(kPositionKey, text).ok() && file->Finish().ok();
  }

  // Files that were made here are asked for erasures by nobody: all is merged downwards when they have become many for what is stored.
  void merge_erasures() {
    uint64_t keys = 0;
    if (erased_ < kErasedAtLeast || !db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &keys) || erased_ < keys / 4) return;
    erased_ = 0;
    // It only asks: RocksDB's own threads do it when nothing is more urgent.
    for (rocksdb::ColumnFamilyHandle* family : families_) (void)rocksdb::experimental::SuggestCompactRange(db_.get(), family, nullptr, nullptr);
  }

  bool add_files(const std::vector<File>& files) {
    std::vector<rocksdb::IngestExternalFileArg> all;
    for (const Family family : {Family::ordered, Family::names}) {
      rocksdb::IngestExternalFileArg of;
      of.column_family = handle(family);
      of.options.move_files = true;
      of.options.write_global_seqno = false;
      for (const File& file : files) {
        if (file.family == family) of.external_files.push_back(file.path);
      }
      if (!of.external_files.empty()) all.push_back(std::move(of));
    }
    return db_->IngestExternalFiles(all).ok();
  }

  static std::string table_key(Space space, std::string_view key) {
    std::string out;
    out.reserve(key.size() + 1);
    out.push_back(static_cast<char>(space));
    return out.append(key);
  }
  std::string damaged(const std::string& why) const {
    return fmt::format("the tables in {} are damaged ({}): 'gantry inspect' tells more, 'gantry restore' puts a backup in their place", folder_, why);
  }

  static constexpr int kMergedAtOnce = 12;                   // files of level 0
  static constexpr uint64_t kLevelBytes = uint64_t{768} << 20;  // of level 1
  static constexpr size_t kErasedStretch = 4'096;
  static constexpr uint64_t kErasedAtLeast = 20'000;

  std::string folder_;
  std::vector<rocksdb::Options> options_;                   // of each family
  std::vector<rocksdb::ColumnFamilyHandle*> families_;     // owned, by Family
  uint64_t erased_ = 0;  // erasures handed over since all was merged
  std::shared_ptr<Compaction> compaction_ = std::make_shared<Compaction>();
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

Result<std::unique_ptr<Tables>> open_rocks_tables(const std::string& folder) {
  auto tables = std::make_unique<RocksTables>();
  TRY(tables->open(folder, Access::all));
  return tables;
}

Result<std::unique_ptr<Tables>> look_at_rocks_tables(const std::string& folder) {
  auto tables = std::make_unique<RocksTables>();
  TRY(tables->open(folder, Access::look));
  return tables;
}

}  // namespace store
