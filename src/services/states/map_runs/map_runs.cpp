#include "services/states/map_runs/map_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"

namespace states {

using engine::Outcome;
using json::Value;

namespace {

constexpr int64_t kConcurrencyMax = 10'000;
// What beginning a child costs, in state transitions.
constexpr uint32_t kBeginSteps = 15;

constexpr std::string_view kKind = ":mapRun:";

// Where the table keeps it.
std::pair<services::Scope, std::string> place(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed) return {};
  return {{parsed->account, parsed->region}, parsed->resource};
}

// A name that looks like a UUID and follows from run and number alone.
std::string child_name(std::string_view map_run_arn, size_t index, std::string_view part = "") {
  const std::string hex = hex_encode(sha256(fmt::format("{} {} {}", map_run_arn, index, part)));
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12));
}

Value to_json(const MapCounts& c) {
  return json::object({{"pending", c.pending}, {"running", c.running}, {"succeeded", c.succeeded}, {"failed", c.failed},
                       {"timedOut", c.timed_out}, {"aborted", c.aborted}});
}

// How many items the child of that number works on.
int64_t items_in(const Value& config, size_t index) {
  const Value& counts = config["itemCounts"];
  return counts.is_array() && index < counts.size() ? counts[index].as_int64().value_or(1) : 1;
}

// What the names of a run's children begin with.
std::string child_prefix(std::string_view children_machine_arn, std::string_view kind) {
  Arn arn = *Arn::parse(children_machine_arn);
  arn.resource = fmt::format("{}:{}:", kind, arn.resource.substr(arn.resource.find(':') + 1));
  return arn.text();
}

// As what a child that has ended counts.
int64_t MapCounts::* count_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::running: return &MapCounts::running;
    case Outcome::succeeded: return &MapCounts::succeeded;
    case Outcome::timed_out: return &MapCounts::timed_out;
    case Outcome::aborted: return &MapCounts::aborted;
    case Outcome::failed: break;
  }
  return &MapCounts::failed;
}

// A child's record says in which of its run's redrives it began, or went on, last. No instant does: clocks are set.
std::string redrive_mark(const MapRun& run) { return run.redrive_count > 0 ? std::to_string(run.redrive_count) : ""; }

// Whether it is to go on with the run's last redrive.
bool goes_on(const MapRun& run, const engine::Record& child) {
  return child.status != Outcome::succeeded && std::strtoll(child.redrive_token.c_str(), nullptr, 10) < run.redrive_count;
}

MapCounts counts_from(const Value& v) {
  const auto n = [&](std::string_view name) { return v[name].as_int64().value_or(0); };
  return {n("pending"), n("running"), n("succeeded"), n("failed"), n("timedOut"), n("aborted")};
}

}  // namespace

Value to_json(const MapRun& run) {
  json::ObjectBuilder out;
  out.add("arn", run.arn).add("execution", run.execution_arn).add("machine", run.machine_arn).add("status", run.status);
  out.add("start", run.start.ms).add("stop", run.stop.ms).add("concurrency", run.concurrency);
  if (run.tolerated_count) out.add("toleratedCount", *run.tolerated_count);
  if (run.tolerated_percentage) out.add("toleratedPercentage", *run.tolerated_percentage);
  out.add("executions", to_json(run.executions)).add("items", to_json(run.items));
  out.add("redriveCount", run.redrive_count).add("redrive", run.redrive.ms);
  return out.build();
}

MapRun from_json(const Value& d, std::type_identity<MapRun>) {
  const auto n = [&](std::string_view name) { return d[name].as_int64().value_or(0); };
  MapRun run{.arn = std::string(d.text("arn")), .execution_arn = std::string(d.text("execution")), .machine_arn = std::string(d.text("machine")),
             .status = std::string(d.text("status")), .start = {n("start")}, .stop = {n("stop")}, .concurrency = n("concurrency"),
             .executions = counts_from(d["executions"]), .items = counts_from(d["items"]),
             .redrive_count = static_cast<int>(n("redriveCount")), .redrive = {n("redrive")}};
  run.tolerated_count = d["toleratedCount"].as_int64();
  if (d["toleratedPercentage"].is_number()) run.tolerated_percentage = d["toleratedPercentage"].as_double();
  return run;
}

