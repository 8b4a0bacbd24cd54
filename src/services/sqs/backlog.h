#pragma once
// The messages of one queue as memory keeps them: which of them may be received now, and in what
// order. What they say lies in the store; this is about a hundred bytes a message.
//
// A message is visible or hidden until an instant (delayed, or with somebody who received it). A
// standard queue gives the oldest visible ones. A FIFO queue gives a group's messages in order, and
// none of a group whose first one is hidden.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sqs {

struct Held {
  uint64_t sequence = 0;
  Instant sent, visible, first_received;
  int receives = 0;
  bool in_flight = false;  // hidden since somebody has it, not since it is delayed
  bool hidden = false;
  std::string group;  // empty in a standard queue
};

class Backlog {
 public:
  explicit Backlog(bool fifo) : fifo_(fifo) {}

  // Hidden until message.visible, when that is still to come. The pointer holds until erase().
  Held* add(Held message, Instant now);
  Held* find(uint64_t sequence);
  void erase(uint64_t sequence);
  void hide(Held& message, Instant until, bool in_flight);
  // Brings to sight what is due.
  void reveal(Instant now);
  std::optional<Instant> next_reveal() const;

  // Up to `most` visible messages, the first first; in a FIFO queue all of one group.
  std::vector<Held*> ready(size_t most);
  // Those that were sent before `then`, from the oldest on, until one was not.
  std::vector<uint64_t> sent_before(Instant then) const;

  size_t size() const { return messages_.size(); }
  size_t in_flight() const { return in_flight_; }
  size_t delayed() const { return hidden_.size() - in_flight_; }
  size_t visible() const { return messages_.size() - hidden_.size(); }

 private:
  void unhide(Held& message);
  // Lists the message, or its group, among what is ready, or takes it out.
  void refresh(const Held& message);

  bool fifo_;
  std::map<uint64_t, Held> messages_;                      // by sequence
  std::set<std::pair<Instant, uint64_t>> hidden_;          // until when
  std::set<uint64_t> ready_;                               // FIFO: the first message of each group
  std::map<std::string, std::set<uint64_t>> groups_;       // FIFO
  std::map<std::string, uint64_t, std::less<>> in_ready_;  // FIFO: what of a group is in ready_
  size_t in_flight_ = 0;
};

}  // namespace sqs
