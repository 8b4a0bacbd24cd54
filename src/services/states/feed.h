#pragma once
// What happens in an execution, pushed to whoever looks: the console's server-sent events (docs/api.md).
//
// Nobody looking costs one look at an empty table. Those who follow one execution get its history's events from where
// they stopped; what they have not taken yet is read from the store when there is room for it, so a slow reader costs
// no memory. Nothing is shown before it is durable. All calls are made on the loop's thread.
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "net/body_stream.h"

namespace states {

// One event as GetExecutionHistory shows it.
json::Value shown_event(const asl::Event& event, const engine::Record& record, bool with_data);

class Feed {
 public:
  using Stream = std::shared_ptr<net::BodyStream>;
  static constexpr size_t kFollowersMax = 20'000;

  Feed(Loop& loop, store::Store& store, engine::Engine& engine) : loop_(loop), store_(store), engine_(engine) {}
  ~Feed() { *alive_ = false; }

  // Writes the events behind number `after`, then each as it comes, and every change of the status. False when there
  // are too many followers already.
  bool follow_execution(const std::string& execution_arn, uint64_t after, const Stream& stream);

  // From the engine's observer, at every step and every change of the status.
  void progressed(const engine::Record& record);

 private:
  struct Follower {
    Stream stream;
    uint64_t next = 1;                 // the first event that it has not got
    std::string_view status;           // that it was told last
  };
  struct Followed {
    std::vector<std::shared_ptr<Follower>> followers;
    uint64_t durable = 0;              // events that may be shown
    engine::Record record;             // as of then
    bool waiting = false;              // for the store
    // The last events that were written out, for the next follower at the same place.
    uint64_t first = 0, last = 0;
    std::string text;
  };

  void show_when_durable(const std::string& arn);
  void pump(const std::string& arn, Followed& followed, Follower& follower);
  void dropped();
  void keep_alive();

  Loop& loop_;
  store::Store& store_;
  engine::Engine& engine_;
  std::unordered_map<std::string, Followed> followed_;
  size_t count_ = 0;
  bool beating_ = false, sweeping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace states
