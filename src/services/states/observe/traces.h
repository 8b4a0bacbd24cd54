#pragma once
// Traces: a span an execution and one for each state it goes through, to an OpenTelemetry collector (OTLP over HTTP, JSON).
//
// An execution's trace is the one of its X-Ray header when it was started with one, its parent's when another execution started it,
// else one made of its ARN. Spans wait in a bounded queue and go out in batches, one request at a time; what a slow or absent collector
// leaves no room for is dropped and counted. Nothing waits for the collector.
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "services/service.h"

namespace states {

// "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".
struct TraceHeader {
  std::string trace;   // 32 hex digits
  std::string parent;  // 16, or empty
  bool sampled = true;
  static std::optional<TraceHeader> parse(std::string_view text);
};

class Traces {
 public:
  // `endpoint` is the collector's base URL, "http://127.0.0.1:4318".
  Traces(services::Kit& kit, std::string endpoint);
  ~Traces() { *alive_ = false; }

  void status_changed(const engine::Record& execution);
  void progressed(const engine::Record& execution, const std::vector<asl::Event>& events);

  struct Counts {
    uint64_t exported = 0, dropped = 0;
  };
  const Counts& counts() const { return counts_; }
  size_t waiting() const { return spans_.size(); }

 private:
  static constexpr size_t kSpansMax = 20'000, kBatch = 512, kExecutionsMax = 100'000, kStatesMax = 256;
  static constexpr int64_t kGatherMs = 500, kTimeoutMs = 10'000;

  struct OpenState {
    std::string name, type;
    uint64_t entered = 0, last = 0;  // events
    Instant since;
    json::Value resource;            // of a task
    std::string error;
  };
  struct OpenExecution {
    std::string trace, span, parent;
    bool sampled = true;
    std::vector<OpenState> states;
  };

  OpenExecution* open(const engine::Record& execution);
  void close_state(const engine::Record& execution, OpenExecution& of, size_t index, Instant at, std::string error);
  void add(json::Value span);
  void send();

  services::Kit& kit_;
  std::string url_;
  std::unordered_map<std::string, OpenExecution> executions_;
  std::deque<json::Value> spans_;
  bool gathering_ = false, sending_ = false;
  Counts counts_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace states
