#include "simulated_disk.h"

#include <algorithm>

namespace sim {

class SimulatedFile final : public store::File {
 public:
  SimulatedFile(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

  bool write(std::string_view bytes, uint64_t offset) override {
    const bool was_dead = disk_.dead_;
    auto fault = disk_.call();
    if (!fault && disk_.full_ && offset + bytes.size() > inode_->cached.size()) fault = Fault::no_space;
    // Whatever stops it, a part may have been written.
    if (was_dead) return false;
    const size_t done = fault ? disk_.random_.below(bytes.size() + 1) : bytes.size();
    if (done > 0) {
      SimulatedDisk::put(inode_->cached, offset, bytes.substr(0, done));
      inode_->pending.push_back({offset, std::string(bytes.substr(0, done))});
    }
    return !fault;
  }

  bool sync() override {
    if (disk_.dead_) return false;
    const auto fault = disk_.call();
    if (disk_.dead_) return false;
    if (fault) {
      // The system forgets what it could not write: a later sync says nothing of it.
      inode_->pending.clear();
      return false;
    }
    for (const auto& write : inode_->pending) SimulatedDisk::put(inode_->durable, write.offset, write.bytes);
    inode_->pending.clear();
    return true;
  }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<SimulatedDisk::Inode> inode_;
};

class SimulatedTables final : public store::Tables {
 public:
  explicit SimulatedTables(SimulatedDisk& disk) : disk_(disk), rows_(disk.rows_), position_(disk.rows_position_) {}

  Result<store::Position> position() override { return position_; }

  bool take(store::Memtable& memory, store::Position position) override {
    const bool refused = disk_.dead_ || disk_.call() || disk_.full_;
    // What failed may be there nevertheless.
    if (disk_.dead_ || (refused && disk_.random_.below(3) != 0)) return false;
    for (int i = 0; i < static_cast<int>(store::Space::count); ++i) {
      const auto space = static_cast<store::Space>(i);
      for (store::MemtableCursor at({&memory}, space, "", "", store::Order::forward); !at.done(); at.next()) {
        if (at.value()) {
          rows_.insert_or_assign({space, std::string(at.key())}, *at.value());
        } else {
          rows_.erase({space, std::string(at.key())});
        }
      }
    }
    position_ = position;
    disk_.rows_ = rows_;
    disk_.rows_position_ = position_;
    return !refused;
  }

  std::optional<std::string> get(store::Space space, std::string_view key) override {
    const auto it = rows_.find({space, std::string(key)});
    if (it == rows_.end()) return std::nullopt;
    return it->second;
  }

  void scan(store::Space space, std::string_view from, std::string_view to, store::Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    auto first = rows_.lower_bound({space, std::string(from)});
    auto last = to.empty() ? rows_.lower_bound({static_cast<store::Space>(static_cast<int>(space) + 1), ""}) : rows_.lower_bound({space, std::string(to)});
    if (order == store::Order::forward) {
      for (; first != last; ++first) {
        if (!visit(first->first.second, first->second)) return;
      }
    } else {
      while (last != first) {
        --last;
        if (!visit(last->first.second, last->second)) return;
      }
    }
  }

  Status copy_to(const std::string&) override { return fail("Store", "not on this disk"); }
  std::vector<std::string> verify() override { return {}; }

