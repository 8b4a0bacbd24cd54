#pragma once
// What a distributed Map makes of its children's results: the state's output, or files in S3 and where they are
// (spec/asl.md "Map (distributed)", ResultWriter).
#include <string>
#include <vector>

#include "engine/record.h"
#include "language/json/value.h"
#include "protocol/registry.h"

namespace states {

// A child that has ended, or `PENDING` when it was never begun.
struct ChildResult {
  engine::Record record;
  bool begun = true;
};

struct ResultFile {
  std::string key, text;
};

struct WriterConfig {
  enum class Transformation : uint8_t { none, compact, flatten } transformation = Transformation::none;
  bool lines = false;   // OutputType JSONL
  bool given = false;   // there is a WriterConfig
  bool to_s3 = false;   // there is a Resource
  std::string bucket, prefix;
};
WriterConfig writer_config(const json::Value& writer);

// One result as the files show it: the whole child, its output, or (flatten) its output's elements.
json::Value described(const engine::Record& child);
// The state's output when nothing is written to S3: the outputs of those that succeeded, or what the transformation says.
json::Value gathered(const std::vector<ChildResult>& children, const WriterConfig& config);
// manifest.json and the files that it names, under "<prefix>/<uuid of the run>/".
std::vector<ResultFile> result_files(const std::vector<ChildResult>& children, const WriterConfig& config, std::string_view map_run_arn);

// Writes the files as the role; `done` gets the Error of the first that could not be written.
void write_files(protocol::Registry& registry, const protocol::Principal& role, const std::string& region, const std::string& bucket,
                 std::vector<ResultFile> files, Function<void(Status)> done);

}  // namespace states
