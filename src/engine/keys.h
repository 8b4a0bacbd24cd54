#pragma once
// The engine's keys in the store, and so the order of its tables (docs/formats/tables.md).
#include <string>
#include <string_view>

#include "engine/record.h"

namespace engine {

// Big-endian, so that bytes sort as numbers do.
std::string big_endian(uint64_t value);
uint64_t from_big_endian(std::string_view bytes);

// Space::history: a chunk, by the id of its first event.
std::string history_key(std::string_view arn, uint64_t first_event);
// Space::index: newest first, under the machine, and under machine and status. Behind the prefix both end
// alike, so that one page's end is the next one's start in either.
std::string list_prefix(std::string_view machine_arn, std::optional<Outcome> status);
std::string list_key(const Record& record, std::optional<Outcome> status);
// Space::index: the executions that are open, for a restart.
std::string open_key(std::string_view arn);
inline constexpr std::string_view kOpenPrefix = "o";
// Space::meta: a definition's text.
std::string definition_key(std::string_view key);

}  // namespace engine
