#include "engine/engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/keys.h"
#include "language/json/parse.h"

namespace engine {

using store::Batch;
using store::Space;

struct Engine::Slot {
  Record record;
  asl::Execution execution;
  std::shared_ptr<const asl::Machine> machine;
  std::string region;
  bool running = false;             // inside run(): what arrives now waits in `inbox`
  bool stored = false;              // the open key is in the store
  std::deque<asl::Input> inbox;
  std::map<uint64_t, std::pair<Instant, uint64_t>> timers;  // timer -> its key in Engine::timers_
  Function<void(const Record&)> done;  // of an express execution
  std::shared_ptr<asl::Inspection> inspection;
};

Engine::Engine(Loop& loop, store::Store& store, Random& random, TokenMaker token)
    : loop_(loop), store_(store), random_(random), token_(std::move(token)) {
  if (const auto counted = store_.get(Space::meta, "order")) order_ = from_big_endian(*counted);
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
  definitions_.emplace(key, Definition{std::string(text), std::move(machine)});
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
  definitions_.emplace(std::string(key), Definition{std::move(*text), compiled.machine});
  return compiled.machine;
}

// --- starting and moving ---------------------------------------------------------------------------------

void Engine::start(Record record, json::Value input, std::string machine_name, std::string region) {
  record.order = ++order_;
  asl::ExecutionInfo info{.arn = record.arn, .name = record.name, .role_arn = record.role_arn,
                          .machine_arn = record.machine_arn, .machine_name = std::move(machine_name),
                          .start = record.start, .input = std::move(input)};
  std::string arn = record.arn;
  auto machine_of = machine(record.definition);
  auto slot = std::make_unique<Slot>(Slot{.record = std::move(record), .execution = asl::Execution(std::move(info)),
                                          .machine = std::move(machine_of), .region = std::move(region)});
  Slot& started = *slot;
  CHECK(slots_.emplace(std::move(arn), std::move(slot)).second, "an execution's ARN is used once");
  run(started, asl::Start{});
}

void Engine::start_express(Record record, json::Value input, std::string machine_name, std::string region,
                           Function<void(const Record&)> done) {
  record.express = true;
  asl::ExecutionInfo info{.arn = record.arn, .name = record.name, .role_arn = record.role_arn,
                          .machine_arn = record.machine_arn, .machine_name = std::move(machine_name),
                          .start = record.start, .input = std::move(input), .synchronous = record.synchronous};
  std::string arn = record.arn;
  auto machine_of = machine(record.definition);
  auto slot = std::make_unique<Slot>(Slot{.record = std::move(record), .execution = asl::Execution(std::move(info)),
                                          .machine = std::move(machine_of), .region = std::move(region),
                                          .done = std::move(done)});
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

asl::StepContext Engine::context(const Slot& slot) {
  return {.now = loop_.clock().now(),
          .random = random_,
          .token = [this, &slot](uint64_t task) { return token_(slot.record.arn, task); },
          .has_activity = [this](std::string_view arn) { return !sink_ || sink_->has_activity(arn); },
          .region = slot.region,
          .express = slot.record.express,
          .inspection = slot.inspection.get()};
}

void Engine::run(Slot& slot, asl::Input input) {
  if (slot.running) {
    slot.inbox.push_back(std::move(input));
    return;
  }
  slot.running = true;
  const std::string arn = slot.record.arn;  // the slot may be gone at the end
  const Outcome before = slot.record.status;
  asl::Transition moved = asl::step(*slot.machine, slot.execution, input, context(slot));
  slot.record.status = slot.execution.outcome();
  slot.record.events = slot.execution.last_event();
  commit(slot, moved.events, before);
  act(slot, std::move(moved.actions));
  slot.running = false;
  if (slot.record.status != Outcome::running) {
    close(slot);
    return;
  }
  if (moved.more) slot.inbox.push_front(asl::Continue{});
  if (slot.inbox.empty()) return;
  // What came meanwhile has its turn behind everything else that is ready: no execution keeps the loop.
  loop_.post([this, arn, alive = alive_] {
    if (!*alive) return;
    const auto it = slots_.find(arn);
    if (it == slots_.end() || it->second->inbox.empty()) return;
    Slot& again = *it->second;
    asl::Input next = std::move(again.inbox.front());
    again.inbox.pop_front();
    run(again, std::move(next));
  });
}

void Engine::commit(Slot& slot, const std::vector<asl::Event>& events, Outcome before) {
  Record& record = slot.record;
  const bool closed = record.status != Outcome::running;
  if (closed) {
    record.stop = loop_.clock().now();
    if (record.status == Outcome::succeeded) record.output = json::write(slot.execution.output());
    record.error = slot.execution.error();
    record.cause = slot.execution.cause();
  }
  const bool fresh = !slot.stored;
  if (!record.express && (!events.empty() || fresh || closed)) {
    Batch batch;
    std::string bytes = record.encode();
    if (!closed) bytes += slot.execution.encode();
    batch.put(Space::executions, record.arn, std::move(bytes));
    if (!events.empty()) batch.put(Space::history, history_key(record.arn, events.front().id), asl::encode_events(events));
    if (fresh) {
      batch.put(Space::index, list_key(record, std::nullopt), record.arn);
      batch.put(Space::meta, "order", big_endian(order_));
    } else if (before != record.status) {
      batch.erase(Space::index, list_key(record, before));
    }
    if (fresh || before != record.status) batch.put(Space::index, list_key(record, record.status), record.arn);
    if (fresh && !closed) batch.put(Space::index, open_key(record.arn), "");
    if (!fresh && closed) batch.erase(Space::index, open_key(record.arn));
    store_.commit(std::move(batch));
    slot.stored = true;
  }
  if (!observer_) return;
  // A run that began and ended in one step is still seen to begin: its RUNNING comes first.
  if (fresh) {
    Record begun = record;
    begun.status = Outcome::running;
    begun.output.reset(), begun.error.reset(), begun.cause.reset();
    begun.stop = {};
    observer_->status_changed(begun);
    slot.stored = true;
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
    } else {
      // Tasks go out in a turn of their own, so that an answer given at once does not nest.
      loop_.post([this, record = slot.record, action = std::move(action), alive = alive_] {
        if (!*alive || !sink_) return;
        if (const auto* task = std::get_if<asl::ScheduleTask>(&action)) {
          if (awaits(record.arn, task->task)) sink_->schedule(record, *task);
        } else if (const auto* cancelled = std::get_if<asl::CancelTask>(&action)) {
          sink_->cancel(record, *cancelled);
        } else if (const auto* map_run = std::get_if<asl::StartMapRun>(&action)) {
          if (awaits(record.arn, map_run->task)) sink_->start_map_run(record, *map_run);
        } else if (const auto* items = std::get_if<asl::ReadItems>(&action)) {
          if (awaits(record.arn, items->task)) sink_->read_items(record, *items);
        } else if (const auto* stopped = std::get_if<asl::StopMapRun>(&action)) {
          sink_->stop_map_run(*stopped);
        }
      });
    }
  }
}

void Engine::close(Slot& slot) {
  for (const auto& [timer, key] : slot.timers) timers_.erase(key);
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

void Engine::stop(const std::string& arn, std::optional<std::string> error, std::optional<std::string> cause) {
  if (Slot* slot = find_slot(arn)) run(*slot, asl::Stop{std::move(error), std::move(cause)});
}

// --- timers ------------------------------------------------------------------------------------------------

void Engine::set_timer(Slot& slot, const asl::SetTimer& timer) {
  clear_timer(slot, timer.timer);
  const std::pair key{timer.due, ++timer_count_};
  timers_.emplace(key, std::pair{slot.record.arn, timer.timer});
  slot.timers[timer.timer] = key;
  if (timer.due < alarm_at_) arm_timers();
}

void Engine::clear_timer(Slot& slot, uint64_t timer) {
  const auto it = slot.timers.find(timer);
  if (it == slot.timers.end()) return;
  timers_.erase(it->second);
  slot.timers.erase(it);
}

void Engine::arm_timers() {
  if (alarm_) loop_.cancel(alarm_);
  alarm_ = 0;
  alarm_at_ = {INT64_MAX};
  if (timers_.empty()) return;
  // A long sleep is taken in steps, so that a clock that was set right meanwhile counts.
  constexpr int64_t kLongestMs = 60'000;
  alarm_at_ = timers_.begin()->first.first;
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
  for (int fired = 0; fired < kAtOnce && !timers_.empty() && timers_.begin()->first.first <= now; ++fired) {
    const auto [arn, timer] = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Slot* slot = find_slot(arn);
    CHECK(slot, "a timer's execution is open");
    slot->timers.erase(timer);
    run(*slot, asl::TimerFired{timer});
  }
  arm_timers();
}

// --- coming back -------------------------------------------------------------------------------------------

void Engine::recover() {
  auto arns = std::make_shared<std::vector<std::string>>();
  store_.scan(Space::index, kOpenPrefix, store::prefix_end(kOpenPrefix), store::Order::forward,
              [&](std::string_view key, std::string_view) {
                arns->emplace_back(key.substr(kOpenPrefix.size()));
                return true;
              });
  recover_slice(std::move(arns), 0);
}

void Engine::recover_slice(std::shared_ptr<std::vector<std::string>> arns, size_t from) {
  constexpr size_t kSlice = 200;
  const size_t end = std::min(arns->size(), from + kSlice);
  for (size_t i = from; i < end; ++i) find_slot((*arns)[i]);
  if (end == arns->size()) return;
  loop_.post([this, arns = std::move(arns), end, alive = alive_] {
    if (*alive) recover_slice(arns, end);
  });
}

Engine::Slot* Engine::find_slot(const std::string& arn) {
  const auto it = slots_.find(arn);
  return it != slots_.end() ? it->second.get() : load(arn);
}

Engine::Slot* Engine::load(const std::string& arn) {
  if (!store_.get(Space::index, open_key(arn))) return nullptr;
  const auto bytes = store_.get(Space::executions, arn);
  CHECK(bytes, "an open execution has a record");
  std::string_view rest = *bytes;
  auto record = Record::decode(rest);
  CHECK(record, "the store gives back what it was given");
  auto machine_of = machine(record->definition);
  auto execution = asl::Execution::decode(rest, *machine_of);
  CHECK(execution, "the store gives back what it was given");
  // arn:partition:states:region:account:...
  size_t at = 0;
  for (int i = 0; i < 3; ++i) at = arn.find(':', at) + 1;
  auto slot = std::make_unique<Slot>(Slot{.record = std::move(*record), .execution = std::move(*execution),
                                          .machine = std::move(machine_of),
                                          .region = arn.substr(at, arn.find(':', at) - at), .stored = true});
  Slot& loaded = *slot;
  slots_.emplace(arn, std::move(slot));
  resume(loaded);
  return &loaded;
}

void Engine::resume(Slot& slot) {
  for (const asl::SetTimer& timer : slot.execution.timers()) set_timer(slot, timer);
  std::vector<asl::Action> actions = slot.execution.under_way(*slot.machine);
  for (asl::Action& action : actions) {
    if (auto* task = std::get_if<asl::ScheduleTask>(&action)) task->token = token_(slot.record.arn, task->task);
  }
  act(slot, std::move(actions));
}

// --- looking ---------------------------------------------------------------------------------------------

std::optional<Record> Engine::find(const std::string& arn) {
  if (const auto it = slots_.find(arn); it != slots_.end()) return it->second->record;
  const auto bytes = store_.get(Space::executions, arn);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  return Record::decode(rest);
}

bool Engine::is_open(const std::string& arn) { return find_slot(arn) != nullptr; }

std::vector<asl::Event> Engine::history(const std::string& arn, uint64_t first, size_t limit, store::Order order) {
  std::vector<asl::Event> events;
  // The chunk that holds `first` is the last one that begins at or before it.
  std::string from = history_key(arn, 0);
  const std::string end = history_key(arn, UINT64_MAX);
  if (order == store::Order::forward) {
    store_.scan(Space::history, from, history_key(arn, first + 1), store::Order::backward,
                [&](std::string_view key, std::string_view) {
                  from = key;
                  return false;
                });
  }
  const std::string to = order == store::Order::forward ? end : history_key(arn, first + 1);
  store_.scan(Space::history, from, to, order, [&](std::string_view, std::string_view bytes) {
    auto chunk = asl::decode_events(bytes);
    CHECK(chunk, "the store gives back what it was given");
    if (order == store::Order::backward) std::reverse(chunk->begin(), chunk->end());
    for (asl::Event& event : *chunk) {
      if (order == store::Order::forward ? event.id < first : event.id > first) continue;
      if (events.size() == limit) return false;
      events.push_back(std::move(event));
    }
    return events.size() < limit;
  });
  return events;
}

Page Engine::list(std::string_view machine_arn, std::optional<Outcome> status, size_t limit, std::string_view from) {
  Page page;
  const std::string prefix = list_prefix(machine_arn, status);
  store_.scan(Space::index, prefix + std::string(from), store::prefix_end(prefix), store::Order::forward,
              [&](std::string_view key, std::string_view arn) {
                if (page.records.size() == limit) {
                  page.next = key.substr(prefix.size());
                  return false;
                }
                if (auto record = find(std::string(arn))) page.records.push_back(std::move(*record));
                return true;
              });
  return page;
}

std::vector<std::string> Engine::open_executions(std::string_view machine_arn) {
  std::vector<std::string> arns;
  const std::string prefix = list_prefix(machine_arn, Outcome::running);
  store_.scan(Space::index, prefix, store::prefix_end(prefix), store::Order::forward,
              [&](std::string_view, std::string_view arn) {
                arns.emplace_back(arn);
                return true;
              });
  return arns;
}

}  // namespace engine
