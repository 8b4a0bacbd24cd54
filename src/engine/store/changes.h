#pragma once
// What has changed, for those who watch it: the console's pages, by push (docs/api.md, "changes").
//
// Whoever changes something that others can see says so, by its kind and id: every Table of resources by itself, a service
// what it keeps elsewhere. While nobody watches that is one look at a flag. It may be said before the change is
// committed, in the same turn of the loop; whoever passes it on does so in a later turn, once the store's head is durable.
//
// A watcher names what it looks at by keys. A key without an id stands for every thing of its kind; one with an id also
// for what lies below it: "a" for "a/1", where '/' and control characters end a part.
//
// All calls are made on the loop's thread.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function.h"

namespace store {

class Changes {
 public:
  // Counts what was said since there are listeners.
  using Stamp = uint64_t;

  // `account` and `region` may be empty where the id alone says whose it is.
  void say(std::string_view kind, std::string_view account, std::string_view region, std::string_view id) {
    if (listening()) note(kind, account, region, id);
  }
  bool listening() const { return stamps_ != nullptr; }

  // --- for whoever tells the watchers ---

  struct Topic {
    std::vector<std::string> keys;
    bool changed = false;  // and not taken yet
  };
  static std::string key(std::string_view kind, std::string_view account, std::string_view region, std::string_view id = {});

  // From now on changes are noted. `wake` is called when there is something to take again.
  void listen(Function<void()> wake);
  // No more; nothing is watched by then.
  void ignore();
  // The topic stays where it is until it is no longer watched.
  void watch(Topic& topic);
  void unwatch(Topic& topic);
  bool waiting() const { return !changed_.empty(); }
  // The topics that changed since they were taken last.
  std::vector<Topic*> take();

  Stamp now() const { return now_; }
  // Whether it has changed behind that stamp; now and then true of one that has not. Also of a topic that nobody watched.
  bool changed_since(const Topic& topic, Stamp stamp) const;

 private:
  static constexpr size_t kStamps = 16'384;

  void note(std::string_view kind, std::string_view account, std::string_view region, std::string_view id);
  void touch(std::string_view key);

  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  static size_t place(std::string_view key) { return TextHash{}(key) % kStamps; }

  std::unique_ptr<Stamp[]> stamps_;  // of every key's last change, by its hash; null while nobody listens
  Stamp now_ = 0;
  std::unordered_map<std::string, std::vector<Topic*>, TextHash, std::equal_to<>> watched_;
  std::vector<Topic*> changed_;
  Function<void()> wake_;
  std::string said_;  // the key that is being made
};

}  // namespace store
