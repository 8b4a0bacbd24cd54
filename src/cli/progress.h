#pragma once
// What each state of a running workflow is doing, gathered from history events as they come: of the execution itself and of
// a distributed Map's children, whose states are states of the same definition.
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/asl/event.h"
#include "language/asl/machine.h"

namespace cli {

struct StateProgress {
  int64_t entered = 0, active = 0, left = 0;  // visits: begun, under way, ended well (or by Catch)
  int64_t failed = 0, caught = 0, aborted = 0, retries = 0;
  Instant since;        // of the last visit
  int64_t last_ms = 0;  // how long the last one took that ended
  bool failing = false; // its last attempt failed, and nothing has come of that yet
  std::string error;    // of that attempt
  // Of a Map: what there is to do, and how far it is. `items` is -1 while it is not known.
  int64_t items = -1, items_done = 0, items_failed = 0, items_running = 0;
};

class Progress {
 public:
  explicit Progress(const asl::Machine& machine);

  // What an event said, in order of an execution's history. Returns the state that it speaks of; empty for the execution.
  const std::string& take(const std::string& execution_arn, const asl::Event& event);
  // A distributed Map's run has begun with that many children; one of its children has started or ended.
  void map_run_began(const std::string& map_run_arn, int64_t children);
  void child_started(const std::string& map_run_arn);
  void child_ended(const std::string& map_run_arn, bool well);

  const StateProgress& of(std::string_view state) const;
  // The state around a state; empty at the top.
  std::string_view around(std::string_view state) const;

 private:
  struct Node {
    StateProgress progress;
    std::string name;
    Node* parent = nullptr;
    bool parallel = false, map = false;
  };
  Node* container_that_failed(Node* from, bool parallel);
  void ended(const std::string& execution_arn, Node* at, bool failed);

  std::map<std::string, Node, std::less<>> nodes_;
  std::unordered_map<std::string, std::vector<Node*>> by_event_;  // execution -> state of each event
  std::unordered_map<std::string, Node*> by_map_run_;
  Node nobody_;
};

}  // namespace cli
