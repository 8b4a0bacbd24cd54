// Receiving: what is visible is given and hidden for a while; who finds nothing may wait.
#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "net/http.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr size_t kWaitersMax = 10'000;    // of one queue; whoever comes later does not wait
constexpr size_t kInFlightMax = 120'000;  // AWS's quota

bool lists(const Value& names, std::string_view name) {
  if (!names.is_array()) return false;
  return std::ranges::any_of(
      names.items(), [&](const Value& one) { return one == Value("All") || one == Value(name); });
}

// "All", ".*", a name, or "prefix.*".
bool wants_attribute(const Value& names, std::string_view name) {
  return std::ranges::any_of(names.items(), [&](const Value& one) {
    std::string_view pattern = one.is_string() ? one.as_string() : "";
    if (pattern == "All" || pattern == name) return true;
    if (!pattern.ends_with(".*")) return false;
    pattern.remove_suffix(2);
    return name.starts_with(pattern);
  });
}

Status check(const Value& params) {
  const auto within = [&](std::string_view name, int64_t least, int64_t most,
                          std::string_view reason) -> Status {
    const auto value = params[name].as_int64();
    if (!value || (*value >= least && *value <= most)) return {};
    return invalid_parameter(std::to_string(*value), name, reason);
  };
  TRY(within("MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided."));
  TRY(within("WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided."));
  return within("VisibilityTimeout", 0, 43'200, "Must be between 0 and 43200, if provided.");
}

Value shown_system_attributes(const Held& held, const Message& m, bool fifo, const Value& params) {
  json::ObjectBuilder out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (lists(params["AttributeNames"], name) || lists(params["MessageSystemAttributeNames"], name))
      out.add(name, value);
  };
  add("SenderId", m.sender);
  add("SentTimestamp", std::to_string(held.sent.ms));
  add("ApproximateReceiveCount", std::to_string(held.receives));
  add("ApproximateFirstReceiveTimestamp", std::to_string(held.first_received.ms));
  add("MessageGroupId", held.group);
  add("MessageDeduplicationId", m.deduplication);
  if (fifo) add("SequenceNumber", fmt::format("{:020}", held.sequence));
  add("DeadLetterQueueSourceArn", m.source_arn);
  add("AWSTraceHeader", m.system_attributes["AWSTraceHeader"].text("StringValue"));
  return out.empty() ? Value() : out.build();
}

Value shown_attributes(const Value& attributes, const Value& names) {
  json::ObjectBuilder out;
  if (!names.is_array() || !attributes.is_object()) return {};
  for (const auto& [name, value] : attributes.members()) {
    if (wants_attribute(names, name)) out.add(name, value);
  }
  return out.empty() ? Value() : out.build();
}

Value shown(const Held& held, const Message& m, const std::string& receipt, bool fifo,
            const Value& params) {
  json::ObjectBuilder out;
  out.add("MessageId", m.id).add("ReceiptHandle", receipt);
  out.add("MD5OfBody", hex_encode(md5(m.body))).add("Body", m.body);
  if (Value system = shown_system_attributes(held, m, fifo, params); !system.is_null())
    out.add("Attributes", std::move(system));
  const Value own = shown_attributes(m.attributes, params["MessageAttributeNames"]);
  if (!own.is_null())
    out.add("MD5OfMessageAttributes", attributes_md5(own)).add("MessageAttributes", own);
  return out.build();
}

Value answer_of(std::vector<Value> messages) {
  if (messages.empty()) return Value::object();
  return json::object({{"Messages", Value::array(std::move(messages))}});
}

}  // namespace

void Sqs::drop_expired(const Found& queue, store::Batch& batch) {
  const Instant oldest = kit_.clock().now() + -queue.live->settings.retention_s * 1000;
  for (const uint64_t sequence : queue.live->backlog.sent_before(oldest))
    drop_message(queue, sequence, batch);
}

// True when the message has been received often enough and is now in the dead-letter queue.
bool Sqs::move_dead_letter(const Found& from, const Held& held, store::Batch& batch) {
  const Settings& settings = from.live->settings;
  if (settings.dead_letter_arn.empty() || held.receives < settings.receives_max) return false;
  const auto to = find_arn(settings.dead_letter_arn);
  const auto record = kit_.store.get(store::Space::outbox,
                                     record_key(from.queue->id, Record::message, held.sequence));
  auto message = record && to ? read_message(*record) : std::nullopt;
  if (!message) return false;
  message->source_arn = arn(from.scope, from.queue->name);
  add_message(
      *to, *message,
      {.sent = held.sent, .visible = kit_.clock().now(), .first_received = {}, .group = held.group},
      batch);
  drop_message(from, held.sequence, batch);
  arrived_later(to->scope, to->queue->name);
  return true;
}

