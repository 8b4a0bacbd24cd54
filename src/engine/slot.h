#pragma once
// An open execution in memory. Only the engine's own files include this.
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace engine {

struct Engine::Slot {
  Record record;
  asl::Execution execution;
  std::shared_ptr<const asl::Machine> machine;
  std::string region;
  bool running = false;             // inside run(): what arrives now waits in `inbox`
  bool stored = false;              // it has been written
  std::vector<std::string> replaced;  // index entries that a redrive takes away
  std::list<asl::Input> inbox;       // empty, nearly always: a deque would take memory all the same
  std::map<uint64_t, std::pair<Instant, uint64_t>> timers;  // timer -> its key in Engine::timers_
  Function<void(const Record&)> done;  // of an express execution
  std::shared_ptr<asl::Inspection> inspection;
};

}  // namespace engine
