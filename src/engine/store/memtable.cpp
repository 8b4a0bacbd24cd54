#include "engine/store/memtable.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace store {
namespace {
constexpr size_t kBlockBytes = 256 * 1024;
constexpr size_t kEntriesAtOnce = 1024;
constexpr size_t kSlotsAtFirst = 64;
}  // namespace

std::string_view Memtable::keep(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes.empty()) return {"", 0};
  if (bytes.size() > left_) {
    if (bytes.size() > kBlockBytes / 4) {
      // A large one has a block of its own, and the current one goes on.
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes.size()));
      std::memcpy(blocks_.back().get(), bytes.data(), bytes.size());
      return {blocks_.back().get(), bytes.size()};
    }
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    free_ = blocks_.back().get();
    left_ = kBlockBytes;
  }
  char* const at = free_;
  std::memcpy(at, bytes.data(), bytes.size());
  free_ += bytes.size(), left_ -= bytes.size();
  return {at, bytes.size()};
}

void Memtable::write(Space space, std::string_view key, Bytes value) {
  Table& table = tables_[static_cast<size_t>(space)];
  const uint64_t hash = std::hash<std::string_view>{}(key);
  const Bytes kept = value ? Bytes(keep(*value)) : std::nullopt;
  if (Entry* entry = table.find(hash, key)) {
    entry->value = kept;
    return;
  }
  if (entries_left_ == 0) {
    entries_.push_back(std::make_unique<Entry[]>(kEntriesAtOnce));
    entries_left_ = kEntriesAtOnce;
  }
  Entry* const entry = &entries_.back()[kEntriesAtOnce - entries_left_--];
  *entry = {hash, keep(key), kept};
  bytes_ += sizeof(Entry);
  table.insert(entry);
}

std::optional<Memtable::Bytes> Memtable::find(Space space, std::string_view key) const {
  const Entry* entry = tables_[static_cast<size_t>(space)].find(std::hash<std::string_view>{}(key), key);
  if (!entry) return std::nullopt;
  return entry->value;
}

Memtable::Entry* Memtable::Table::find(uint64_t hash, std::string_view key) const {
  if (slots_.empty()) return nullptr;
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at]; at = (at + 1) & mask) {
    if (slots_[at]->hash == hash && slots_[at]->key == key) return slots_[at];
  }
  return nullptr;
}

void Memtable::Table::insert(Entry* entry) {
  if (count_ * 2 >= slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t at = entry->hash & mask;
  while (slots_[at]) at = (at + 1) & mask;
  slots_[at] = entry;
  ++count_;
  fresh_.push_back(entry);
}

void Memtable::Table::grow() {
  std::vector<Entry*> old(std::max(kSlotsAtFirst, slots_.size() * 2));
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (Entry* entry : old) {
    if (!entry) continue;
    size_t at = entry->hash & mask;
    while (slots_[at]) at = (at + 1) & mask;
    slots_[at] = entry;
  }
}

std::vector<std::shared_ptr<const Memtable::Run>> Memtable::Table::sorted() {
  if (!fresh_.empty()) {
    constexpr auto key = &Entry::key;
    auto run = std::make_shared<Run>(std::exchange(fresh_, {}));
    // Much is written in the order of time, or, in listings, against it.
    if (std::ranges::is_sorted(*run, std::ranges::greater(), key)) {
      std::ranges::reverse(*run);
    } else if (!std::ranges::is_sorted(*run, {}, key)) {
      std::ranges::sort(*run, {}, key);
    }
    while (!runs_.empty() && runs_.back()->size() < run->size() * 2) {
      auto merged = std::make_shared<Run>(run->size() + runs_.back()->size());
      std::ranges::merge(*run, *runs_.back(), merged->begin(), {}, key, key);
      run = std::move(merged);
      runs_.pop_back();
    }
    runs_.push_back(std::move(run));
  }
  return runs_;
}

MemtableCursor::MemtableCursor(std::initializer_list<Memtable*> newest_first, Space space, std::string_view from, std::string_view to, Order order)
    : order_(order) {
  for (Memtable* table : newest_first) {
    if (!table) continue;
    std::lock_guard lock(table->sorting_);
    for (auto& run : table->tables_[static_cast<size_t>(space)].sorted()) {
      const auto key_of = [](const Memtable::Entry* entry) { return entry->key; };
      const auto begin = std::ranges::lower_bound(*run, from, {}, key_of);
      const auto end = to.empty() ? run->end() : std::ranges::lower_bound(begin, run->end(), to, {}, key_of);
      if (begin != end) ranges_.push_back({run, static_cast<size_t>(begin - run->begin()), static_cast<size_t>(end - run->begin())});
    }
  }
  settle();
}

const Memtable::Entry* MemtableCursor::front(const Range& range) const {
  return (*range.run)[order_ == Order::forward ? range.begin : range.end - 1];
}

void MemtableCursor::drop(Range& range) const { order_ == Order::forward ? void(++range.begin) : void(--range.end); }

void MemtableCursor::settle() {
  current_ = nullptr;
  for (const Range& range : ranges_) {
    const Memtable::Entry* entry = front(range);
    if (!current_ || (order_ == Order::forward ? entry->key < current_->key : entry->key > current_->key)) current_ = entry;
  }
}

void MemtableCursor::next() {
  // Older tables may know the same key: what they know no longer counts.
  const std::string_view passed = current_->key;
  for (Range& range : ranges_) {
    if (front(range)->key == passed) drop(range);
  }
  std::erase_if(ranges_, [](const Range& range) { return range.begin == range.end; });
  settle();
}

}  // namespace store
