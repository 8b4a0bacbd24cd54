// Messages on their way into a queue, one by one or ten at a time.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/encoding.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr size_t kMessagesMax = 1'000'000;  // in one queue
constexpr size_t kBatchBytesMax = 1'048'576;
constexpr size_t kBatchEntriesMax = 10;
constexpr int64_t kDeduplicationMs = 5 * 60'000;
constexpr int64_t kDelayMaxS = 900;

// MessageGroupId and MessageDeduplicationId.
Status check_fifo_id(std::string_view parameter, std::string_view id) {
  const bool valid =
      id.size() <= 128 && std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7F; });
  if (valid) return {};
  return invalid_parameter(
      id, parameter,
      fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in "
                  "length.",
                  parameter));
}

// What is right or wrong with an entry whatever the queue holds.
Status check_entry(const Settings& settings, const Value& entry) {
  const std::string_view body = entry.text("MessageBody");
  if (body.empty()) return missing_parameter("MessageBody");
  TRY(check_body(body));
  TRY(check_attributes(entry["MessageAttributes"]));
  if (message_bytes(body, entry["MessageAttributes"]) >
      static_cast<size_t>(settings.message_bytes_max)) {
    return invalid_value(
        fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                    "bytes.",
                    settings.message_bytes_max));
  }
  const std::string_view group = entry.text("MessageGroupId");
  const std::string_view deduplication = entry.text("MessageDeduplicationId");
  TRY(check_fifo_id("MessageGroupId", group));
  TRY(check_fifo_id("MessageDeduplicationId", deduplication));
  const int64_t delay = entry["DelaySeconds"].as_int64().value_or(0);
  if (delay < 0 || delay > kDelayMaxS) {
    return invalid_parameter(std::to_string(delay), "DelaySeconds",
                             "DelaySeconds must be >= 0 and <= 900.");
  }
  if (!settings.fifo) {
    if (deduplication.empty()) return {};
    return invalid_parameter(
        deduplication, "MessageDeduplicationId",
        "The request includes a parameter that is not valid for this queue type.");
  }
  if (group.empty()) return missing_parameter("MessageGroupId");
  if (delay > 0) {
    return invalid_parameter(
        std::to_string(delay), "DelaySeconds",
        "The request include parameter that is not valid for this queue type.");
  }
  if (deduplication.empty() && !settings.content_based_deduplication) {
    return invalid_value(
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly");
  }
  return {};
}

}  // namespace

void Sqs::forget_old_deduplication(const Found& queue, store::Batch& batch) {
  auto& order = queue.live->seen_order;
  const Instant now = kit_.clock().now();
  while (!order.empty() && now - order.front().first >= kDeduplicationMs) {
    const auto it = queue.live->seen.find(order.front().second);
    if (it != queue.live->seen.end() && it->second.at == order.front().first) {
      batch.erase(store::Space::outbox,
                  record_key(queue.queue->id, Record::deduplication, it->second.sequence));
      queue.live->seen.erase(it);
    }
    order.pop_front();
  }
}

Result<Value> Sqs::send_one(const Found& to, const Call& call, const Value& entry,
                            store::Batch& batch) {
  const Settings& settings = to.live->settings;
  TRY(check_entry(settings, entry));
  const std::string_view body = entry.text("MessageBody");
  const std::string group(entry.text("MessageGroupId"));
  Message message{.id = kit_.random.uuid(),
                  .body = std::string(body),
                  .attributes = entry["MessageAttributes"],
                  .system_attributes = entry["MessageSystemAttributes"],
                  .sender = call.caller.user_id.empty() ? call.caller.account : call.caller.user_id,
                  .deduplication = std::string(entry.text("MessageDeduplicationId")),
                  .source_arn = ""};
  json::ObjectBuilder answer;
  answer.add("MD5OfMessageBody", hex_encode(md5(body)));
  answer.add_text("MD5OfMessageAttributes", attributes_md5(message.attributes));
  answer.add_text("MD5OfMessageSystemAttributes", attributes_md5(message.system_attributes));
  std::string seen_key;
  if (settings.fifo) {
    if (message.deduplication.empty()) message.deduplication = hex_encode(sha256(body));
    seen_key = (settings.deduplicates_by_group ? group + ' ' : "") + message.deduplication;
    forget_old_deduplication(to, batch);
    if (const auto it = to.live->seen.find(seen_key); it != to.live->seen.end()) {
      answer.add("MessageId", it->second.message_id);
      return answer.add("SequenceNumber", fmt::format("{:020}", it->second.sequence)).build();
    }
  }
  if (to.live->backlog.size() >= kMessagesMax)
    return fail("OverLimit", "The queue holds as many messages as it can.", 403);
  const Instant now = kit_.clock().now();
  // A delay of 0 in a FIFO queue means the queue's own (recorded).
  const auto asked = entry["DelaySeconds"].as_int64();
  const int64_t delay = asked && !settings.fifo ? *asked : settings.delay_s;
  Held held{.sent = now,
            .visible = now + delay * 1000,
            .first_received = {},
            .group = settings.fifo ? group : ""};
  answer.add("MessageId", message.id);
  const std::string id = message.id;
  const uint64_t sequence = add_message(to, message, std::move(held), batch);
  if (settings.fifo) {
    answer.add("SequenceNumber", fmt::format("{:020}", sequence));
    const Seen seen{now, seen_key, sequence, id};
    batch.put(store::Space::outbox, record_key(to.queue->id, Record::deduplication, sequence),
              write_seen(seen));
    to.live->seen_order.emplace_back(now, seen_key);
    to.live->seen.insert_or_assign(seen_key, seen);
  }
  return answer.build();
}