// A run that goes on.
struct MapRuns::Run {
  MapRun shown;
  engine::Record parent;
  asl::StartMapRun asked;
  std::string definition, machine_name, child_prefix, region;
  bool express = false;
  std::vector<ChildResult> children;
  std::vector<bool> ended;
  std::unordered_map<std::string, size_t> open;  // ARN of a child that runs, its number
  std::map<size_t, std::string> again;  // children of a redriven run that are to go on, and their ARNs
  std::set<std::string, std::less<>> again_arns;
  size_t next = 0;
  bool in_line = false, pumping = false, giving_up = false;

  int64_t items_of(size_t index) const { return items_in(asked.config, index); }
  int64_t limit() const {
    return shown.concurrency <= 0 ? kConcurrencyMax : std::min(shown.concurrency, kConcurrencyMax);
  }
};

MapRuns::MapRuns(engine::Engine& engine, services::Kit& kit) : engine_(engine), kit_(kit), table_(kit.store, "states/map-run") {}

void MapRuns::load() {
  table_.load();
  std::vector<const MapRun*> runs;
  for (const auto& [scope, all] : table_.scopes()) {
    for (const auto& [id, run] : all) runs.push_back(&run);
  }
  std::ranges::sort(runs, {}, [](const MapRun* run) { return run->start; });
  for (const MapRun* run : runs) by_execution_[run->execution_arn].push_back(run->arn);
}

const MapRun* MapRuns::find(std::string_view arn) const {
  if (const auto it = running_.find(std::string(arn)); it != running_.end()) return &it->second->shown;
  const auto [scope, id] = place(arn);
  return table_.find(scope, id);
}

std::vector<const MapRun*> MapRuns::of_execution(const std::string& execution_arn) const {
  std::vector<const MapRun*> out;
  const auto it = by_execution_.find(execution_arn);
  if (it == by_execution_.end()) return out;
  for (const std::string& arn : it->second) {
    if (const MapRun* run = find(arn)) out.push_back(run);
  }
  return out;
}

void MapRuns::save(const MapRun& run) {
  const auto [scope, id] = place(run.arn);
  if (!table_.find(scope, id)) by_execution_[run.execution_arn].push_back(run.arn);
  table_.put(scope, id, run);
}

void MapRuns::counted(const Run& run) {
  store::Changes& changes = kit_.store.changes();
  if (!changes.listening()) return;
  const auto [scope, id] = place(run.shown.arn);
  changes.say("states/map-run", scope.account, scope.region, id);
}

// --- a run begins ------------------------------------------------------------------------------------------

MapRun MapRuns::begun(const engine::Record& parent, const std::string& arn, const Value& config) const {
  MapRun run{.arn = arn, .execution_arn = parent.arn, .start = kit_.clock().now(), .concurrency = config["maxConcurrency"].as_int64().value_or(0)};
  // "<machine>/<label>", as the run's own ARN has it.
  const std::string_view resource = std::string_view(arn).substr(arn.find(kKind) + kKind.size());
  Arn machine = *Arn::parse(arn);
  machine.resource = fmt::format("stateMachine:{}", resource.substr(0, resource.rfind(':')));
  run.machine_arn = machine.text();
  run.tolerated_count = config["toleratedFailureCount"].as_int64();
  if (config["toleratedFailurePercentage"].is_number()) run.tolerated_percentage = config["toleratedFailurePercentage"].as_double();
  return run;
}

void MapRuns::start(const engine::Record& parent, const asl::StartMapRun& asked) {
  if (running_.contains(asked.map_run_arn)) return;
  const Value& config = asked.config;
  auto run = std::make_shared<Run>();
  run->parent = parent;
  run->asked = asked;
  run->express = config.text("executionType") == "EXPRESS";
  const std::string text = json::write(config["processor"]);
  auto compiled = asl::compile(text, {.express = run->express});
  if (!compiled.machine) {
    engine_.deliver(parent.arn, asl::MapRunFinished{.task = asked.task, .succeeded = false, .error = "States.Runtime", .cause = asl::join_errors(compiled.diagnostics)});
    return;
  }
  run->definition = engine_.add_definition(text, std::move(compiled.machine));
  MapRun& shown = run->shown;
  if (const MapRun* before = find(asked.map_run_arn)) {
    shown = *before;
    if (const int64_t redrives = config["redriveCount"].as_int64().value_or(0); redrives > shown.redrive_count) {
      shown.redrive_count = static_cast<int>(redrives);
      shown.redrive = kit_.clock().now();
      shown.status = "RUNNING";
      shown.stop = {};
    }
  } else {
    shown = begun(parent, asked.map_run_arn, config);
  }
  const Arn machine = *Arn::parse(shown.machine_arn);
  run->region = machine.region;
  run->machine_name = machine.resource.substr(machine.resource.find(':') + 1);
  run->child_prefix = child_prefix(shown.machine_arn, run->express ? "express" : "execution");
  run->children.resize(asked.inputs.size());
  run->ended.resize(asked.inputs.size());
  shown.executions = shown.items = {};
  for (size_t i = 0; i < run->children.size(); ++i) {
    run->children[i].begun = false;
    ++shown.executions.pending;
    shown.items.pending += run->items_of(i);
  }
  save(shown);
  running_.emplace(shown.arn, run);
  take_up(*run);
  if (intolerable(*run)) return give_up(run, "FAILED");
  pump_in_turn(run);
}

