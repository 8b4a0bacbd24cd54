#include "engine/store/disk_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "base/check.h"
#include "engine/store/journal.h"

namespace store {
namespace {

constexpr size_t kCheckpointAt = 4 * Journal::kSegmentBytes;
// Where the tables keep the position that they go up to; sorts behind every space.
const std::string kPositionKey = "\xFFposition";

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) out.push_back(static_cast<char>(value | 0x80)), value >>= 7;
  out.push_back(static_cast<char>(value));
}

bool get_varint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::string table_key(Space space, std::string_view key) {
  std::string out;
  out.reserve(key.size() + 1);
  out.push_back(static_cast<char>(space));
  return out.append(key);
}

// One write in a group: space with 0x80 for an erasure, key, value.
void encode(const Write& write, std::string& out) {
  out.push_back(static_cast<char>(static_cast<uint8_t>(write.space) | (write.value ? 0 : 0x80)));
  put_varint(out, write.key.size());
  out.append(write.key);
  if (!write.value) return;
  put_varint(out, write.value->size());
  out.append(*write.value);
}

bool decode(std::string_view& in, rocksdb::WriteBatch& batch) {
  const auto head = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  uint64_t size;
  if (!get_varint(in, size) || size > in.size()) return false;
  const std::string key = table_key(static_cast<Space>(head & 0x7F), in.substr(0, size));
  in.remove_prefix(size);
  if (head & 0x80) return batch.Delete(key), true;
  if (!get_varint(in, size) || size > in.size()) return false;
  batch.Put(key, rocksdb::Slice(in.data(), size));
  in.remove_prefix(size);
  return true;
}

std::string position_text(Position position) {
  std::string out;
  put_varint(out, position);
  return out;
}

class DiskStore final : public Store {
 public:
  explicit DiskStore(Loop& loop) : loop_(loop) {}

  ~DiskStore() override {
    *alive_ = false;
    journal_.reset();
    if (db_) db_->Close();
    if (lock_ >= 0) close(lock_);
  }

