#pragma once
// SNS: topics, subscriptions, and messages on their way to subscribers.
//
// A message that is accepted becomes one delivery a subscription, stored with the acceptance (Space::outbox,
// "sns/...") and taken out when its endpoint has it, so that a crash repeats a delivery and loses none. Queues are
// reached through the registry, HTTP endpoints through net::HttpClient with retries.
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "net/http.h"
#include "services/service.h"
#include "services/sns/recent.h"
#include "services/sns/signing.h"
#include "services/table.h"

namespace sns {

struct Topic {
  std::string name;
  std::map<std::string, std::string> attributes;  // as set
  std::map<std::string, std::string> tags;
  std::string data_protection;
};
json::Value to_json(const Topic& topic);
Topic from_json(const json::Value& document, std::type_identity<Topic>);

struct Subscription {
  std::string arn, topic_arn, protocol, endpoint, owner;
  std::string principal;  // who subscribed
  std::map<std::string, std::string> attributes;  // RawMessageDelivery, FilterPolicy ...
  bool pending = false;
  std::string token;  // confirms it
};
json::Value to_json(const Subscription& subscription);
Subscription from_json(const json::Value& document, std::type_identity<Subscription>);

class Sns final : public services::Service {
 public:
  explicit Sns(services::Kit& kit);
  void load() override;
  void start() override;
  const RecentMessages& recent() const { return recent_; }

  // The certificate that notifications are signed with, if that is what `path` asks for; needs no credentials.
  std::optional<std::string> certificate(std::string_view path);

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  // topics.cpp
  Result<Value> create_topic(const Call& call);
  Result<Value> delete_topic(const Call& call);
  Result<Value> list_topics(const Call& call);
  Result<Value> get_topic_attributes(const Call& call);
  Result<Value> set_topic_attributes(const Call& call);
  Result<Value> change_permission(const Call& call);
  Result<Value> change_tags(const Call& call);
  Result<Value> list_tags(const Call& call);
  // subscriptions.cpp
  Result<Value> subscribe(const Call& call);
  Result<Value> confirm(const Call& call);
  Result<Value> unsubscribe(const Call& call);
  Result<Value> list_subscriptions(const Call& call);
  Result<Value> get_subscription_attributes(const Call& call);
  Result<Value> set_subscription_attributes(const Call& call);
  // publish.cpp
  Result<Value> publish(const Call& call);
  Result<Value> publish_batch(const Call& call);

  // --- shared ---
  struct Found {
    Scope scope;
    const Topic* topic;
    std::string arn;
  };
  Result<Found> find_topic(std::string_view arn) const;
  Value topic_policy(const Found& topic) const;
  Result<std::pair<Scope, const Subscription*>> find_subscription(std::string_view arn) const;
  Result<std::string> page(const Call& call) const;
  void next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const;
  Status check_message(const Found& topic, const Value& message) const;
  // Takes a message that was checked.
  Value accept(const Found& topic, const Value& message);
  void send_confirmation(const Scope& scope, const Subscription& subscription);

  // --- delivery.cpp ---
  struct Delivery {
    Scope scope;
    std::string subscription, topic_arn;
    Value message;  // {"id", "text" (of this protocol), "subject", "attributes", "group", "dedup", "sequence", "at"}
    int attempts = 0;
  };
  void enqueue(const Scope& scope, const Subscription& subscription, const Value& message);
  void deliver(const std::string& key);
  void delivered(const std::string& key);
  void failed(const std::string& key, bool final);
  void to_queue(const std::string& key, const Delivery& d, const Subscription& s, const std::string& queue_arn, bool dead_letter);
  void to_http(const std::string& key, const Delivery& d, const Subscription& s);
  std::string envelope(const Delivery& d, const Subscription& s);
  void add_signature(json::ObjectBuilder& message, std::string_view topic_arn, std::initializer_list<std::string_view> members);
  static bool wants(const Subscription& s, const Value& message);

  services::Kit& kit_;
  Signer signer_;
  RecentMessages recent_;
  services::Table<Topic> topics_;
  services::Table<Subscription> subscriptions_;  // id: the ARN
  std::map<std::string, Delivery> waiting_;
  uint64_t sequence_ = 0, fifo_sequence_ = 0;
  std::map<std::string, std::pair<Instant, Value>> seen_;  // FIFO: topic and deduplication id -> answer
};

std::unexpected<Error> invalid(std::string message);
std::unexpected<Error> not_found(std::string message);
// Checks a FilterPolicy; the error's message is AWS's. `where` comes in front of it: "Attributes Reason: " or "".
Status check_filter_policy(std::string_view text, bool body_scope, std::string_view where);
Status check_message_attributes(const json::Value& attributes);

}  // namespace sns
