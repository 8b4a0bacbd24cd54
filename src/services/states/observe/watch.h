#pragma once
// What executions leave behind beside their history: metrics, log events, traces, and the program's own counters.
//
// One place is told of everything that happens (engine::Observer, by way of States) and asks once what a machine wants.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/exposition.h"
#include "services/states/observe/execution_log.h"
#include "services/states/observe/execution_metrics.h"
#include "services/states/observe/traces.h"

namespace states {

class Watch {
 public:
  // The loggingConfiguration of the machine, or of the version, that an execution runs; nothing when there is no such machine, as
  // behind TestState: then nothing is told of it.
  using LoggingOf = std::function<std::optional<json::Value>(const engine::Record& execution)>;
  Watch(services::Kit& kit, LoggingOf logging_of) : kit_(kit), logging_of_(std::move(logging_of)), metrics_(kit), log_(kit) {}

  void export_traces(const std::string& endpoint) { traces_ = std::make_unique<Traces>(kit_, endpoint); }

  void status_changed(const engine::Record& execution);
  void progressed(const engine::Record& execution, const std::vector<asl::Event>& events);
  void task_called(const std::string& service) { ++task_calls_[service]; }
  // A machine has changed: what was asked is asked again.
  void machines_changed() { machines_.clear(); }

  void report(Exposition& out) const;

 private:
  static constexpr size_t kMachinesMax = 10'000;  // remembered at once

  // Null: not to be told of.
  const LogSettings* settings_of(const engine::Record& execution);

  services::Kit& kit_;
  LoggingOf logging_of_;
  ExecutionMetrics metrics_;
  ExecutionLog log_;
  std::unique_ptr<Traces> traces_;
  std::unordered_map<std::string, std::optional<LogSettings>> machines_;  // by version or machine ARN
  std::array<std::array<uint64_t, 5>, 2> executions_{};                   // standard and express, by status; those begun under RUNNING
  std::array<Histogram, 2> times_{};
  uint64_t transitions_ = 0;
  std::map<std::string, uint64_t> task_calls_;
};

}  // namespace states
