// Finished executions go when their time is over, in slices that keep nobody waiting.
#include <algorithm>

#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/slot.h"

namespace engine {

using store::Batch;
using store::Space;

namespace {
constexpr size_t kForgottenAtOnce = 100;
constexpr size_t kChunksAtOnce = 1'000;
constexpr int64_t kLookAgainMs = 60'000;
constexpr int64_t kRunMs = 366 * int64_t{86'400'000};  // a year, as AWS counts it where it bounds delays
}  // namespace

void Engine::keep_for(int64_t retention_ms) {
  const bool runs = retention_ms_ > 0;
  retention_ms_ = retention_ms;
  if (!runs && retention_ms_ > 0) sweep();
}

void Engine::end_the_oldest() {
  const Instant limit{loop_.clock().now().ms - kRunMs};
  std::vector<std::string> due;
  for (const auto& [arn, slot] : slots_) {
    if (std::max(slot->record.start, slot->record.redrive) < limit) due.push_back(arn);
  }
  for (const std::string& arn : due) deliver(arn, asl::OutOfTime{});
  loop_.after(kRunMs / 8'760, [this, alive = alive_] {
    if (*alive) end_the_oldest();
  });
}

void Engine::sweep() {
  const Instant limit{loop_.clock().now().ms - retention_ms_};
  std::vector<std::string> due;
  std::optional<Instant> next;
  store_.scan(Space::index, kEndedPrefix, store::prefix_end(kEndedPrefix), store::Order::forward, [&](std::string_view key, std::string_view) {
    const Ended ended = ended_from(key);
    if (ended.stop > limit) {
      next = ended.stop;
      return false;
    }
    due.emplace_back(ended.arn);
    return due.size() < kForgottenAtOnce;
  });
  Batch batch;
  std::vector<std::string> gone;
  for (std::string& arn : due) {
    const bool whole = forget(arn, batch);
    if (whole) gone.push_back(std::move(arn));
    if (!whole) break;  // the slice is full
  }
  if (!batch.empty()) store_.commit(std::move(batch));
  if (observer_) {
    for (const std::string& arn : gone) observer_->forgotten(arn);
  }
  const auto again = [this, alive = alive_] {
    if (*alive) sweep();
  };
  if (!due.empty()) return loop_.post(again);
  const int64_t later = std::clamp<int64_t>(retention_ms_, 1'000, kLookAgainMs);
  loop_.after(next ? std::clamp<int64_t>(*next - limit + 1, 1, later) : later, again);
}

// Adds what takes the execution away to the batch. False when only a part of its history fitted in.
bool Engine::forget(const std::string& arn, Batch& batch) {
  bool whole = true;
  const size_t before = batch.writes.size();
  store_.scan(Space::history, history_key(arn, 0), history_key(arn, UINT64_MAX), store::Order::forward, [&](std::string_view key, std::string_view) {
    whole = batch.writes.size() - before < kChunksAtOnce;
    if (whole) batch.erase(Space::history, std::string(key));
    return whole;
  });
  if (!whole) return false;
  if (const auto record = find(arn)) {
    for (std::string& key : list_keys(*record)) batch.erase(Space::index, std::move(key));
    batch.erase(Space::index, ended_key(record->stop, arn));
    batch.erase(Space::executions, arn);
  }
  return true;
}

}  // namespace engine
