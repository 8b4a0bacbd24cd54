#include "services/states/feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"

namespace states {

using json::Value;

namespace {

constexpr size_t kEventsAtOnce = 200;
// So that proxies keep the connection, and readers that vanished without a word are found.
constexpr int64_t kBeatMs = 15'000;

Value summary(const engine::Record& r) {
  json::ObjectBuilder out;
  out.add("executionArn", r.arn).add("stateMachineArn", r.machine_arn).add("name", r.name);
  out.add("status", engine::status_text(r.status)).add("startDate", r.start.seconds());
  if (r.status != engine::Outcome::running) out.add("stopDate", r.stop.seconds());
  return out.build();
}

std::string message(std::string_view event, const Value& data) { return fmt::format("event: {}\ndata: {}\n\n", event, json::write(data)); }

}  // namespace

Value shown_event(const asl::Event& event, const engine::Record& record, bool with_data) {
  Value shown = event.to_wire(with_data);
  // The input stands there as the client wrote it, and so it enters the first state.
  if (event.id <= 2 && event.data && with_data) {
    const std::string_view details = asl::details_name(event.type);
    shown = shown.with(details, shown[details].with("input", record.input));
  }
  if (event.id == 1 && !record.version_arn.empty()) {
    const std::string_view details = asl::details_name(event.type);
    Value told = shown[details].with("stateMachineVersionArn", record.version_arn);
    if (!record.alias_arn.empty()) told = told.with("stateMachineAliasArn", record.alias_arn);
    shown = shown.with(details, std::move(told));
  }
  return shown;
}

bool Feed::follow_execution(const std::string& arn, uint64_t after, const Stream& stream) {
  if (count_ >= kFollowersMax) return false;
  ++count_;
  auto follower = std::make_shared<Follower>(Follower{.stream = stream, .next = after + 1});
  followed_[arn].followers.push_back(follower);
  stream->on_drained([this, arn, weak = std::weak_ptr(follower)] {
    const auto same = weak.lock();
    const auto it = followed_.find(arn);
    if (same && it != followed_.end()) pump(arn, it->second, *same);
  });
  stream->on_closed([this] { dropped(); });
  show_when_durable(arn);
  keep_alive();
  return true;
}

void Feed::progressed(const engine::Record& record) {
  if (!followed_.empty() && followed_.contains(record.arn)) show_when_durable(record.arn);
}

void Feed::show_when_durable(const std::string& arn) {
  Followed& followed = followed_[arn];
  if (std::exchange(followed.waiting, true)) return;
  // In a later turn, so that a whole turn's progress is shown at once.
  loop_.post([this, arn, alive = alive_] {
    if (!*alive) return;
    const auto record = engine_.find(arn);
    if (!record) return;
    store_.when_durable(store_.head(), [this, arn, alive, record = *record]() mutable {
      const auto it = *alive ? followed_.find(arn) : followed_.end();
      if (it == followed_.end()) return;
      Followed& now = it->second;
      now.waiting = false;
      now.durable = std::max(now.durable, record.events);
      now.record = std::move(record);
      const auto followers = now.followers;
      for (const auto& follower : followers) pump(arn, now, *follower);
      // It may have gone on while the store was waited for.
      if (const auto later = engine_.find(arn); later && (later->events > now.durable || later->status != now.record.status)) show_when_durable(arn);
    });
  });
}

void Feed::pump(const std::string& arn, Followed& followed, Follower& follower) {
  while (follower.stream->room() && follower.next <= followed.durable) {
    if (followed.first != follower.next || followed.last > followed.durable || followed.text.empty()) {
      const auto events = engine_.history(arn, follower.next, std::min<uint64_t>(kEventsAtOnce, followed.durable - follower.next + 1), store::Order::forward);
      if (events.empty()) return;
      std::vector<Value> list;
      list.reserve(events.size());
      for (const asl::Event& event : events) list.push_back(shown_event(event, followed.record, true));
      followed.first = follower.next, followed.last = events.back().id;
      followed.text = fmt::format("id: {}\n{}", followed.last, message("events", json::object({{"events", Value::array(std::move(list))}})));
    }
    follower.next = followed.last + 1;
    follower.stream->write(followed.text);
  }
  if (follower.next <= followed.durable || !follower.stream->room()) return;
  const std::string_view status = engine::status_text(followed.record.status);
  if (status == follower.status) return;
  follower.status = status;
  follower.stream->write(message("status", summary(followed.record)));
}

void Feed::dropped() {
  // Swept up in a turn of its own: streams are cut off in the middle of loops over them.
  if (std::exchange(sweeping_, true)) return;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    sweeping_ = false;
    count_ = 0;
    for (auto it = followed_.begin(); it != followed_.end();) {
      auto& followers = it->second.followers;
      std::erase_if(followers, [](const auto& follower) { return follower->stream->closed(); });
      count_ += followers.size();
      it = followers.empty() ? followed_.erase(it) : std::next(it);
    }
  });
}

void Feed::keep_alive() {
  if (std::exchange(beating_, true)) return;
  loop_.after(kBeatMs, [this, alive = alive_] {
    if (!*alive) return;
    beating_ = false;
    if (count_ == 0) return;
    std::vector<Stream> streams;
    for (const auto& [arn, followed] : followed_) {
      for (const auto& follower : followed.followers) streams.push_back(follower->stream);
    }
    // A reader that is behind shows that it is there by what it takes.
    for (const Stream& stream : streams) {
      if (stream->room()) stream->write(": still here\n\n");
    }
    keep_alive();
  });
}

}  // namespace states
