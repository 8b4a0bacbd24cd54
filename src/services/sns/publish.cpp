// Publish: one message in, a delivery for every subscription that wants it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/sns/sns.h"

namespace sns {

using json::Value;

namespace {

constexpr size_t kMessageBytesMax = 262'144;
constexpr int64_t kDeduplicationMs = 5 * 60'000;

std::unexpected<Error> bad_attribute(std::string message) { return fail("ParameterValueInvalid", std::move(message)); }

Status check_name(const std::string& name) {
  if (name.starts_with(".")) return bad_attribute("Invalid message attribute name starting with character '.' was found.");
  if (name.ends_with(".")) return bad_attribute("Invalid message attribute name ending with character '.' was found.");
  if (name.find("..") != name.npos) return bad_attribute("Message attribute name can not have successive '.' character.");
  if (name.size() >= 256) return bad_attribute("Length of message attribute name must be less than 256 bytes.");
  for (const char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!allowed) {
      return bad_attribute(fmt::format("Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include alphanumeric characters, "
                                       "hyphens, underscores, or dots.", static_cast<unsigned>(static_cast<uint8_t>(c))));
    }
  }
  return {};
}

}  // namespace

Status check_message_attributes(const Value& attributes) {
  if (!attributes.is_object()) return {};
  for (const auto& [name, attribute] : attributes.members()) {
    TRY(check_name(std::string(name)));
    const std::string_view type = attribute.text("DataType");
    const std::string_view base = type.substr(0, type.find('.'));
    if ((base != "String" && base != "Number" && base != "Binary") || type.size() == base.size() + 1) {
      return bad_attribute(fmt::format("The message attribute '{}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name));
    }
    const bool binary = base == "Binary";
    const Value* value = attribute.find(binary ? "BinaryValue" : "StringValue");
    if (!value) {
      if (attribute.find(binary ? "StringValue" : "BinaryValue")) {
        return bad_attribute(fmt::format("The message attribute '{}' with type '{}' must use field '{}'.", name, type, binary ? "Binary" : "String"));
      }
      return bad_attribute(fmt::format("The message attribute '{}' must contain non-empty message attribute value for message attribute type '{}'.", name, type));
    }
    if (!value->is_string() || value->as_string().empty()) {
      return bad_attribute(fmt::format("The message attribute '{}' must contain non-empty message attribute value for message attribute type '{}'.", name, type));
    }
    if (base == "Number") {
      const std::string_view text = value->as_string();
      if (text.find_first_not_of("0123456789.+-eE") != text.npos) {
        return bad_attribute(fmt::format("Could not cast message attribute '{}' value to number.", name));
      }
    }
  }
  return {};
}

Status Sns::check_message(const Found& topic, const Value& p) const {
  const Value* message = p.find("Message");
  const std::string_view text = message && message->is_string() ? message->as_string() : "";
  if (text.empty()) return invalid("Empty message");
  size_t bytes = text.size();
  if (p["MessageAttributes"].is_object()) {
    for (const auto& [name, attribute] : p["MessageAttributes"].members()) {
      bytes += name.size() + attribute.text("DataType").size() + attribute.text("StringValue").size() + attribute.text("BinaryValue").size();
    }
  }
  if (bytes > kMessageBytesMax) return invalid("Message too long");
  if (const Value* subject = p.find("Subject"); subject && subject->is_string()) {
    const std::string_view s = subject->as_string();
    const bool plain = std::ranges::all_of(s, [](char c) { return static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x7F; });
    if (s.empty() || s.size() > 100 || !plain) return invalid("Subject");
  }
  if (p.text("MessageStructure") == "json") {
    const auto parsed = json::parse(text);
    if (!parsed || !parsed->is_object()) return invalid("Message Structure - JSON message body failed to parse");
    const Value* fallback = parsed->find("default");
    if (!fallback || !fallback->is_string()) return invalid("Message Structure - No default entry in JSON message body");
  } else if (p.find("MessageStructure")) {
    return invalid("MessageStructure");
  }
  TRY(check_message_attributes(p["MessageAttributes"]));
  const bool fifo = topic.topic->name.ends_with(".fifo");
  const std::string_view deduplication = p.text("MessageDeduplicationId");
  if (fifo && p.text("MessageGroupId").empty()) return invalid("The MessageGroupId parameter is required for FIFO topics");
  if (!fifo && !deduplication.empty()) {
    return invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type");
  }
  if (fifo && deduplication.empty()) {
    const auto it = topic.topic->attributes.find("ContentBasedDeduplication");
    if (it == topic.topic->attributes.end() || it->second != "true") {
      return invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
    }
  }
  return {};
}

Value Sns::accept(const Found& topic, const Value& p) {
  const std::string_view text = p.text("Message");
  const Value structure = p.text("MessageStructure") == "json" ? json::parse(text).value_or(Value()) : Value();
  const bool fifo = topic.topic->name.ends_with(".fifo");
  const std::string_view group = p.text("MessageGroupId");
  std::string deduplication(p.text("MessageDeduplicationId"));
  if (fifo && deduplication.empty()) deduplication = hex_encode(sha256(text));
  const Instant now = kit_.clock().now();
  const std::string seen_key = topic.arn + " " + deduplication;
  if (fifo) {
    std::erase_if(seen_, [&](const auto& entry) { return now - entry.second.first > kDeduplicationMs; });
    if (const auto it = seen_.find(seen_key); it != seen_.end()) return it->second.second;
  }
  const std::string id = kit_.random.uuid();
  json::ObjectBuilder answer;
  answer.add("MessageId", id);
  json::ObjectBuilder common;
  common.add("id", id).add("at", now.ms).add_text("subject", p.text("Subject"));
  common.add("attributes", p["MessageAttributes"].is_object() ? p["MessageAttributes"] : Value::object()).add_text("group", group).add_text("dedup", deduplication);
  if (fifo) {
    const std::string sequence = fmt::format("{:020}", 10'000'000'000'000'000'000ULL + (static_cast<uint64_t>(now.ms) << 16) + ++fifo_sequence_);
    answer.add("SequenceNumber", sequence);
    common.add("sequence", sequence);
  }
  const Value base = common.build();
  recent_.published(topic.arn, id, now, p.text("Subject"), text);
  for (const auto& [arn, subscription] : subscriptions_.all(topic.scope)) {
    if (subscription.topic_arn != topic.arn || subscription.pending) continue;
    std::string_view mine = text;
    if (structure.is_object()) {
      const Value* own = structure.find(subscription.protocol);
      mine = (own && own->is_string() ? *own : structure["default"]).as_string();
    }
    const Value one = base.with("text", mine);
    if (wants(subscription, one)) enqueue(topic.scope, subscription, one);
  }
  const Value result = answer.build();
  if (fifo) seen_[seen_key] = {now, result};
  return result;
}

Result<Value> Sns::publish(const Call& call) {
  const Value& p = call.params;
  if (const std::string_view phone = p.text("PhoneNumber"); !phone.empty()) {
    return invalid(fmt::format("PhoneNumber Reason: {} is not valid to publish to", phone));
  }
  std::string arn(p.text("TopicArn"));
  if (arn.empty()) {
    arn = p.text("TargetArn");
    if (arn.empty()) return invalid("TopicArn or TargetArn Reason: no value for required parameter");
    if (arn.find(":endpoint/") != arn.npos) return invalid("TargetArn Reason: No endpoint found for the target arn specified");
  }
  const Found topic = TRY(find_topic(arn));
  if (topic.scope.region != call.region) return invalid("TopicArn");
  TRY(check_message(topic, p));
  return accept(topic, p);
}

Result<Value> Sns::publish_batch(const Call& call) {
  const Found topic = TRY(find_topic(call.params.text("TopicArn")));
  if (topic.scope.region != call.region) return invalid("TopicArn");
  const Value& entries = call.params["PublishBatchRequestEntries"];
  if (!entries.is_array() || entries.size() == 0) return fail("EmptyBatchRequestException", "The batch request doesn't contain any entries.");
  if (entries.size() > 10) return fail("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
  std::set<std::string_view> ids;
  size_t total = 0;
  for (const Value& entry : entries.items()) {
    const std::string_view id = entry.text("Id");
    if (id.size() > 80) return fail("InvalidBatchEntryIdException", fmt::format("The Id of a batch entry in the batch request is too long: {}", id));
    const bool letters = std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    if (!letters || id.empty()) return fail("InvalidBatchEntryIdException", fmt::format("The Id of a batch entry in a batch request contains an impermissible character: {}", id));
    if (!ids.insert(id).second) return fail("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
    total += entry.text("Message").size();
  }
  if (total > kMessageBytesMax) return fail("BatchRequestTooLongException", "The length of all the messages put together is more than the limit.");
  // What is wrong with an entry's parameters refuses the whole batch; what is wrong with its attributes, that entry.
  std::vector<Status> checked;
  for (const Value& entry : entries.items()) {
    checked.push_back(check_message(topic, entry));
    if (!checked.back() && checked.back().error().code == "InvalidParameterException") return std::unexpected(checked.back().error());
  }
  std::vector<Value> succeeded, failed;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Value& entry = entries[i];
    if (checked[i]) {
      succeeded.push_back(accept(topic, entry).with("Id", entry["Id"]));
    } else {
      failed.push_back(json::object({{"Id", entry["Id"]}, {"Code", checked[i].error().code}, {"Message", checked[i].error().message}, {"SenderFault", true}}));
    }
  }
  return json::object({{"Successful", Value::array(std::move(succeeded))}, {"Failed", Value::array(std::move(failed))}});
}

}  // namespace sns
