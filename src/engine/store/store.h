#pragma once
// The store is all the durability that the program asks for: ordered keys, atomic batches, one journal.
//
// A commit takes effect for readers at once and becomes durable a little later, together with everything
// else that was committed meanwhile (group commit). Nothing may be seen outside the process before it is
// durable: whoever is about to reply, to publish or to start something waits with when_durable(). After a
// crash the store holds a prefix of the commits that contains everything ever reported durable.
//
// All calls are made on the loop's thread. Formats on disk: docs/formats/journal.md.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "engine/store/changes.h"

namespace store {

// The tables. Keys are ordered bytewise inside each.
enum class Space : uint8_t {
  meta = 0,        // format version, node identity
  resources = 1,   // services' resources: services/table.h
  executions = 2,  // an execution: its record, and its state or its history
  history = 3,     // chunks of an execution's history
  index = 4,       // executions by machine and status, newest first
  logs = 5,        // log events
  outbox = 6,      // actions that must happen, at least once
  metrics = 7,     // datapoints of CloudWatch metrics
  names = 8,       // where an execution is, by its ARN; looked up only, never gone through
  count = 9,
};

struct Write {
  Space space;
  std::string key;
  std::optional<std::string> value;  // nothing: erased
};

class Batch {
 public:
  void put(Space space, std::string key, std::string value) {
    writes.push_back({space, std::move(key), std::move(value)});
  }
  void erase(Space space, std::string key) { writes.push_back({space, std::move(key), std::nullopt}); }
  void append(Batch&& other) {
    for (Write& w : other.writes) writes.push_back(std::move(w));
  }
  bool empty() const { return writes.empty(); }

  std::vector<Write> writes;
};

// How far the journal reaches, in commits.
using Position = uint64_t;

enum class Order : uint8_t { forward, backward };

class Store {
 public:
  virtual ~Store() = default;

  // Applies the batch, all or nothing, and gives it its place in the journal.
  virtual Position commit(Batch batch) = 0;
  // The place of the last commit.
  virtual Position head() const = 0;
  // Runs `then` on the loop once everything up to `position` is on the device; at once when it is already.
  virtual void when_durable(Position position, Function<void()> then) = 0;

  virtual std::optional<std::string> get(Space space, std::string_view key) = 0;
  // Visits keys in [from, to) in order (an empty `to`: to the end) until the visitor returns false.
  virtual void scan(Space space, std::string_view from, std::string_view to, Order order,
                    const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;

  // False while the device is full or failing: new work is to be refused, running work waits.
  virtual bool healthy() const { return true; }

  // What of that, and of what stands beside it in memory, changes.
  Changes& changes() { return changes_; }

 private:
  Changes changes_;
};

// The smallest key that is greater than every key that starts with `prefix`.
std::string prefix_end(std::string_view prefix);

}  // namespace store
