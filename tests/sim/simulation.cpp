#include "simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "deployment.h"
#include "language/json/parse.h"
#include "machines.h"
#include "process.h"

namespace sim {
namespace {

using asl::EventType;
using engine::Record;
using json::Value;

struct Client {
  std::string name, arn, input;
  size_t machine = 0;
  Deployment::By by = Deployment::By::machine;
  uint64_t pick = 0;             // which version
  std::set<size_t> plans;        // those that it asked for
  int64_t at_ms = 0;             // of the world's life: when it wants to start
  bool asked = false, acknowledged = false;
  bool stop_asked = false, stopped = false;  // `stopped`: acknowledged while it ran
  int redrives = 0;                          // asked for
};

// What somebody was told of an execution.
struct Seen {
  engine::Outcome status;
  int redrives;
  std::vector<asl::Event> events;
};

bool is_end(EventType type) {
  return type == EventType::ExecutionSucceeded || type == EventType::ExecutionFailed || type == EventType::ExecutionAborted ||
         type == EventType::ExecutionTimedOut;
}

std::string text_of(const asl::Event& event, bool with_time) {
  return fmt::format("{}<{} {} {} {} {} {}\n", event.id, event.previous, with_time ? event.at.ms : 0, asl::type_name(event.type), event.name,
                     event.data ? json::write(*event.data) : "-", json::write(event.details));
}

class World {
 public:
  World(uint64_t seed, bool disturbed) : disturbed_(disturbed), outside_(seed), plans_random_(seed), faults_(seed + 1), clients_random_(seed + 2), owners_random_(seed + 4) {}

  Outcome run();

