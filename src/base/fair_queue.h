#pragma once
// What waits of many owners, taken in turns: one of each, in the order in which they came to wait; of one owner's the
// first first. Whoever has little waits for one turn of the others, not for all that they have.
//
// A second number can be kept for each: how much of an owner's is under way. `take` then passes over those that have enough.
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

template <typename T>
class FairQueue {
 public:
  // `at_once`: how many of one owner may be under way; `in_all`: of all together.
  FairQueue(size_t in_all, size_t at_once) : in_all_(in_all), at_once_(at_once) {}

  void add(const std::string& owner, T what) {
    Owner& of = owners_[owner];
    if (of.waiting.empty()) ring_.push_back(owner);
    of.waiting.push_back(std::move(what));
    ++waiting_;
  }

  // The next one whose turn it is, which then is under way until `ended`; nothing when there is none that may be.
  std::optional<std::pair<std::string, T>> take() {
    if (under_way_ >= in_all_) return std::nullopt;
    for (auto it = ring_.begin(); it != ring_.end(); ++it) {
      Owner& of = owners_.at(*it);
      if (of.under_way >= at_once_) continue;
      std::pair<std::string, T> taken{std::move(*it), std::move(of.waiting.front())};
      of.waiting.pop_front();
      ring_.erase(it);
      if (!of.waiting.empty()) ring_.push_back(taken.first);
      ++of.under_way, ++under_way_, --waiting_;
      return taken;
    }
    return std::nullopt;
  }

  // One of this owner's that was taken is over.
  void ended(const std::string& owner) {
    const auto it = owners_.find(owner);
    if (it == owners_.end() || it->second.under_way == 0) return;
    --it->second.under_way, --under_way_;
    if (it->second.under_way == 0 && it->second.waiting.empty()) owners_.erase(it);
  }

  size_t waiting() const { return waiting_; }
  size_t under_way() const { return under_way_; }
  // Owners that have anything here.
  size_t owners() const { return owners_.size(); }

 private:
  struct Owner {
    std::deque<T> waiting;
    size_t under_way = 0;
  };

  const size_t in_all_, at_once_;
  std::unordered_map<std::string, Owner> owners_;
  std::list<std::string> ring_;  // those of whom something waits
  size_t waiting_ = 0, under_way_ = 0;
};
