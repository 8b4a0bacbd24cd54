// Finished executions go when their time is over, in slices that keep nobody waiting.
#include <algorithm>

#include "base/check.h"
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

constexpr size_t kPassedAtOnce = 500;

// What there is besides the history, and the key that tells its end.
void forget_record(const Record& record, const std::string& row, Batch& batch) {
  for (std::string& key : list_keys(record)) batch.erase(Space::index, std::move(key));
  if (row != record.arn) batch.erase(Space::names, record.arn);
  batch.erase(Space::executions, row);
}

}  // namespace

struct Engine::Forgetting {
  Instant limit;  // what ended until then goes
  Batch batch;
  std::vector<std::string> gone;  // ARNs
  std::optional<Instant> next;    // the earliest end that is known of what stays
  bool more = false;              // there is more to look at now

  void stays_until(Instant end) { next = next ? std::min(*next, end) : end; }
};

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
  store_.scan(Space::index, from, store::prefix_end(kOpenPrefix), store::Order::forward, [&](std::string_view key, std::string_view value) {
    more = arns.size() == kSlice;
    if (more) {
      from = key;
    } else {
      arns.push_back(open_from(key, value).arn);
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
  Forgetting slice{.limit = {loop_.clock().now().ms - retention_ms_}};
  forget_ended(slice);
  forget_succeeded_at_once(slice);
  const bool wrote = !slice.batch.empty();
  const store::Position position = wrote ? store_.commit(std::move(slice.batch)) : store_.head();
  if (observer_) {
    for (const std::string& arn : slice.gone) observer_->forgotten(arn);
  }
  const auto again = [this, alive = alive_] {
    if (*alive) sweep();
  };
  // One slice to a flush, so that whoever waits for one has his turn in between.
  if (slice.more || wrote) {
    return store_.when_durable(position, [this, again, alive = alive_] {
      if (*alive) loop_.post(again);
    });
  }
  const int64_t later = std::clamp<int64_t>(retention_ms_, 1'000, kLookAgainMs);
  loop_.after(slice.next ? std::clamp<int64_t>(*slice.next - slice.limit + 1, 1, later) : later, again);
}

void Engine::forget_ended(Forgetting& slice) {
  struct Due {
    std::string key, row;
    std::optional<std::vector<uint64_t>> chunks;
  };
  std::vector<Due> due;
  // From where the slice before ended: what it took away would have to be stepped over each time, until it is compacted.
  const std::string from = swept_ended_.empty() ? std::string(kEndedPrefix) : swept_ended_;
  store_.scan(Space::index, from, store::prefix_end(kEndedPrefix), store::Order::forward, [&](std::string_view key, std::string_view value) {
    const Ended ended = ended_from(key);
    if (ended.stop > slice.limit) {
      slice.stays_until(ended.stop);
      return false;
    }
    due.push_back({std::string(key), std::string(ended.row), decode_chunks(value)});
    return due.size() < kForgottenAtOnce;
  });
  for (Due& one : due) {
    if (one.chunks) {
      for (const uint64_t first : *one.chunks) slice.batch.erase(Space::history, history_key(one.row, first));
    } else if (!forget_history(one.row, slice.batch)) {
      break;  // the slice is full
    }
    if (const auto bytes = store_.get(Space::executions, one.row)) {
      std::string_view rest = *bytes;
      auto record = Record::decode(rest);
      CHECK(record, "the store gives back what it was given");
      forget_record(*record, one.row, slice.batch);
      slice.gone.push_back(std::move(record->arn));
    }
    slice.batch.erase(Space::index, one.key);
    swept_ended_ = std::move(one.key);
  }
}

// Rows are in the order of starts, and what succeeded at once ended when it started: the first that stays is the end. All others
// have a key that tells their end.
void Engine::forget_succeeded_at_once(Forgetting& slice) {
  size_t passed = 0;
  store_.scan(Space::executions, swept_row_, kFormerRows, store::Order::forward, [&](std::string_view key, std::string_view value) {
    slice.more = ++passed > kPassedAtOnce || slice.gone.size() >= 2 * kForgottenAtOnce;
    if (slice.more) return false;
    const auto record = Record::decode(value);
    CHECK(record, "the store gives back what it was given");
    if (record->start > slice.limit) {
      slice.stays_until(record->start);
      return false;
    }
    swept_row_ = key;
    if (record->status != Outcome::succeeded || value.empty()) return true;
    if (record->stop > slice.limit) {
      slice.stays_until(record->stop);
      return false;
    }
    forget_record(*record, swept_row_, slice.batch);
    slice.gone.push_back(record->arn);
    return true;
  });
}

// Takes a history away. False when only a part of it fitted into the batch.
bool Engine::forget_history(const std::string& row, Batch& batch) {
  bool whole = true;
  store_.scan(Space::history, history_key(row, 0), history_key(row, UINT64_MAX), store::Order::forward, [&](std::string_view key, std::string_view) {
    whole = batch.writes.size() < kWritesAtOnce;
    if (whole) batch.erase(Space::history, std::string(key));
    return whole;
  });
  return whole;
}

}  // namespace engine
