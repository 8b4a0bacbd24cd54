// A queue's attributes: what may be set, what it means, what is shown.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/arn.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

using Attributes = std::map<std::string, std::string>;

const Attributes kDefaults = {
    {"DelaySeconds", "0"},
    {"MaximumMessageSize", "1048576"},
    {"MessageRetentionPeriod", "345600"},
    {"ReceiveMessageWaitTimeSeconds", "0"},
    {"SqsManagedSseEnabled", "true"},
    {"VisibilityTimeout", "30"},
};
const Attributes kFifoDefaults = {
    {"ContentBasedDeduplication", "false"},
    {"DeduplicationScope", "queue"},
    {"FifoThroughputLimit", "perQueue"},
};

// Numbers within bounds, flags, words of a list, or JSON.
struct Rule {
  std::string_view name;
  enum class Kind : uint8_t { number, flag, one_of, json, text } kind;
  int64_t least = 0, most = 0;
  std::string_view first = "", second = "";
};
using enum Rule::Kind;
constexpr Rule kRules[] = {
    {"ContentBasedDeduplication", flag},
    {"DeduplicationScope", one_of, 0, 0, "queue", "messageGroup"},
    {"DelaySeconds", number, 0, 900},
    {"FifoQueue", flag},
    {"FifoThroughputLimit", one_of, 0, 0, "perQueue", "perMessageGroupId"},
    {"KmsDataKeyReusePeriodSeconds", number, 60, 86'400},
    {"KmsMasterKeyId", text},
    {"MaximumMessageSize", number, 1'024, 1'048'576},
    {"MessageRetentionPeriod", number, 60, 1'209'600},
    {"Policy", json},
    {"ReceiveMessageWaitTimeSeconds", number, 0, 20},
    {"RedriveAllowPolicy", json},
    {"RedrivePolicy", json},
    {"SqsManagedSseEnabled", flag},
    {"VisibilityTimeout", number, 0, 43'200},
};
// Told, never set.
constexpr std::string_view kCounted[] = {"ApproximateNumberOfMessages",
                                         "ApproximateNumberOfMessagesDelayed",
                                         "ApproximateNumberOfMessagesNotVisible",
                                         "CreatedTimestamp",
                                         "LastModifiedTimestamp",
                                         "QueueArn"};

const Rule* rule_of(std::string_view name) {
  const auto it = std::ranges::find(kRules, name, &Rule::name);
  return it == std::end(kRules) ? nullptr : it;
}

std::unexpected<Error> unknown_attribute(std::string_view name) {
  return fail("InvalidAttributeName", fmt::format("Unknown Attribute {}.", name));
}

bool fits(const Rule& rule, const std::string& value) {
  switch (rule.kind) {
    case number: {
      if (value.empty() || value.size() > 9) return false;
      if (value.find_first_not_of("0123456789") != value.npos) return false;
      const int64_t amount = std::atoll(value.c_str());
      return amount >= rule.least && amount <= rule.most;
    }
    case flag:
      return value == "true" || value == "false";
    case one_of:
      return value == rule.first || value == rule.second;
    case json: {
      const auto document = json::parse(value);
      return value.empty() || (document && document->is_object());
    }
    case text:
      return true;
  }
  return false;
}

// Whether the queue's type has this attribute at all, and with this value.
Status suits_type(const Queue& queue, std::string_view name, const std::string& value) {
  const bool fifo = queue.fifo();
  if (!fifo && (name == "FifoQueue" || name == "ContentBasedDeduplication"))
    return unknown_attribute(name);
  if (!fifo && (name == "DeduplicationScope" || name == "FifoThroughputLimit")) {
    return fail("InvalidAttributeName",
                fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
  }
  if (name == "FifoQueue" && value != "true") {
    return fail("InvalidAttributeValue",
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
                "supported.");
  }
  return {};
}

}  // namespace

Settings settings_of(const Queue& queue) {
  const auto get = [&](const std::string& name) -> std::string {
    if (const auto it = queue.attributes.find(name); it != queue.attributes.end())
      return it->second;
    const auto it = kDefaults.find(name);
    return it == kDefaults.end() ? "" : it->second;
  };
  const auto number_of = [&](const std::string& name) { return std::atoll(get(name).c_str()); };
  Settings out;
  out.fifo = queue.fifo();
  out.content_based_deduplication = get("ContentBasedDeduplication") == "true";
  out.deduplicates_by_group = get("DeduplicationScope") == "messageGroup";
  out.delay_s = number_of("DelaySeconds");
  out.visibility_s = number_of("VisibilityTimeout");
  out.retention_s = number_of("MessageRetentionPeriod");
  out.wait_s = number_of("ReceiveMessageWaitTimeSeconds");
  out.message_bytes_max = number_of("MaximumMessageSize");
  if (const auto policy = json::parse(get("RedrivePolicy")); policy && policy->is_object()) {
    out.dead_letter_arn = policy->text("deadLetterTargetArn");
    const Value& most = (*policy)["maxReceiveCount"];
    out.receives_max = most.is_string() ? std::atoll(std::string(most.as_string()).c_str())
                                        : most.as_int64().value_or(0);
  }
  if (auto policy = json::parse(get("Policy"))) out.policy = *std::move(policy);
  return out;
}

Status Sqs::check_redrive_policy(const Queue& queue, const std::string& text) {
  const auto bad = [&](std::string_view reason) {
    return invalid_parameter(text, "RedrivePolicy", reason);
  };
  const auto policy = json::parse(text);
  for (const std::string_view member : {"maxReceiveCount", "deadLetterTargetArn"}) {
    if (policy && !policy->find(member)) {
      return bad(fmt::format("Redrive policy does not contain mandatory attribute: {}.", member));
    }
  }
  Queue with = queue;
  with.attributes["RedrivePolicy"] = text;
  const Settings settings = settings_of(with);
  if (settings.receives_max < 1 || settings.receives_max > 1'000) {
    return bad(
        fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to "
                    "1000 both inclusive.",
                    settings.receives_max));
  }
  const auto target = find_arn(settings.dead_letter_arn);
  if (!target) return bad("Dead letter target does not exist.");
  if (target->queue->fifo() != queue.fifo())
    return bad("Dead letter target must be same type of queue as the source.");
  return {};
}

Status Sqs::take_attributes(const Call& call, Queue& queue) {
  const Value& given = call.params["Attributes"];
  if (!given.is_object()) return {};
  for (const auto& member : given.members()) {
    const std::string name(member.name);
    const Rule* rule = rule_of(name);
    if (!rule) return unknown_attribute(name);
    std::string value(member.value.is_string() ? member.value.as_string() : "");
    if (rule->kind == flag) value = lower_case(value);
    TRY(suits_type(queue, name, value));
    if (!fits(*rule, value)) {
      return fail("InvalidAttributeValue",
                  fmt::format("Invalid value for the parameter {}.", name));
    }
    if (name == "RedrivePolicy" && !value.empty()) TRY(check_redrive_policy(queue, value));
    queue.attributes[name] = std::move(value);
  }
  if (given.text("KmsMasterKeyId").empty()) return {};
  if (lower_case(given.text("SqsManagedSseEnabled")) == "true") {
    return fail("InvalidAttributeName",
                "You can use one type of server-side encryption (SSE) at one time. You can either "
                "enable KMS SSE or SQS SSE.");
  }
  queue.attributes["SqsManagedSseEnabled"] = "false";
  return {};
}

std::map<std::string, std::string> Sqs::shown_attributes(const Scope& scope, const Queue& queue) {
  Backlog& backlog = live_.at({scope, queue.name}).backlog;
  backlog.reveal(kit_.clock().now());
  // What was hidden before anybody looked on is announced as well.
  if (kit_.store.changes().listening()) plan_wake(scope, queue.name);
  Attributes all = kDefaults;
  if (queue.fifo()) all.insert(kFifoDefaults.begin(), kFifoDefaults.end());
  for (const auto& [name, value] : queue.attributes) {
    if (value.empty()) {
      all.erase(name);
    } else {
      all[name] = value;
    }
  }
  if (!all.contains("KmsMasterKeyId")) all.erase("KmsDataKeyReusePeriodSeconds");
  all["ApproximateNumberOfMessages"] = std::to_string(backlog.visible());
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(backlog.in_flight());
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(backlog.delayed());
  all["CreatedTimestamp"] = std::to_string(queue.created.ms / 1000);
  all["LastModifiedTimestamp"] = std::to_string(queue.modified.ms / 1000);
  all["QueueArn"] = arn(scope, queue.name);
  return all;
}

Result<Value> Sqs::get_attributes(const Call& call) {
  const Found found = TRY(find(call));
  store::Batch batch;
  drop_expired(found, batch);
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  const auto all = shown_attributes(found.scope, *found.queue);
  json::ObjectBuilder shown;
  const Value& names = call.params["AttributeNames"];
  for (const Value& wanted : names.is_array() ? names.items() : std::span<const Value>()) {
    const std::string name(wanted.as_string());
    if (name == "All") {
      shown = {};
      for (const auto& [one, value] : all) shown.add(one, value);
      break;
    }
    if (!rule_of(name) && std::ranges::find(kCounted, name) == std::end(kCounted))
      return unknown_attribute(name);
    if (const auto it = all.find(name); it != all.end()) shown.set(name, it->second);
  }
  if (shown.empty()) return Value::object();
  return json::object({{"Attributes", shown.build()}});
}

Result<Value> Sqs::set_attributes(const Call& call) {
  const Found found = TRY(find(call));
  Queue queue = *found.queue;
  TRY(take_attributes(call, queue));
  queue.modified = call.at;
  put_queue(found.scope, std::move(queue));
  return Value::object();
}

}  // namespace sqs
