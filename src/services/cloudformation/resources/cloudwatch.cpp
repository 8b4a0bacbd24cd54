#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

// Alarms of a metric and composite ones: the operation puts them anew.
Result<Physical> put_alarm(Job& job, std::string_view operation) {
  const std::string name = job.physical_id().empty() ? job.name("AlarmName", 255) : job.physical_id();
  Value params = to_params("monitoring", operation, job.properties()).with("AlarmName", name);
  if (job.physical_id().empty()) params = params.with("Tags", job.tags(Tags::yes));
  TRY(job.call("monitoring", operation, params));
  const Value made = arn(job, "cloudwatch", "alarm:" + name);
  if (!job.physical_id().empty() && changed(job, "Tags") && job.tags(Tags::no).size() > 0) {
    TRY(job.call("monitoring", "TagResource", json::object({{"ResourceARN", made}, {"Tags", job.tags(Tags::no)}})));
  }
  return Physical{name, {}, json::object({{"Arn", made}})};
}
Result<Physical> put_metric_alarm(Job& job) { return put_alarm(job, "PutMetricAlarm"); }
Result<Physical> put_composite_alarm(Job& job) { return put_alarm(job, "PutCompositeAlarm"); }

Status remove_alarm(Job& job) {
  TRY(job.call_unless("monitoring", "DeleteAlarms", json::object({{"AlarmNames", json::array({job.physical_id()})}}), {"ResourceNotFound"}));
  return {};
}

Result<Physical> put_dashboard(Job& job) {
  const std::string name = job.physical_id().empty() ? job.name("DashboardName", 255) : job.physical_id();
  TRY(job.call("monitoring", "PutDashboard", json::object({{"DashboardName", name}, {"DashboardBody", json_text(job.property("DashboardBody"))}})));
  return Physical{name, {}, Value::object()};
}

Status remove_dashboard(Job& job) {
  TRY(job.call_unless("monitoring", "DeleteDashboards", json::object({{"DashboardNames", json::array({job.physical_id()})}}), {"DashboardNotFoundError"}));
  return {};
}

}  // namespace

void add_cloudwatch_types(Catalog& catalog) {
  catalog.add({.name = "AWS::CloudWatch::Alarm", .service = "monitoring", .operation = "PutMetricAlarm", .name_property = "AlarmName", .required = {"ComparisonOperator", "EvaluationPeriods"},
               .replacing = {"AlarmName"}, .attributes = {"Arn"}, .create = put_metric_alarm, .update = put_metric_alarm, .remove = remove_alarm});
  catalog.add({.name = "AWS::CloudWatch::CompositeAlarm", .service = "monitoring", .operation = "PutCompositeAlarm", .name_property = "AlarmName", .required = {"AlarmRule"},
               .replacing = {"AlarmName"}, .attributes = {"Arn"}, .create = put_composite_alarm, .update = put_composite_alarm, .remove = remove_alarm});
  catalog.add({.name = "AWS::CloudWatch::Dashboard", .service = "monitoring", .operation = "PutDashboard", .name_property = "DashboardName", .required = {"DashboardBody"},
               .replacing = {"DashboardName"}, .create = put_dashboard, .update = put_dashboard, .remove = remove_dashboard});
}

}  // namespace cloudformation
