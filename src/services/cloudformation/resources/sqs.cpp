#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

// A queue's attributes, and what they are again when a template sets them no more.
struct Attribute {
  std::string_view name, otherwise;
};
constexpr Attribute kAttributes[] = {{"DelaySeconds", "0"}, {"MaximumMessageSize", "1048576"}, {"MessageRetentionPeriod", "345600"}, {"ReceiveMessageWaitTimeSeconds", "0"},
                                     {"VisibilityTimeout", "30"}, {"RedrivePolicy", ""}, {"RedriveAllowPolicy", ""}, {"KmsMasterKeyId", ""},
                                     {"KmsDataKeyReusePeriodSeconds", "300"}, {"SqsManagedSseEnabled", "true"}, {"ContentBasedDeduplication", "false"},
                                     {"DeduplicationScope", "queue"}, {"FifoThroughputLimit", "perQueue"}};

Result<Physical> create_queue(Job& job) {
  const bool fifo = is_true(job, "FifoQueue");
  std::string name = job.text("QueueName");
  if (name.empty()) name = fifo ? job.generated_name(75) + ".fifo" : job.generated_name(80);
  json::ObjectBuilder attributes;
  if (fifo) attributes.add("FifoQueue", "true");
  for (const Attribute& attribute : kAttributes) {
    if (const Value* given = job.properties().find(attribute.name)) attributes.add(attribute.name, json_text(*given));
  }
  const Value made = TRY(job.call("sqs", "CreateQueue", json::object({{"QueueName", name}, {"Attributes", attributes.build()}, {"tags", job.tag_map(Tags::no)}})));
  const std::string url(made.text("QueueUrl"));
  return Physical{url, {}, json::object({{"Arn", arn(job, "sqs", name)}, {"QueueName", name}, {"QueueUrl", url}})};
}

Result<Physical> update_queue(Job& job) {
  json::ObjectBuilder attributes;
  for (const Attribute& attribute : kAttributes) {
    if (!changed(job, attribute.name)) continue;
    const Value* given = job.properties().find(attribute.name);
    attributes.add(attribute.name, given ? json_text(*given) : std::string(attribute.otherwise));
  }
  if (!attributes.empty()) TRY(job.call("sqs", "SetQueueAttributes", json::object({{"QueueUrl", job.physical_id()}, {"Attributes", attributes.build()}})));
  return Physical{};
}

Status remove_queue(Job& job) {
  TRY(job.call_unless("sqs", "DeleteQueue", json::object({{"QueueUrl", job.physical_id()}}), {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}));
  return {};
}

Status set_policy(Job& job, const std::string& policy) {
  for (const Value& queue : items(job.property("Queues"))) {
    TRY(job.call_unless("sqs", "SetQueueAttributes", json::object({{"QueueUrl", queue}, {"Attributes", json::object({{"Policy", policy}})}}),
                        policy.empty() ? std::initializer_list<std::string_view>{"QueueDoesNotExist"} : std::initializer_list<std::string_view>{}));
  }
  return {};
}

Result<Physical> put_queue_policy(Job& job) {
  TRY(set_policy(job, document(job.property("PolicyDocument"))));
  return Physical{job.physical_id().empty() ? job.generated_name(128) : job.physical_id(), {}, Value::object()};
}

Status remove_queue_policy(Job& job) { return set_policy(job, ""); }

}  // namespace

void add_sqs_types(Catalog& catalog) {
  catalog.add({.name = "AWS::SQS::Queue", .service = "sqs", .operation = "CreateQueue", .name_property = "QueueName", .replacing = {"QueueName", "FifoQueue"},
               .attributes = {"Arn", "QueueName", "QueueUrl"}, .create = create_queue, .update = update_queue, .remove = remove_queue});
  catalog.add({.name = "AWS::SQS::QueuePolicy", .service = "sqs", .operation = "SetQueueAttributes", .required = {"PolicyDocument", "Queues"},
               .create = put_queue_policy, .update = put_queue_policy, .remove = remove_queue_policy});
}

}  // namespace cloudformation
