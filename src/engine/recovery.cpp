// Coming back: the open executions that the store held at the start are taken up, each account's in its turns. What a
// slice of them sets off (timers that are due, tasks that go out again) stands in line before the next slice, so that it
// finds them in memory still.
#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/slot.h"

namespace engine {

using store::Space;

void Engine::recover() {
  store_.scan(Space::index, kOpenPrefix, store::prefix_end(kOpenPrefix), store::Order::forward,
              [&](std::string_view key, std::string_view value) {
                Open open = open_from(key, value);
                count_open(open.arn, 1);
                auto of = returning_.find(scope_of(open.arn));
                if (of == returning_.end()) of = returning_.try_emplace(std::string(scope_of(open.arn))).first;
                of->second.open.push_back(std::move(open));
                return true;
              });
  for (const auto& [scope, returning] : returning_) recover_in_turn(scope);
  end_the_oldest_later();
}

void Engine::recover_in_turn(const std::string& scope) {
  turns_.wait(account_of(scope), [this, scope](uint32_t) { return recover_slice(scope); });
}

uint32_t Engine::recover_slice(const std::string& scope) {
  constexpr size_t kSlice = 100;
  constexpr uint32_t kSteps = 10;  // what one costs, in state transitions
  const auto it = returning_.find(scope);
  Returning& returning = it->second;
  const size_t end = std::min(returning.next + kSlice, returning.open.size());
  const auto took = static_cast<uint32_t>(end - returning.next) * kSteps;
  for (; returning.next < end; ++returning.next) {
    const std::string& row = returning.open[returning.next].row;
    if (!returning.early.contains(row)) bring_in(read(row), true);
  }
  if (end == returning.open.size()) {
    returning_.erase(it);
  } else {
    recover_in_turn(scope);
  }
  return took;
}

// Whether it is of before the start and has not been taken up yet: it is now, out of turn.
bool Engine::takes_up(const std::string& arn, const std::string& row) {
  if (returning_.empty()) return false;
  const auto it = returning_.find(scope_of(arn));
  if (it == returning_.end()) return false;
  Returning& returning = it->second;
  const auto rest = std::span(returning.open).subspan(returning.next);
  return std::ranges::binary_search(rest, row, {}, &Open::row) && returning.early.insert(row).second;
}

Engine::Slot* Engine::find_slot(const std::string& arn) {
  const auto it = slots_.find(arn);
  return it != slots_.end() ? it->second.get() : load(arn);
}

Engine::Slot* Engine::load(const std::string& arn) {
  const auto row = find_row(arn);
  auto slot = row ? read(*row) : nullptr;
  return slot && slot->record.status == Outcome::running ? &bring_in(std::move(slot), takes_up(arn, *row)) : nullptr;
}

Engine::Slot& Engine::bring_in(std::unique_ptr<Slot> slot, bool take_up) {
  CHECK(slot, "an open execution has a record and a state");
  Slot& loaded = *slot;
  loaded.as_stored = true;
  slots_.emplace(loaded.record.arn, std::move(slot));
  if (take_up) {
    resume(loaded);
  } else {
    --away_;
    for (const asl::SetTimer& timer : loaded.execution.timers()) loaded.timers[timer.timer] = timer.due;
  }
  settle(loaded);
  return loaded;
}

std::unique_ptr<Engine::Slot> Engine::read(std::string row) {
  const auto bytes = store_.get(Space::executions, row);
  if (!bytes) return nullptr;
  std::string_view rest = *bytes;
  auto record = Record::decode(rest);
  CHECK(record, "the store gives back what it was given");
  if (record->status == Outcome::succeeded) return nullptr;
  auto machine_of = machine(record->definition);
  auto execution = asl::Execution::decode(rest, *machine_of);
  CHECK(execution, "the store gives back what it was given");
  const std::string_view scope = scope_of(record->arn), in_region = scope.substr(0, scope.rfind(':'));
  std::string region(in_region.substr(in_region.rfind(':') + 1));
  return std::make_unique<Slot>(Slot{.record = std::move(*record), .execution = std::move(*execution), .machine = std::move(machine_of),
                                     .region = std::move(region), .row = std::move(row), .stored = true});
}

void Engine::resume(Slot& slot) {
  std::vector<asl::Action> actions = slot.execution.resume(*slot.machine, loop_.clock().now());
  for (const asl::SetTimer& timer : slot.execution.timers()) set_timer(slot, timer);
  for (asl::Action& action : actions) {
    if (auto* task = std::get_if<asl::ScheduleTask>(&action)) task->token = token_(slot.record.arn, task->task);
  }
  // A heartbeat's time is counted anew, and where that ends is written with the next move.
  for (const asl::Action& action : actions) {
    if (const auto* task = std::get_if<asl::ScheduleTask>(&action); task && task->heartbeat_s) slot.as_stored = false;
  }
  act(slot, std::move(actions));
  if (slot.execution.unfinished()) {
    slot.inbox.emplace_back(asl::Continue{});
    run_inbox_in_turn(slot);
  }
  if (!is_too_old(slot.record)) return;
  loop_.post([this, arn = slot.record.arn, alive = alive_] {
    if (*alive) deliver(arn, asl::OutOfTime{});
  });
}

}  // namespace engine
