// Looking at executions, open and closed: records, histories, listings.
#include <algorithm>

#include "base/check.h"
#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/slot.h"

namespace engine {

using store::Space;

std::optional<Record> Engine::find(const std::string& arn) {
  if (const auto it = slots_.find(arn); it != slots_.end()) return it->second->record;
  const auto row = find_row(arn);
  const auto bytes = row ? store_.get(Space::executions, *row) : std::nullopt;
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  return Record::decode(rest);
}

std::optional<std::string> Engine::find_row(const std::string& arn) {
  auto row = store_.get(Space::names, arn);
  return row || !has_former_ ? std::move(row) : arn;
}

bool Engine::is_open(const std::string& arn) { return find_slot(arn) != nullptr; }

std::vector<asl::Event> Engine::history(const std::string& arn, uint64_t first, size_t limit, store::Order order) {
  std::vector<asl::Event> events;
  const auto take = [&](std::string_view bytes) {
    auto chunk = asl::decode_events(bytes);
    CHECK(chunk, "the store gives back what it was given");
    if (order == store::Order::backward) std::reverse(chunk->begin(), chunk->end());
    for (asl::Event& event : *chunk) {
      if (order == store::Order::forward ? event.id < first : event.id > first) continue;
      if (events.size() == limit) return false;
      events.push_back(std::move(event));
    }
    return events.size() < limit;
  };
  const auto row = find_row(arn);
  if (!row) return events;
  if (!slots_.contains(arn)) {
    const auto bytes = store_.get(Space::executions, *row);
    std::string_view rest = bytes ? *bytes : std::string_view();
    const auto record = Record::decode(rest);
    if (record && record->status == Outcome::succeeded && !rest.empty()) {
      take(rest);
      return events;
    }
  }
  // The chunk that holds `first` is the last one that begins at or before it.
  std::string from = history_key(*row, 0);
  const std::string end = history_key(*row, UINT64_MAX);
  if (order == store::Order::forward) {
    store_.scan(Space::history, from, history_key(*row, first + 1), store::Order::backward,
                [&](std::string_view key, std::string_view) {
                  from = key;
                  return false;
                });
  }
  const std::string to = order == store::Order::forward ? end : history_key(*row, first + 1);
  store_.scan(Space::history, from, to, order, [&](std::string_view, std::string_view bytes) { return take(bytes); });
  return events;
}

namespace {

// How many entries one listing looks at in one status, when most of them are not asked for.
constexpr size_t kLookedAtMax = 10'000;

struct Found {
  std::string place;  // what follows the prefix: start and order
  Listed entry;
};

}  // namespace

size_t Engine::count(std::string_view owner, Outcome status, size_t most) {
  size_t found = 0;
  const std::string prefix = list_prefix(Group::all, owner, status);
  store_.scan(Space::index, prefix, store::prefix_end(prefix), store::Order::forward, [&](std::string_view, std::string_view) { return ++found < most; });
  return found;
}

Listing Engine::list(const ListAsked& asked) {
  // Each status has a range of its own; the newest of all come first.
  std::vector<Found> found;
  std::string horizon;  // where the first of the ranges stopped: what lies beyond is the next page's
  const auto range = [&](Outcome status) {
    const std::string prefix = list_prefix(asked.redrives == Redrives::redriven ? Group::redriven : Group::all, asked.owner, status);
    size_t taken = 0, seen = 0;
    store_.scan(Space::index, prefix + std::string(asked.from), store::prefix_end(prefix), store::Order::forward,
                [&](std::string_view key, std::string_view value) {
                  const std::string_view place = key.substr(prefix.size());
                  if (taken == asked.limit || ++seen > kLookedAtMax) {
                    if (horizon.empty() || place < horizon) horizon = place;
                    return false;
                  }
                  auto entry = decode_listed(value);
                  CHECK(entry, "the store gives back what it was given");
                  if (asked.redrives == Redrives::never && entry->redrive_count > 0) return true;
                  found.push_back({std::string(place), *std::move(entry)});
                  ++taken;
                  return true;
                });
  };
  if (asked.status) {
    range(*asked.status);
  } else {
    for (const auto status : {Outcome::running, Outcome::succeeded, Outcome::failed, Outcome::timed_out, Outcome::aborted}) range(status);
  }
  std::ranges::sort(found, {}, &Found::place);
  Listing out;
  for (Found& one : found) {
    if (!horizon.empty() && one.place >= horizon) break;
    if (out.entries.size() == asked.limit) {
      out.next = std::move(one.place);
      return out;
    }
    out.entries.push_back(std::move(one.entry));
  }
  out.next = std::move(horizon);
  return out;
}

std::vector<std::string> Engine::open_executions(std::string_view owner, size_t most) {
  std::vector<std::string> arns;
  const ListAsked asked{.owner = owner, .status = Outcome::running, .limit = most};
  for (Listed& entry : list(asked).entries) arns.push_back(std::move(entry.arn));
  return arns;
}

}  // namespace engine
