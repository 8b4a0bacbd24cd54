// Queues: their attributes, policies and tags.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/arn.h"
#include "language/json/parse.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

const std::map<std::string, std::string> kDefaults = {
    {"DelaySeconds", "0"}, {"MaximumMessageSize", "1048576"}, {"MessageRetentionPeriod", "345600"}, {"ReceiveMessageWaitTimeSeconds", "0"}, {"VisibilityTimeout", "30"},
    {"SqsManagedSseEnabled", "true"}};

struct Range {
  std::string_view name;
  int64_t least, most;
};
constexpr Range kRanges[] = {{"DelaySeconds", 0, 900}, {"MaximumMessageSize", 1024, 1048576}, {"MessageRetentionPeriod", 60, 1209600},
                             {"ReceiveMessageWaitTimeSeconds", 0, 20}, {"VisibilityTimeout", 0, 43200}, {"KmsDataKeyReusePeriodSeconds", 60, 86400}};
constexpr std::string_view kKnown[] = {"Policy", "RedrivePolicy", "RedriveAllowPolicy", "FifoQueue", "ContentBasedDeduplication", "KmsMasterKeyId",
                                       "SqsManagedSseEnabled", "DeduplicationScope", "FifoThroughputLimit"};

bool is_name(std::string_view name) {
  std::string_view stem = name.ends_with(".fifo") ? name.substr(0, name.size() - 5) : name;
  return !stem.empty() && name.size() <= 80 && std::ranges::all_of(stem, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Status check(const std::string& name, const std::string& value) {
  const auto range = std::ranges::find(kRanges, std::string_view(name), &Range::name);
  if (range != std::end(kRanges)) {
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (!digits || std::atoll(value.c_str()) < range->least || std::atoll(value.c_str()) > range->most) {
      return fail("InvalidAttributeValue", fmt::format("Invalid value for the parameter {}.", name));
    }
    return {};
  }
  if (std::ranges::find(kKnown, name) == std::end(kKnown)) return fail("InvalidAttributeName", fmt::format("Unknown Attribute {}.", name));
  if ((name == "Policy" || name == "RedrivePolicy") && !value.empty()) {
    const auto document = json::parse(value);
    if (!document || !document->is_object()) return fail("InvalidAttributeValue", fmt::format("Invalid value for the parameter {}.", name));
    if (name == "RedrivePolicy" && (!document->find("deadLetterTargetArn") || !document->find("maxReceiveCount"))) {
      return invalid_value(fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: {}.", value,
                                       document->find("maxReceiveCount") ? "deadLetterTargetArn" : "maxReceiveCount"));
    }
  }
  return {};
}

}  // namespace

std::string Sqs::attribute(const Queue& queue, const std::string& name) const {
  if (const auto it = queue.attributes.find(name); it != queue.attributes.end()) return it->second;
  const auto fallback = kDefaults.find(name);
  return fallback == kDefaults.end() ? "" : fallback->second;
}

