#pragma once
// What executions do, in the log group that their machine names (spec/sfn-api.md 9): for Express the only record there is.
//
// Events are written as JSON texts when they happen and gathered for a moment, so that thousands of them are one PutLogEvents. Each
// machine has a log stream of its own, made anew with the process and every day. Delivery is best effort, as on AWS: what a crash finds
// gathered but not sent is lost, and what the group refuses is counted and dropped.
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "services/service.h"
#include "services/table.h"

namespace states {

// A machine's loggingConfiguration, read.
struct LogSettings {
  enum class Level : uint8_t { off, all, error, fatal };
  Level level = Level::off;
  bool with_data = false;
  services::Scope scope;  // of the group
  std::string group;

  static LogSettings of(const json::Value& logging_configuration);
  bool takes(asl::EventType type) const;
};

class ExecutionLog {
 public:
  explicit ExecutionLog(services::Kit& kit) : kit_(kit) {}
  ~ExecutionLog() { *alive_ = false; }

  void add(const LogSettings& settings, const engine::Record& execution, const std::vector<asl::Event>& events);
  // What became of events so far, and how many wait.
  struct Counts {
    uint64_t delivered = 0, dropped = 0, waiting = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr int64_t kGatherMs = 100;
  static constexpr size_t kBatchEvents = 10'000, kBatchBytes = 1'000'000;  // of one PutLogEvents, with room to spare
  static constexpr size_t kWaitingBytesMax = 64 * 1048576;                 // in all streams; more is dropped

  struct Entry {
    int64_t at;
    std::string message;
  };
  struct Stream {
    services::Scope scope;
    std::string group, name;
    Instant made;
    bool exists = false;
    std::vector<Entry> entries;
    size_t bytes = 0;
  };

  Stream& stream(const LogSettings& settings, const engine::Record& execution);
  void flush();
  void send(Stream& stream);
  protocol::Call call(const services::Scope& scope, std::string_view operation, json::Value params);

  services::Kit& kit_;
  std::unordered_map<std::string, Stream> streams_;  // by group and machine
  bool flushing_ = false;                            // the timer is set
  size_t waiting_bytes_ = 0;
  Counts counts_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The text of one log event.
std::string log_message(const engine::Record& execution, const asl::Event& event, bool with_data);

}  // namespace states
