#include "simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/loop.h"
#include "engine/engine.h"
#include "engine/store/disk_store.h"
#include "language/json/parse.h"
#include "machines.h"
#include "simulated_disk.h"

namespace sim {
namespace {

using asl::EventType;
using engine::Record;

constexpr std::string_view kArnHead = "arn:aws:states:us-east-1:000000000000:";

// What happens outside the process, and so survives its crashes.
struct Job {
  std::string execution;
  uint64_t task = 0;
  Answer answer;
  int64_t due_ms = 0;        // of the world's life
  bool has_token = false;    // somebody can answer it by its token
  bool handed_over = false;  // safely so: it may not be offered again
  bool done = false;         // the answer was acknowledged
};

struct Client {
  std::string name, arn, input;
  size_t plan = 0;
  int64_t at_ms = 0;             // of the world's life: when it wants to start
  bool asked = false, acknowledged = false;
  bool stop_asked = false, stopped = false;  // `stopped`: acknowledged while it ran
  int redrives = 0;                          // asked for
  struct Seen {
    engine::Outcome status;
    std::vector<asl::Event> events;
  };
  std::vector<Seen> seen;
};

bool is_end(EventType type) {
  return type == EventType::ExecutionSucceeded || type == EventType::ExecutionFailed || type == EventType::ExecutionAborted ||
         type == EventType::ExecutionTimedOut;
}

std::string text_of(const asl::Event& event, bool with_time) {
  return fmt::format("{}<{} {} {} {} {} {}\n", event.id, event.previous, with_time ? event.at.ms : 0, asl::type_name(event.type), event.name,
                     event.data ? json::write(*event.data) : "-", json::write(event.details));
}

class World;

// A loop on which what is posted sometimes waits for a moment, in order all the same: so that a crash can come
// between any two turns.
class HesitantLoop final : public ManualLoop {
 public:
  HesitantLoop(Instant now, uint64_t seed) : ManualLoop(now), random_(seed) {}
  void post(Function<void()> work) override {
    last_ms_ = std::max(last_ms_, elapsed_ms() + static_cast<int64_t>(random_.below(4) == 0 ? random_.below(3) : 0));
    after(last_ms_ - elapsed_ms(), std::move(work));
  }

 private:
  SeededRandom random_;
  int64_t last_ms_ = 0;
};

// The process between two crashes.
class Process final : public engine::ActionSink {
 public:
  Process(World& world, Instant now, uint64_t seed) : world_(world), loop(now, seed) {}
  Status open();

  void schedule(const Record& execution, const asl::ScheduleTask& task) override;
  void cancel(const Record&, const asl::CancelTask&) override {}
  void read_items(const Record&, const asl::ReadItems&) override {}
  void start_map_run(const Record&, const asl::StartMapRun&) override {}
  void stop_map_run(const asl::StopMapRun&) override {}
  bool has_activity(std::string_view) const override { return true; }

  void durably(Function<void()> then) { store->when_durable(store->head(), std::move(then)); }
  void answer(Job& job, bool until_acknowledged);

 private:
  World& world_;

 public:
  HesitantLoop loop;
  std::unique_ptr<store::DiskStore> store;
  SeededRandom random{1};
  std::unique_ptr<engine::Engine> engine;
};

class World {
 public:
  World(uint64_t seed, bool disturbed) : seed_(seed), disturbed_(disturbed), disk(seed ^ 0x5eed), plans_random_(seed), faults_(seed + 1), clients_random_(seed + 2) {}

  Outcome run();

