#pragma once
// The newest writes, in memory: what a commit costs until a checkpoint brings it into the tables.
//
// A write is a hash lookup and a copy into an arena, whatever the table holds. Order is made when somebody asks for it:
// a scan sorts what was written since the last one into a run, and runs are merged so that each is at least twice as
// long as the next. An erasure is remembered as such, since the tables below may hold the key.
//
// One thread writes and reads; another may go through everything in order once nothing is written any more.
#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/store/store.h"

namespace store {

class Memtable {
 public:
  // A value's bytes; nothing: erased.
  using Bytes = std::optional<std::string_view>;

  void write(Space space, std::string_view key, Bytes value);
  void write(const Write& write) { this->write(write.space, write.key, write.value ? Bytes(*write.value) : std::nullopt); }
  // Nothing: this table knows nothing of the key. The view holds as long as the table.
  std::optional<Bytes> find(Space space, std::string_view key) const;
  bool empty() const { return bytes_ == 0; }
  // What keys and values take, those that were replaced included.
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    uint64_t hash;
    std::string_view key;
    Bytes value;
  };
  using Run = std::vector<const Entry*>;  // by key

  class Table {
   public:
    Entry* find(uint64_t hash, std::string_view key) const;
    void insert(Entry* entry);
    // Everything in order, as runs of which the first is the longest.
    std::vector<std::shared_ptr<const Run>> sorted();

   private:
    void grow();
    std::vector<Entry*> slots_;  // open addressing, at most half full
    size_t count_ = 0;
    Run fresh_;                  // written since the last scan
    std::vector<std::shared_ptr<const Run>> runs_;
  };

  std::string_view keep(std::string_view bytes);

  std::array<Table, static_cast<size_t>(Space::count)> tables_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  size_t left_ = 0;
  std::vector<std::unique_ptr<Entry[]>> entries_;
  size_t entries_left_ = 0;
  size_t bytes_ = 0;
  std::mutex sorting_;

  friend class MemtableCursor;
};

// Visits what tables know of the keys in [from, to), in order; of a key that several know, what the first one does.
class MemtableCursor {
 public:
  MemtableCursor(std::initializer_list<Memtable*> newest_first, Space space, std::string_view from, std::string_view to, Order order);

  bool done() const { return !current_; }
  std::string_view key() const { return current_->key; }
  const Memtable::Bytes& value() const { return current_->value; }
  void next();

 private:
  struct Range {
    std::shared_ptr<const Memtable::Run> run;
    size_t begin, end;  // what is left
  };
  const Memtable::Entry* front(const Range& range) const;
  void drop(Range& range) const;
  void settle();

  Order order_;
  std::vector<Range> ranges_;  // of newer tables first
  const Memtable::Entry* current_ = nullptr;
};

}  // namespace store
