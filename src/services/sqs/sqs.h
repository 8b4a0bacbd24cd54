#pragma once
// SQS: queues whose messages are durable.
//
// A queue's settings are a resource; its messages are stored one by one (Space::outbox, "sqs/...") and held in
// memory in the order of arrival. Receiving waits without cost: a waiter is woken by an arrival or its timer.
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>

#include "services/service.h"
#include "services/table.h"

namespace sqs {

struct Queue {
  std::string name;
  std::map<std::string, std::string> attributes;  // as they were set
  std::map<std::string, std::string> tags;
  Instant created, modified;
};
json::Value to_json(const Queue& queue);
Queue from_json(const json::Value& document, std::type_identity<Queue>);

struct Message {
  std::string id, body;
  json::Value attributes;  // MessageAttributes
  std::string sender;
  std::string group, deduplication;
  uint64_t sequence = 0;
  Instant sent, visible, first_received;
  int receives = 0;
  std::string receipt;     // of the last receive
  std::string source_arn;  // the queue that it was moved from
};

class Sqs final : public services::Service {
 public:
  explicit Sqs(services::Kit& kit);
  void load() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  struct Waiter {
    uint64_t id;
    Call call;
    protocol::Reply reply;
    Loop::TimerId timeout;
  };
  struct Live {
    std::map<uint64_t, Message> messages;  // by sequence
    std::list<Waiter> waiters;
    Loop::TimerId wake = 0;
    std::map<std::string, std::pair<Instant, uint64_t>> seen;  // deduplication id -> when, sequence
    std::map<std::string, std::string> seen_ids;               // deduplication id -> message id
    Instant purged;
  };

  // queues.cpp
  Result<Value> create_queue(const Call& call);
  Result<Value> delete_queue(const Call& call);
  Result<Value> get_queue_url(const Call& call);
  Result<Value> list_queues(const Call& call);
  Result<Value> get_attributes(const Call& call);
  Result<Value> set_attributes(const Call& call);
  Result<Value> purge_queue(const Call& call);
  Result<Value> change_tags(const Call& call);
  Result<Value> list_tags(const Call& call);
  Result<Value> change_permission(const Call& call);
  Result<Value> list_sources(const Call& call);
  // messages.cpp
  Result<Value> send_message(const Call& call);
  Result<Value> send_batch(const Call& call);
  void receive(const Call& call, protocol::Reply reply);
  Result<Value> delete_message(const Call& call);
  Result<Value> delete_batch(const Call& call);
  Result<Value> change_visibility(const Call& call);
  Result<Value> change_visibility_batch(const Call& call);

  // --- shared ---
  struct Found {
    Scope scope;
    const Queue* queue;
    Live* live;
  };
  Result<Found> find(const Call& call);
  std::string arn(const Scope& scope, const Queue& queue) const;
  std::string url(const Scope& scope, const std::string& name) const;
  std::string attribute(const Queue& queue, const std::string& name) const;  // with its default
  int64_t number(const Queue& queue, const std::string& name) const { return std::atoll(attribute(queue, name).c_str()); }
  Result<Value> send_one(const Found& to, const Call& call, const Value& entry);
  std::vector<Value> take(const Found& from, const Call& call);
  Value shown(const Found& from, const Message& message, const Call& call) const;
  Result<Value> delete_one(const Found& from, std::string_view receipt);
  Result<Value> change_one(const Found& from, std::string_view receipt, const Value& timeout);
  void store_message(const Found& where, const Message& message);
  void drop_message(const Found& where, uint64_t sequence);
  void arrived(const Scope& scope, const std::string& name);
  void plan_wake(const Scope& scope, const std::string& name);
  std::string key(const Scope& scope, const std::string& queue, uint64_t sequence) const;

  services::Kit& kit_;
  services::Table<Queue> queues_;
  std::map<std::pair<Scope, std::string>, Live> live_;
  uint64_t sequence_ = 0;
  uint64_t waiter_count_ = 0;
};

std::unexpected<Error> invalid_value(std::string message);
// The MD5 that AWS gives of message attributes, in hexadecimal; "" of none.
std::string attributes_md5(const json::Value& attributes);

}  // namespace sqs
