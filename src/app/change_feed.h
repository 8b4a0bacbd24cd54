#pragma once
// Tells readers over server-sent events which of the things that they watch have changed (docs/api.md, "changes").
//
// What changed is not in a message, only that it did: whoever wants to see it asks. So a reader costs a bit for each thing
// that it watches, however slow it is and however much changes, and what many changes come to is one message. While
// nobody reads nothing is noted at all (engine/store/changes.h). All calls are made on the loop's thread.
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/watchable.h"
#include "base/loop.h"
#include "base/random.h"
#include "engine/store/store.h"
#include "language/json/value.h"
#include "net/body_stream.h"

namespace app {

class ChangeFeed {
 public:
  using Stream = std::shared_ptr<net::BodyStream>;
  static constexpr size_t kReadersMax = 20'000;
  static constexpr size_t kWatchesMax = 100;   // of one reader
  static constexpr size_t kTopicsMax = 50'000;  // of all of them together

  ChangeFeed(Loop& loop, store::Store& store, Random& random) : loop_(loop), store_(store), random_(random) {}
  ~ChangeFeed() { *alive_ = false; }

  // Begins with a message that says what changed behind `after`, the id of a message that the reader got earlier (all of
  // it, when that is not known any more; nothing for one that comes for the first time), and what it may not watch. False
  // when there are too many readers already.
  bool follow(const std::vector<Watchable>& watched, const json::Value& refused, std::string_view after, const Stream& stream);

 private:
  struct Reader;
  struct Topic : store::Changes::Topic {
    std::string name;  // as readers know it
    bool elsewhere = false;
    std::vector<std::pair<Reader*, size_t>> readers;  // and the topic's place among what each watches
  };
  struct Watched {
    std::shared_ptr<Topic> topic;
    bool changed = false;  // and not told yet
  };
  struct Reader {
    Stream stream;
    std::vector<Watched> watched;
    bool behind = false;  // something is not told yet
  };

  void begin();
  void end_soon();
  void wake();
  // Its readers are to be told that it has changed: those that were not to be told of anything yet are added to `behind`.
  static void mark(const Topic& topic, std::vector<Reader*>& behind);
  void tell(store::Changes::Stamp told, const std::vector<Reader*>& behind);
  void pump(Reader& reader);
  void dropped();
  void keep_alive();
  // The id of a message that tells everything so far.
  std::string id();

  Loop& loop_;
  store::Store& store_;
  Random& random_;
  std::string generation_;  // ids of other ones mean nothing
  std::unordered_map<Reader*, std::shared_ptr<Reader>> readers_;
  std::unordered_map<std::string, std::shared_ptr<Topic>> topics_;  // by account, region and name
  store::Changes::Stamp told_ = 0;  // everything up to it is told, or noted as not told yet
  Instant told_at_;                 // the last time
  int64_t together_ms_ = 0;         // what changes within so much of it is told together
  bool waking_ = false, sweeping_ = false, beating_ = false;
  Loop::TimerId ending_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace app
