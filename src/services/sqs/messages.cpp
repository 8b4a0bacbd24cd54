// Messages: sent, received, waited for, deleted, moved aside.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr size_t kMessagesMax = 1'000'000;  // in one queue
constexpr int64_t kDeduplicationMs = 5 * 60'000;

void append_part(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  out += {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
  out.append(text);
}

bool allowed_characters(std::string_view body) {
  size_t at = 0;
  while (at < body.size()) {
    const char32_t c = next_code_point(body, at);
    if ((c < 0x20 && c != 9 && c != 10 && c != 13) || c == 0xFFFE || c == 0xFFFF) return false;
  }
  return true;
}

Status check_attributes(const Value& attributes) {
  if (!attributes.is_object()) return {};
  if (attributes.size() > 10) return invalid_value("Number of message attributes [" + std::to_string(attributes.size()) + "] exceeds the allowed maximum [10].");
  for (const auto& [name, attribute] : attributes.members()) {
    const std::string_view type = attribute.text("DataType");
    if (type.empty()) return invalid_value(fmt::format("The message attribute '{}' must contain a non-empty message attribute type.", name));
    const std::string_view base = type.substr(0, type.find('.'));
    if (base != "String" && base != "Number" && base != "Binary") {
      return invalid_value(fmt::format("The type of message (user) attribute '{}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name));
    }
    const Value* value = attribute.find(base == "Binary" ? "BinaryValue" : "StringValue");
    if (!value) {
      return invalid_value(fmt::format("The message attribute '{}' with type '{}' must use field '{}'.", name, base, base == "Binary" ? "Binary" : "String"));
    }
    if (value->is_string() && value->as_string().empty()) {
      return invalid_value(fmt::format("Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name, base));
    }
  }
  return {};
}

}  // namespace

std::string attributes_md5(const Value& attributes) {
  if (!attributes.is_object() || attributes.size() == 0) return "";
  std::vector<const json::Member*> sorted;
  for (const auto& member : attributes.members()) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const json::Member* m) { return m->name; });
  std::string bytes;
  for (const json::Member* member : sorted) {
    append_part(bytes, member->name);
    append_part(bytes, member->value.text("DataType"));
    if (const Value* binary = member->value.find("BinaryValue"); binary && binary->is_string()) {
      bytes.push_back(2);
      append_part(bytes, base64_decode(binary->as_string()).value_or(""));
    } else {
      bytes.push_back(1);
      append_part(bytes, member->value.text("StringValue"));
    }
  }
  return hex_encode(md5(bytes));
}

// --- sending -------------------------------------------------------------------------------------------------------

Result<Value> Sqs::send_one(const Found& to, const Call& call, const Value& entry) {
  const Queue& queue = *to.queue;
  const bool fifo = queue.name.ends_with(".fifo");
  const Value* body = entry.find("MessageBody");
  if (!body || !body->is_string()) return fail("MissingParameter", "The request must contain the parameter MessageBody.");
  const std::string_view text = body->as_string();
  if (text.empty()) return fail("MissingParameter", "The request must contain the parameter MessageBody.");
  if (static_cast<int64_t>(text.size()) > number(queue, "MaximumMessageSize")) {
    return invalid_value(fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} bytes.", number(queue, "MaximumMessageSize")));
  }
  if (!allowed_characters(text)) return fail("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
  TRY(check_attributes(entry["MessageAttributes"]));
  const std::string group(entry.text("MessageGroupId"));
  std::string deduplication(entry.text("MessageDeduplicationId"));
  if (fifo && group.empty()) return fail("MissingParameter", "The request must contain the parameter MessageGroupId.");
  if (!fifo && !deduplication.empty()) {
    return invalid_value(fmt::format("Value {} for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", deduplication));
  }
  if (fifo && entry.find("DelaySeconds") && entry["DelaySeconds"].as_int64().value_or(0) > 0) {
    return invalid_value(fmt::format("Value {} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", entry["DelaySeconds"].number_text()));
  }
  if (fifo && deduplication.empty()) {
    if (attribute(queue, "ContentBasedDeduplication") != "true") {
      return invalid_value("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
    }
    deduplication = hex_encode(sha256(text));
  }
  const Instant now = kit_.clock().now();
  json::ObjectBuilder answer;
  answer.add("MD5OfMessageBody", hex_encode(md5(text)));
  answer.add_text("MD5OfMessageAttributes", attributes_md5(entry["MessageAttributes"]));
  if (fifo) {
    std::erase_if(to.live->seen, [&](const auto& seen) { return now - seen.second.first > kDeduplicationMs; });
    if (const auto it = to.live->seen.find(deduplication); it != to.live->seen.end()) {
      answer.add("MessageId", to.live->seen_ids[deduplication]).add("SequenceNumber", fmt::format("{:020}", it->second.second));
      return answer.build();
    }
  }
  if (to.live->messages.size() >= kMessagesMax) return fail("OverLimit", "The queue holds as many messages as it can.", 403);
  const int64_t delay = entry["DelaySeconds"].as_int64().value_or(number(queue, "DelaySeconds"));
  if (delay < 0 || delay > 900) return invalid_value(fmt::format("Value {} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", delay));
  Message message{.id = kit_.random.uuid(), .body = std::string(text), .attributes = entry["MessageAttributes"],
                  .sender = call.caller.user_id.empty() ? call.caller.account : call.caller.user_id, .group = group, .deduplication = deduplication,
                  .sequence = ++sequence_, .sent = now, .visible = now + delay * 1000};
  answer.add("MessageId", message.id);
  if (fifo) {
    answer.add("SequenceNumber", fmt::format("{:020}", message.sequence));
    to.live->seen[deduplication] = {now, message.sequence};
    to.live->seen_ids[deduplication] = message.id;
  }
  store_message(to, message);
  to.live->messages.emplace(message.sequence, std::move(message));
  arrived(to.scope, queue.name);
  return answer.build();
}

Result<Value> Sqs::send_message(const Call& call) {
  const Found found = TRY(find(call));
  return send_one(found, call, call.params);
}

namespace {

// A batch's entries: 1 to 10, ids of letters, digits, hyphens and underscores, each once.
Status check_batch(const Value& entries) {
  if (!entries.is_array() || entries.size() == 0) return fail("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.");
  if (entries.size() > 10) return fail("TooManyEntriesInBatchRequest", fmt::format("Maximum number of entries per request are 10. You have sent {}.", entries.size()));
  std::set<std::string_view> ids;
  for (const Value& entry : entries.items()) {
    const std::string_view id = entry.text("Id");
    const bool valid = !id.empty() && id.size() <= 80 && std::ranges::all_of(id, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!valid) return fail("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.");
    if (!ids.insert(id).second) return fail("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id));
  }
  return {};
}

Value failed_entry(const Value& entry, const Error& error) {
  std::string code = error.code;
  if (code.ends_with("Exception")) code.resize(code.size() - 9);
  return json::object({{"Id", entry.text("Id")}, {"SenderFault", true}, {"Code", code}, {"Message", error.message}});
}

Value batch_answer(std::vector<Value> succeeded, std::vector<Value> failed) {
  json::ObjectBuilder out;
  out.add("Successful", Value::array(std::move(succeeded)));
  if (!failed.empty()) out.add("Failed", Value::array(std::move(failed)));
  return out.build();
}

}  // namespace

Result<Value> Sqs::send_batch(const Call& call) {
  const Found found = TRY(find(call));
  const Value& entries = call.params["Entries"];
  TRY(check_batch(entries));
  size_t total = 0;
  for (const Value& entry : entries.items()) total += entry.text("MessageBody").size();
  if (total > 1'048'576) return fail("BatchRequestTooLong", fmt::format("Batch requests cannot be longer than 1048576 bytes. You have sent {} bytes.", total));
  std::vector<Value> succeeded, failed;
  for (const Value& entry : entries.items()) {
    auto sent = send_one(found, call, entry);
    if (sent) {
      succeeded.push_back(sent->with("Id", entry["Id"]));
    } else {
      failed.push_back(failed_entry(entry, sent.error()));
    }
  }
  return batch_answer(std::move(succeeded), std::move(failed));
}

// --- receiving -------------------------------------------------------------------------------------------------------

Value Sqs::shown(const Found& from, const Message& m, const Call& call) const {
  json::ObjectBuilder out, attributes, user;
  out.add("MessageId", m.id).add("ReceiptHandle", m.receipt).add("MD5OfBody", hex_encode(md5(m.body))).add("Body", m.body);
  const auto wants = [&](std::string_view name) {
    for (const std::string_view member : {"AttributeNames", "MessageSystemAttributeNames"}) {
      if (!call.params[member].is_array()) continue;
      for (const Value& wanted : call.params[member].items()) {
        if (wanted.as_string() == "All" || wanted.as_string() == name) return true;
      }
    }
    return false;
  };
  const auto add = [&](std::string_view name, std::string value) {
    if (!value.empty() && wants(name)) attributes.add(name, value);
  };
  add("SenderId", m.sender);
  add("SentTimestamp", std::to_string(m.sent.ms));
  add("ApproximateReceiveCount", std::to_string(m.receives));
  add("ApproximateFirstReceiveTimestamp", std::to_string(m.first_received.ms));
  add("MessageGroupId", m.group);
  add("MessageDeduplicationId", m.deduplication);
  if (from.queue->name.ends_with(".fifo")) add("SequenceNumber", fmt::format("{:020}", m.sequence));
  add("DeadLetterQueueSourceArn", m.source_arn);
  if (!attributes.empty()) out.add("Attributes", attributes.build());
  if (const Value& names = call.params["MessageAttributeNames"]; names.is_array() && m.attributes.is_object()) {
    for (const auto& [name, value] : m.attributes.members()) {
      const bool wanted = std::ranges::any_of(names.items(), [&](const Value& n) {
        const std::string_view pattern = n.as_string();
        return pattern == "All" || pattern == ".*" || pattern == name || (pattern.ends_with(".*") && name.starts_with(pattern.substr(0, pattern.size() - 2)));
      });
      if (wanted) user.add(name, value);
    }
    if (!user.empty()) {
      const Value shown_attributes = user.build();
      out.add("MD5OfMessageAttributes", attributes_md5(shown_attributes)).add("MessageAttributes", shown_attributes);
    }
  }
  return out.build();
}

std::vector<Value> Sqs::take(const Found& from, const Call& call) {
  const Instant now = kit_.clock().now();
  const auto most = static_cast<size_t>(call.params["MaxNumberOfMessages"].as_int64().value_or(1));
  const int64_t hide = call.params["VisibilityTimeout"].as_int64().value_or(number(*from.queue, "VisibilityTimeout"));
  const Instant oldest = now + -number(*from.queue, "MessageRetentionPeriod") * 1000;
  const auto redrive = json::parse(attribute(*from.queue, "RedrivePolicy"));
  const bool fifo = from.queue->name.ends_with(".fifo");
  std::set<std::string> blocked;  // groups of which a message is with somebody
  std::vector<Value> out;
  std::vector<uint64_t> gone;
  for (auto& [sequence, m] : from.live->messages) {
    if (out.size() >= most) break;
    if (m.sent < oldest) {
      gone.push_back(sequence);
      continue;
    }
    if (m.visible > now) {
      if (fifo) blocked.insert(m.group);
      continue;
    }
    if (fifo && blocked.contains(m.group)) continue;
    if (redrive && redrive->is_object()) {
      const Value& limit = (*redrive)["maxReceiveCount"];
      const int64_t receives_max = limit.is_string() ? std::atoll(std::string(limit.as_string()).c_str()) : limit.as_int64().value_or(1000);
      const auto target = Arn::parse(redrive->text("deadLetterTargetArn"));
      const Queue* queue = target ? queues_.find({target->account, target->region}, target->resource) : nullptr;
      if (m.receives >= receives_max && queue) {
        Message moved = m;
        moved.receives = 0;
        moved.receipt.clear();
        moved.visible = now;
        moved.source_arn = arn(from.scope, *from.queue);
        moved.sequence = ++sequence_;
        const Found to{{target->account, target->region}, queue, &live_[{Scope{target->account, target->region}, queue->name}]};
        store_message(to, moved);
        to.live->messages.emplace(moved.sequence, moved);
        kit_.loop.post([this, scope = to.scope, name = queue->name] { arrived(scope, name); });
        gone.push_back(sequence);
        continue;
      }
    }
    ++m.receives;
    if (m.first_received.ms == 0) m.first_received = now;
    m.visible = now + hide * 1000;
    m.receipt = kit_.sealer.seal("sqs:receipt", fmt::format("{} {}", sequence, m.receives));
    store_message(from, m);
    out.push_back(shown(from, m, call));
  }
  for (const uint64_t sequence : gone) drop_message(from, sequence);
  return out;
}

void Sqs::receive(const Call& call, protocol::Reply reply) {
  const auto found = find(call);
  if (!found) return reply(std::unexpected(found.error()));
  const auto most = call.params["MaxNumberOfMessages"].as_int64().value_or(1);
  if (most < 1 || most > 10) {
    return reply(invalid_value(fmt::format("Value {} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", most)));
  }
  const int64_t wait = call.params["WaitTimeSeconds"].as_int64().value_or(number(*found->queue, "ReceiveMessageWaitTimeSeconds"));
  if (wait < 0 || wait > 20) {
    return reply(invalid_value(fmt::format("Value {} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", wait)));
  }
  auto messages = take(*found, call);
  if (!messages.empty()) return reply(json::object({{"Messages", Value::array(std::move(messages))}}));
  if (wait == 0) return reply(Value::object());
  const std::pair where{found->scope, found->queue->name};
  const uint64_t id = ++waiter_count_;
  const Loop::TimerId timeout = kit_.loop.after(wait * 1000, [this, where, id] {
    const auto live = live_.find(where);
    if (live == live_.end()) return;
    const auto it = std::ranges::find(live->second.waiters, id, &Waiter::id);
    if (it == live->second.waiters.end()) return;
    protocol::Reply waiting = std::move(it->reply);
    live->second.waiters.erase(it);
    waiting(Value::object());
  });
  found->live->waiters.push_back({id, call, std::move(reply), timeout});
  plan_wake(found->scope, found->queue->name);
}

// Gives what is there to those who wait, the first first.
void Sqs::arrived(const Scope& scope, const std::string& name) {
  const auto live = live_.find({scope, name});
  const Queue* queue = queues_.find(scope, name);
  if (live == live_.end() || !queue) return;
  while (!live->second.waiters.empty()) {
    const Found found{scope, queue, &live->second};
    auto messages = take(found, live->second.waiters.front().call);
    if (messages.empty()) break;
    Waiter waiter = std::move(live->second.waiters.front());
    live->second.waiters.pop_front();
    kit_.loop.cancel(waiter.timeout);
    waiter.reply(json::object({{"Messages", Value::array(std::move(messages))}}));
  }
  plan_wake(scope, name);
}

// While somebody waits: a timer for the next message that comes into sight.
void Sqs::plan_wake(const Scope& scope, const std::string& name) {
  Live& live = live_[{scope, name}];
  if (live.wake) kit_.loop.cancel(live.wake);
  live.wake = 0;
  if (live.waiters.empty()) return;
  const Instant now = kit_.clock().now();
  Instant next{INT64_MAX};
  for (const auto& [sequence, m] : live.messages) {
    if (m.visible > now) next = std::min(next, m.visible);
  }
  if (next.ms == INT64_MAX) return;
  live.wake = kit_.loop.after(next - now + 1, [this, scope, name] { arrived(scope, name); });
}

// --- done with ---------------------------------------------------------------------------------------------------------

Result<Value> Sqs::delete_one(const Found& from, std::string_view receipt) {
  const auto text = kit_.sealer.open("sqs:receipt", receipt);
  if (!text) return fail("ReceiptHandleIsInvalid", fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", receipt));
  const uint64_t sequence = std::strtoull(text->c_str(), nullptr, 10);
  if (from.live->messages.contains(sequence)) {
    drop_message(from, sequence);
    // A group of a FIFO queue may go on.
    kit_.loop.post([this, scope = from.scope, name = from.queue->name] { arrived(scope, name); });
  }
  return Value::object();
}

Result<Value> Sqs::change_one(const Found& from, std::string_view receipt, const Value& timeout) {
  const auto text = kit_.sealer.open("sqs:receipt", receipt);
  if (!text) return fail("ReceiptHandleIsInvalid", fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", receipt));
  const int64_t seconds = timeout.as_int64().value_or(-1);
  if (seconds < 0 || seconds > 43200) {
    return invalid_value(fmt::format("Value {} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", seconds));
  }
  const auto it = from.live->messages.find(std::strtoull(text->c_str(), nullptr, 10));
  const Instant now = kit_.clock().now();
  if (it == from.live->messages.end() || it->second.visible <= now) {
    return fail("MessageNotInflight", fmt::format("Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", receipt));
  }
  it->second.visible = now + seconds * 1000;
  store_message(from, it->second);
  kit_.loop.post([this, scope = from.scope, name = from.queue->name] { arrived(scope, name); });
  return Value::object();
}

Result<Value> Sqs::delete_message(const Call& call) {
  const Found found = TRY(find(call));
  return delete_one(found, call.params.text("ReceiptHandle"));
}

Result<Value> Sqs::change_visibility(const Call& call) {
  const Found found = TRY(find(call));
  return change_one(found, call.params.text("ReceiptHandle"), call.params["VisibilityTimeout"]);
}

Result<Value> Sqs::delete_batch(const Call& call) {
  const Found found = TRY(find(call));
  TRY(check_batch(call.params["Entries"]));
  std::vector<Value> succeeded, failed;
  for (const Value& entry : call.params["Entries"].items()) {
    auto done = delete_one(found, entry.text("ReceiptHandle"));
    if (done) {
      succeeded.push_back(json::object({{"Id", entry["Id"]}}));
    } else {
      failed.push_back(failed_entry(entry, done.error()));
    }
  }
  return batch_answer(std::move(succeeded), std::move(failed));
}

Result<Value> Sqs::change_visibility_batch(const Call& call) {
  const Found found = TRY(find(call));
  TRY(check_batch(call.params["Entries"]));
  std::vector<Value> succeeded, failed;
  for (const Value& entry : call.params["Entries"].items()) {
    auto done = change_one(found, entry.text("ReceiptHandle"), entry["VisibilityTimeout"]);
    if (done) {
      succeeded.push_back(json::object({{"Id", entry["Id"]}}));
    } else {
      failed.push_back(failed_entry(entry, done.error()));
    }
  }
  return batch_answer(std::move(succeeded), std::move(failed));
}

}  // namespace sqs
