#include "engine/engine.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/keys.h"
#include "engine/slot.h"
#include "language/json/parse.h"

namespace engine {

using store::Batch;
using store::Space;

namespace {

// A step's events are kept in chunks of this many, so that a page of a long history reads little.
constexpr size_t kChunkEvents = 250;
constexpr uint64_t kOrdersAtOnce = 4'096;
constexpr size_t kChunksKnown = 16;

Record with_status(const Record& record, Outcome status) {
  Record out{.arn = record.arn, .machine_arn = record.machine_arn, .version_arn = record.version_arn, .alias_arn = record.alias_arn,
             .map_run_arn = record.map_run_arn, .start = record.start, .status = status, .order = record.order, .redrive_count = record.redrive_count};
  return out;
}

// Between two writings of an execution lies as much work as they are.
constexpr size_t kBytesToAStep = 32;
// What calling a service costs, in state transitions.
constexpr uint32_t kActionSteps = 40;

}  // namespace

Engine::Engine(Loop& loop, store::Store& store, Random& random, TokenMaker token)
    : loop_(loop), store_(store), random_(random), token_(std::move(token)), turns_(loop, [this] { return store_.healthy(); }) {
  if (const auto counted = store_.get(Space::meta, "order")) order_ = (from_big_endian(*counted) + kOrdersAtOnce - 1) / kOrdersAtOnce * kOrdersAtOnce;
  has_former_ = false;
  store_.scan(Space::executions, kFormerRows, "", store::Order::forward, [&](std::string_view, std::string_view) {
    has_former_ = true;
    return false;
  });
}

Engine::~Engine() { *alive_ = false; }

// --- definitions ---------------------------------------------------------------------------------------

std::string Engine::add_definition(std::string_view text, std::shared_ptr<const asl::Machine> machine) {
  std::string key = hex_encode(sha256(text)).substr(0, 32);
  if (definitions_.contains(key)) return key;
  if (!store_.get(Space::meta, definition_key(key))) {
    Batch batch;
    batch.put(Space::meta, definition_key(key), std::string(text));
    store_.commit(std::move(batch));
  }
  remember(key, Definition{std::string(text), std::move(machine)});
  return key;
}

std::optional<std::string> Engine::definition_text(std::string_view key) {
  if (const auto it = definitions_.find(std::string(key)); it != definitions_.end()) return it->second.text;
  return store_.get(Space::meta, definition_key(key));
}

std::shared_ptr<const asl::Machine> Engine::machine(std::string_view key) {
  if (const auto it = definitions_.find(std::string(key)); it != definitions_.end()) return it->second.machine;
  auto text = store_.get(Space::meta, definition_key(key));
  CHECK(text, "a definition is stored before an execution of it");
  auto compiled = asl::compile(*text);
  CHECK(compiled.machine, "a definition that was accepted compiles again");
  remember(std::string(key), Definition{std::move(*text), compiled.machine});
  return compiled.machine;
}

// Definitions are made by whoever likes: the rest is compiled again when an execution needs it. Those that run hold theirs.
void Engine::remember(std::string key, Definition definition) {
  for (auto it = definitions_.begin(); it != definitions_.end() && definition_bytes_ + definition.text.size() > definition_bytes_max_;) {
    definition_bytes_ -= it->second.text.size();
    it = definitions_.erase(it);
  }
  definition_bytes_ += definition.text.size();
  definitions_.emplace(std::move(key), std::move(definition));
}

// --- starting and moving ---------------------------------------------------------------------------------

void Engine::start(Record&& record, json::Value input, std::string machine_name, std::string region) {
  record.order = ++order_;
  std::string row = row_of(record.order);
  asl::ExecutionInfo info{.arn = record.arn, .name = record.name, .role_arn = record.role_arn,
                          .machine_arn = record.machine_arn, .machine_name = std::move(machine_name),
                          .start = record.start, .input = std::move(input)};
  std::string arn = record.arn;
  auto machine_of = machine(record.definition);
  std::unique_ptr<Slot> slot(new Slot{.record = std::move(record), .execution = asl::Execution(std::move(info)),
                                      .machine = std::move(machine_of), .region = std::move(region), .row = std::move(row)});
  Slot& started = *slot;
  CHECK(slots_.emplace(std::move(arn), std::move(slot)).second, "an execution's ARN is used once");
  run(started, asl::Start{});
}

void Engine::start_express(Record&& record, json::Value input, std::string machine_name, std::string region,
                           Function<void(const Record&)> done) {
  record.express = true;
  asl::ExecutionInfo info{.arn = record.arn, .name = record.name, .role_arn = record.role_arn,
                          .machine_arn = record.machine_arn, .machine_name = std::move(machine_name),
                          .start = record.start, .input = std::move(input), .synchronous = record.synchronous};
  std::string arn = record.arn;
  auto machine_of = machine(record.definition);
  std::unique_ptr<Slot> slot(new Slot{.record = std::move(record), .execution = asl::Execution(std::move(info)),
                                      .machine = std::move(machine_of), .region = std::move(region), .done = std::move(done)});
  Slot& started = *slot;
  CHECK(slots_.emplace(std::move(arn), std::move(slot)).second, "an execution's ARN is used once");
  run(started, asl::Start{});
}

void Engine::start_test(Record record, json::Value input, std::shared_ptr<const asl::Machine> machine, std::string machine_name, std::string region,
                        std::shared_ptr<asl::Inspection> inspection, Function<void(const Record&)> done) {
  record.express = true;
  asl::ExecutionInfo info{.arn = record.arn, .name = record.name, .role_arn = record.role_arn,
                          .machine_arn = record.machine_arn, .machine_name = std::move(machine_name),
                          .start = record.start, .input = std::move(input)};
  std::string arn = record.arn;
  auto slot = std::make_unique<Slot>(Slot{.record = std::move(record), .execution = asl::Execution(std::move(info)),
                                          .machine = std::move(machine), .region = std::move(region),
                                          .done = std::move(done), .inspection = std::move(inspection)});
  Slot& started = *slot;
  CHECK(slots_.emplace(std::move(arn), std::move(slot)).second, "an execution's ARN is used once");
  run(started, asl::Start{});
}

asl::StepContext Engine::context(const Slot& slot, uint32_t steps) {
  return {.now = loop_.clock().now(),
          .random = random_,
          .token = [this, &slot](uint64_t task) { return token_(slot.record.arn, task); },
          .has_activity = [this](std::string_view arn) { return !sink_ || sink_->has_activity(arn); },
          .region = slot.region,
          .budget = steps,
          .express = slot.record.express,
          .inspection = slot.inspection.get()};
}

void Engine::run(Slot& slot, asl::Input input) {
  const std::string account(account_of(slot.record.arn));  // the slot may be gone at the end
  turns_.made(account, run(slot, std::move(input), turns_.at_once(account)));
}

uint32_t Engine::run(Slot& slot, asl::Input input, uint32_t steps) {
  if (slot.running) {
    slot.inbox.push_back(std::move(input));
    return 0;
  }
  slot.running = true;
  // What is much to write is written less often.
  if (steps > 0) steps = std::max(steps, static_cast<uint32_t>(slot.bytes / kBytesToAStep));
  const Outcome before = slot.record.status;
  if (before != Outcome::running) {
    slot.replaced = list_keys(slot.record);
    slot.replaced.push_back(ended_key(slot.record.stop, slot.row));
  }
  asl::Transition moved = asl::step(*slot.machine, slot.execution, input, context(slot, steps));
  slot.record.status = slot.execution.outcome();
  slot.record.events = slot.execution.last_event();
  slot.record.redrive_count = slot.execution.info().redrive_count;
  slot.record.redrive = slot.execution.info().redrive_time;
  commit(slot, moved, before);
  act(slot, std::move(moved.actions));
  slot.running = false;
  if (slot.record.status != Outcome::running) {
    close(slot);
  } else {
    const bool goes_on = !slot.inbox.empty() && std::holds_alternative<asl::Continue>(slot.inbox.front());
    if (moved.more && !goes_on) slot.inbox.push_front(asl::Continue{});
    if (slot.inbox.empty()) {
      settle(slot);
    } else {
      run_inbox_in_turn(slot);
    }
  }
  send_stops();
  return moved.steps + 1;
}

// What an end, or a failure, stops is stopped in the same turn of the loop, so in the same journal group: a crash leaves nothing running that
// nobody would stop any more. What that stops in turn has its place behind it, and nothing nests.
void Engine::send_stops() {
  if (stopping_) return;
  stopping_ = true;
  for (; !stops_.empty(); stops_.pop_front()) {
    if (sink_) send(stops_.front().first, stops_.front().second);
  }
  stopping_ = false;
}

void Engine::settle(Slot& slot) {
  const auto may_leave = [](const Slot& s) {
    return s.stored && s.as_stored && !s.record.express && !s.running && s.inbox.empty() && !s.execution.unfinished();
  };
  if (slot.place) resident_.erase(*slot.place);
  slot.place.reset();
  if (!may_leave(slot)) return;
  slot.place = resident_.insert(resident_.end(), &slot);
  while (resident_.size() > resident_max_) {
    Slot& oldest = *resident_.front();
    resident_.pop_front();
    oldest.place.reset();
    if (!may_leave(oldest)) continue;  // it is being moved, and comes back when that is done
    ++away_;
    slots_.erase(slots_.find(oldest.record.arn));
  }
}

// What came meanwhile has its turn behind everything else that is ready: no execution keeps the loop.
void Engine::run_inbox_in_turn(Slot& slot) {
  if (std::exchange(slot.in_line, true)) return;
  turns_.wait(account_of(slot.record.arn), [this, arn = slot.record.arn](uint32_t steps) -> uint32_t {
    const auto it = slots_.find(arn);
    if (it == slots_.end()) return 0;
    Slot& again = *it->second;
    again.in_line = false;
    if (again.inbox.empty()) return 0;
    asl::Input next = std::move(again.inbox.front());
    again.inbox.pop_front();
    return run(again, std::move(next), steps);
  });
}

void Engine::in_turn(std::string_view arn, Turns::Work work) { turns_.wait(account_of(arn), std::move(work)); }

void Engine::commit(Slot& slot, const asl::Transition& moved, Outcome before) {
  Record& record = slot.record;
  const std::vector<asl::Event>& events = moved.events;
  const bool closed = record.status != Outcome::running;
  const bool fresh = !slot.stored;
  const bool begins = fresh || before != Outcome::running;  // at its start, or with a redrive
  std::vector<std::string> old_keys = std::move(slot.replaced);
  if (!record.express && closed && !begins) old_keys = list_keys(with_status(record, before));
  record.output.reset(), record.error.reset(), record.cause.reset();
  record.stop = {};
  if (closed) {
    record.stop = std::max(loop_.clock().now(), slot.execution.last_at());
    if (record.status == Outcome::succeeded) record.output = json::write(slot.execution.output());
    record.error = slot.execution.error();
    record.cause = slot.execution.cause();
  }
  if (!record.express && (!events.empty() || begins || closed || moved.keep)) {
    Batch batch;
    std::string bytes = record.encode();
    // What has failed keeps where it stood, for a redrive. What began and succeeded in one step has its history there: one key is all of it.
    const bool at_once = fresh && record.status == Outcome::succeeded && events.size() <= kChunkEvents;
    if (record.status != Outcome::succeeded) bytes += slot.execution.encode();
    if (at_once) bytes += asl::encode_events(events);
    slot.bytes = bytes.size();
    batch.put(Space::executions, slot.row, std::move(bytes));
    if (fresh) batch.put(Space::names, record.arn, slot.row);
    for (size_t first = 0; first < events.size() && !at_once; first += kChunkEvents) {
      const auto chunk = std::span(events).subspan(first, std::min(kChunkEvents, events.size() - first));
      batch.put(Space::history, history_key(slot.row, chunk.front().id), asl::encode_events(chunk));
      if (chunk.front().id == 1) slot.chunks.emplace();
      if (slot.chunks) slot.chunks->push_back(chunk.front().id);
      if (slot.chunks && slot.chunks->size() > kChunksKnown) slot.chunks.reset();
    }
    // Numbers are set aside many at a time: what is left of them at a restart is skipped.
    if (fresh && order_ % kOrdersAtOnce == 1) batch.put(Space::meta, "order", big_endian(order_ + kOrdersAtOnce - 1));
    if (begins || closed) {
      for (std::string& key : old_keys) batch.erase(Space::index, std::move(key));
      const std::string entry = encode_listed(record);
      for (std::string& key : list_keys(record)) batch.put(Space::index, std::move(key), entry);
    }
    if (begins && !closed) {
      batch.put(Space::index, open_key(slot.row), record.arn);
      count_open(record.arn, 1);
    }
    if (!begins && closed) {
      batch.erase(Space::index, open_key(slot.row));
      count_open(record.arn, -1);
    }
    if (closed && !at_once) batch.put(Space::index, ended_key(record.stop, slot.row), encode_chunks(slot.chunks));
    store_.commit(std::move(batch));
    slot.as_stored = true;
  } else {
    slot.as_stored = false;
  }
  slot.stored = true;
  if (!observer_) return;
  // A run that began and ended in one step is still seen to begin: its RUNNING comes first.
  if (begins) {
    Record ended{.stop = std::exchange(record.stop, {}), .status = std::exchange(record.status, Outcome::running),
                 .output = std::exchange(record.output, {}), .error = std::exchange(record.error, {}), .cause = std::exchange(record.cause, {})};
    observer_->status_changed(record);
    record.stop = ended.stop, record.status = ended.status;
    record.output = std::move(ended.output), record.error = std::move(ended.error), record.cause = std::move(ended.cause);
  }
  if (!events.empty()) observer_->progressed(record, events);
  if (closed) observer_->status_changed(record);
}

void Engine::act(Slot& slot, std::vector<asl::Action> actions) {
  for (asl::Action& action : actions) {
    if (auto* timer = std::get_if<asl::SetTimer>(&action)) {
      set_timer(slot, *timer);
    } else if (auto* cleared = std::get_if<asl::ClearTimer>(&action)) {
      clear_timer(slot, cleared->timer);
    } else if (std::holds_alternative<asl::CancelTask>(action) || std::holds_alternative<asl::StopMapRun>(action)) {
      stops_.emplace_back(slot.record, std::move(action));
    } else {
      // Tasks go out in a turn of their own, so that an answer given at once does not nest.
      turns_.wait(account_of(slot.record.arn), [this, record = slot.record, action = std::move(action)](uint32_t) {
        if (sink_) send(record, action);
        return kActionSteps;
      });
    }
  }
}

// Map runs' children have a bound of their own: their run's.
void Engine::count_open(const std::string& arn, int64_t change) {
  if (arn.find('/') != std::string::npos) return;
  const auto it = open_by_scope_.try_emplace(std::string(scope_of(arn))).first;
  it->second += change;
  if (it->second == 0) open_by_scope_.erase(it);
}

int64_t Engine::open_in(const std::string& arn) const {
  const auto it = open_by_scope_.find(std::string(scope_of(arn)));
  return it == open_by_scope_.end() ? 0 : it->second;
}

void Engine::send(const Record& record, const asl::Action& action) {
  if (const auto* task = std::get_if<asl::ScheduleTask>(&action)) {
    if (awaits(record.arn, task->task)) sink_->schedule(record, *task);
  } else if (const auto* cancelled = std::get_if<asl::CancelTask>(&action)) {
    sink_->cancel(record, *cancelled);
  } else if (const auto* map_run = std::get_if<asl::StartMapRun>(&action)) {
    if (awaits(record.arn, map_run->task)) sink_->start_map_run(record, *map_run);
  } else if (const auto* items = std::get_if<asl::ReadItems>(&action)) {
    if (awaits(record.arn, items->task)) sink_->read_items(record, *items);
  } else if (const auto* stopped = std::get_if<asl::StopMapRun>(&action)) {
    sink_->stop_map_run(record, *stopped);
  }
}

void Engine::close(Slot& slot) {
  for (const auto& [number, due] : slot.timers) timers_.erase(Timer{due, slot.record.arn, number});
  if (slot.place) resident_.erase(*slot.place);
  auto node = slots_.extract(slot.record.arn);
  if (node.mapped()->done) node.mapped()->done(node.mapped()->record);
}

bool Engine::deliver(const std::string& arn, asl::Input input) {
  Slot* slot = find_slot(arn);
  if (!slot) return false;
  const auto task = std::visit(
      []<typename T>(const T& answer) -> std::optional<uint64_t> {
        if constexpr (requires { answer.task; }) return answer.task;
        return std::nullopt;
      },
      input);
  if (task && !slot->execution.awaits(*task)) return false;
  run(*slot, std::move(input));
  return true;
}

bool Engine::awaits(const std::string& arn, uint64_t task) {
  const Slot* slot = find_slot(arn);
  return slot && slot->execution.awaits(task);
}

asl::Inspection* Engine::inspection(const std::string& arn) {
  const Slot* slot = find_slot(arn);
  return slot ? slot->inspection.get() : nullptr;
}

void Engine::stop(const std::string& arn, std::optional<std::string> error, std::optional<std::string> cause) {
  if (Slot* slot = find_slot(arn)) run(*slot, asl::Stop{std::move(error), std::move(cause)});
}

Engine::Redriven Engine::redrive(const std::string& arn, std::string token) {
  if (find_slot(arn)) return Redriven::not_closed;
  auto row = find_row(arn);
  auto slot = row ? read(*std::move(row)) : nullptr;
  if (!slot || !slot->execution.can_be_redriven()) return Redriven::impossible;
  slot->record.redrive_token = std::move(token);
  Slot& again = *slot;
  slots_.emplace(arn, std::move(slot));
  run(again, asl::Redrive{});
  return Redriven::runs;
}

// --- timers ------------------------------------------------------------------------------------------------

void Engine::set_timer(Slot& slot, const asl::SetTimer& timer) {
  clear_timer(slot, timer.timer);
  slot.timers[timer.timer] = timer.due;
  Timer set{timer.due, slot.record.arn, timer.timer};
  if (timer.due <= loop_.clock().now()) return fire_in_turn(std::move(set));
  timers_.insert(std::move(set));
  if (timer.due < alarm_at_) arm_timers();
}

void Engine::clear_timer(Slot& slot, uint64_t timer) {
  const auto it = slot.timers.find(timer);
  if (it == slot.timers.end()) return;
  timers_.erase(Timer{it->second, slot.record.arn, timer});
  slot.timers.erase(it);
}

void Engine::arm_timers() {
  if (alarm_) loop_.cancel(alarm_);
  alarm_ = 0;
  alarm_at_ = {INT64_MAX};
  if (timers_.empty()) return;
  // A long sleep is taken in steps, so that a clock that was set right meanwhile counts.
  constexpr int64_t kLongestMs = 10'000;
  alarm_at_ = timers_.begin()->due;
  const int64_t delay = std::min(alarm_at_ - loop_.clock().now(), kLongestMs);
  alarm_ = loop_.after(delay, [this, alive = alive_] {
    if (*alive) fire_timers();
  });
}

void Engine::fire_timers() {
  alarm_ = 0;
  alarm_at_ = {INT64_MAX};
  constexpr int kAtOnce = 1'000;
  const Instant now = loop_.clock().now();
  for (int due = 0; due < kAtOnce && !timers_.empty() && timers_.begin()->due <= now; ++due) {
    fire_in_turn(std::move(timers_.extract(timers_.begin()).value()));
  }
  arm_timers();
}

void Engine::fire_in_turn(Timer timer) {
  const std::string_view account = account_of(timer.arn);
  turns_.wait(account, [this, timer = std::move(timer)](uint32_t steps) { return fire(timer, steps); });
}

// What stood in line may have been cleared or set anew meanwhile, and the execution may have ended.
uint32_t Engine::fire(const Timer& timer, uint32_t steps) {
  Slot* slot = find_slot(timer.arn);
  if (!slot) return 1;
  const auto it = slot->timers.find(timer.number);
  if (it == slot->timers.end() || it->second != timer.due) return 1;
  clear_timer(*slot, timer.number);
  return run(*slot, asl::TimerFired{timer.number}, steps);
}

}  // namespace engine
