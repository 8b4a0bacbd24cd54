// Topics: attributes, permissions, tags.
#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/sns/sns.h"

namespace sns {

using json::Value;

namespace {

constexpr std::string_view kTopicAttributes[] = {"DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "FifoTopic",
                                            "ContentBasedDeduplication", "ArchivePolicy", "FifoThroughputScope",
                                            "HTTPSuccessFeedbackRoleArn", "HTTPSuccessFeedbackSampleRate", "HTTPFailureFeedbackRoleArn", "SQSSuccessFeedbackRoleArn",
                                            "SQSSuccessFeedbackSampleRate", "SQSFailureFeedbackRoleArn", "LambdaSuccessFeedbackRoleArn", "LambdaSuccessFeedbackSampleRate",
                                            "LambdaFailureFeedbackRoleArn"};

bool is_name(std::string_view name) {
  const std::string_view stem = name.ends_with(".fifo") ? name.substr(0, name.size() - 5) : name;
  return !stem.empty() && name.size() <= 256 && std::ranges::all_of(stem, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

constexpr std::string_view kEffectiveDeliveryPolicy =
    R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,)"
    R"("numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})";

std::map<std::string, std::string> tags_of(const Value& list) {
  std::map<std::string, std::string> tags;
  if (list.is_array()) {
    for (const Value& tag : list.items()) tags[std::string(tag.text("Key"))] = tag.text("Value");
  }
  return tags;
}

}  // namespace

Result<Value> Sns::create_topic(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("Name"));
  Topic topic{.name = name, .attributes = {}, .tags = tags_of(call.params["Tags"]), .data_protection = std::string(call.params.text("DataProtectionPolicy"))};
  if (const Value& given = call.params["Attributes"]; given.is_object()) {
    for (const auto& [key, value] : given.members()) {
      if (std::ranges::find(kTopicAttributes, key.view()) == std::end(kTopicAttributes)) return invalid(fmt::format("Attributes Reason: Invalid attribute name: {}", key));
      topic.attributes[std::string(key)] = value.as_string();
    }
  }
  const bool fifo = topic.attributes.contains("FifoTopic") && topic.attributes["FifoTopic"] == "true";
  if (!is_name(name)) return invalid("Topic Name");
  if (fifo != name.ends_with(".fifo")) return invalid("Topic Name");
  if (!fifo) topic.attributes.erase("FifoTopic");
  const std::string arn = call.arn(name);
  if (const Topic* there = topics_.find(scope, name)) {
    for (const auto& [key, value] : topic.attributes) {
      const auto it = there->attributes.find(key);
      if (it == there->attributes.end() ? !value.empty() : it->second != value) return invalid("Attributes Reason: Topic already exists with different attributes");
    }
    // Fewer tags than it has are no difference (recorded).
    for (const auto& [key, value] : topic.tags) {
      const auto it = there->tags.find(key);
      if (it == there->tags.end() || it->second != value) return invalid("Tags Reason: Topic already exists with different tags");
    }
    return json::object({{"TopicArn", arn}});
  }
  if (fifo) topic.attributes.try_emplace("ContentBasedDeduplication", "false");
  topics_.put(scope, name, std::move(topic));
  return json::object({{"TopicArn", arn}});
}

Result<Value> Sns::delete_topic(const Call& call) {
  const auto found = find_topic(call.params.text("TopicArn"));
  if (!found) return found.error().code == "NotFoundException" ? Result<Value>(Value::object()) : std::unexpected(found.error());
  store::Batch batch;
  std::vector<std::string> gone;
  for (const auto& [arn, subscription] : subscriptions_.all(found->scope)) {
    if (subscription.topic_arn == found->arn) gone.push_back(arn);
  }
  for (const std::string& arn : gone) subscriptions_.erase(found->scope, arn, batch);
  const std::string name = found->topic->name;
  topics_.erase(found->scope, name, batch);
  kit_.store.commit(std::move(batch));
  return Value::object();
}