Result<Value> Sqs::send_message(const Call& call) {
  const Found found = TRY(find(call));
  store::Batch batch;
  auto sent = send_one(found, call, call.params, batch);
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  if (sent) arrived_later(found.scope, found.queue->name);
  return sent;
}

// --- batches -------------------------------------------------------------------------------------

Status check_batch(const Value& entries) {
  if (!entries.is_array() || entries.size() == 0) {
    return fail("EmptyBatchRequest",
                "There should be at least one SendMessageBatchRequestEntry in the request.");
  }
  if (entries.size() > kBatchEntriesMax) {
    return fail("TooManyEntriesInBatchRequest",
                fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                            kBatchEntriesMax, entries.size()));
  }
  std::set<std::string_view> ids;
  for (const Value& entry : entries.items()) {
    const std::string_view id = entry.text("Id");
    const bool valid = !id.empty() && id.size() <= 80 && std::ranges::all_of(id, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
    if (!valid) {
      return fail("InvalidBatchEntryId",
                  "A batch entry id can only contain alphanumeric characters, hyphens and "
                  "underscores. It can be at most 80 letters long.");
    }
    if (!ids.insert(id).second)
      return fail("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id));
  }
  return {};
}

Value failed_entry(const Value& entry, const Error& error) {
  std::string code =
      error.code == "MissingRequiredParameterException" ? "MissingParameter" : error.code;
  if (code.ends_with("Exception")) code.resize(code.size() - 9);
  return json::object({{"Id", entry.text("Id")},
                       {"SenderFault", true},
                       {"Code", code},
                       {"Message", error.message}});
}

Value batch_answer(std::vector<Value> succeeded, std::vector<Value> failed) {
  json::ObjectBuilder out;
  if (!succeeded.empty()) out.add("Successful", Value::array(std::move(succeeded)));
  if (!failed.empty()) out.add("Failed", Value::array(std::move(failed)));
  return out.build();
}

Result<Value> Sqs::send_batch(const Call& call) {
  const Found found = TRY(find(call));
  const Value& entries = call.params["Entries"];
  TRY(check_batch(entries));
  size_t total = 0;
  for (const Value& entry : entries.items()) {
    total += message_bytes(entry.text("MessageBody"), entry["MessageAttributes"]);
    if (found.live->settings.fifo && entry.text("MessageGroupId").empty())
      return invalid_value("The request must contain the parameter MessageGroupId.");
  }
  if (total > kBatchBytesMax) {
    return fail("BatchRequestTooLong",
                fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} "
                            "bytes.",
                            kBatchBytesMax, total));
  }
  store::Batch batch;
  std::vector<Value> succeeded, failed;
  for (const Value& entry : entries.items()) {
    auto sent = send_one(found, call, entry, batch);
    if (sent) {
      succeeded.push_back(sent->with("Id", entry["Id"]));
    } else {
      failed.push_back(failed_entry(entry, sent.error()));
    }
  }
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  arrived_later(found.scope, found.queue->name);
  return batch_answer(std::move(succeeded), std::move(failed));
}

}  // namespace sqs
