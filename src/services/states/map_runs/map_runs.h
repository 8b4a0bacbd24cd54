#pragma once
// Keeps the map runs: starts their children, as many at once as may be, counts how they end, and tells the
// parent's interpreter.
//
// A child's name is made of the run and the item's number, so that a run that is taken up after a crash finds
// the children that it began: those that ended are not run again. Children of type STANDARD are executions of
// the engine like any other; EXPRESS ones live in memory and begin again after a crash (at least once, as on AWS).
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "services/service.h"
#include "services/states/map_runs/map_run.h"
#include "services/states/map_runs/result_writer.h"
#include "services/table.h"

namespace states {

class MapRuns {
 public:
  MapRuns(engine::Engine& engine, services::Kit& kit);

  void load();
  // Begins a run, or takes up the one of that ARN; answers with MapRunFinished.
  void start(const engine::Record& parent, const asl::StartMapRun& asked);
  // Stops the children; nothing is answered. It may not have begun, or not be taken up since a crash.
  void stop(const engine::Record& parent, const asl::StopMapRun& asked);
  // Every end of an execution that belongs to a run comes here.
  void child_ended(const engine::Record& child);

  // Children that wait for their redrive, as many as `most`; whether that child does.
  using Outcome = engine::Outcome;
  std::vector<std::string> pending_redrive(std::string_view arn, size_t most);
  bool waits_for_redrive(std::string_view arn, std::string_view child);
  // The execution is gone: so are its runs.
  void forget_of(const std::string& execution_arn);

  // Null when there is none.
  const MapRun* find(std::string_view arn) const;
  // In the order in which they began.
  std::vector<const MapRun*> of_execution(const std::string& execution_arn) const;
  // UpdateMapRun: what is given changes, of a run that goes on.
  void update(const MapRun& run, std::optional<int64_t> concurrency, std::optional<int64_t> tolerated_count, std::optional<double> tolerated_percentage);

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;

  RunPtr find_running(std::string_view arn);
  // A run that nothing was asked of yet.
  MapRun begun(const engine::Record& parent, const std::string& arn, const json::Value& config) const;
  void stop_children(MapRun& run);
  void take_up(Run& run);
  void pump_in_turn(const RunPtr& run);
  // Begins children as far as concurrency and steps allow; returns the steps.
  uint32_t pump(const RunPtr& run, uint32_t steps);
  void begin_child(const RunPtr& run, size_t index);
  void redrive_child(const RunPtr& run, size_t index);
  void record_end(Run& run, size_t index, const engine::Record& child);
  static void count_failed(Run& run, size_t index, const engine::Record& child, int64_t by);
  bool intolerable(const Run& run) const;
  void give_up(const RunPtr& run, std::string_view status);
  void finish(const RunPtr& run);
  void answer(const RunPtr& run, asl::MapRunFinished what);
  void save(const MapRun& run);
  // Its counts have changed, which are stored at its end.
  void counted(const Run& run);

  engine::Engine& engine_;
  services::Kit& kit_;
  services::Table<MapRun> table_;
  std::unordered_map<std::string, std::vector<std::string>> by_execution_;  // ARNs of runs, by their parent's
  std::unordered_map<std::string, RunPtr> running_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace states
