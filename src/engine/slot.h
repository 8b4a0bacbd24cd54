#pragma once
// An open execution in memory. Only the engine's own files include this.
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace engine {

struct Engine::Slot {
  Record record;
  asl::Execution execution;
  std::shared_ptr<const asl::Machine> machine;
  std::string region;
  std::string row;                  // what the tables know it by: keys.h
  bool running = false;             // inside run(): what arrives now waits in `inbox`
  bool stored = false;              // it has been written
  bool as_stored = false;           // and has not changed since
  // The first events of its history's chunks, while they are known: for a few chunks, and not once it has left memory.
  std::optional<std::vector<uint64_t>> chunks;
  size_t bytes = 0;                 // as it was written last
  bool in_line = false;             // its inbox waits for the account's turn
  std::vector<std::string> replaced;  // index entries that a redrive takes away
  std::list<asl::Input> inbox;       // empty, nearly always: a deque would take memory all the same
  std::map<uint64_t, Instant> timers;  // number -> when it is due: in Engine::timers_ too
  std::optional<std::list<Slot*>::iterator> place;  // in Engine::resident_
  Function<void(const Record&)> done;  // of an express execution
  std::shared_ptr<asl::Inspection> inspection;
};

}  // namespace engine