// After a crash: what the children became whom the run began before.
void MapRuns::take_up(Run& run) {
  if (run.express) return;
  for (size_t i = 0; i < run.children.size(); ++i) {
    const std::string arn = run.child_prefix + child_name(run.shown.arn, i);
    const auto record = engine_.find(arn);
    // They begin in their order, so the first that is not there ends the search.
    if (!record) break;
    run.next = i + 1;
    --run.shown.executions.pending;
    run.shown.items.pending -= run.items_of(i);
    ++run.shown.executions.running;
    run.shown.items.running += run.items_of(i);
    run.children[i].begun = true;
    if (record->status == Outcome::running) {
      run.open.emplace(arn, i);
      continue;
    }
    record_end(run, i, *record);
    // What failed before the run was redriven goes on.
    if (goes_on(run.shown, *record)) {
      run.again.emplace(i, arn);
      run.again_arns.insert(arn);
      ++run.shown.executions.pending_redrive;
      run.shown.items.pending_redrive += run.items_of(i);
      count_failed(run, i, *record, -1);
    }
  }
}

// The children begin in the account's turns: what ends here may be in the middle of a step, and others begin theirs.
void MapRuns::pump_in_turn(const RunPtr& run) {
  if (std::exchange(run->in_line, true)) return;
  engine_.in_turn(run->shown.arn, [this, run, alive = alive_](uint32_t steps) -> uint32_t {
    run->in_line = false;
    if (!*alive || run->giving_up || !running_.contains(run->shown.arn)) return 0;
    if (!intolerable(*run)) return pump(run, steps);
    give_up(run, "FAILED");
    return 0;
  });
}

uint32_t MapRuns::pump(const RunPtr& run, uint32_t steps) {
  run->pumping = true;
  const auto more = [&] { return !run->again.empty() || run->next < run->children.size(); };
  uint32_t made = 0;
  for (; made <= steps && more() && static_cast<int64_t>(run->open.size()) < run->limit(); made += kBeginSteps) {
    if (!run->again.empty()) {
      redrive_child(run, run->again.begin()->first);
    } else {
      begin_child(run, run->next++);
    }
    if (!run->giving_up && intolerable(*run)) give_up(run, "FAILED");
    if (run->giving_up) break;
  }
  run->pumping = false;
  if (run->giving_up) return made;
  if (more()) {
    if (static_cast<int64_t>(run->open.size()) < run->limit()) pump_in_turn(run);
  } else if (run->open.empty()) {
    finish(run);
  }
  return made;
}

void MapRuns::begin_child(const RunPtr& run, size_t index) {
  const std::string name = child_name(run->shown.arn, index);
  const Value& input = run->asked.inputs[index];
  engine::Record record{.arn = run->child_prefix + name, .name = name, .machine_arn = run->shown.machine_arn,
                        .definition = run->definition, .role_arn = run->parent.role_arn, .input = json::write(input),
                        .trace_header = run->parent.trace_header, .map_run_arn = run->shown.arn, .parent_arn = run->parent.arn,
                        .start = kit_.clock().now(), .redrive_token = redrive_mark(run->shown), .item_count = run->items_of(index)};
  if (run->express) record.arn += ":" + child_name(run->shown.arn, index, "express");
  run->open.emplace(record.arn, index);
  run->children[index].begun = true;
  --run->shown.executions.pending;
  run->shown.items.pending -= run->items_of(index);
  ++run->shown.executions.running;
  run->shown.items.running += run->items_of(index);
  counted(*run);
  if (!run->express) return engine_.start(std::move(record), input, run->machine_name, run->region);
  engine_.start_express(std::move(record), input, run->machine_name, run->region, [this, alive = alive_](const engine::Record& closed) {
    if (*alive) child_ended(closed);
  });
}

