#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Status retention(Job& job, const std::string& group) {
  if (!job.properties().find("RetentionInDays")) {
    if (job.previous().find("RetentionInDays")) TRY(job.call("logs", "DeleteRetentionPolicy", json::object({{"logGroupName", group}})));
    return {};
  }
  TRY(job.call("logs", "PutRetentionPolicy", to_params("logs", "PutRetentionPolicy", job.properties(), {"RetentionInDays"}).with("logGroupName", group)));
  return {};
}

Result<Physical> create_group(Job& job) {
  const std::string name = job.name("LogGroupName", 512);
  Value params = to_params("logs", "CreateLogGroup", job.properties(), {"KmsKeyId", "LogGroupClass"}).with("logGroupName", name);
  if (const Value tags = job.tag_map(Tags::no); tags.size() > 0) params = params.with("tags", tags);
  TRY(job.create("logs", "CreateLogGroup", std::move(params), "ResourceAlreadyExistsException"));
  job.made(name);
  TRY(retention(job, name));
  return Physical{name, {}, json::object({{"Arn", arn(job, "logs", fmt::format("log-group:{}:*", name))}})};
}

Result<Physical> update_group(Job& job) {
  TRY(retention(job, job.physical_id()));
  return Physical{};
}

Status remove_group(Job& job) {
  TRY(job.call_unless("logs", "DeleteLogGroup", json::object({{"logGroupName", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

Result<Physical> create_stream(Job& job) {
  const std::string name = job.name("LogStreamName", 512);
  TRY(job.create("logs", "CreateLogStream", json::object({{"logGroupName", job.text("LogGroupName")}, {"logStreamName", name}}), "ResourceAlreadyExistsException"));
  return Physical{name, {}, Value::object()};
}

Status remove_stream(Job& job) {
  TRY(job.call_unless("logs", "DeleteLogStream", json::object({{"logGroupName", job.text("LogGroupName")}, {"logStreamName", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

// A list of {Key, Value} becomes the map that the operation takes.
Value transformations(const Value& given) {
  std::vector<Value> out;
  for (const Value& one : given.items()) {
    json::ObjectBuilder dimensions;
    if (one["Dimensions"].is_array()) {
      for (const Value& pair : one["Dimensions"].items()) dimensions.set(pair.text("Key"), pair["Value"]);
    }
    out.push_back(dimensions.empty() ? one.without("Dimensions") : one.with("Dimensions", dimensions.build()));
  }
  return Value::array(std::move(out));
}

Status put_filter(Job& job, const std::string& name) {
  const Value& given = job.properties()["MetricTransformations"];
  if (!given.is_array()) return fail("ValidationError", "MetricTransformations must be a list");
  const Value params = to_params("logs", "PutMetricFilter", job.properties().with("MetricTransformations", transformations(given)),
                                 {"LogGroupName", "FilterPattern", "MetricTransformations", "ApplyOnTransformedLogs"});
  TRY(job.call("logs", "PutMetricFilter", params.with("filterName", name)));
  return {};
}

Result<Physical> create_filter(Job& job) {
  const std::string name = job.name("FilterName", 512);
  TRY(put_filter(job, name));
  return Physical{name, {}, Value::object()};
}

Result<Physical> update_filter(Job& job) {
  TRY(put_filter(job, job.physical_id()));
  return Physical{};
}

Status remove_filter(Job& job) {
  TRY(job.call_unless("logs", "DeleteMetricFilter", json::object({{"logGroupName", job.text("LogGroupName")}, {"filterName", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

}  // namespace

void add_logs_types(Catalog& catalog) {
  catalog.add({.name = "AWS::Logs::LogGroup", .service = "logs", .operation = "CreateLogGroup", .name_property = "LogGroupName", .replacing = {"LogGroupName", "LogGroupClass"},
               .attributes = {"Arn"}, .create = create_group, .update = update_group, .remove = remove_group});
  catalog.add({.name = "AWS::Logs::LogStream", .service = "logs", .operation = "CreateLogStream", .name_property = "LogStreamName", .required = {"LogGroupName"},
               .create = create_stream, .remove = remove_stream});
  catalog.add({.name = "AWS::Logs::MetricFilter", .service = "logs", .operation = "PutMetricFilter", .name_property = "FilterName",
               .required = {"LogGroupName", "FilterPattern", "MetricTransformations"}, .replacing = {"FilterName", "LogGroupName"},
               .create = create_filter, .update = update_filter, .remove = remove_filter});
}

}  // namespace cloudformation
