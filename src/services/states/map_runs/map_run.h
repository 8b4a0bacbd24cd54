#pragma once
// A map run as it is stored and shown: what became of a distributed Map's children.
#include <optional>
#include <string>
#include <type_traits>

#include "base/clock.h"
#include "language/json/value.h"

namespace states {

// Of executions, or of the items in them.
struct MapCounts {
  int64_t pending = 0, running = 0, succeeded = 0, failed = 0, timed_out = 0, aborted = 0;
  int64_t pending_redrive = 0;  // of those that failed: will run again
  int64_t total() const { return pending + running + succeeded + failed + timed_out + aborted + pending_redrive; }
};

struct MapRun {
  std::string arn, execution_arn, machine_arn;  // the children's machine: ".../<label>"
  std::string status = "RUNNING";               // RUNNING, SUCCEEDED, FAILED, ABORTED
  Instant start, stop;
  int64_t concurrency = 0;                      // as it was asked for; 0: as many as may be
  std::optional<int64_t> tolerated_count;
  std::optional<double> tolerated_percentage;
  MapCounts executions, items;
  int redrive_count = 0;
  Instant redrive;
};

json::Value to_json(const MapRun& run);
MapRun from_json(const json::Value& document, std::type_identity<MapRun>);

}  // namespace states
