#pragma once
// What an ItemReader makes of the bytes of an S3 object (spec/asl.md "Map (distributed)"): pure functions.
//
// A Fault is the cause of States.ItemReaderFailed, in AWS's words where they are known.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"

namespace states {

struct ReadFault {
  std::string cause;
};
using Items = std::expected<std::vector<json::Value>, ReadFault>;

struct ReaderConfig {
  enum class Type : uint8_t { json, json_lines, csv, manifest } type = Type::json;
  bool headers_given = false;               // CSVHeaderLocation GIVEN; else the first row
  std::vector<std::string> headers;
  char delimiter = ',';
  std::string pointer;                      // ItemsPointer, a JSON pointer into the document
  bool athena = false;                      // ManifestType ATHENA_DATA
  bool flatten = false;                     // Transformation LOAD_AND_FLATTEN
  int64_t items_max = INT64_MAX;
};

// Of ReaderConfig as the definition has it, evaluated.
std::expected<ReaderConfig, ReadFault> reader_config(const json::Value& config, std::optional<int64_t> items_max);

// The items in one object of S3; gzip is seen by its first bytes and undone.
Items items_of(std::string_view bytes, const ReaderConfig& config);

// The objects that an S3 inventory's or an Athena manifest names: bucket and key.
struct ObjectName {
  std::string bucket, key;
};
std::expected<std::vector<ObjectName>, ReadFault> manifest_objects(std::string_view bytes, const ReaderConfig& config, std::string_view bucket);
// The columns of an S3 inventory's files.
std::vector<std::string> manifest_columns(std::string_view bytes);

}  // namespace states
