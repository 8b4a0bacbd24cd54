#include "app/change_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "language/json/parse.h"

namespace app {

using json::Value;

namespace {

// The first change is told at once, what follows it within this time together; where many were told, within more of it, since
// each of them asks then.
constexpr int64_t kTogetherMs = 200;
constexpr int64_t kToldInAMs = 5;
constexpr int64_t kBeatMs = 15'000;
// How long changes are noted for readers who come back, when the last one has gone.
constexpr int64_t kPatienceMs = 5 * 60'000;

std::string message(std::string_view id, std::string_view event, const Value& data) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, event, json::write(data));
}

}  // namespace

void ChangeFeed::begin() {
  if (ending_) loop_.cancel(std::exchange(ending_, 0));
  if (store_.changes().listening()) return;
  generation_ = random_.hex(16);
  told_ = 0;
  store_.changes().listen([this] { wake(); });
}

void ChangeFeed::end_soon() {
  if (ending_ || !readers_.empty()) return;
  ending_ = loop_.after(kPatienceMs, [this, alive = alive_] {
    if (!*alive) return;
    ending_ = 0;
    if (readers_.empty()) store_.changes().ignore();
  });
}

// Whatever is noted and not taken yet will be told under a later id.
std::string ChangeFeed::id() {
  if (!waking_) told_ = store_.changes().now();
  return fmt::format("{}.{}", generation_, told_);
}

bool ChangeFeed::follow(const std::vector<Watchable>& watched, const Value& refused, std::string_view after, const Stream& stream) {
  if (readers_.size() >= kReadersMax || topics_.size() + watched.size() > kTopicsMax) return false;
  begin();
  store::Changes::Stamp since = 0;
  const size_t dot = after.find('.');
  const bool known = dot != after.npos && after.substr(0, dot) == generation_ &&
                     std::from_chars(after.data() + dot + 1, after.data() + after.size(), since).ec == std::errc() && since <= store_.changes().now();

  auto reader = std::make_shared<Reader>(Reader{.stream = stream, .watched = {}});
  reader->watched.reserve(watched.size());
  std::vector<Value> changed;
  for (const Watchable& one : watched) {
    // The keys say whose it is, the name what it is called.
    std::string place = one.name;
    for (const std::string& key : one.keys) place.append(1, '\n').append(key);
    auto& topic = topics_[place];
    if (!topic) {
      topic = std::make_shared<Topic>();
      topic->keys = one.keys;
      topic->name = one.name;
      topic->elsewhere = one.elsewhere;
      store_.changes().watch(*topic);
    }
    topic->readers.emplace_back(reader.get(), reader->watched.size());
    reader->watched.push_back({topic});
    if (!after.empty() && (!known || store_.changes().changed_since(*topic, since))) changed.emplace_back(one.name);
  }
  readers_.emplace(reader.get(), reader);
  stream->write(message(id(), "watching", json::object({{"changed", Value::array(std::move(changed))}, {"refused", refused}})));
  stream->on_drained([this, weak = std::weak_ptr(reader)] {
    if (const auto same = weak.lock()) pump(*same);
  });
  stream->on_closed([this, alive = alive_] {
    if (*alive) dropped();
  });
  keep_alive();
  return true;
}

void ChangeFeed::mark(const Topic& topic, std::vector<Reader*>& behind) {
  for (const auto& [reader, place] : topic.readers) {
    reader->watched[place].changed = true;
    if (!std::exchange(reader->behind, true)) behind.push_back(reader);
  }
}

void ChangeFeed::wake() {
  if (std::exchange(waking_, true)) return;
  // In a later turn: by then what changed is committed.
  loop_.after(std::clamp<int64_t>(told_at_.ms + together_ms_ - loop_.clock().now().ms, 0, together_ms_), [this, alive = alive_] {
    if (!*alive) return;
    const auto told = store_.changes().now();
    std::vector<Reader*> behind;
    for (const store::Changes::Topic* one : store_.changes().take()) mark(static_cast<const Topic&>(*one), behind);
    store_.when_durable(store_.head(), [this, alive, told, behind = std::move(behind)] {
      if (*alive) tell(told, behind);
    });
  });
}

void ChangeFeed::tell(store::Changes::Stamp told, const std::vector<Reader*>& behind) {
  told_ = told;
  told_at_ = loop_.clock().now();
  together_ms_ = std::max(kTogetherMs, static_cast<int64_t>(behind.size()) / kToldInAMs);
  for (Reader* reader : behind) {
    // It may have gone meanwhile.
    if (const auto it = readers_.find(reader); it != readers_.end()) pump(*it->second);
  }
  waking_ = false;
  if (store_.changes().waiting()) wake();
}

void ChangeFeed::pump(Reader& reader) {
  if (!reader.behind || !reader.stream->room()) return;
  reader.behind = false;
  std::vector<Value> changed;
  for (Watched& one : reader.watched) {
    if (std::exchange(one.changed, false)) changed.emplace_back(one.topic->name);
  }
  reader.stream->write(message(fmt::format("{}.{}", generation_, told_), "changed", json::object({{"changed", Value::array(std::move(changed))}})));
}

void ChangeFeed::dropped() {
  // Swept up in a turn of its own: streams are cut off in the middle of loops over them.
  if (std::exchange(sweeping_, true)) return;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    sweeping_ = false;
    std::vector<std::shared_ptr<Reader>> gone;
    std::erase_if(readers_, [&](auto& entry) {
      if (!entry.second->stream->closed()) return false;
      gone.push_back(entry.second);
      return true;
    });
    for (const auto& reader : gone) {
      for (const Watched& one : reader->watched) {
        std::erase_if(one.topic->readers, [&](const auto& entry) { return !readers_.contains(entry.first); });
        if (one.topic->readers.empty()) store_.changes().unwatch(*one.topic);
      }
    }
    std::erase_if(topics_, [](const auto& entry) { return entry.second->readers.empty(); });
    end_soon();
  });
}

void ChangeFeed::keep_alive() {
  if (std::exchange(beating_, true)) return;
  loop_.after(kBeatMs, [this, alive = alive_] {
    if (!*alive) return;
    beating_ = false;
    if (readers_.empty()) return;
    // Nobody tells what becomes of things that live elsewhere: who watches them looks now and then.
    std::vector<Reader*> behind;
    for (const auto& [place, topic] : topics_) {
      if (topic->elsewhere) mark(*topic, behind);
    }
    for (Reader* reader : behind) {
      if (const auto it = readers_.find(reader); it != readers_.end()) pump(*it->second);
    }
    // With it comes how far everything is told, so that who comes back is told no more than it has to know.
    const std::string text = message(id(), "still", Value::object());
    std::vector<std::shared_ptr<Reader>> there;
    for (const auto& [key, reader] : readers_) {
      if (!reader->behind && reader->stream->room()) there.push_back(reader);
    }
    for (const auto& reader : there) reader->stream->write(text);
    keep_alive();
  });
}

}  // namespace app
