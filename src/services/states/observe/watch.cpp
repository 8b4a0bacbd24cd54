#include "services/states/observe/watch.h"

namespace states {

using engine::Outcome;

const LogSettings* Watch::settings_of(const engine::Record& r) {
  const std::string& key = r.version_arn.empty() ? r.machine_arn : r.version_arn;
  auto it = machines_.find(key);
  if (it == machines_.end()) {
    if (machines_.size() >= kMachinesMax) machines_.clear();
    std::optional<LogSettings> settings;
    if (const auto logging = logging_of_(r)) settings = LogSettings::of(*logging);
    it = machines_.emplace(key, std::move(settings)).first;
  }
  return it->second ? &*it->second : nullptr;
}

void Watch::status_changed(const engine::Record& r) {
  if (!settings_of(r)) return;
  ++executions_[r.express][static_cast<size_t>(r.status)];
  if (r.status != Outcome::running) times_[r.express].observe(static_cast<double>(r.stop - r.start) / 1000);
  // A map run's children are counted by their run.
  if (r.map_run_arn.empty()) metrics_.status_changed(r);
  if (traces_) traces_->status_changed(r);
}

void Watch::progressed(const engine::Record& r, const std::vector<asl::Event>& events) {
  const LogSettings* settings = settings_of(r);
  if (!settings) return;
  for (const asl::Event& event : events) {
    if (asl::type_name(event.type).ends_with("StateEntered")) ++transitions_;
  }
  if (settings->level != LogSettings::Level::off) log_.add(*settings, r, events);
  metrics_.progressed(r, events);
  if (traces_) traces_->progressed(r, events);
}

void Watch::report(Exposition& out) const {
  out.family("gantry_executions_started_total", "counter", "Executions begun, redrives included.");
  for (const bool express : {false, true}) out.sample({{"type", express ? "EXPRESS" : "STANDARD"}}, static_cast<double>(executions_[express][0]));
  out.family("gantry_executions_ended_total", "counter", "Executions ended, by how.");
  for (const bool express : {false, true}) {
    for (const Outcome outcome : {Outcome::succeeded, Outcome::failed, Outcome::timed_out, Outcome::aborted}) {
      out.sample({{"type", express ? "EXPRESS" : "STANDARD"}, {"status", engine::status_text(outcome)}}, static_cast<double>(executions_[express][static_cast<size_t>(outcome)]));
    }
  }
  out.family("gantry_execution_duration_seconds", "histogram", "From an execution's start to its end.");
  for (const bool express : {false, true}) out.histogram({{"type", express ? "EXPRESS" : "STANDARD"}}, times_[express]);
  out.family("gantry_state_transitions_total", "counter", "States entered.");
  out.sample(static_cast<double>(transitions_));
  out.family("gantry_task_calls_total", "counter", "Tasks sent out, by service.");
  for (const auto& [service, count] : task_calls_) out.sample({{"service", service}}, static_cast<double>(count));
  out.family("gantry_execution_log_events_total", "counter", "Log events of executions, by what became of them.");
  out.sample({{"result", "delivered"}}, static_cast<double>(log_.counts().delivered));
  out.sample({{"result", "dropped"}}, static_cast<double>(log_.counts().dropped));
  out.family("gantry_execution_log_waiting", "gauge", "Log events of executions that wait to be sent.");
  out.sample(static_cast<double>(log_.counts().waiting));
  if (!traces_) return;
  out.family("gantry_spans_total", "counter", "Spans of traces, by what became of them.");
  out.sample({{"result", "exported"}}, static_cast<double>(traces_->counts().exported));
  out.sample({{"result", "dropped"}}, static_cast<double>(traces_->counts().dropped));
  out.family("gantry_spans_waiting", "gauge", "Spans that wait for the collector.");
  out.sample(static_cast<double>(traces_->waiting()));
}

}  // namespace states
