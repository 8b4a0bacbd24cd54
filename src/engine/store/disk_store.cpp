#include "engine/store/disk_store.h"

#include <fmt/format.h>

#include <deque>

#include "base/exposition.h"
#include "engine/store/encoding.h"

namespace store {
namespace {

class JournaledTables final : public DiskStore {
 public:
  JournaledTables(Loop& loop, Disk disk) : loop_(loop), disk_(std::move(disk)), checkpoint_at_(4 * disk_.journal.segment_bytes) {}

  ~JournaledTables() override {
    *alive_ = false;
    journal_.reset();
  }

  Status open(const std::string& folder) {
    FileSystem& files = disk_.journal.files;
    TRY(files.make_folder(folder));
    lock_ = files.lock(folder + "/lock");
    if (!lock_) return fail("Store", fmt::format("another gantry is using {}: stop it, or give this one another --data-dir", folder));
    TRY(read_format(files, folder));
    tables_ = TRY(disk_.open_tables(folder + "/tables"));
    tables_at_ = head_ = TRY(tables_->position());
    bool whole = true;
    journal_ = TRY(Journal::open(loop_, folder + "/journal", head_, disk_.journal, [&](uint64_t last, std::string_view body) {
      while (whole && !body.empty()) {
        const auto write = decode(body);
        whole = write.has_value();
        if (write) active_->write(*write);
      }
      head_ = last;
    }));
    if (!whole) return fail("Store", "the journal holds a group that cannot be read: 'gantry restore' puts a backup in its place");
    TRY(write_format(files, folder));
    durable_ = head_;
    if (active_->bytes() >= disk_.memory_bytes) checkpoint();
    return {};
  }

  Position commit(Batch batch) override {
    ++head_;
    for (const Write& write : batch.writes) {
      encode(write, group_);
      active_->write(write);
    }
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
    for (const Memtable* memory : {active_.get(), frozen_.get()}) {
      if (!memory) continue;
      if (const auto known = memory->find(space, key)) return *known ? std::optional<std::string>(**known) : std::nullopt;
    }
    return tables_->get(space, key);
  }

  // Memory and tables in one order, memory winning.
  void scan(Space space, std::string_view from, std::string_view to, Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    MemtableCursor memory({active_.get(), frozen_.get()}, space, from, to, order);
    bool more = true;
    const auto show = [&] {
      if (memory.value()) more = visit(memory.key(), *memory.value());
      memory.next();
    };
    tables_->scan(space, from, to, order, [&](std::string_view key, std::string_view value) {
      while (more && !memory.done() && (order == Order::forward ? memory.key() < key : memory.key() > key)) show();
      if (!more) return false;
      if (!memory.done() && memory.key() == key) {
        show();
        return more;
      }
      return more = visit(key, value);
    });
    while (more && !memory.done()) show();
  }

  void report(Exposition& out) const override {
    const Journal::Flushes flushes = journal_->flushes();
    out.family("gantry_journal_flush_duration_seconds", "histogram", "Writing a group of commits to the device and flushing it.");
    out.histogram({}, flushes.times);
    out.family("gantry_journal_bytes_total", "counter", "Bytes written to the journal.");
    out.sample(static_cast<double>(flushes.bytes));
    out.family("gantry_journal_live_bytes", "gauge", "Bytes in journal segments that the tables have not taken over.");
    out.sample(static_cast<double>(journal_->live_bytes()));
    out.family("gantry_commits_total", "counter", "Commits, ever.");
    out.sample(static_cast<double>(head_));
    out.family("gantry_commits_waiting", "gauge", "Commits that are not on the device yet.");
    out.sample(static_cast<double>(head_ - durable_));
    out.family("gantry_answers_waiting", "gauge", "Answers and deliveries that wait for the device.");
    out.sample(static_cast<double>(waiting_.size()));
    out.family("gantry_store_healthy", "gauge", "1 while the device takes what is written.");
    out.sample(healthy());
  }

  // Memory has a bound: what the tables do not take keeps new work out. So does a device that does not come back from a call.
  bool healthy() const override { return journal_->healthy() && !hanging_ && !refused_ && active_->bytes() < kMemoryAtMost * disk_.memory_bytes; }

  void copy_to(const std::string& folder, Function<void(Status)> done) override {
    copies_.push_back({head_, folder, std::move(done)});
    copy();
  }

 private:
  static constexpr size_t kMemoryAtMost = 4;  // times what a checkpoint is made at
  static constexpr int kHangsAfterS = 3;

  struct Copy {
    Position position;
    std::string folder;
    Function<void(Status)> done;
  };

  void flush() {
    if (writing_ || group_.empty()) return;
    writing_ = true;
    ++flush_;
    watch();
    const Position last = head_;
    std::string body;
    body.reserve(group_.size());
    body.swap(group_);
    journal_->write(std::move(body), last, [this, last, alive = alive_] {
      if (*alive) flushed(last);
    });
  }

  // A flush that takes seconds is one that may never end. One timer a second while there is something to write.
  void watch() {
    if (watching_) return;
    watching_ = true;
    look_at_flush(flush_, 0);
  }
  void look_at_flush(uint64_t flush, int seconds) {
    loop_.after(1'000, [this, flush, seconds, alive = alive_] {
      if (!*alive) return;
      if (!writing_) return void(watching_ = false);
      const int same = flush == flush_ ? seconds + 1 : 0;
      hanging_ = same >= kHangsAfterS;
      look_at_flush(flush_, same);
    });
  }

