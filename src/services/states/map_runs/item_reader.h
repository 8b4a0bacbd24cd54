#pragma once
// Reads a distributed Map's items from S3, as the state machine's role: an object, or a listing.
#include "language/asl/step.h"
#include "protocol/registry.h"
#include "services/states/map_runs/item_formats.h"

namespace states {

// `reader` is the ItemReader with its Parameters or Arguments evaluated. `done` is called once, on the loop.
// At most 100,000,000 items and kListPagesMax pages of a listing are read.
void read_items(protocol::Registry& registry, const protocol::Principal& role, const std::string& region, const asl::ReadItems& what,
                Function<void(Items)> done);

}  // namespace states
