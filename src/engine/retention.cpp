// Finished executions go when their time is over, in slices that keep nobody waiting.
#include <algorithm>

#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/slot.h"

namespace engine {

using store::Batch;
using store::Space;

namespace {
constexpr size_t kForgottenAtOnce = 50;
constexpr size_t kWritesAtOnce = 500;
constexpr int64_t kLookAgainMs = 60'000;
constexpr int64_t kRunMs = 366 * int64_t{86'400'000};  // a year, as AWS counts it where it bounds delays

// What there is besides the history.
void forget_record(Engine& engine, const std::string& arn, Batch& batch) {
  const auto record = engine.find(arn);
  if (!record) return;
  for (std::string& key : list_keys(*record)) batch.erase(Space::index, std::move(key));
  batch.erase(Space::index, ended_key(record->stop, arn));
  batch.erase(Space::executions, arn);
}

}  // namespace

void Engine::keep_for(int64_t retention_ms) {
  const bool runs = retention_ms_ > 0;
  retention_ms_ = retention_ms;
  if (!runs && retention_ms_ > 0) sweep();
}

bool Engine::is_too_old(const Record& record) const {
  return std::max(record.start, record.redrive) < Instant{loop_.clock().now().ms - kRunMs};
}

void Engine::end_the_oldest_later() {
  loop_.after(kRunMs / 8'760, [this, alive = alive_] {
    if (*alive) end_the_oldest(std::string(kOpenPrefix));
  });
}

// Looks at all that are open, in slices.
void Engine::end_the_oldest(std::string from) {
  constexpr size_t kSlice = 200;
  std::vector<std::string> arns;
  bool more = false;
  store_.scan(Space::index, from, store::prefix_end(kOpenPrefix), store::Order::forward, [&](std::string_view key, std::string_view) {
    more = arns.size() == kSlice;
    if (more) {
      from = key;
    } else {
      arns.emplace_back(key.substr(kOpenPrefix.size()));
    }
    return !more;
  });
  for (const std::string& arn : arns) {
    if (const auto record = find(arn); record && is_too_old(*record)) deliver(arn, asl::OutOfTime{});
  }
  if (!more) return end_the_oldest_later();
  loop_.post([this, from = std::move(from), alive = alive_] {
    if (*alive) end_the_oldest(from);
  });
}

void Engine::sweep() {
  const Instant limit{loop_.clock().now().ms - retention_ms_};
  struct Due {
    std::string key, arn;
    std::optional<std::vector<uint64_t>> chunks;
  };
  std::vector<Due> due;
  std::optional<Instant> next;
  // From where the slice before ended: what it took away would have to be stepped over each time, until it is compacted.
  const std::string from = swept_.empty() ? std::string(kEndedPrefix) : swept_;
  store_.scan(Space::index, from, store::prefix_end(kEndedPrefix), store::Order::forward, [&](std::string_view key, std::string_view value) {
    const Ended ended = ended_from(key);
    if (ended.stop > limit) {
      next = ended.stop;
      return false;
    }
    due.push_back({std::string(key), std::string(ended.arn), decode_chunks(value)});
    return due.size() < kForgottenAtOnce;
  });
  Batch batch;
  std::vector<std::string> gone;
  for (Due& one : due) {
    if (one.chunks) {
      for (const uint64_t first : *one.chunks) batch.erase(Space::history, history_key(one.arn, first));
      forget_record(*this, one.arn, batch);
    } else if (!forget(one.arn, batch)) {
      break;  // the slice is full
    }
    swept_ = std::move(one.key);
    gone.push_back(std::move(one.arn));
  }
  const bool more = !batch.empty();
  const store::Position position = more ? store_.commit(std::move(batch)) : store_.head();
  if (observer_) {
    for (const std::string& arn : gone) observer_->forgotten(arn);
  }
  const auto again = [this, alive = alive_] {
    if (*alive) sweep();
  };
  // One slice to a flush, so that whoever waits for one has his turn in between.
  if (more) {
    return store_.when_durable(position, [this, again, alive = alive_] {
      if (*alive) loop_.post(again);
    });
  }
  const int64_t later = std::clamp<int64_t>(retention_ms_, 1'000, kLookAgainMs);
  loop_.after(next ? std::clamp<int64_t>(*next - limit + 1, 1, later) : later, again);
}

// Adds what takes the execution away to the batch. False when only a part of its history fitted in.
bool Engine::forget(const std::string& arn, Batch& batch) {
  bool whole = true;
  store_.scan(Space::history, history_key(arn, 0), history_key(arn, UINT64_MAX), store::Order::forward, [&](std::string_view key, std::string_view) {
    whole = batch.writes.size() < kWritesAtOnce;
    if (whole) batch.erase(Space::history, std::string(key));
    return whole;
  });
  if (whole) forget_record(*this, arn, batch);
  return whole;
}

}  // namespace engine