 private:
  void plan();
  void restart(Crash how);
  void act(Client& client);
  void disturb();
  bool over();
  void check(bool last);
  void check_client(Client& client);
  void check_execution(const Record& record, bool last);
  void check_history(const Record& record, const std::vector<asl::Event>& events);
  void check_children(const Record& record, const std::vector<asl::Event>& events);
  void check_map_run(const std::string& arn);
  void fail(std::string what) { outside_.fail(std::move(what)); }
  bool failed() const { return !outside_.failures.empty(); }
  void count(std::string_view bytes) {
    for (const char c : bytes) out_.digest = (out_.digest ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  }
  Instant now() { return process_->loop.clock().now(); }
  // What has gone by since the world began, whatever anybody set the clock to.
  int64_t lived_ms() const { return process_ ? process_->lived_ms() : outside_.before_ms; }
  std::vector<Record> executions();
  void set_clock();

  bool disturbed_;
  Outside outside_;
  SeededRandom plans_random_, faults_, clients_random_, owners_random_;
  std::vector<Deployment> machines_;
  std::optional<Leaves> leaves_;
  std::vector<Deployment> leaf_machines_;
  std::vector<Client> clients_;
  std::map<std::string, std::vector<Seen>> seen_;  // by execution
  std::unique_ptr<Process> process_;
  int64_t quiet_until_ms_ = 0;
  int faults_left_ = 0;
  bool set_ahead_ = false;  // the clock was: what had time enough may have timed out
  bool set_ = false;        // the clock was, in either direction
  Outcome out_;
};

void World::plan() {
  leaves_ = make_leaves(plans_random_);
  leaf_machines_.emplace_back("leaf", std::vector<Plan>{leaves_->standard});
  leaf_machines_.emplace_back("express-leaf", std::vector<Plan>{leaves_->express}, "EXPRESS");
  const uint64_t machines = 1 + plans_random_.below(2);
  for (uint64_t i = 0; i < machines; ++i) {
    std::vector<Plan> plans;
    for (uint64_t n = 1 + plans_random_.below(2); n > 0; --n) plans.push_back(make_plan(plans_random_));
    machines_.emplace_back(fmt::format("m{}", i), std::move(plans));
  }
  const uint64_t count = 1 + plans_random_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    Client c;
    c.machine = plans_random_.below(machines_.size());
    c.by = static_cast<Deployment::By>(plans_random_.below(3));
    c.pick = plans_random_.next();
    c.name = fmt::format("e{}", i);
    c.arn = fmt::format("{}execution:m{}:{}", kArnHead, c.machine, c.name);
    c.input = json::write(make_input(plans_random_));
    c.at_ms = static_cast<int64_t>(plans_random_.below(20'000));
    clients_.push_back(std::move(c));
  }
  faults_left_ = disturbed_ ? static_cast<int>(faults_.below(7)) : 0;
}

// The process is gone; another takes its place.
void World::restart(Crash how) {
  const Instant at = process_ ? now() : Instant{1'700'000'000'000};
  outside_.before_ms = lived_ms();
  SimulatedDisk& disk = outside_.disk;
  if (process_) {
    process_.reset();
    disk.crash(how);
    ++out_.crashes;
    // Whoever was not answered asks again.
    for (Client& client : clients_) client.asked = false;
    // It may die again on its way up.
    if (disturbed_ && faults_.below(4) == 0) {
      disk.die_at_call(1 + faults_.below(12));
      process_ = std::make_unique<Process>(outside_, at, faults_.next());
      [[maybe_unused]] const auto half = process_->open();
      process_.reset();
      disk.crash(faults_.below(2) ? Crash::process : Crash::power);
    }
  }
  process_ = std::make_unique<Process>(outside_, at, faults_.next());
  if (auto opened = process_->open(); !opened) return fail("it does not start again: " + opened.error().message);
  for (Deployment& machine : machines_) machine.look(*process_, outside_);
  for (Deployment& leaf : leaf_machines_) leaf.look(*process_, outside_);
  process_->start();
}

void World::act(Client& client) {
  engine::Engine& engine = process_->engine();
  const auto asks = [&](std::string_view operation, Value params) {
    auto done = process_->call(operation, std::move(params));
    if (!done && !protocol::is_no_room(done.error()) && done.error().code != "ExecutionAlreadyExists") {
      fail(fmt::format("{}: {}: {} {}", client.arn, operation, done.error().code, done.error().message));
    }
    return done;
  };
  if (!client.acknowledged) {
    if (lived_ms() < client.at_ms || client.asked || !process_->store->healthy()) return;
    // What it starts others of has to be there.
    const auto start = machines_[client.machine].start(client.by, client.pick);
    const auto there = [](const Deployment& leaf) { return leaf.start(Deployment::By::machine, 0).has_value(); };
    if (!start || !std::ranges::all_of(leaf_machines_, there)) return;
    client.plans.insert(start->plan);
    const auto done = asks("StartExecution", json::object({{"stateMachineArn", start->arn}, {"name", client.name}, {"input", client.input}}));
    if (!done && protocol::is_no_room(done.error())) return;
    if (done && done->text("executionArn") != client.arn) return fail(client.arn + " began as " + std::string(done->text("executionArn")));
    client.asked = true;
    process_->durably([&client] { client.acknowledged = true; });
    return;
  }
  std::vector<Seen>& seen = seen_[client.arn];
  if (clients_random_.below(20) == 0 || seen.empty()) {
    const auto record = engine.find(client.arn);
    Seen now{record->status, record->redrive_count, engine.history(client.arn, 1, 30'000, store::Order::forward)};
    process_->durably([&seen, now = std::move(now)]() mutable { seen.push_back(std::move(now)); });
  }
  if (!client.stop_asked && clients_random_.below(400) == 0) {
    client.stop_asked = true;
    const bool ran = engine.find(client.arn)->status == engine::Outcome::running;
    const auto done = asks("StopExecution", json::object({{"executionArn", client.arn}, {"error", "Stopped"}, {"cause", "by its client"}}));
    if (ran && done) process_->durably([&client] { client.stopped = true; });
  }
  constexpr int kRedrivesMax = 2;
  if (client.redrives < kRedrivesMax && clients_random_.below(10) == 0) {
    const engine::Outcome outcome = engine.find(client.arn)->status;
    if (outcome == engine::Outcome::running || outcome == engine::Outcome::succeeded) return;
    ++client.redrives;
    asks("RedriveExecution", json::object({{"executionArn", client.arn}, {"clientToken", fmt::format("r{}", client.redrives)}}));
  }
}

void World::disturb() {
  if (faults_left_ <= 0 || lived_ms() < quiet_until_ms_ || faults_.below(8) != 0) return;
  --faults_left_;
  quiet_until_ms_ = lived_ms() + 12'000;
  switch (faults_.below(5)) {
    case 0: outside_.disk.die_at_call(1 + faults_.below(40)); break;
    case 1: outside_.disk.fail_calls(1 + faults_.below(20), 1 + faults_.below(6), static_cast<Fault>(faults_.below(3))); break;
    case 2:
      outside_.disk.set_full(true);
      process_->loop.after(1 + static_cast<int64_t>(faults_.below(2'000)), [this] { outside_.disk.set_full(false); });
      break;
    case 3: set_clock(); break;
    default: restart(faults_.below(2) ? Crash::process : Crash::power);
  }
}

// Somebody sets the clock, back or ahead, and at times the process ends right behind it.
void World::set_clock() {
  const bool ahead = faults_.below(2) == 0;
  set_ahead_ = set_ahead_ || ahead;
  set_ = true;
  const auto by = static_cast<int64_t>(1 + faults_.below(ahead ? 3'600'000 : 60'000));
  process_->loop.clock().set(now() + (ahead ? by : -by));
  if (faults_.below(3) == 0) restart(faults_.below(2) ? Crash::process : Crash::power);
}

// Everybody's execution has ended, and whatever those have started.
bool World::over() {
  return process_->store->healthy() && process_->engine().open_count() == 0 && std::ranges::all_of(clients_, [&](const Client& c) {
    const auto record = c.acknowledged ? process_->engine().find(c.arn) : std::nullopt;
    return record && record->status != engine::Outcome::running;
  });
}

Outcome World::run() {
  plan();
  restart(Crash::process);
  constexpr int64_t kCapMs = 4 * 3'600'000;
  SeededRandom pace(outside_.seed + 3);
  const SimulatedDisk& disk = outside_.disk;
  while (!failed() && lived_ms() < kCapMs) {
    if (process_->store->healthy()) {
      for (Deployment& leaf : leaf_machines_) leaf.act(*process_, outside_, owners_random_);
      for (Deployment& machine : machines_) machine.act(*process_, outside_, owners_random_);
    }
    for (Client& client : clients_) act(client);
    disturb();
    if (failed()) break;
    process_->loop.run_for(1 + static_cast<int64_t>(pace.below(600)));
    if (disk.dead()) {
      restart(faults_.below(2) ? Crash::process : Crash::power);
      continue;
    }
    if (!over()) continue;
    // The ends may not be safe yet, and the disk may die while they are written.
    faults_left_ = 0;
    // A process that has died is started again soon: what waits for answers must not run out of time meanwhile.
    for (int64_t passed = 0; passed < 60'000 && !disk.dead(); passed += 500) process_->loop.run_for(500);
    if (!disk.dead() && over()) break;
    if (disk.dead()) restart(Crash::power);
  }
  if (!failed()) check(false);
  // What was said is on the device: the lights go out once more, and all of it is there.
  if (!failed() && disturbed_) {
    disturbed_ = false;
    restart(Crash::power);
    if (!failed()) {
      process_->loop.run_for(1'000);
      check(true);
    }
  }
  out_.failures = outside_.failures;
  out_.disk_calls = disk.calls();
  count(fmt::format("{} {}", out_.crashes, out_.disk_calls));
  return out_;
}

// All there are: the clients', those that they started, and the children of Maps, wherever those are.
std::vector<Record> World::executions() {
  std::vector<std::string> owners;
  for (const Deployment& leaf : leaf_machines_) owners.push_back(leaf.arn());
  for (const Deployment& machine : machines_) owners.push_back(machine.arn());
  std::vector<Record> out;
  for (size_t i = 0; i < owners.size(); ++i) {
    const std::string owner = owners[i];
    const auto listing = process_->engine().list({.owner = owner, .limit = 10'000});
    for (const auto& listed : listing.entries) {
      auto record = process_->engine().find(listed.arn);
      if (!record) {
        fail(listed.arn + ": is listed, and not there");
        continue;
      }
      const auto runs = process_->call("ListMapRuns", json::object({{"executionArn", record->arn}}));
      if (runs) {
        for (const Value& run : (*runs)["mapRuns"].items()) owners.emplace_back(run.text("mapRunArn"));
      }
      out.push_back(*std::move(record));
    }
  }
  return out;
}

void World::check(bool last) {
  const std::vector<Record> all = executions();
  for (const Record& record : all) check_execution(record, last);
  for (Client& client : clients_) check_client(client);
  out_.executions = all.size();
  // Whoever's answer was taken finds it in the history.
  for (const auto& [key, job] : outside_.jobs) {
    if (!job.accepted) continue;
    const auto events = process_->engine().history(job.execution, job.task + 1, 30'000, store::Order::forward);
    const bool there = std::ranges::any_of(events, [&](const asl::Event& e) {
      return e.type == EventType::TaskSucceeded || e.type == EventType::TaskFailed || e.type == EventType::ActivitySucceeded || e.type == EventType::ActivityFailed;
    });
    if (!there) fail(fmt::format("{}: the answer to task {} was acknowledged, and its history has none", job.execution, job.task));
  }
}

void World::check_client(Client& client) {
  if (!client.acknowledged) return fail(client.arn + ": its start was never acknowledged");
  const auto record = process_->engine().find(client.arn);
  if (!record) return fail(client.arn + ": acknowledged and lost");
  const Deployment& machine = machines_[client.machine];
  const auto number = machine.plan_of(process_->engine().definition_text(record->definition).value_or(""));
  if (!number || !client.plans.contains(*number)) return fail(client.arn + ": it runs a definition that it was not started with");
  const Plan& plan = machine.plan(*number);
  const std::set<std::string> right = predict(plan, *leaves_, *json::parse(client.input), outside_.seed);
  std::string ended(engine::status_text(record->status));
  if (record->status == engine::Outcome::succeeded) ended += " " + canonical(*json::parse(*record->output));
  if (record->status == engine::Outcome::failed) ended += " " + record->error.value_or("");
  const bool excused = set_ahead_ || (record->status == engine::Outcome::timed_out && plan.timeout_s) || (record->status == engine::Outcome::aborted && client.stop_asked);
  if (!right.empty() && !right.contains(ended) && !excused) {
    std::string all;
    for (const std::string& one : right) all += "\n    " + one;
    fail(fmt::format("{}: ended as\n    {}\n  where the model has{}\n  {}\n  leaf {}\n  express leaf {}\n  input {}", client.arn, ended, all, plan.definition(), leaves_->standard.definition(), leaves_->express.definition(), client.input));
  }
  if (client.stopped && client.redrives == 0 && record->status != engine::Outcome::aborted) fail(client.arn + ": was stopped, and ended otherwise");
  if (plan.sequential() && !plan.timeout_s && !client.stop_asked && client.redrives == 0 && !set_ahead_) {
    std::string story;
    for (const asl::Event& event : process_->engine().history(client.arn, 1, 30'000, store::Order::forward)) story += text_of(event, false);
    out_.histories[fmt::format("{} plan {}", client.arn, *number)] = std::move(story);
  }
}

void World::check_execution(const Record& record, bool last) {
  const auto events = process_->engine().history(record.arn, 1, 30'000, store::Order::forward);
  // For a look at one seed.
  static const bool tells = std::getenv("GANTRY_SIM_TELL") != nullptr;
  if (tells) {
    fmt::print("{} {} from {} to {}\n", record.arn, engine::status_text(record.status), record.start.ms, record.stop.ms);
    for (const asl::Event& event : events) fmt::print("  {}", text_of(event, true));
  }
  check_history(record, events);
  check_children(record, events);
  // What was seen now must be there after the last crash as well.
  if (!last) seen_[record.arn].push_back({record.status, record.redrive_count, events});
  for (const asl::Event& event : events) count(text_of(event, true));
  count(record.encode());
  if (!last) out_.events += events.size();
}

void World::check_history(const Record& record, const std::vector<asl::Event>& events) {
  const std::string& arn = record.arn;
  if (record.status == engine::Outcome::running) fail(fmt::format("{}: never ends: {}", arn, process_->engine().definition_text(record.definition).value_or("")));
  if (record.events != events.size()) fail(fmt::format("{}: {} events are told and {} there", arn, record.events, events.size()));
  if (record.stop < (events.empty() ? record.start : events.back().at)) fail(arn + ": it ended before its last event");
  size_t ends = 0;
  std::map<uint64_t, uint64_t> work_of;  // event -> the Scheduled event that it belongs to
  std::set<uint64_t> answered;
  for (size_t i = 0; i < events.size(); ++i) {
    const asl::Event& event = events[i];
    if (event.id != i + 1) return fail(fmt::format("{}: event {} stands at {}", arn, event.id, i + 1));
    if (event.previous >= event.id) fail(fmt::format("{}: event {} follows {}", arn, event.id, event.previous));
    if (i > 0 && event.at < events[i - 1].at) fail(fmt::format("{}: event {} is older than the one before", arn, event.id));
    const bool goes_on = i + 1 < events.size() && events[i + 1].type == EventType::ExecutionRedriven;
    if (is_end(event.type) && !goes_on && (++ends > 1 || i + 1 != events.size())) fail(fmt::format("{}: event {} is an end too many", arn, event.id));
    const std::string_view type = asl::type_name(event.type);
    if (type == "TaskScheduled" || type == "ActivityScheduled") {
      work_of[event.id] = event.id;
    } else if (type.starts_with("Task") || type.starts_with("Activity")) {
      const auto it = work_of.find(event.previous);
      if (it == work_of.end()) continue;  // TaskStateEntered and its like
      work_of[event.id] = it->second;
      const bool answer = type == "TaskSucceeded" || type == "TaskFailed" || type == "TaskTimedOut" || type == "ActivitySucceeded" ||
                          type == "ActivityFailed" || type == "ActivityTimedOut";
      if (answer && !answered.insert(it->second).second) fail(fmt::format("{}: task {} is answered twice", arn, it->second));
    }
  }
  for (const Seen& seen : seen_[arn]) {
    if (seen.status != engine::Outcome::running && seen.redrives == record.redrive_count && seen.status != record.status) fail(arn + ": had ended otherwise before");
    for (size_t i = 0; i < seen.events.size(); ++i) {
      if (i < events.size() && text_of(seen.events[i], true) == text_of(events[i], true)) continue;
      return fail(fmt::format("{}: what was read before is no prefix of its history: event {} was\n    {}  and is\n    {}", arn, i + 1,
                              text_of(seen.events[i], true), i < events.size() ? text_of(events[i], true) : "gone"));
    }
  }
}

// What it has started: executions that are there once, and end with it at the latest when it waits for them; map runs that are over.
void World::check_children(const Record& record, const std::vector<asl::Event>& events) {
  std::map<uint64_t, std::string> started;  // by the event that says so
  std::set<uint64_t> answered;
  for (const asl::Event& event : events) {
    if (event.type == EventType::MapRunStarted) check_map_run(std::string(event.details.text("mapRunArn")));
    if (event.type == EventType::TaskSucceeded || event.type == EventType::TaskFailed) answered.insert(event.previous);
    if ((event.type != EventType::TaskSubmitted && event.type != EventType::TaskSucceeded) || !event.data) continue;
    const std::string child(event.data->text("ExecutionArn"));
    // Nothing is kept of an Express one.
    if (child.empty() || child.find(":express:") != child.npos) continue;
    if (!process_->engine().find(child)) fail(fmt::format("{}: it started {}, which is not there", record.arn, child));
    if (event.type == EventType::TaskSubmitted) started.emplace(event.id, child);
  }
  for (const auto& [event, child] : started) {
    const auto there = process_->engine().find(child);
    if (there && !answered.contains(event) && !set_ && there->stop > record.stop) fail(fmt::format("{}: {} was not stopped with it", record.arn, child));
  }
  // The other way round: nothing was started that the one who did knows nothing of.
  if (record.parent_arn.empty() || !record.map_run_arn.empty()) return;
  size_t known = 0;
  for (const asl::Event& event : process_->engine().history(record.parent_arn, 1, 30'000, store::Order::forward)) {
    const bool says = event.data && event.data->text("ExecutionArn") == record.arn;
    if (says && event.type == EventType::TaskSubmitted) ++known;
    // One that is not waited for is there with the task's success.
    if (says && event.type == EventType::TaskSucceeded && event.data->find("Status") == nullptr) ++known;
  }
  if (known != 1) fail(fmt::format("{}: {} knows of its start {} times", record.arn, record.parent_arn, known));
}

void World::check_map_run(const std::string& arn) {
  const auto run = process_->call("DescribeMapRun", json::object({{"mapRunArn", arn}}));
  if (!run) return fail(fmt::format("{}: {}", arn, run.error().message));
  if (run->text("status") == "RUNNING") fail(arn + ": it still runs, and its execution does not");
  std::map<engine::Outcome, int64_t> children;
  for (const auto& listed : process_->engine().list({.owner = arn, .limit = 10'000}).entries) ++children[process_->engine().find(listed.arn)->status];
  const Value& counts = (*run)["executionCounts"];
  const auto told = [&](std::string_view name) { return counts[name].as_int64().value_or(-1); };
  // Of Express ones nothing is kept but how many they were.
  if (children.empty() && told("succeeded") + told("failed") + told("timedOut") + told("aborted") != told("total")) {
    fail(fmt::format("{}: its counts do not add up: {}", arn, json::write(*run)));
  }
  for (const auto& [name, status] : {std::pair{"succeeded", engine::Outcome::succeeded}, {"failed", engine::Outcome::failed}, {"timedOut", engine::Outcome::timed_out}}) {
    if (!children.empty() && told(name) != children[status]) fail(fmt::format("{}: {} are told to be {}, {} are: {}", arn, told(name), name, children[status], json::write(*run)));
  }
  if (told("running") != 0 || told("pending") != 0) fail(fmt::format("{}: it is over, and {} run, {} wait", arn, told("running"), told("pending")));
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