void MapRuns::redrive_child(const RunPtr& run, size_t index) {
  const std::string arn = std::move(run->again.extract(index).mapped());
  run->again_arns.erase(arn);
  --run->shown.executions.pending_redrive;
  run->shown.items.pending_redrive -= run->items_of(index);
  ++run->shown.executions.running;
  run->shown.items.running += run->items_of(index);
  run->open.emplace(arn, index);
  counted(*run);
  if (engine_.redrive(arn, redrive_mark(run->shown)) == engine::Engine::Redriven::runs) return;
  // It has nothing to go on with: it stays as it was.
  run->open.erase(arn);
  if (const auto record = engine_.find(arn)) record_end(*run, index, *record);
}

std::vector<std::string> MapRuns::pending_redrive(std::string_view arn, size_t most) {
  std::vector<std::string> out;
  const RunPtr run = find_running(arn);
  if (!run) return out;
  for (const auto& [index, child] : run->again) {
    if (out.size() == most) break;
    out.push_back(child);
  }
  return out;
}

bool MapRuns::waits_for_redrive(std::string_view arn, std::string_view child) {
  if (arn.empty()) return false;
  const RunPtr run = find_running(arn);
  return run && run->again_arns.contains(child);
}

void MapRuns::forget_of(const std::string& execution_arn) {
  const auto node = by_execution_.extract(execution_arn);
  if (node.empty()) return;
  for (const std::string& arn : node.mapped()) {
    const auto [scope, id] = place(arn);
    table_.erase(scope, id);
  }
}

// --- children end ------------------------------------------------------------------------------------------

MapRuns::RunPtr MapRuns::find_running(std::string_view arn) {
  const auto it = running_.find(std::string(arn));
  return it == running_.end() ? nullptr : it->second;
}

void MapRuns::child_ended(const engine::Record& child) {
  const RunPtr run = find_running(child.map_run_arn);
  if (!run) return;
  const auto it = run->open.find(child.arn);
  if (it == run->open.end()) return;
  const size_t index = it->second;
  run->open.erase(it);
  record_end(*run, index, child);
  if (run->giving_up) return;
  if (!run->pumping) pump_in_turn(run);  // pump() looks itself
}

void MapRuns::count_failed(Run& run, size_t index, const engine::Record& child, int64_t by) {
  MapCounts &e = run.shown.executions, &i = run.shown.items;
  int64_t MapCounts::*const kind = count_of(child.status);
  e.*kind += by;
  i.*kind += by * run.items_of(index);
}

void MapRuns::record_end(Run& run, size_t index, const engine::Record& child) {
  const int64_t items = run.items_of(index);
  MapCounts &e = run.shown.executions, &i = run.shown.items;
  --e.running, i.running -= items;
  if (child.status == Outcome::succeeded) {
    ++e.succeeded, i.succeeded += items;
  } else {
    count_failed(run, index, child, 1);
  }
  run.ended[index] = true;
  counted(run);
  run.children[index].record = child;
}

bool MapRuns::intolerable(const Run& run) const {
  const MapCounts& items = run.shown.items;
  const int64_t failed = items.failed + items.timed_out + items.aborted;
  if (failed == 0) return false;
  const auto& count = run.shown.tolerated_count;
  const auto& percentage = run.shown.tolerated_percentage;
  if (!count && !percentage) return true;
  if (count && failed > *count) return true;
  return percentage && static_cast<double>(failed) * 100 > *percentage * static_cast<double>(items.total());
}

// --- a run ends --------------------------------------------------------------------------------------------

void MapRuns::give_up(const RunPtr& run, std::string_view status) {
  if (run->giving_up) return;
  run->giving_up = true;
  run->shown.status = status;
  std::vector<std::string> open;
  for (const auto& [arn, index] : run->open) open.push_back(arn);
  for (const std::string& arn : open) engine_.stop(arn, std::nullopt, std::nullopt);
  // What waited to go on stays as it was.
  for (const auto& [index, arn] : run->again) count_failed(*run, index, run->children[index].record, 1);
  run->shown.executions.pending_redrive = run->shown.items.pending_redrive = 0;
  run->again.clear(), run->again_arns.clear();
  run->shown.executions.aborted += run->shown.executions.pending;
  run->shown.items.aborted += run->shown.items.pending;
  run->shown.executions.pending = run->shown.items.pending = 0;
  counted(*run);
  finish(run);
}

