#include "services/states/map_runs/result_writer.h"

#include <fmt/format.h>

#include <memory>

#include "base/encoding.h"
#include "base/time_text.h"
#include "language/json/parse.h"

namespace states {
namespace {

using json::Value;
using Transformation = WriterConfig::Transformation;

// A file is closed when it has grown to this.
constexpr size_t kFileBytes = 32u << 20;

Value output_of(const engine::Record& child) {
  if (!child.output) return Value();
  auto value = json::parse(*child.output);
  return value ? *std::move(value) : Value();
}

// What one child adds to its list.
std::vector<Value> entries(const engine::Record& child, const WriterConfig& config) {
  if (config.transformation == Transformation::none || child.status != engine::Outcome::succeeded) return {described(child)};
  Value output = output_of(child);
  if (config.transformation == Transformation::flatten && output.is_array()) return {output.items().begin(), output.items().end()};
  return {std::move(output)};
}

}  // namespace

WriterConfig writer_config(const Value& writer) {
  WriterConfig out;
  if (!writer.is_object()) return out;
  out.to_s3 = writer.find("Resource") != nullptr;
  const Value& where = writer.find("Arguments") ? writer["Arguments"] : writer["Parameters"];
  out.bucket = where.text("Bucket");
  out.prefix = where.text("Prefix");
  const Value& config = writer["WriterConfig"];
  out.given = config.is_object();
  if (config.text("Transformation") == "COMPACT") out.transformation = Transformation::compact;
  if (config.text("Transformation") == "FLATTEN") out.transformation = Transformation::flatten;
  out.lines = config.text("OutputType") == "JSONL";
  return out;
}

Value described(const engine::Record& r) {
  json::ObjectBuilder out;
  const Value included = json::object({{"Included", true}});
  if (r.cause) out.add("Cause", *r.cause);
  if (r.error) out.add("Error", *r.error);
  out.add("ExecutionArn", r.arn).add("Input", r.input).add("InputDetails", included).add("Name", r.name);
  if (r.output) out.add("Output", *r.output).add("OutputDetails", included);
  out.add("RedriveCount", r.redrive_count);
  if (r.status == engine::Outcome::succeeded) {
    out.add("RedriveStatus", "NOT_REDRIVABLE").add("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
  } else {
    out.add("RedriveStatus", "REDRIVABLE_BY_MAP_RUN");
  }
  out.add("StartDate", iso8601_ms(r.start)).add("StateMachineArn", r.machine_arn).add("Status", engine::status_text(r.status)).add("StopDate", iso8601_ms(r.stop));
  return out.build();
}

Value gathered(const std::vector<ChildResult>& children, const WriterConfig& config) {
  WriterConfig shown = config;
  if (!config.given) shown.transformation = Transformation::compact;
  std::vector<Value> out;
  for (const ChildResult& child : children) {
    if (!child.begun || child.record.status != engine::Outcome::succeeded) continue;
    for (Value& entry : entries(child.record, shown)) out.push_back(std::move(entry));
  }
  return Value::array(std::move(out));
}

std::vector<ResultFile> result_files(const std::vector<ChildResult>& children, const WriterConfig& config, std::string_view map_run_arn) {
  const std::string folder = fmt::format("{}{}{}/", config.prefix, config.prefix.empty() || config.prefix.ends_with('/') ? "" : "/",
                                         map_run_arn.substr(map_run_arn.rfind(':') + 1));
  std::vector<ResultFile> files;
  json::ObjectBuilder lists;
  for (const std::string_view kind : {"FAILED", "PENDING", "SUCCEEDED"}) {
    std::vector<Value> named;
    std::string text;
    const auto close = [&] {
      if (text.empty()) return;
      if (!config.lines) text.push_back(']');
      std::string key = fmt::format("{}{}_{}.{}", folder, kind, named.size(), config.lines ? "jsonl" : "json");
      named.push_back(json::object({{"Key", key}, {"Size", static_cast<int64_t>(text.size())}}));
      files.push_back({std::move(key), std::exchange(text, {})});
    };
    for (const ChildResult& child : children) {
      const std::string_view is = !child.begun ? "PENDING" : child.record.status == engine::Outcome::succeeded ? "SUCCEEDED" : "FAILED";
      if (is != kind) continue;
      for (const Value& entry : entries(child.record, config)) {
        if (!config.lines) text.push_back(text.empty() ? '[' : ',');
        json::write(entry, text);
        if (config.lines) text.push_back('\n');
      }
      if (text.size() >= kFileBytes) close();
    }
    close();
    lists.add(kind, Value::array(std::move(named)));
  }
  const Value manifest = json::object({{"DestinationBucket", config.bucket}, {"MapRunArn", map_run_arn}, {"ResultFiles", lists.build()}});
  files.push_back({folder + "manifest.json", json::write(manifest)});
  return files;
}

void write_files(protocol::Registry& registry, const protocol::Principal& role, const std::string& region, const std::string& bucket,
                 std::vector<ResultFile> files, Function<void(Status)> done) {
  // One after another, the manifest last: where it is, everything is.
  struct Writing : std::enable_shared_from_this<Writing> {
    protocol::Registry& registry;
    protocol::Principal role;
    std::string region, bucket;
    std::vector<ResultFile> files;
    Function<void(Status)> done;
    size_t next = 0;

    Writing(protocol::Registry& r, protocol::Principal p, std::string re, std::string b, std::vector<ResultFile> f, Function<void(Status)> d)
        : registry(r), role(std::move(p)), region(std::move(re)), bucket(std::move(b)), files(std::move(f)), done(std::move(d)) {}
    void go() {
      if (next == files.size()) return done({});
      const ResultFile& file = files[next++];
      registry.call(registry.internal(role, region, "s3", "PutObject",
                                      json::object({{"Bucket", bucket}, {"Key", file.key}, {"Body", base64_encode(file.text)}, {"ContentType", "application/json"}})),
                    [self = shared_from_this()](Result<Value> answer) {
                      if (!answer) return self->done(std::unexpected(std::move(answer).error()));
                      self->go();
                    });
    }
  };
  std::make_shared<Writing>(registry, role, region, bucket, std::move(files), std::move(done))->go();
}

}  // namespace states