Result<Value> Sqs::create_queue(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("QueueName"));
  if (!is_name(name)) return invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  Queue queue{.name = name, .attributes = {}, .tags = {}, .created = call.at, .modified = call.at};
  if (const Value& given = call.params["Attributes"]; given.is_object()) {
    for (const auto& [key, value] : given.members()) {
      TRY(check(key, std::string(value.as_string())));
      queue.attributes[key] = value.as_string();
    }
  }
  const bool fifo = queue.attributes.contains("FifoQueue") && queue.attributes["FifoQueue"] == "true";
  if (queue.attributes.contains("FifoQueue") && !fifo) return fail("InvalidAttributeName", "Unknown Attribute FifoQueue.");
  if (fifo != name.ends_with(".fifo")) {
    return invalid_value(fifo ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
                              : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (const Value& tags = call.params["tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) queue.tags[key] = value.as_string();
  }
  if (const Queue* there = queues_.find(scope, name)) {
    for (const auto& [key, value] : queue.attributes) {
      if (attribute(*there, key) != value) return fail("QueueNameExists", fmt::format("A queue already exists with the same name and a different value for attribute {}", key));
    }
    return json::object({{"QueueUrl", url(scope, name)}});
  }
  queues_.put(scope, name, std::move(queue));
  return json::object({{"QueueUrl", url(scope, name)}});
}

Result<Value> Sqs::delete_queue(const Call& call) {
  const Found found = TRY(find(call));
  const std::string name = found.queue->name;
  store::Batch batch;
  for (const auto& [sequence, message] : found.live->messages) batch.erase(store::Space::outbox, key(found.scope, name, sequence));
  for (Waiter& waiter : found.live->waiters) {
    kit_.loop.cancel(waiter.timeout);
    waiter.reply(fail("QueueDoesNotExist", "The specified queue does not exist."));
  }
  queues_.erase(found.scope, name, batch);
  kit_.store.commit(std::move(batch));
  live_.erase({found.scope, name});
  return Value::object();
}

Result<Value> Sqs::get_queue_url(const Call& call) {
  const std::string name(call.params.text("QueueName"));
  Scope scope{call.account, call.region};
  if (const std::string_view owner = call.params.text("QueueOwnerAWSAccountId"); !owner.empty()) scope.account = owner;
  if (!queues_.find(scope, name)) return fail("QueueDoesNotExist", "The specified queue does not exist.");
  return json::object({{"QueueUrl", url(scope, name)}});
}

Result<Value> Sqs::list_queues(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string prefix(call.params.text("QueueNamePrefix"));
  const auto most = call.params["MaxResults"].as_int64();
  const size_t limit = most && *most > 0 ? static_cast<size_t>(*most) : 1000;
  std::string from = prefix;
  const std::string purpose = "sqs:ListQueues" + scope.account + scope.region;
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid_value("Invalid or expired next token.");
    from = *opened;
  }
  std::vector<Value> urls;
  json::ObjectBuilder out;
  std::string next;
  const auto& all = queues_.all(scope);
  for (auto it = all.lower_bound(from); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (urls.size() == limit) {
      next = it->first;
      break;
    }
    urls.emplace_back(url(scope, it->first));
  }
  if (!urls.empty()) out.add("QueueUrls", Value::array(std::move(urls)));
  if (!next.empty() && most) out.add("NextToken", kit_.sealer.seal(purpose, next));
  return out.build();
}

Result<Value> Sqs::get_attributes(const Call& call) {
  const Found found = TRY(find(call));
  const Instant now = kit_.clock().now();
  int64_t visible = 0, hidden = 0, delayed = 0;
  for (const auto& [sequence, message] : found.live->messages) {
    if (message.visible <= now) {
      ++visible;
    } else if (message.receives > 0) {
      ++hidden;
    } else {
      ++delayed;
    }
  }
  std::map<std::string, std::string> all = kDefaults;
  for (const auto& [name, value] : found.queue->attributes) {
    if (!value.empty()) all[name] = value;
  }
  all["ApproximateNumberOfMessages"] = std::to_string(visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(hidden);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(delayed);
  all["CreatedTimestamp"] = std::to_string(found.queue->created.ms / 1000);
  all["LastModifiedTimestamp"] = std::to_string(found.queue->modified.ms / 1000);
  all["QueueArn"] = arn(found.scope, *found.queue);
  if (found.queue->name.ends_with(".fifo")) {
    all.try_emplace("ContentBasedDeduplication", "false");
    all.try_emplace("DeduplicationScope", "queue");
    all.try_emplace("FifoThroughputLimit", "perQueue");
  }
  json::ObjectBuilder shown;
  bool any = false;
  if (const Value& names = call.params["AttributeNames"]; names.is_array()) {
    for (const Value& wanted : names.items()) {
      if (wanted.as_string() == "All") {
        shown = {};
        for (const auto& [name, value] : all) shown.set(name, value);
        any = true;
        break;
      }
      const auto it = all.find(std::string(wanted.as_string()));
      if (it != all.end()) {
        shown.set(it->first, it->second);
        any = true;
      } else if (std::ranges::find(kKnown, wanted.as_string()) == std::end(kKnown) && std::ranges::find(kRanges, wanted.as_string(), &Range::name) == std::end(kRanges)) {
        return fail("InvalidAttributeName", fmt::format("Unknown Attribute {}.", wanted.as_string()));
      }
    }
  }
  if (!any) return Value::object();
  return json::object({{"Attributes", shown.build()}});
}

Result<Value> Sqs::set_attributes(const Call& call) {
  const Found found = TRY(find(call));
  Queue queue = *found.queue;
  if (const Value& given = call.params["Attributes"]; given.is_object()) {
    for (const auto& [name, value] : given.members()) {
      TRY(check(name, std::string(value.as_string())));
      queue.attributes[name] = value.as_string();
    }
  }
  queue.modified = call.at;
  const std::string name = queue.name;
  queues_.put(found.scope, name, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::purge_queue(const Call& call) {
  const Found found = TRY(find(call));
  if (found.live->purged.ms > 0 && call.at - found.live->purged < 60'000) {
    return fail("PurgeQueueInProgress", fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", found.queue->name));
  }
  found.live->purged = call.at;
  store::Batch batch;
  for (const auto& [sequence, message] : found.live->messages) batch.erase(store::Space::outbox, key(found.scope, found.queue->name, sequence));
  kit_.store.commit(std::move(batch));
  found.live->messages.clear();
  return Value::object();
}

Result<Value> Sqs::change_tags(const Call& call) {
  const Found found = TRY(find(call));
  Queue queue = *found.queue;
  if (const Value& tags = call.params["Tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) queue.tags[key] = value.as_string();
  }
  if (const Value& keys = call.params["TagKeys"]; keys.is_array()) {
    for (const Value& key : keys.items()) queue.tags.erase(std::string(key.as_string()));
  }
  const std::string name = queue.name;
  queues_.put(found.scope, name, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::list_tags(const Call& call) {
  const Found found = TRY(find(call));
  if (found.queue->tags.empty()) return Value::object();
  json::ObjectBuilder tags;
  for (const auto& [key, value] : found.queue->tags) tags.add(key, value);
  return json::object({{"Tags", tags.build()}});
}

Result<Value> Sqs::change_permission(const Call& call) {
  const Found found = TRY(find(call));
  Queue queue = *found.queue;
  std::vector<Value> statements;
  if (auto there = json::parse(attribute(queue, "Policy")); there && (*there)["Statement"].is_array()) {
    statements.assign((*there)["Statement"].items().begin(), (*there)["Statement"].items().end());
  }
  const std::string_view label = call.params.text("Label");
  const auto gone = std::erase_if(statements, [&](const Value& s) { return s.text("Sid") == label; });
  if (call.operation == "AddPermission") {
    if (gone > 0) return invalid_value(fmt::format("Value {} for parameter Label is invalid. Reason: Already exists.", label));
    std::vector<Value> principals, actions;
    for (const Value& account : call.params["AWSAccountIds"].items()) principals.emplace_back(fmt::format("arn:aws:iam::{}:root", account.as_string()));
    for (const Value& action : call.params["Actions"].items()) actions.emplace_back(fmt::format("SQS:{}", action.as_string()));
    statements.push_back(json::object({{"Sid", label}, {"Effect", "Allow"}, {"Principal", json::object({{"AWS", Value::array(std::move(principals))}})},
                                       {"Action", Value::array(std::move(actions))}, {"Resource", arn(found.scope, queue)}}));
  } else if (gone == 0) {
    return invalid_value(fmt::format("Value {} for parameter Label is invalid. Reason: can't find label on existing policy.", label));
  }
  queue.attributes["Policy"] = statements.empty() ? "" : json::write(json::object({{"Version", "2008-10-17"}, {"Id", arn(found.scope, queue) + "/SQSDefaultPolicy"},
                                                                                   {"Statement", Value::array(std::move(statements))}}));
  const std::string name = queue.name;
  queues_.put(found.scope, name, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::list_sources(const Call& call) {
  const Found found = TRY(find(call));
  const std::string target = arn(found.scope, *found.queue);
  std::vector<Value> urls;
  for (const auto& [name, queue] : queues_.all(found.scope)) {
    const auto policy = json::parse(attribute(queue, "RedrivePolicy"));
    if (policy && policy->text("deadLetterTargetArn") == target) urls.emplace_back(url(found.scope, name));
  }
  return json::object({{"queueUrls", Value::array(std::move(urls))}});
}

}  // namespace sqs
