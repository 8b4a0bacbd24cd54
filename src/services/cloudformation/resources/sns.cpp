#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

constexpr std::string_view kTopicAttributes[] = {"DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "ContentBasedDeduplication", "DeliveryPolicy",
                                                 "ArchivePolicy", "FifoThroughputScope"};

Status subscribe_all(Job& job, const std::string& topic, const Value& before) {
  for (const Value& one : items(job.property("Subscription"))) {
    bool there = false;
    for (const Value& old : items(before)) there = there || old == one;
    if (there) continue;
    TRY(job.call("sns", "Subscribe", json::object({{"TopicArn", topic}, {"Protocol", one["Protocol"]}, {"Endpoint", json_text(one["Endpoint"])}})));
  }
  return {};
}

Result<Physical> create_topic(Job& job) {
  const bool fifo = is_true(job, "FifoTopic");
  std::string name = job.text("TopicName");
  if (name.empty()) name = fifo ? job.generated_name(251) + ".fifo" : job.generated_name(256);
  json::ObjectBuilder attributes;
  if (fifo) attributes.add("FifoTopic", "true");
  for (const std::string_view attribute : kTopicAttributes) {
    if (const Value* given = job.properties().find(attribute)) attributes.add(attribute, json_text(*given));
  }
  const Value made = TRY(job.call("sns", "CreateTopic", json::object({{"Name", name}, {"Attributes", attributes.build()}, {"Tags", job.tags(Tags::yes)}})));
  const std::string topic(made.text("TopicArn"));
  job.made(topic);
  TRY(subscribe_all(job, topic, Value()));
  return Physical{topic, {}, json::object({{"TopicArn", topic}, {"TopicName", name}})};
}

Result<Physical> update_topic(Job& job) {
  for (const std::string_view attribute : kTopicAttributes) {
    if (!changed(job, attribute)) continue;
    TRY(job.call("sns", "SetTopicAttributes", json::object({{"TopicArn", job.physical_id()}, {"AttributeName", attribute}, {"AttributeValue", job.text(attribute)}})));
  }
  TRY(subscribe_all(job, job.physical_id(), job.previous()["Subscription"]));
  if (job.tags(Tags::no).size() > 0) TRY(job.call("sns", "TagResource", json::object({{"ResourceArn", job.physical_id()}, {"Tags", job.tags(Tags::no)}})));
  return Physical{};
}

Status remove_topic(Job& job) {
  TRY(job.call_unless("sns", "DeleteTopic", json::object({{"TopicArn", job.physical_id()}}), {"NotFoundException"}));
  return {};
}

constexpr std::string_view kSubscriptionAttributes[] = {"FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "DeliveryPolicy", "RedrivePolicy", "SubscriptionRoleArn", "ReplayPolicy"};

Result<Physical> create_subscription(Job& job) {
  json::ObjectBuilder attributes;
  for (const std::string_view attribute : kSubscriptionAttributes) {
    if (const Value* given = job.properties().find(attribute)) attributes.add(attribute, json_text(*given));
  }
  json::ObjectBuilder params;
  params.add("TopicArn", job.text("TopicArn")).add("Protocol", job.text("Protocol")).add_text("Endpoint", job.text("Endpoint"));
  params.add("Attributes", attributes.build()).add("ReturnSubscriptionArn", true);
  const Value made = TRY(job.call("sns", "Subscribe", params.build()));
  const std::string id(made.text("SubscriptionArn"));
  return Physical{id, {}, json::object({{"Arn", id}})};
}

Result<Physical> update_subscription(Job& job) {
  for (const std::string_view attribute : kSubscriptionAttributes) {
    if (!changed(job, attribute)) continue;
    const Value& given = job.property(attribute);
    TRY(job.call("sns", "SetSubscriptionAttributes", json::object({{"SubscriptionArn", job.physical_id()}, {"AttributeName", attribute},
                                                                   {"AttributeValue", given.is_null() ? "" : json_text(given)}})));
  }
  return Physical{};
}

Status remove_subscription(Job& job) {
  TRY(job.call_unless("sns", "Unsubscribe", json::object({{"SubscriptionArn", job.physical_id()}}), {"NotFoundException", "InvalidParameterException"}));
  return {};
}

Result<Physical> put_topic_policy(Job& job) {
  for (const Value& topic : items(job.property("Topics"))) {
    TRY(job.call("sns", "SetTopicAttributes", json::object({{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", document(job.property("PolicyDocument"))}})));
  }
  return Physical{job.physical_id().empty() ? job.generated_name(128) : job.physical_id(), {}, Value::object()};
}

// A topic is never without a policy: its owner's comes back.
Status remove_topic_policy(Job& job) {
  for (const Value& topic : items(job.property("Topics"))) {
    const std::string policy = json::write(json::object(
        {{"Version", "2008-10-17"}, {"Id", "__default_policy_ID"},
         {"Statement", json::array({json::object({{"Effect", "Allow"}, {"Sid", "__default_statement_ID"}, {"Principal", json::object({{"AWS", "*"}})},
                                                  {"Action", json::array({"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                                                                          "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"})},
                                                  {"Resource", topic},
                                                  {"Condition", json::object({{"StringEquals", json::object({{"AWS:SourceOwner", job.subject().account}})}})}})})}}));
    TRY(job.call_unless("sns", "SetTopicAttributes", json::object({{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", policy}}), {"NotFoundException"}));
  }
  return {};
}

}  // namespace

void add_sns_types(Catalog& catalog) {
  catalog.add({.name = "AWS::SNS::Topic", .service = "sns", .operation = "CreateTopic", .name_property = "TopicName", .replacing = {"TopicName", "FifoTopic"},
               .attributes = {"TopicArn", "TopicName"}, .taggable = true, .create = create_topic, .update = update_topic, .remove = remove_topic});
  catalog.add({.name = "AWS::SNS::Subscription", .service = "sns", .operation = "Subscribe", .required = {"Protocol", "TopicArn"}, .replacing = {"TopicArn", "Protocol", "Endpoint"},
               .attributes = {"Arn"}, .create = create_subscription, .update = update_subscription, .remove = remove_subscription});
  catalog.add({.name = "AWS::SNS::TopicPolicy", .service = "sns", .operation = "SetTopicAttributes", .required = {"PolicyDocument", "Topics"},
               .create = put_topic_policy, .update = put_topic_policy, .remove = remove_topic_policy});
}

}  // namespace cloudformation
