#include "engine/store/disk_store.h"

#include <fmt/format.h>

#include <deque>
#include <map>

#include "base/exposition.h"
#include "engine/store/encoding.h"

namespace store {
namespace {

class JournaledTables final : public DiskStore {
 public:
  JournaledTables(Loop& loop, Disk disk) : loop_(loop), disk_(std::move(disk)), checkpoint_at_(4 * disk_.journal.segment_bytes) {}

  ~JournaledTables() override {
    *alive_ = false;
    if (journal_ && !healthy()) tables_->leave_as_is();
    journal_.reset();
  }

  Status open(const std::string& folder) {
    FileSystem& files = disk_.journal.files;
    TRY(files.make_folder(folder));
    lock_ = files.lock(folder + "/lock");
    if (!lock_) return fail("Store", fmt::format("another gantry is using {}: stop it, or give this one another --data-dir", folder));
    TRY(check_format(files, folder));
    tables_ = TRY(disk_.open_tables(folder + "/tables"));
    head_ = TRY(tables_->position());
    bool whole = true, taken = true;
    journal_ = TRY(Journal::open(loop_, folder + "/journal", head_, disk_.journal, [&](uint64_t last, std::string_view body) {
      std::vector<Write> writes;
      while (whole && !body.empty()) {
        auto write = decode(body);
        whole = write.has_value();
        if (write) writes.push_back(*std::move(write));
      }
      head_ = last;
      taken = taken && whole && tables_->apply(writes, head_);
    }));
    if (!whole) return fail("Store", "the journal holds a group that cannot be read: 'gantry restore' puts a backup in its place");
    if (!taken) return fail("Store", fmt::format("the tables in {} take nothing (is the disk full?)", folder));
    TRY(write_format(files, folder));
    durable_ = head_;
    return {};
  }

  Position commit(Batch batch) override {
    ++head_;
    for (const Write& write : batch.writes) encode(write, group_);
    if (!unapplied_.empty() || !tables_->apply(batch.writes, head_)) hold(std::move(batch));
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
    if (!held_.empty()) {
      if (const auto it = held_.find(std::pair{space, std::string(key)}); it != held_.end()) return it->second;
    }
    return tables_->get(space, key);
  }

  void scan(Space space, std::string_view from, std::string_view to, Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (held_.empty()) return tables_->scan(space, from, to, order, visit);
    scan_held(space, from, to, order, visit);
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

  bool healthy() const override { return journal_->healthy() && unapplied_.empty(); }

  void copy_to(const std::string& folder, Function<void(Status)> done) override {
    // What the tables have refused so far would be missing from their copy.
    if (!unapplied_.empty()) return done(fail("Store", "the disk takes nothing for the moment, so nothing can be copied: make room on it and try again"));
    auto outcome = std::make_shared<Status>();
    loop_.blocking([tables = tables_, folder, outcome] { *outcome = tables->copy_to(folder); },
                   [outcome, done = std::move(done), alive = alive_]() mutable {
                     if (*alive) done(std::move(*outcome));
                   });
  }

 private:
  using Held = std::map<std::pair<Space, std::string>, std::optional<std::string>>;

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
    if (!checkpointing_ && healthy() && journal_->live_bytes() >= checkpoint_at_) checkpoint();
  }

  // --- tables that refuse (a full disk, most likely): what they did not take is kept in front of them -------

  void hold(Batch batch) {
    for (const Write& write : batch.writes) held_.insert_or_assign(std::pair{write.space, write.key}, write.value);
    unapplied_.emplace_back(head_, std::move(batch));
    catch_up_later();
  }

  void catch_up_later() {
    if (catching_up_) return;
    catching_up_ = true;
    loop_.after(500, [this, alive = alive_] {
      if (!*alive) return;
      loop_.blocking([tables = tables_] { tables->recover(); },
                     [this, alive] {
                       if (*alive) catch_up();
                     });
    });
  }

  void catch_up() {
    catching_up_ = false;
    while (!unapplied_.empty() && tables_->apply(unapplied_.front().second.writes, unapplied_.front().first)) unapplied_.pop_front();
    if (unapplied_.empty()) {
      held_.clear();
    } else {
      catch_up_later();
    }
  }

  // Both in order, what is held winning over the tables.
  void scan_held(Space space, std::string_view from, std::string_view to, Order order,
                 const std::function<bool(std::string_view, std::string_view)>& visit) {
    std::map<std::string, std::optional<std::string>, std::less<>> held;
    for (auto it = held_.lower_bound({space, std::string(from)}); it != held_.end() && it->first.first == space; ++it) {
      if (!to.empty() && it->first.second >= to) break;
      held.emplace(it->first.second, it->second);
    }
    bool more = true;
    const auto show_held = [&](auto it) {
      if (it->second) more = visit(it->first, *it->second);
      held.erase(it);
    };
    const auto next = [&] { return order == Order::forward ? held.begin() : std::prev(held.end()); };
    tables_->scan(space, from, to, order, [&](std::string_view key, std::string_view value) {
      while (more && !held.empty() && (order == Order::forward ? next()->first < key : next()->first > key)) show_held(next());
      if (!more) return false;
      if (!held.empty() && next()->first == key) {
        show_held(next());
        return more;
      }
      return more = visit(key, value);
    });
    while (more && !held.empty()) show_held(next());
  }

  void checkpoint() {
    checkpointing_ = true;
    const Position position = durable_;
    auto ok = std::make_shared<bool>(false);
    loop_.blocking([tables = tables_, ok] { *ok = tables->flush(); },
                   [this, ok, position, alive = alive_] {
                     if (!*alive) return;
                     checkpointing_ = false;
                     if (*ok) journal_->release(position);
                   });
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
  bool writing_ = false, flush_posted_ = false, checkpointing_ = false, catching_up_ = false;
  std::deque<std::pair<Position, Function<void()>>> waiting_;  // by position
  std::deque<std::pair<Position, Batch>> unapplied_;
  Held held_;  // what `unapplied_` comes to
};

constexpr std::string_view kFormatText = "gantry data directory, format ";

}  // namespace

Status check_format(FileSystem& files, const std::string& folder) {
  const std::string path = folder + "/format";
  if (files.size(path) == 0) return {};
  const std::string text = TRY(files.read(path));
  if (text == kUnfinishedRestore) {
    return fail("Store", fmt::format("{} was being filled by 'gantry restore', which did not end: empty it and restore again", folder));
  }
  if (!text.starts_with(kFormatText) || !text.ends_with("\n")) {
    return fail("Store", fmt::format("{} is damaged: it tells no format ('gantry restore' puts a backup in its place)", path));
  }
  const std::string number = text.substr(kFormatText.size(), text.size() - kFormatText.size() - 1);
  if (number == std::to_string(kFormat)) return {};
  return fail("OtherFormat", fmt::format("{} says format {}, and this program reads format {}: another version of gantry has written it; use that one",
                                   path, number, kFormat));
}

Status write_format(FileSystem& files, const std::string& folder) {
  const std::string path = folder + "/format", fresh = path + ".new";
  const std::string text = fmt::format("{}{}\n", kFormatText, kFormat);
  if (files.size(path) == text.size()) return {};
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
