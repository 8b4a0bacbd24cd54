#pragma once
// A resource that a deployment is working on now.
#include "base/loop.h"
#include "services/cloudformation/deployment.h"

namespace cloudformation {

struct Deployment::Running {
  std::string id;            // logical
  uint64_t serial = 0;       // tells a late answer of an earlier work
  Job::Subject subject;
  Work work;                 // the copy that grows; the record follows
  const ResourceType* type = nullptr;
  EventId event_ids = EventId::by_status;
  bool asked = false;        // a call is out
  int attempts = 0;          // of the call that is out
  Loop::TimerId timer = 0;   // waits, or will ask again
};

}  // namespace cloudformation
