#pragma once
// CloudWatch Logs: groups, streams and their events.
//
// Groups and streams are resources; events are in the store alone (Space::logs), under stream, time and order of
// arrival, so that reading a page reads just that page.
#include <map>
#include <string>

#include "services/service.h"
#include "services/table.h"

namespace logs {

struct Group {
  std::string name;
  Instant created;
  int64_t retention_days = 0;  // 0: for ever
  std::map<std::string, std::string> tags;
  uint64_t number = 0;         // names its streams in the store
};
json::Value to_json(const Group& group);
Group from_json(const json::Value& document, std::type_identity<Group>);

struct Stream {
  std::string group, name;
  Instant created, first, last, ingested;  // 0: nothing yet
  uint64_t number = 0;
};
json::Value to_json(const Stream& stream);
Stream from_json(const json::Value& document, std::type_identity<Stream>);

// Counts events of a group into a metric, as they come.
struct MetricFilter {
  std::string group, name, pattern;
  Instant created;
  json::Value transformations;  // as given: one, with metricName, metricNamespace, metricValue ...
  bool transformed = false;     // applyOnTransformedLogs
};
json::Value to_json(const MetricFilter& filter);
MetricFilter from_json(const json::Value& document, std::type_identity<MetricFilter>);

class Logs final : public services::Service {
 public:
  explicit Logs(services::Kit& kit);
  void load() override;
  void start() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  // groups.cpp
  Result<Value> create_group(const Call& call);
  Result<Value> delete_group(const Call& call);
  Result<Value> describe_groups(const Call& call);
  Result<Value> change_retention(const Call& call);
  Result<Value> create_stream(const Call& call);
  Result<Value> delete_stream(const Call& call);
  Result<Value> describe_streams(const Call& call);
  Result<Value> change_tags(const Call& call);
  Result<Value> list_tags(const Call& call);
  // log_events.cpp
  Result<Value> put_events(const Call& call);
  Result<Value> get_events(const Call& call);
  Result<Value> filter_events(const Call& call);
  // metric_filters.cpp
  Result<Value> put_metric_filter(const Call& call);
  Result<Value> delete_metric_filter(const Call& call);
  Result<Value> describe_metric_filters(const Call& call);
  // What the group's metric filters count of these events, from `first` and before `end`.
  void count(const Call& call, const std::string& group, const Value& events, int64_t first, size_t end);
  std::vector<const MetricFilter*> metric_filters_of(const Scope& scope, std::string_view group) const;

  // --- shared ---
  Result<const Group*> need_group(const Call& call) const;
  Result<const Stream*> need_stream(const Call& call) const;
  std::string group_name(const Call& call) const;  // from a name or an ARN
  void drop_events(uint64_t stream, store::Batch& batch, Instant before);
  void expire();

  services::Kit& kit_;
  services::Table<Group> groups_;
  services::Table<Stream> streams_;  // id: stream_id()
  services::Table<MetricFilter> metric_filters_;  // id: stream_id() of group and filter
  uint64_t last_number_ = 0;
  uint64_t sequence_ = 0;
};

std::unexpected<Error> not_found(std::string message);
std::unexpected<Error> invalid(std::string message);
std::string stream_id(std::string_view group, std::string_view stream);

}  // namespace logs