  void flushed(Position last) {
    writing_ = hanging_ = false;
    durable_ = last;
    // The next group goes to the device while this one's waiters run.
    flush();
    while (!waiting_.empty() && waiting_.front().first <= durable_) {
      auto then = std::move(waiting_.front().second);
      waiting_.pop_front();
      then();
    }
    if (journal_->live_bytes() >= checkpoint_at_ || active_->bytes() >= disk_.memory_bytes) checkpoint();
  }

  // --- checkpoints: what memory holds goes into the tables ---------------------------------------------------

  void checkpoint() {
    if (frozen_ || active_->empty()) return;
    frozen_ = std::exchange(active_, std::make_shared<Memtable>());
    frozen_at_ = head_;
    // The tables must not know of a commit that the journal could lose.
    when_durable(frozen_at_, [this, alive = alive_] {
      if (*alive) hand_over();
    });
  }

  void hand_over() {
    constexpr int64_t kTryAgainMs = 500;
    auto taken = std::make_shared<bool>(false);
    loop_.blocking([tables = tables_, memory = frozen_, at = frozen_at_, taken] { *taken = tables->take(*memory, at); },
                   [this, taken, alive = alive_] {
                     if (!*alive) return;
                     refused_ = !*taken;
                     if (*taken) {
                       frozen_.reset();
                       tables_at_ = frozen_at_;
                       journal_->release(tables_at_);
                     } else {
                       loop_.after(kTryAgainMs, [this, alive] {
                         if (*alive) hand_over();
                       });
                     }
                     copy();
                   });
  }

  // Makes the copies whose commits are all in the tables, and sees to it that the others get there.
  void copy() {
    while (!copies_.empty() && (refused_ || copies_.front().position <= tables_at_)) {
      Copy next = std::move(copies_.front());
      copies_.pop_front();
      if (refused_) {
        next.done(fail("Store", "the disk takes nothing for the moment, so nothing can be copied: make room on it and try again"));
        continue;
      }
      auto outcome = std::make_shared<Status>();
      loop_.blocking([tables = tables_, folder = next.folder, outcome] { *outcome = tables->copy_to(folder); },
                     [outcome, done = std::move(next.done), alive = alive_]() mutable {
                       if (*alive) done(std::move(*outcome));
                     });
    }
    if (!copies_.empty()) checkpoint();
  }

  Loop& loop_;
  Disk disk_;
  size_t checkpoint_at_;
  std::unique_ptr<FileSystem::Lock> lock_;
  std::shared_ptr<Tables> tables_;  // what runs in the background holds it too
  std::unique_ptr<Journal> journal_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  Position head_ = 0;     // the last commit
  Position durable_ = 0;  // the last commit that is on the device
  std::string group_;     // commits that are not yet on their way
  bool writing_ = false, flush_posted_ = false;
  uint64_t flush_ = 0;  // how many have been begun
  bool watching_ = false, hanging_ = false;
  std::deque<std::pair<Position, Function<void()>>> waiting_;  // by position

  // What the tables do not have yet: what is written to, and what they are about to take.
  std::shared_ptr<Memtable> active_ = std::make_shared<Memtable>(), frozen_;
  Position frozen_at_ = 0, tables_at_ = 0;  // the last commit in `frozen_`, and in the tables
  bool refused_ = false;                    // the tables did not take it
  std::deque<Copy> copies_;
};

constexpr std::string_view kFormatText = "gantry data directory, format ";

}  // namespace

Result<int> read_format(FileSystem& files, const std::string& folder) {
  const std::string path = folder + "/format";
  if (files.size(path) == 0) return 0;
  const std::string text = TRY(files.read(path));
  if (text == kUnfinishedRestore) {
    return fail("Store", fmt::format("{} was being filled by 'gantry restore', which did not end: empty it and restore again", folder));
  }
  if (!text.starts_with(kFormatText) || !text.ends_with("\n")) {
    return fail("Store", fmt::format("{} is damaged: it tells no format ('gantry restore' puts a backup in its place)", path));
  }
  const std::string number = text.substr(kFormatText.size(), text.size() - kFormatText.size() - 1);
  for (int known = 1; known <= kFormat; ++known) {
    if (number == std::to_string(known)) return known;
  }
  return fail("OtherFormat", fmt::format("{} says format {}, and this program reads formats 1 to {}: another version of gantry has written it; use that one",
                                         path, number, kFormat));
}

Status write_format(FileSystem& files, const std::string& folder) {
  const std::string path = folder + "/format", fresh = path + ".new";
  const std::string text = fmt::format("{}{}\n", kFormatText, kFormat);
  if (const auto known = read_format(files, folder); known && *known == kFormat) return {};
  {
    const auto file = files.open(fresh, FileSystem::Open::create);
    if (!file || !file->write(text, 0) || !file->sync()) return fail("Store", fmt::format("cannot write {}", fresh));
  }
  if (!files.rename(fresh, path) || !files.sync_folder(folder)) return fail("Store", fmt::format("cannot write {}", path));
  return {};
}

Result<std::unique_ptr<DiskStore>> DiskStore::open(Loop& loop, const std::string& folder, Disk disk) {
  auto store = std::make_unique<JournaledTables>(loop, std::move(disk));
  TRY(store->open(folder));
  return store;
}

Result<std::unique_ptr<Store>> open_disk_store(Loop& loop, const std::string& folder) { return DiskStore::open(loop, folder); }

void report(const Store& store, Exposition& out) {
  if (const auto* disk = dynamic_cast<const DiskStore*>(&store)) disk->report(out);
}

}  // namespace store
