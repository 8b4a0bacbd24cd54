#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Result<Physical> put_alarm(Job& job) {
  const std::string name = job.physical_id().empty() ? job.name("AlarmName", 255) : job.physical_id();
  TRY(job.call("monitoring", "PutMetricAlarm", to_params("monitoring", "PutMetricAlarm", job.properties()).with("AlarmName", name)));
  return Physical{name, {}, json::object({{"Arn", arn(job, "cloudwatch", "alarm:" + name)}})};
}

Status remove_alarm(Job& job) {
  TRY(job.call_unless("monitoring", "DeleteAlarms", json::object({{"AlarmNames", json::array({job.physical_id()})}}), {"ResourceNotFound"}));
  return {};
}

}  // namespace

void add_cloudwatch_types(Catalog& catalog) {
  catalog.add({.name = "AWS::CloudWatch::Alarm", .service = "monitoring", .operation = "PutMetricAlarm", .name_property = "AlarmName", .required = {"ComparisonOperator", "EvaluationPeriods"},
               .replacing = {"AlarmName"}, .attributes = {"Arn"}, .create = put_alarm, .update = put_alarm, .remove = remove_alarm});
}

}  // namespace cloudformation