  Status open(const std::string& folder) {
    for (size_t slash = folder.find('/', 1); slash != folder.npos; slash = folder.find('/', slash + 1)) {
      mkdir(folder.substr(0, slash).c_str(), 0755);
    }
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail("Store", fmt::format("cannot make {}: {}", folder, std::strerror(errno)));
    }
    const std::string lock = folder + "/lock";
    lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) return fail("Store", fmt::format("cannot open {}: {}", lock, std::strerror(errno)));
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      return fail("Store", fmt::format("another gantry is using {}: stop it, or give this one another --data-dir", folder));
    }
    TRY(open_tables(folder + "/tables"));
    std::string stored;
    uint64_t position = 0;
    if (db_->Get(rocksdb::ReadOptions(), kPositionKey, &stored).ok()) {
      std::string_view view = stored;
      if (!get_varint(view, position)) return fail("Store", "the tables' position is damaged: restore a backup");
    }
    head_ = position;
    bool whole = true;
    journal_ = TRY(Journal::open(loop_, folder + "/journal", position, [&](uint64_t last, std::string_view body) {
      rocksdb::WriteBatch batch;
      while (whole && !body.empty()) whole = decode(body, batch);
      head_ = last;
      batch.Put(kPositionKey, position_text(head_));
      whole = whole && apply(batch);
    }));
    if (!whole) return fail("Store", "the journal holds a group that cannot be read: restore a backup");
    durable_ = head_;
    return {};
  }

  Position commit(Batch batch) override {
    ++head_;
    rocksdb::WriteBatch table;
    for (const Write& write : batch.writes) {
      encode(write, group_);
      const std::string key = table_key(write.space, write.key);
      if (write.value) {
        table.Put(key, *write.value);
      } else {
        table.Delete(key);
      }
    }
    table.Put(kPositionKey, position_text(head_));
    if (!unapplied_.empty() || !apply(table)) unapplied_.push_back(std::move(table));
    if (!writing_ && !flush_posted_) {
      flush_posted_ = true;
      loop_.post([this, alive = alive_] {
        if (!*alive) return;
        flush_posted_ = false;
        flush();
      });
    }
    return head_;
  }

  Position head() const override { return head_; }

  void when_durable(Position position, Function<void()> then) override {
    if (position <= durable_) return then();
    waiting_.emplace_back(position, std::move(then));
  }

  std::optional<std::string> get(Space space, std::string_view key) override {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), table_key(space, key), &value);
    if (status.IsNotFound()) return std::nullopt;
    CHECK(status.ok(), status.ToString());
    return value;
  }

  void scan(Space space, std::string_view from, std::string_view to, Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    const std::string lower = table_key(space, from);
    const std::string upper = to.empty() ? std::string(1, static_cast<char>(static_cast<int>(space) + 1)) : table_key(space, to);
    const rocksdb::Slice lower_slice(lower), upper_slice(upper);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_slice;
    options.iterate_upper_bound = &upper_slice;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    order == Order::forward ? it->SeekToFirst() : it->SeekToLast();
    for (; it->Valid(); order == Order::forward ? it->Next() : it->Prev()) {
      const rocksdb::Slice key = it->key(), value = it->value();
      if (!visit({key.data() + 1, key.size() - 1}, {value.data(), value.size()})) return;
    }
    CHECK(it->status().ok(), it->status().ToString());
  }

  bool healthy() const override { return journal_->healthy() && unapplied_.empty(); }

 private:
  Status open_tables(const std::string& folder) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kLZ4Compression;
    options.write_buffer_size = 16 << 20;
    options.max_write_buffer_number = 4;
    options.max_background_jobs = 2;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 2;
    options.max_open_files = 512;
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(32 << 20);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, folder, &db);
    if (!status.ok()) return fail("Store", fmt::format("cannot open the tables in {}: {}", folder, status.ToString()));
    db_.reset(db);
    return {};
  }

  bool apply(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return db_->Write(options, &batch).ok();
  }

  void flush() {
    if (writing_ || group_.empty()) return;
    writing_ = true;
    const Position last = head_;
    std::string body;
    body.reserve(group_.size());
    body.swap(group_);
    journal_->write(std::move(body), last, [this, last, alive = alive_] {
      if (*alive) flushed(last);
    });
  }

  void flushed(Position last) {
    writing_ = false;
    durable_ = last;
    // The next group goes to the device while this one's waiters run.
    flush();
    while (!waiting_.empty() && waiting_.front().first <= durable_) {
      auto then = std::move(waiting_.front().second);
      waiting_.pop_front();
      then();
    }
    if (!unapplied_.empty()) catch_up();
    if (!checkpointing_ && journal_->live_bytes() >= kCheckpointAt) checkpoint();
  }

  // The tables refused (a full disk, most likely): they are tried again until they take everything, in order.
  void catch_up() {
    db_->Resume();
    while (!unapplied_.empty() && apply(unapplied_.front())) unapplied_.pop_front();
    if (unapplied_.empty() || catching_up_) return;
    catching_up_ = true;
    loop_.after(500, [this, alive = alive_] {
      if (!*alive) return;
      catching_up_ = false;
      catch_up();
    });
  }

  void checkpoint() {
    checkpointing_ = true;
    const Position position = durable_;
    auto ok = std::make_shared<bool>(false);
    loop_.blocking([db = db_.get(), ok] { *ok = db->Flush(rocksdb::FlushOptions()).ok(); },
                   [this, ok, position, alive = alive_] {
                     if (!*alive) return;
                     checkpointing_ = false;
                     if (*ok && unapplied_.empty()) journal_->release(position);
                   });
  }

  Loop& loop_;
  int lock_ = -1;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<Journal> journal_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  Position head_ = 0;     // the last commit
  Position durable_ = 0;  // the last commit that is on the device
  std::string group_;     // commits that are not yet on their way
  bool writing_ = false, flush_posted_ = false, checkpointing_ = false, catching_up_ = false;
  std::deque<std::pair<Position, Function<void()>>> waiting_;  // by position
  std::deque<rocksdb::WriteBatch> unapplied_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_disk_store(Loop& loop, const std::string& folder) {
  auto store = std::make_unique<DiskStore>(loop);
  TRY(store->open(folder));
  return store;
}

}  // namespace store