void MapRuns::stop(const engine::Record& parent, const asl::StopMapRun& asked) {
  if (const RunPtr run = find_running(asked.map_run_arn)) return give_up(run, "ABORTED");
  const MapRun* known = find(asked.map_run_arn);
  if (known && known->status != "RUNNING") return;
  MapRun ended = known ? *known : begun(parent, asked.map_run_arn, asked.config);
  if (known) {
    // The process has ended since it began, and nobody has taken it up.
    stop_children(ended);
  } else if (asked.inputs.is_array()) {
    ended.executions.aborted = static_cast<int64_t>(asked.inputs.size());
    for (size_t i = 0; i < asked.inputs.size(); ++i) ended.items.aborted += items_in(asked.config, i);
  }
  ended.status = "ABORTED";
  ended.stop = kit_.clock().now();
  save(ended);
}

// The children that a run began, stopped and counted; those that it did not begin are counted as aborted.
void MapRuns::stop_children(MapRun& run) {
  const int64_t executions = run.executions.total(), items = run.items.total();
  run.executions = run.items = {};
  const std::string prefix = child_prefix(run.machine_arn, "execution");
  for (size_t i = 0;; ++i) {
    const std::string arn = prefix + child_name(run.arn, i);
    engine_.stop(arn, std::nullopt, std::nullopt);
    const auto child = engine_.find(arn);
    // They begin in their order.
    if (!child) break;
    const auto kind = count_of(child->status);
    ++(run.executions.*kind);
    run.items.*kind += child->item_count;
  }
  run.executions.aborted += executions - run.executions.total();
  run.items.aborted += items - run.items.total();
}

void MapRuns::finish(const RunPtr& run) {
  if (run->shown.status == "ABORTED") return answer(run, {.task = run->asked.task, .succeeded = false});
  const bool failed = run->shown.status == "FAILED";
  const WriterConfig writer = writer_config(run->asked.config["resultWriter"]);
  asl::MapRunFinished told{.task = run->asked.task, .succeeded = !failed};
  if (failed) {
    told.error = "States.ExceedToleratedFailureThreshold";
    told.cause = "The specified tolerated failure threshold was exceeded";
  }
  if (!writer.to_s3) {
    if (!failed) told.output = gathered(run->children, writer);
    return answer(run, std::move(told));
  }
  // Those that never began are in the files too.
  for (size_t i = 0; i < run->children.size(); ++i) {
    if (run->children[i].begun) continue;
    run->children[i].record.name = child_name(run->shown.arn, i);
    run->children[i].record.input = json::write(run->asked.inputs[i]);
    run->children[i].record.machine_arn = run->shown.machine_arn;
  }
  auto files = result_files(run->children, writer, run->shown.arn);
  const std::string key = files.back().key;
  const auto role = protocol::Principal::role_session(run->parent.role_arn, hex_encode(sha256(run->parent.arn)).substr(0, 32));
  write_files(kit_.registry, role, run->region, writer.bucket, std::move(files),
              [this, run, key, writer, told = std::move(told), alive = alive_](Status written) mutable {
                if (!*alive) return;
                if (!written && told.succeeded) {
                  told.succeeded = false;
                  told.error = "States.ResultWriterFailed";
                  told.cause = written.error().message;
                  run->shown.status = "FAILED";
                }
                told.output = json::object({{"MapRunArn", run->shown.arn},
                                            {"ResultWriterDetails", json::object({{"Bucket", writer.bucket}, {"Key", key}})}});
                answer(run, std::move(told));
              });
}

void MapRuns::answer(const RunPtr& run, asl::MapRunFinished what) {
  if (run->shown.status == "RUNNING") run->shown.status = "SUCCEEDED";
  run->shown.stop = kit_.clock().now();
  running_.erase(run->shown.arn);
  save(run->shown);
  if (run->shown.status == "ABORTED") return;
  engine_.deliver(run->parent.arn, std::move(what));
}

void MapRuns::update(const MapRun& run, std::optional<int64_t> concurrency, std::optional<int64_t> tolerated_count, std::optional<double> tolerated_percentage) {
  const RunPtr running = find_running(run.arn);
  if (!running) return;
  if (concurrency) running->shown.concurrency = *concurrency;
  if (tolerated_count) running->shown.tolerated_count = tolerated_count;
  if (tolerated_percentage) running->shown.tolerated_percentage = tolerated_percentage;
  save(running->shown);
  pump_in_turn(running);
}

}  // namespace states