Result<Value> Sns::list_topics(const Call& call) {
  const std::string from = TRY(page(call));
  std::vector<Value> list;
  std::string next;
  const auto& all = topics_.all({call.account, call.region});
  for (auto it = all.lower_bound(from); it != all.end(); ++it) {
    if (list.size() == 100) {
      next = it->first;
      break;
    }
    list.push_back(json::object({{"TopicArn", call.arn(it->first)}}));
  }
  json::ObjectBuilder out;
  out.add("Topics", Value::array(std::move(list)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> Sns::get_topic_attributes(const Call& call) {
  const Found found = TRY(find_topic(call.params.text("TopicArn")));
  int confirmed = 0, pending = 0;
  for (const auto& [arn, subscription] : subscriptions_.all(found.scope)) {
    if (subscription.topic_arn == found.arn) ++(subscription.pending ? pending : confirmed);
  }
  json::ObjectBuilder out;
  out.add("TopicArn", found.arn).add("Owner", found.scope.account).add("DisplayName", "").add("Policy", json::write(topic_policy(found)));
  out.add("EffectiveDeliveryPolicy", kEffectiveDeliveryPolicy).add("SubscriptionsConfirmed", std::to_string(confirmed));
  out.add("SubscriptionsPending", std::to_string(pending)).add("SubscriptionsDeleted", "0");
  for (const auto& [name, value] : found.topic->attributes) out.set(name, value);
  return json::object({{"Attributes", out.build()}});
}

Result<Value> Sns::set_topic_attributes(const Call& call) {
  const std::string name(call.params.text("AttributeName"));
  if (std::ranges::find(kTopicAttributes, name) == std::end(kTopicAttributes) || name == "FifoTopic") return invalid("AttributeName");
  const Found found = TRY(find_topic(call.params.text("TopicArn")));
  const std::string value(call.params.text("AttributeValue"));
  if (name == "Policy" && !value.empty()) {
    const auto policy = json::parse(value);
    if (!policy || !policy->is_object()) return invalid("Policy Error: null");
  }
  Topic topic = *found.topic;
  if (value.empty() && name != "DisplayName") {
    topic.attributes.erase(name);
  } else {
    topic.attributes[name] = value;
  }
  const std::string key = topic.name;
  topics_.put(found.scope, key, std::move(topic));
  return Value::object();
}

Result<Value> Sns::change_permission(const Call& call) {
  const Found found = TRY(find_topic(call.params.text("TopicArn")));
  const Value policy = topic_policy(found);
  std::vector<Value> statements(policy["Statement"].items().begin(), policy["Statement"].items().end());
  const std::string_view label = call.params.text("Label");
  const auto there = std::ranges::find_if(statements, [&](const Value& s) { return s.text("Sid") == label; });
  if (call.operation == "AddPermission") {
    if (there != statements.end()) return invalid("Statement already exists");
    std::vector<Value> principals, actions;
    for (const Value& account : call.params["AWSAccountId"].items()) principals.emplace_back(fmt::format("arn:aws:iam::{}:root", account.as_string()));
    for (const Value& action : call.params["ActionName"].items()) actions.emplace_back(fmt::format("SNS:{}", action.as_string()));
    const auto one = [](std::vector<Value> list) { return list.size() == 1 ? list[0] : Value::array(std::move(list)); };
    statements.push_back(json::object({{"Sid", label}, {"Effect", "Allow"}, {"Principal", json::object({{"AWS", one(std::move(principals))}})},
                                       {"Action", one(std::move(actions))}, {"Resource", found.arn}}));
  } else if (there != statements.end()) {
    statements.erase(there);
  }
  Topic topic = *found.topic;
  topic.attributes["Policy"] = json::write(policy.with("Statement", Value::array(std::move(statements))));
  const std::string key = topic.name;
  topics_.put(found.scope, key, std::move(topic));
  return Value::object();
}

Result<Value> Sns::list_tags(const Call& call) {
  const auto found = find_topic(call.params.text("ResourceArn"));
  if (!found) return fail("ResourceNotFoundException", "Resource does not exist", 404);
  std::vector<Value> tags;
  for (const auto& [key, value] : found->topic->tags) tags.push_back(json::object({{"Key", key}, {"Value", value}}));
  return json::object({{"Tags", Value::array(std::move(tags))}});
}

Result<Value> Sns::change_tags(const Call& call) {
  const auto found = find_topic(call.params.text("ResourceArn"));
  if (!found) return fail("ResourceNotFoundException", "Resource does not exist", 404);
  Topic topic = *found->topic;
  const auto added = tags_of(call.params["Tags"]);
  if (call.params["Tags"].is_array() && added.size() != call.params["Tags"].size()) return invalid("Duplicated keys are not allowed.");
  for (const auto& [key, value] : added) topic.tags[key] = value;
  if (call.params["TagKeys"].is_array()) {
    for (const Value& key : call.params["TagKeys"].items()) topic.tags.erase(std::string(key.as_string()));
  }
  if (topic.tags.size() > 50) return fail("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded");
  const std::string key = topic.name;
  topics_.put(found->scope, key, std::move(topic));
  return Value::object();
}

}  // namespace sns
