#pragma once
// The engine's keys in the store, and so the order of its tables (docs/formats/tables.md).
//
// The index is made so that a listing never reads a record: an entry holds all that a listing shows. An
// execution stands under each of its owners (its machine or map run, the version and the alias that it was
// started by), once with all others of its status and, after a redrive, once more with the redriven ones.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"

namespace engine {

// Big-endian, so that bytes sort as numbers do.
std::string big_endian(uint64_t value);
uint64_t from_big_endian(std::string_view bytes);

// Executions are numbered in the order of their starts (Record::order), and by that number the tables know them: their row. So
// whatever they write lies in the order of time, what is new lands behind what is old, and a write costs the same however
// much is stored. Space::names tells the row of an ARN. In data of format 1 the ARN is the row.
std::string row_of(uint64_t order);
// Rows of format 1 stand behind all others, from here on.
inline constexpr std::string_view kFormerRows = "arn:";

// Space::history: a chunk, by the id of its first event.
std::string history_key(std::string_view row, uint64_t first_event);

enum class Group : char { all = 's', redriven = 'r' };
// Space::index: newest first. Behind the prefix all keys of an execution end alike, so that one page's end is the
// next one's start in each group and status.
std::string list_prefix(Group group, std::string_view owner, Outcome status);
// Every list key of an execution as it stands.
std::vector<std::string> list_keys(const Record& record);
// Space::index: the executions that are open, for a restart. The value is the ARN; in format 1 it is empty.
std::string open_key(std::string_view row);
inline constexpr std::string_view kOpenPrefix = "o";
struct Open {
  std::string row, arn;
};
Open open_from(std::string_view key, std::string_view value);
// Space::index: the executions that have ended, by the time of their end. What began and succeeded in one step is not among
// them: its row tells its time well enough.
std::string ended_key(Instant stop, std::string_view row);
inline constexpr std::string_view kEndedPrefix = "x";
// Its value: where the history's chunks begin, so that forgetting it need not look for them; empty where that is not known.
std::string encode_chunks(const std::optional<std::vector<uint64_t>>& first_events);
std::optional<std::vector<uint64_t>> decode_chunks(std::string_view bytes);
// What an ended key tells.
struct Ended {
  Instant stop;
  std::string_view row;
};
Ended ended_from(std::string_view key);
// Space::meta: a definition's text.
std::string definition_key(std::string_view key);

// An execution's account, and "arn:aws:states:us-east-1:000000000000", account and Region in one: views of its ARN.
std::string_view account_of(std::string_view arn);
std::string_view scope_of(std::string_view arn);

// What a listing shows of an execution: an entry's value. Name and machine follow from the ARN.
struct Listed {
  std::string arn, version_arn, alias_arn, map_run_arn;
  Outcome status = Outcome::running;
  Instant start, stop, redrive;
  int redrive_count = 0;
  int64_t item_count = 0;

  std::string_view name() const;
  std::string machine_arn() const;
};
std::string encode_listed(const Record& record);
std::optional<Listed> decode_listed(std::string_view bytes);

}  // namespace engine
