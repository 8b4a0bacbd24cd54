#pragma once
// The metrics of namespace AWS/States (spec/cloudwatch.md 1).
//
// What happens is counted in memory, a few additions an execution, and goes to monitoring:PutMetricData every few seconds
// as one datum a metric, so that a start costs next to nothing. Names with letters beyond ASCII have no metrics, as on AWS.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sample_set.h"
#include "engine/engine.h"
#include "services/service.h"
#include "services/table.h"

namespace states {

class ExecutionMetrics {
 public:
  explicit ExecutionMetrics(services::Kit& kit) : kit_(kit) {}
  ~ExecutionMetrics() { *alive_ = false; }

  void status_changed(const engine::Record& execution);
  void progressed(const engine::Record& execution, const std::vector<asl::Event>& events);
  // How many datapoints wait to be sent.
  size_t waiting() const { return waiting_.size(); }

 private:
  static constexpr int64_t kSendEveryMs = 5'000;
  static constexpr size_t kResourcesMax = 10'000;   // at once; what is beyond them is not counted
  static constexpr size_t kOpenTasksMax = 200'000;  // whose times are followed; others are only counted

  enum class Kind : uint8_t { activity, lambda, service };
  // By the metric's name: a handful, which are told apart by their length mostly.
  struct Samples {
    std::vector<std::pair<std::string_view, SampleSet>> list;
    SampleSet& operator[](std::string_view metric) {
      const auto it = std::ranges::find(list, metric, &std::pair<std::string_view, SampleSet>::first);
      return it != list.end() ? it->second : list.emplace_back(metric, SampleSet()).second;
    }
  };
  // All the metrics of one resource since they were sent last.
  struct Resource {
    services::Scope scope;
    std::string_view dimension;
    std::string arn;
    Samples samples;
  };
  struct OpenTask {
    Kind kind;
    std::string arn;
    Instant scheduled;
    std::optional<Instant> started;
  };

  Resource* resource(const services::Scope& scope, std::string_view dimension, const std::string& arn);
  // The machine's, and those of the version and the alias by which the execution was started.
  template <typename F>
  void each(const engine::Record& execution, F count);
  void task_event(const engine::Record& execution, const services::Scope& scope, const asl::Event& event);
  void send();

  services::Kit& kit_;
  std::unordered_map<std::string, Resource> waiting_;  // by ARN
  Instant since_;                                      // when the first of them was counted
  bool sending_ = false;                               // the timer is set
  // Tasks under way, by execution, then by the last event of each.
  std::unordered_map<std::string, std::unordered_map<uint64_t, OpenTask>> tasks_;
  size_t open_tasks_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace states
