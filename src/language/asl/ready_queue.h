#pragma once
// The threads of an execution that have something to do, in their order. Open at both ends: what goes on at once stands in front.
//
// Nearly always one or none waits, of a hundred thousand executions: a deque would take half a kilobyte for each of them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asl {

class ReadyQueue {
 public:
  bool empty() const { return first_ == ids_.size(); }
  size_t size() const { return ids_.size() - first_; }
  uint32_t front() const { return ids_[first_]; }
  auto begin() const { return ids_.begin() + static_cast<ptrdiff_t>(first_); }
  auto end() const { return ids_.end(); }

  void push_back(uint32_t id) {
    // What has gone leaves its place once that is the greater part.
    if (first_ > size() + kRoom) {
      ids_.erase(ids_.begin(), begin());
      first_ = 0;
    }
    ids_.push_back(id);
  }
  void push_front(uint32_t id) {
    if (first_ == 0) {
      if (ids_.empty()) return ids_.push_back(id);
      first_ = size() / 2 + kRoom;
      ids_.insert(ids_.begin(), first_, 0);
    }
    ids_[--first_] = id;
  }
  void pop_front() {
    if (++first_ == ids_.size()) clear();
  }
  void erase(uint32_t id) { ids_.erase(std::remove(ids_.begin() + static_cast<ptrdiff_t>(first_), ids_.end(), id), ids_.end()); }
  void clear() {
    ids_.clear();
    first_ = 0;
  }

 private:
  static constexpr size_t kRoom = 4;

  std::vector<uint32_t> ids_;
  size_t first_ = 0;  // those before it have gone
};

}  // namespace asl