 private:
  friend class Process;
  void plan();
  void restart(Crash how);
  void act(Client& client);
  void disturb();
  void check(bool last);
  void check_history(const Client& client, const Record& record, const std::vector<asl::Event>& events);
  void fail(std::string what) { out_.failures.push_back(fmt::format("seed {}: {}", seed_, std::move(what))); }
  void count(std::string_view bytes) {
    for (const char c : bytes) out_.digest = (out_.digest ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  }
  Instant now() { return process_->loop.clock().now(); }
  // What has gone by since the world began, whatever anybody set the clock to.
  int64_t lived_ms() const { return before_ms_ + (process_ ? process_->loop.elapsed_ms() : 0); }
  void set_clock();

  uint64_t seed_;
  bool disturbed_;

 public:
  SimulatedDisk disk;

 private:
  SeededRandom plans_random_, faults_, clients_random_;
  std::vector<Plan> plans_;
  std::vector<std::string> keys_;
  std::vector<Client> clients_;
  std::map<std::pair<std::string, uint64_t>, Job> jobs_;
  std::unique_ptr<Process> process_;
  int64_t before_ms_ = 0;  // what went by before this process
  int64_t quiet_until_ms_ = 0;
  int faults_left_ = 0;
  bool set_ahead_ = false;  // the clock was: what had time enough may have timed out
  Outcome out_;
};

Status Process::open() {
  store::Disk on{.journal = {.files = world_.disk, .segment_bytes = 4096, .own_thread = false},
                 .open_tables = [this](const std::string&) -> Result<std::unique_ptr<store::Tables>> { return world_.disk.tables(); }};
  store = TRY(store::DiskStore::open(loop, "data", std::move(on)));
  engine = std::make_unique<engine::Engine>(loop, *store, random, [](std::string_view arn, uint64_t task) { return fmt::format("{}#{}", arn, task); });
  engine->set_sink(this);
  engine->set_turns({.at_once = 7, .first = 5, .turn = 3, .slice = 5});
  engine->keep_resident(1);
  return {};
}

void Process::schedule(const Record& execution, const asl::ScheduleTask& task) {
  const auto [it, fresh] = world_.jobs_.try_emplace({execution.arn, task.task});
  Job& job = it->second;
  const json::Value& p = task.parameters;
  // What was asked for and was not safe yet may not have been after a crash: another task has its number then.
  if (fresh || !job.has_token) {
    job = {.execution = execution.arn, .task = task.task,
           .answer = answer_of(world_.seed_, p.text("s"), p["a"].as_int64().value_or(0), p["n"].as_int64().value_or(0))};
    job.due_ms = world_.lived_ms() + 1 + static_cast<int64_t>((task.task * 7919 + execution.order * 104729) % 1500);
  }
  if (task.token != fmt::format("{}#{}", execution.arn, task.task)) world_.fail("a task's token is not what it was");
  if (task.resource->kind == asl::Resource::Kind::activity) {
    if (job.handed_over) world_.fail(fmt::format("{}: task {} was offered again though its worker was told of it", execution.arn, task.task));
    engine->deliver(execution.arn, asl::TaskStarted{task.task, "worker"});
    durably([this, &job] {
      const bool first = !job.has_token;
      job.has_token = true;
      engine->deliver(job.execution, asl::TaskHandedOver{job.task});
      durably([&job] { job.handed_over = true; });
      if (first) answer(job, true);
    });
  } else if (task.resource->pattern == asl::Resource::Pattern::wait_for_task_token) {
    if (!task.submitted) {
      if (job.has_token) world_.fail(fmt::format("{}: the message of task {} was sent again though the history had it", execution.arn, task.task));
      engine->deliver(execution.arn, asl::TaskSubmitted{task.task, json::object({{"MessageId", "m"}})});
    }
    durably([this, &job] {
      if (std::exchange(job.has_token, true)) return;
      answer(job, true);
    });
  } else {
    answer(job, false);
  }
}

void Process::answer(Job& job, bool until_acknowledged) {
  if (job.answer.kind == Answer::Kind::silence || job.done) return;
  loop.after(std::max<int64_t>(job.due_ms - world_.lived_ms(), 1), [this, &job, until_acknowledged] {
    if (job.answer.kind == Answer::Kind::output) {
      engine->deliver(job.execution, asl::TaskSucceeded{job.task, json::Value(job.answer.value)});
    } else {
      engine->deliver(job.execution, asl::TaskFailed{.task = job.task, .error = job.answer.error, .cause = "c"});
    }
    if (until_acknowledged) durably([&job] { job.done = true; });
  });
}

void World::plan() {
  for (uint64_t n = 1 + plans_random_.below(2); n > 0; --n) plans_.push_back(make_plan(plans_random_));
  const uint64_t count = 1 + plans_random_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    Client c;
    c.plan = plans_random_.below(plans_.size());
    c.name = fmt::format("e{}", i);
    c.arn = fmt::format("{}execution:m{}:{}", kArnHead, c.plan, c.name);
    c.input = json::write(make_input(plans_random_));
    c.at_ms = static_cast<int64_t>(plans_random_.below(20'000));
    clients_.push_back(std::move(c));
  }
  faults_left_ = disturbed_ ? static_cast<int>(faults_.below(7)) : 0;
}

// The process is gone; another takes its place.
void World::restart(Crash how) {
  const Instant at = process_ ? now() : Instant{1'700'000'000'000};
  before_ms_ = lived_ms();
  if (process_) {
    process_->engine.reset();
    process_->store.reset();
    disk.crash(how);
    process_.reset();
    ++out_.crashes;
    // Whoever was not answered asks again.
    for (Client& client : clients_) client.asked = false;
    // It may die again on its way up.
    if (disturbed_ && faults_.below(4) == 0) {
      disk.die_at_call(1 + faults_.below(12));
      process_ = std::make_unique<Process>(*this, at, faults_.next());
      [[maybe_unused]] const auto half = process_->open();
      process_.reset();
      disk.crash(faults_.below(2) ? Crash::process : Crash::power);
    }
  }
  process_ = std::make_unique<Process>(*this, at, faults_.next());
  if (auto opened = process_->open(); !opened) {
    fail("it does not start again: " + opened.error().message);
    return;
  }
  keys_.clear();
  for (const Plan& plan : plans_) {
    const std::string text = plan.definition();
    const auto compiled = asl::compile(text);
    if (!compiled.machine) return fail("not a valid machine: " + asl::join_errors(compiled.diagnostics) + " " + text);
    keys_.push_back(process_->engine->add_definition(text, compiled.machine));
  }
  process_->engine->recover();
  for (auto& [key, job] : jobs_) {
    if (job.has_token) process_->answer(job, true);
  }
}

void World::act(Client& client) {
  engine::Engine& engine = *process_->engine;
  if (!client.acknowledged) {
    if (lived_ms() < client.at_ms || client.asked || !process_->store->healthy()) return;
    client.asked = true;
    if (!engine.find(client.arn)) {
      engine.start(Record{.arn = client.arn, .name = client.name, .machine_arn = fmt::format("{}stateMachine:m{}", kArnHead, client.plan),
                          .definition = keys_[client.plan], .role_arn = "arn:aws:iam::000000000000:role/r", .input = client.input, .start = now()},
                   *json::parse(client.input), fmt::format("m{}", client.plan), "us-east-1");
    }
    process_->durably([&client] { client.acknowledged = true; });
    return;
  }
  if (clients_random_.below(20) == 0 || client.seen.empty()) {
    Client::Seen seen{engine.find(client.arn)->status, engine.history(client.arn, 1, 30'000, store::Order::forward)};
    process_->durably([&client, seen = std::move(seen)]() mutable { client.seen.push_back(std::move(seen)); });
  }
  if (!client.stop_asked && clients_random_.below(400) == 0) {
    client.stop_asked = true;
    const bool ran = engine.find(client.arn)->status == engine::Outcome::running;
    engine.stop(client.arn, "Stopped", "by its client");
    if (ran) process_->durably([&client] { client.stopped = true; });
  }
  constexpr int kRedrivesMax = 2;
  if (client.redrives < kRedrivesMax && clients_random_.below(10) == 0) {
    const engine::Outcome outcome = engine.find(client.arn)->status;
    if (outcome == engine::Outcome::running || outcome == engine::Outcome::succeeded) return;
    ++client.redrives;
    if (engine.redrive(client.arn, fmt::format("r{}", client.redrives)) != engine::Engine::Redriven::runs) fail(client.arn + ": cannot be redriven");
  }
}

void World::disturb() {
  if (faults_left_ <= 0 || lived_ms() < quiet_until_ms_ || faults_.below(8) != 0) return;
  --faults_left_;
  quiet_until_ms_ = lived_ms() + 12'000;
  switch (faults_.below(5)) {
    case 0: disk.die_at_call(1 + faults_.below(40)); break;
    case 1: disk.fail_calls(1 + faults_.below(20), 1 + faults_.below(6), static_cast<Fault>(faults_.below(3))); break;
    case 2:
      disk.set_full(true);
      process_->loop.after(1 + static_cast<int64_t>(faults_.below(2'000)), [this] { disk.set_full(false); });
      break;
    case 3: set_clock(); break;
    default: restart(faults_.below(2) ? Crash::process : Crash::power);
  }
}

// Somebody sets the clock, back or ahead, and at times the process ends right behind it.
void World::set_clock() {
  const bool ahead = faults_.below(2) == 0;
  set_ahead_ = set_ahead_ || ahead;
  const auto by = static_cast<int64_t>(1 + faults_.below(ahead ? 3'600'000 : 60'000));
  process_->loop.clock().set(now() + (ahead ? by : -by));
  if (faults_.below(3) == 0) restart(faults_.below(2) ? Crash::process : Crash::power);
}

Outcome World::run() {
  plan();
  restart(Crash::process);
  constexpr int64_t kCapMs = 4 * 3'600'000;
  SeededRandom pace(seed_ + 3);
  while (out_.failures.empty() && lived_ms() < kCapMs) {
    for (Client& client : clients_) act(client);
    disturb();
    if (!out_.failures.empty()) break;
    process_->loop.run_for(1 + static_cast<int64_t>(pace.below(600)));
    if (disk.dead()) {
      restart(faults_.below(2) ? Crash::process : Crash::power);
    }
    const bool all = std::ranges::all_of(clients_, [&](const Client& c) {
      const auto record = c.acknowledged ? process_->engine->find(c.arn) : std::nullopt;
      return record && record->status != engine::Outcome::running;
    });
    if (!all || !process_->store->healthy()) continue;
    // The ends may not be safe yet, and the disk may die while they are written.
    faults_left_ = 0;
    // A process that has died is started again soon: what waits for answers must not run out of time meanwhile.
    for (int64_t passed = 0; passed < 60'000 && !disk.dead(); passed += 500) process_->loop.run_for(500);
    if (!disk.dead()) break;
    restart(Crash::power);
  }
  if (!out_.failures.empty()) return out_;
  check(false);
  // What was said is on the device: the lights go out once more, and all of it is there.
  if (disturbed_) {
    disturbed_ = false;
    restart(Crash::power);
    if (out_.failures.empty()) {
      process_->loop.run_for(1'000);
      check(true);
    }
  }
  out_.executions = clients_.size();
  out_.disk_calls = disk.calls();
  count(fmt::format("{} {}", out_.crashes, out_.disk_calls));
  return out_;
}

void World::check(bool last) {
  for (Client& client : clients_) {
    if (!client.acknowledged) {
      fail(client.arn + ": its start was never acknowledged");
      continue;
    }
    const auto record = process_->engine->find(client.arn);
    if (!record) {
      fail(client.arn + ": acknowledged and lost");
      continue;
    }
    const auto events = process_->engine->history(client.arn, 1, 30'000, store::Order::forward);
    check_history(client, *record, events);
    // What was seen now must be there after the last crash as well.
    if (!last) client.seen.push_back({record->status, events});
    const Plan& plan = plans_[client.plan];
    const std::set<std::string> right = predict(plan, *json::parse(client.input), seed_);
    std::string ended(engine::status_text(record->status));
    if (record->status == engine::Outcome::succeeded) ended += " " + canonical(*json::parse(*record->output));
    if (record->status == engine::Outcome::failed) ended += " " + record->error.value_or("");
    const bool excused = set_ahead_ || (record->status == engine::Outcome::timed_out && plan.timeout_s) || (record->status == engine::Outcome::aborted && client.stop_asked);
    if (!right.empty() && !right.contains(ended) && !excused) {
      std::string all;
      for (const std::string& one : right) all += "\n    " + one;
      fail(fmt::format("{}: ended as\n    {}\n  where the model has{}\n  {}", client.arn, ended, all, plan.definition()));
    }
    if (client.stopped && client.redrives == 0 && record->status != engine::Outcome::aborted) fail(client.arn + ": was stopped, and ended otherwise");
    std::string story;
    for (const asl::Event& event : events) {
      count(text_of(event, true));
      story += text_of(event, false);
    }
    count(record->encode());
    out_.events += events.size();
    if (plan.sequential() && !plan.timeout_s && !client.stop_asked && client.redrives == 0 && !set_ahead_) out_.histories[client.arn] = std::move(story);
  }
}

void World::check_history(const Client& client, const Record& record, const std::vector<asl::Event>& events) {
  if (record.status == engine::Outcome::running) fail(client.arn + ": never ends: " + plans_[client.plan].definition());
  if (record.events != events.size()) fail(fmt::format("{}: {} events are told and {} there", client.arn, record.events, events.size()));
  if (record.stop < (events.empty() ? record.start : events.back().at)) fail(client.arn + ": it ended before its last event");
  size_t ends = 0;
  std::map<uint64_t, uint64_t> work_of;  // event -> the Scheduled event that it belongs to
  std::set<uint64_t> answered;
  for (size_t i = 0; i < events.size(); ++i) {
    const asl::Event& event = events[i];
    if (event.id != i + 1) return fail(fmt::format("{}: event {} stands at {}", client.arn, event.id, i + 1));
    if (event.previous >= event.id) fail(fmt::format("{}: event {} follows {}", client.arn, event.id, event.previous));
    if (i > 0 && event.at < events[i - 1].at) fail(fmt::format("{}: event {} is older than the one before", client.arn, event.id));
    const bool goes_on = i + 1 < events.size() && events[i + 1].type == EventType::ExecutionRedriven;
    if (is_end(event.type) && !goes_on && (++ends > 1 || i + 1 != events.size())) fail(fmt::format("{}: event {} is an end too many", client.arn, event.id));
    const std::string_view type = asl::type_name(event.type);
    if (type == "TaskScheduled" || type == "ActivityScheduled") {
      work_of[event.id] = event.id;
    } else if (type.starts_with("Task") || type.starts_with("Activity")) {
      const auto it = work_of.find(event.previous);
      if (it == work_of.end()) continue;  // TaskStateEntered and its like
      work_of[event.id] = it->second;
      const bool answer = type == "TaskSucceeded" || type == "TaskFailed" || type == "TaskTimedOut" || type == "ActivitySucceeded" ||
                          type == "ActivityFailed" || type == "ActivityTimedOut";
      if (answer && !answered.insert(it->second).second) fail(fmt::format("{}: task {} is answered twice", client.arn, it->second));
    }
  }
  for (const Client::Seen& seen : client.seen) {
    if (seen.status != engine::Outcome::running && seen.status != record.status && client.redrives == 0) fail(client.arn + ": had ended otherwise before");
    for (size_t i = 0; i < seen.events.size(); ++i) {
      if (i < events.size() && text_of(seen.events[i], true) == text_of(events[i], true)) continue;
      return fail(fmt::format("{}: what was read before is no prefix of its history: event {} was\n    {}  and is\n    {}", client.arn, i + 1,
                              text_of(seen.events[i], true), i < events.size() ? text_of(events[i], true) : "gone"));
    }
  }
}

}  // namespace

Outcome simulate(uint64_t seed, bool disturbed) { return World(seed, disturbed).run(); }

Outcome check_seed(uint64_t seed) {
  Outcome disturbed = simulate(seed, true);
  if (!disturbed.failures.empty() || disturbed.histories.empty()) return disturbed;
  const Outcome calm = simulate(seed, false);
  for (const std::string& failure : calm.failures) disturbed.failures.push_back("undisturbed, " + failure);
  for (const auto& [arn, story] : disturbed.histories) {
    const auto it = calm.histories.find(arn);
    if (it != calm.histories.end() && it->second != story) {
      disturbed.failures.push_back(fmt::format("seed {}: {} has another history than undisturbed:\n{}\n--- undisturbed:\n{}", seed, arn, story, it->second));
    }
  }
  return disturbed;
}

}  // namespace sim
