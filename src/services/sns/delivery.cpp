// Deliveries: to queues, to HTTP endpoints, to functions; repeated until they are taken or given up.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/arn.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "language/json/parse.h"
#include "net/http_client.h"
#include "protocol/patterns/pattern.h"
#include "services/sns/sns.h"

namespace sns {

using json::Value;

namespace {

constexpr std::string_view kPrefix = "sns/";
constexpr size_t kWaitingMax = 100'000;
constexpr int kHttpAttempts = 4;  // and the first: three retries, 20 s apart, as AWS's default policy has it
constexpr int64_t kHttpDelayMs = 20'000;

// The attributes as one flat event, which is what filter policies look at.
Value as_event(const Value& attributes) {
  json::ObjectBuilder out;
  for (const auto& [name, attribute] : attributes.members()) {
    const std::string_view type = attribute.text("DataType"), text = attribute.text("StringValue");
    if (type.starts_with("Number")) {
      out.add(name, Value::number(json::parse(text) ? text : "0"));
    } else if (type == "String.Array") {
      auto list = json::parse(text);
      out.add(name, list ? *list : Value(text));
    } else if (type.starts_with("String")) {
      out.add(name, text);
    }
  }
  return out.build();
}

// Addresses that serve a cloud's own secrets are never called.
bool forbidden(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return true;
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  return host.starts_with("169.254.") || host.starts_with("[fe80") || host.starts_with("[::ffff:169.254") || host.starts_with("2852039166") || host.starts_with("0xa9fe");
}

}  // namespace

bool Sns::wants(const Subscription& s, const Value& message) {
  const auto policy = s.attributes.find("FilterPolicy");
  if (policy == s.attributes.end() || policy->second.empty()) return true;
  const auto document = json::parse(policy->second);
  if (!document || !document->is_object() || document->size() == 0) return true;
  auto pattern = patterns::Pattern::compile(*document);
  if (!pattern) return false;
  const auto scope = s.attributes.find("FilterPolicyScope");
  if (scope != s.attributes.end() && scope->second == "MessageBody") {
    const auto body = json::parse(message.text("text"));
    return body && body->is_object() && pattern->matches(*body);
  }
  return pattern->matches(as_event(message["attributes"]));
}

void Sns::start() {
  kit_.store.scan(store::Space::outbox, kPrefix, store::prefix_end(kPrefix), store::Order::forward, [&](std::string_view key, std::string_view value) {
    if (auto d = json::parse(value)) {
      waiting_.emplace(key, Delivery{{std::string(d->text("account")), std::string(d->text("region"))}, std::string(d->text("subscription")), std::string(d->text("topic")),
                                     (*d)["message"], static_cast<int>((*d)["attempts"].as_int64().value_or(0))});
    }
    return true;
  });
  sequence_ = static_cast<uint64_t>(kit_.clock().now().ms) << 20;
  for (const auto& entry : waiting_) kit_.loop.post([this, key = entry.first] { deliver(key); });
}

void Sns::enqueue(const Scope& scope, const Subscription& s, const Value& message) {
  if (waiting_.size() >= kWaitingMax) return;
  const std::string key = fmt::format("{}{:020}", kPrefix, ++sequence_);
  Delivery delivery{scope, s.arn, s.topic_arn, message, 0};
  store::Batch batch;
  batch.put(store::Space::outbox, key, json::write(json::object({{"account", scope.account}, {"region", scope.region}, {"subscription", s.arn}, {"topic", s.topic_arn},
                                                                 {"message", message}, {"attempts", 0}})));
  kit_.store.commit(std::move(batch));
  recent_.enqueued(message.text("id"), s.arn, s.protocol, s.endpoint);
  waiting_.emplace(key, std::move(delivery));
  kit_.loop.post([this, key] { deliver(key); });
}

// spec/sns.md "Delivery envelope": these members in this order. What FIFO topics send is not signed (recorded).
std::string Sns::envelope(const Delivery& d, const Subscription& s) {
  json::ObjectBuilder out;
  out.add("Type", "Notification").add("MessageId", d.message["id"]);
  if (d.message.find("sequence")) out.add("SequenceNumber", d.message["sequence"]);
  out.add("TopicArn", d.topic_arn).add_text("Subject", d.message.text("subject")).add("Message", d.message["text"]);
  out.add("Timestamp", iso8601_ms({d.message["at"].as_int64().value_or(0)}));
  if (!d.message.find("sequence")) add_signature(out, d.topic_arn, {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"});
  out.add("UnsubscribeURL", fmt::format("{}/?Action=Unsubscribe&SubscriptionArn={}", kit_.endpoint, s.arn));
  if (d.message["attributes"].size() > 0) {
    json::ObjectBuilder attributes;
    for (const auto& [name, attribute] : d.message["attributes"].members()) {
      const Value& value = attribute.find("BinaryValue") ? attribute["BinaryValue"] : attribute["StringValue"];
      attributes.add(name, json::object({{"Type", attribute["DataType"]}, {"Value", value}}));
    }
    out.add("MessageAttributes", attributes.build());
  }
  return json::write(out.build());
}

// Signs those of `message`'s members that it has, and says where the certificate is.
void Sns::add_signature(json::ObjectBuilder& message, std::string_view topic_arn, std::initializer_list<std::string_view> members) {
  const Value shown = json::ObjectBuilder(message).build();
  std::string text;
  for (const std::string_view member : members) {
    if (const Value* value = shown.find(member)) text += fmt::format("{}\n{}\n", member, value->as_string());
  }
  std::string version = "1";
  if (const auto topic = find_topic(topic_arn)) {
    if (const auto it = topic->topic->attributes.find("SignatureVersion"); it != topic->topic->attributes.end()) version = it->second;
  }
  message.add("SignatureVersion", version).add("Signature", signer_.sign(text, version));
  message.add("SigningCertURL", kit_.endpoint + signer_.certificate_path());
}

void Sns::deliver(const std::string& key) {
  const auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  const Delivery& d = it->second;
  const Subscription* s = subscriptions_.find(d.scope, d.subscription);
  if (!s) return delivered(key);  // nobody listens any more
  if (s->protocol == "sqs") {
    to_queue(key, d, *s, s->endpoint, false);
  } else if (s->protocol == "http" || s->protocol == "https") {
    // It leaves the process: only once its acceptance is on the device.
    kit_.store.when_durable(kit_.store.head(), [this, key] {
      const auto again = waiting_.find(key);
      if (again == waiting_.end()) return;
      const Subscription* to = subscriptions_.find(again->second.scope, again->second.subscription);
      if (to) to_http(key, again->second, *to);
    });
  } else if (s->protocol == "lambda") {
    const auto arn = Arn::parse(s->endpoint);
    const Value record = json::object({{"EventSource", "aws:sns"}, {"EventVersion", "1.0"}, {"EventSubscriptionArn", s->arn}, {"Sns", json::parse(envelope(d, *s)).value_or(Value())}});
    auto call = kit_.registry.internal(protocol::Principal::aws_service("sns.amazonaws.com", d.scope.account, d.topic_arn), arn ? arn->region : d.scope.region, "lambda", "Invoke",
                                       json::object({{"FunctionName", s->endpoint}, {"InvocationType", "Event"},
                                                     {"Payload", base64_encode(json::write(json::object({{"Records", json::array({record})}})))}}));
    kit_.registry.call(call, [this, key](Result<Value> answer) { answer ? delivered(key) : failed(key, true); });
  } else {
    recent_.became(d.message.text("id"), d.subscription, "unreachable");
    delivered(key);  // e-mail and telephones are not reached from here: the message is kept by nobody
  }
}

void Sns::to_queue(const std::string& key, const Delivery& d, const Subscription& s, const std::string& queue_arn, bool dead_letter) {
  const auto arn = Arn::parse(queue_arn);
  if (!arn) return delivered(key);
  const auto raw = s.attributes.find("RawMessageDelivery");
  json::ObjectBuilder params;
  params.add("QueueUrl", fmt::format("{}/{}/{}", kit_.endpoint, arn->account, arn->resource));
  if (raw != s.attributes.end() && raw->second == "true") {
    params.add("MessageBody", d.message["text"]);
    if (d.message["attributes"].size() > 0) params.add("MessageAttributes", d.message["attributes"]);
  } else {
    params.add("MessageBody", envelope(d, s));
  }
  if (arn->resource.ends_with(".fifo")) {
    params.add_text("MessageGroupId", d.message.text("group")).add_text("MessageDeduplicationId", d.message.text("dedup"));
  } else if (!d.message.find("sequence")) {
    params.add_text("MessageGroupId", d.message.text("group"));  // of a fair queue
  }
  auto call = kit_.registry.internal(protocol::Principal::aws_service("sns.amazonaws.com", d.scope.account, d.topic_arn), arn->region, "sqs", "SendMessage", params.build());
  call.account = arn->account;
  kit_.registry.call(call, [this, key, dead_letter](Result<Value> answer) {
    if (answer || dead_letter) return delivered(key);
    failed(key, true);
  });
}

void Sns::to_http(const std::string& key, const Delivery& d, const Subscription& s) {
  if (forbidden(s.endpoint)) return failed(key, true);
  const auto raw = s.attributes.find("RawMessageDelivery");
  const bool plain = raw != s.attributes.end() && raw->second == "true";
  net::Request request;
  request.method = "POST";
  request.target = s.endpoint;
  request.headers.add("x-amz-sns-message-type", "Notification");
  request.headers.add("x-amz-sns-message-id", d.message.text("id"));
  request.headers.add("x-amz-sns-topic-arn", d.topic_arn);
  request.headers.add("x-amz-sns-subscription-arn", s.arn);
  if (plain) request.headers.add("x-amz-sns-rawdelivery", "true");
  request.headers.add("Content-Type", "text/plain; charset=UTF-8");
  request.headers.add("User-Agent", "Amazon Simple Notification Service Agent");
  request.body = plain ? std::string(d.message.text("text")) : envelope(d, s);
  kit_.http.send(std::move(request), {.timeout_ms = 15'000, .response_bytes_max = 1 << 20, .owner = d.scope.account}, [this, key](Result<net::Response> answer) {
    if (answer && answer->status >= 200 && answer->status < 300) return delivered(key);
    // What the endpoint says is wrong with the request will be wrong the next time too.
    failed(key, answer && answer->status >= 400 && answer->status < 500 && answer->status != 429);
  });
}

void Sns::delivered(const std::string& key) {
  const auto node = waiting_.extract(key);
  if (node.empty()) return;
  recent_.became(node.mapped().message.text("id"), node.mapped().subscription, "delivered");
  store::Batch batch;
  batch.erase(store::Space::outbox, key);
  kit_.store.commit(std::move(batch));
}

void Sns::failed(const std::string& key, bool final) {
  const auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  Delivery& d = it->second;
  if (!final && ++d.attempts < kHttpAttempts) {
    kit_.loop.after(kHttpDelayMs, [this, key] { deliver(key); });
    return;
  }
  recent_.became(d.message.text("id"), d.subscription, "failed");
  const Subscription* s = subscriptions_.find(d.scope, d.subscription);
  if (s) {
    if (const auto policy = s->attributes.find("RedrivePolicy"); policy != s->attributes.end()) {
      const auto document = json::parse(policy->second);
      if (document && document->is_object()) return to_queue(key, d, *s, std::string(document->text("deadLetterTargetArn")), true);
    }
  }
  delivered(key);
}

void Sns::send_confirmation(const Scope& scope, const Subscription& s) {
  if (forbidden(s.endpoint)) return;
  const std::string id = kit_.random.uuid();
  const std::string url = fmt::format("{}/?Action=ConfirmSubscription&TopicArn={}&Token={}", kit_.endpoint, s.topic_arn, s.token);
  json::ObjectBuilder body;
  body.add("Type", "SubscriptionConfirmation").add("MessageId", id).add("Token", s.token).add("TopicArn", s.topic_arn);
  body.add("Message", fmt::format("You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included in this message.", s.topic_arn));
  body.add("SubscribeURL", url).add("Timestamp", iso8601_ms(kit_.clock().now()));
  add_signature(body, s.topic_arn, {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"});
  net::Request request;
  request.method = "POST";
  request.target = s.endpoint;
  request.headers.add("x-amz-sns-message-type", "SubscriptionConfirmation");
  request.headers.add("x-amz-sns-message-id", id);
  request.headers.add("x-amz-sns-topic-arn", s.topic_arn);
  request.headers.add("Content-Type", "text/plain; charset=UTF-8");
  request.headers.add("User-Agent", "Amazon Simple Notification Service Agent");
  request.body = json::write(body.build());
  kit_.store.when_durable(kit_.store.head(), [this, scope, arn = s.arn, request = std::move(request)]() mutable {
    kit_.http.send(std::move(request), {.timeout_ms = 15'000, .response_bytes_max = 1 << 20, .owner = scope.account}, [this, scope, arn](Result<net::Response> answer) {
      const Subscription* again = subscriptions_.find(scope, arn);
      if (!again || !again->pending || (answer && answer->status < 300)) return;
      kit_.loop.after(kHttpDelayMs, [this, scope, arn] {
        const Subscription* still = subscriptions_.find(scope, arn);
        if (still && still->pending) send_confirmation(scope, *still);
      });
    });
  });
}

}  // namespace sns