 private:
  SimulatedDisk& disk_;
  SimulatedDisk::Rows rows_;
  store::Position position_;
};

void SimulatedDisk::put(std::string& content, size_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::optional<Fault> SimulatedDisk::call() {
  ++calls_;
  if (calls_ >= die_at_) dead_ = true;
  if (dead_) return Fault::io_error;
  if (calls_ >= fail_first_ && calls_ - fail_first_ < fail_count_) return fault_;
  return std::nullopt;
}

void SimulatedDisk::crash(Crash how) {
  if (how == Crash::power) {
    constexpr size_t kSector = 512;
    // How much of what was not safe is kept: nothing, all, or a sector here and there.
    const uint64_t kept = random_.below(3) * 50;
    const auto lose = [&](Inode& inode) {
      for (const Write& write : inode.pending) {
        for (size_t at = 0; at < write.bytes.size();) {
          size_t size = std::min(kSector - (write.offset + at) % kSector, write.bytes.size() - at);
          if (random_.below(100) < kept) {
            const size_t torn = random_.below(20) == 0 ? random_.below(size + 1) : size;
            put(inode.durable, write.offset + at, std::string_view(write.bytes).substr(at, torn));
          }
          at += size;
        }
      }
      inode.pending.clear();
      inode.cached = inode.durable;
    };
    for (auto& [folder, changes] : changes_) {
      const uint64_t survive = random_.below(changes.size() + 1);
      for (uint64_t i = 0; i < survive; ++i) {
        if (!changes[i].erased.empty()) durable_names_.erase(changes[i].erased);
        if (!changes[i].made.empty()) durable_names_[changes[i].made] = changes[i].inode;
      }
    }
    changes_.clear();
    names_ = durable_names_;
    for (auto& [path, inode] : names_) lose(*inode);
  }
  fail_first_ = die_at_ = UINT64_MAX;
  full_ = dead_ = false;
}

std::vector<std::string> SimulatedDisk::files() const {
  std::vector<std::string> out;
  for (const auto& [path, inode] : names_) {
    if (inode) out.push_back(path);
  }
  return out;
}

void SimulatedDisk::flip(const std::string& path, size_t byte, int bit) {
  Inode& inode = *names_.at(path);
  for (std::string* content : {&inode.cached, &inode.durable}) {
    if (byte < content->size()) (*content)[byte] = static_cast<char>((*content)[byte] ^ (1 << bit));
  }
}

Status SimulatedDisk::make_folder(const std::string&) { return {}; }

std::vector<std::string> SimulatedDisk::list(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) out.push_back(path.substr(folder.size() + 1));
  }
  return out;
}

Result<std::string> SimulatedDisk::read(const std::string& path) {
  const auto it = names_.find(path);
  if (call() || it == names_.end()) return fail("Store", "cannot read " + path);
  return it->second->cached;
}

Result<store::FileView> SimulatedDisk::look(const std::string& path) {
  const auto copy = std::make_shared<const std::string>(TRY(read(path)));
  return store::FileView{*copy, copy};
}

std::unique_ptr<store::File> SimulatedDisk::open(const std::string& path, Open how) {
  if (dead_ || call()) return nullptr;
  const auto it = names_.find(path);
  if (it != names_.end()) return std::make_unique<SimulatedFile>(*this, it->second);
  if (how == Open::existing || full_) return nullptr;
  auto inode = std::make_shared<Inode>();
  names_[path] = inode;
  changes_[folder_of(path)].push_back({"", path, inode});
  return std::make_unique<SimulatedFile>(*this, inode);
}

uint64_t SimulatedDisk::size(const std::string& path) {
  const auto it = names_.find(path);
  return it == names_.end() ? 0 : it->second->cached.size();
}

bool SimulatedDisk::rename(const std::string& from, const std::string& to) {
  if (dead_ || call()) return false;
  auto node = names_.extract(from);
  if (!node) return false;
  const auto inode = node.mapped();
  names_[to] = inode;
  changes_[folder_of(from)].push_back({from, to, inode});
  return true;
}

bool SimulatedDisk::remove(const std::string& path) {
  if (dead_ || call()) return false;
  if (names_.erase(path) == 0) return false;
  changes_[folder_of(path)].push_back({path, "", nullptr});
  return true;
}

bool SimulatedDisk::sync_folder(const std::string& folder) {
  if (dead_ || call()) return false;
  for (const NameChange& change : changes_[folder]) {
    if (!change.erased.empty()) durable_names_.erase(change.erased);
    if (!change.made.empty()) durable_names_[change.made] = change.inode;
  }
  changes_.erase(folder);
  return true;
}

std::unique_ptr<store::FileSystem::Lock> SimulatedDisk::lock(const std::string&) { return std::make_unique<Lock>(); }

std::unique_ptr<store::Tables> SimulatedDisk::tables() { return std::make_unique<SimulatedTables>(*this); }

}  // namespace sim