std::vector<Value> Sqs::take(const Found& from, const Call& call) {
  const Instant now = kit_.clock().now();
  Backlog& backlog = from.live->backlog;
  const auto most = static_cast<size_t>(call.params["MaxNumberOfMessages"].as_int64().value_or(1));
  const Settings& settings = from.live->settings;
  const int64_t hide_ms =
      call.params["VisibilityTimeout"].as_int64().value_or(settings.visibility_s) * 1000;
  store::Batch batch;
  drop_expired(from, batch);
  backlog.reveal(now);
  std::vector<Value> out;
  while (out.size() < most && backlog.in_flight() < kInFlightMax) {
    const auto ready = backlog.ready(most - out.size());
    if (ready.empty()) break;
    for (Held* held : ready) {
      if (move_dead_letter(from, *held, batch)) continue;
      const auto record = kit_.store.get(
          store::Space::outbox, record_key(from.queue->id, Record::message, held->sequence));
      const auto message = record ? read_message(*record) : std::nullopt;
      if (!message) {
        drop_message(from, held->sequence, batch);
        continue;
      }
      ++held->receives;
      if (held->first_received.ms == 0) held->first_received = now;
      // Those that stay visible are told apart from the others until the end of this loop.
      backlog.hide(*held, now + hide_ms, true);
      batch.put(store::Space::outbox, record_key(from.queue->id, Record::state, held->sequence),
                write_state(*held));
      out.push_back(
          shown(*held, *message, receipt_of(*from.queue, *held), settings.fifo, call.params));
    }
  }
  backlog.reveal(now);
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  if (!out.empty()) counts_changed(from.scope, from.queue->name);
  return out;
}

// --- waiting -------------------------------------------------------------------------------------

void Sqs::receive(const Call& call, protocol::Reply reply) {
  const auto found = find(call);
  if (!found) return reply(std::unexpected(found.error()));
  if (auto valid = check(call.params); !valid) return reply(std::unexpected(valid.error()));
  const int64_t wait_s =
      call.params["WaitTimeSeconds"].as_int64().value_or(found->live->settings.wait_s);
  auto messages = take(*found, call);
  if (!messages.empty() || wait_s == 0 || found->live->waiters.size() >= kWaitersMax)
    return reply(answer_of(std::move(messages)));
  const std::pair where{found->scope, found->queue->name};
  const uint64_t id = ++waiter_count_;
  const auto end = [this, where, id] {
    const auto live = live_.find(where);
    if (live == live_.end()) return;
    auto& waiters = live->second.waiters;
    const auto it = std::ranges::find(waiters, id, &Waiter::id);
    if (it == waiters.end()) return;
    protocol::Reply waiting = std::move(it->reply);
    kit_.loop.cancel(it->timeout);
    waiters.erase(it);
    plan_wake(where.first, where.second);
    waiting(Value::object());
  };
  const Loop::TimerId timeout = kit_.loop.after(wait_s * 1000, end);
  // Whoever has gone is given no message.
  if (const auto client = call.client.lock()) client->when_gone(end);
  found->live->waiters.push_back({id, call, std::move(reply), timeout});
  plan_wake(found->scope, found->queue->name);
}

void Sqs::arrived_later(const Scope& scope, const std::string& name) {
  const auto live = live_.find({scope, name});
  if (live == live_.end() || live->second.waiters.empty()) return;
  kit_.loop.post([this, scope, name] { arrived(scope, name); });
}

// Gives what is there to those who wait, the first first.
void Sqs::arrived(const Scope& scope, const std::string& name) {
  const auto live = live_.find({scope, name});
  const Queue* queue = queues_.find(scope, name);
  if (live == live_.end() || !queue) return;
  auto& waiters = live->second.waiters;
  while (!waiters.empty()) {
    auto messages = take({scope, queue, &live->second}, waiters.front().call);
    if (messages.empty()) break;
    Waiter waiter = std::move(waiters.front());
    waiters.pop_front();
    kit_.loop.cancel(waiter.timeout);
    waiter.reply(answer_of(std::move(messages)));
  }
  plan_wake(scope, name);
}

void Sqs::counts_changed(const Scope& scope, const std::string& name) {
  store::Changes& changes = kit_.store.changes();
  if (!changes.listening()) return;
  changes.say("sqs/message", scope.account, scope.region, name);
  plan_wake(scope, name);
}

// While somebody waits, or may look on: a timer for the next message that comes into sight.
void Sqs::plan_wake(const Scope& scope, const std::string& name) {
  const auto it = live_.find({scope, name});
  if (it == live_.end()) return;
  Live& live = it->second;
  if (live.wake) kit_.loop.cancel(live.wake);
  live.wake = 0;
  if (live.waiters.empty() && !kit_.store.changes().listening()) return;
  const auto next = live.backlog.next_reveal();
  if (!next) return;
  live.wake = kit_.loop.after(*next - kit_.clock().now(), [this, scope, name] {
    const auto woken = live_.find({scope, name});
    if (woken == live_.end()) return;
    woken->second.wake = 0;
    woken->second.backlog.reveal(kit_.clock().now());
    kit_.store.changes().say("sqs/message", scope.account, scope.region, name);
    arrived(scope, name);
  });
}

}  // namespace sqs
