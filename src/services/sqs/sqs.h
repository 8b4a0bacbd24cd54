#pragma once
// SQS: queues whose messages are durable.
//
// A queue's settings are a resource; its messages lie in the store one by one (message.h), and
// memory holds only when each of them may be received (backlog.h). Receiving waits without cost: a
// waiter is woken by an arrival, by a message that comes into sight, or by its own timer.
//
// A queue has an id beside its name. Purging gives it a new one: what lies under an id that no
// queue has is swept away in small steps, so that a large queue is emptied at once.
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>

#include "services/service.h"
#include "services/sqs/backlog.h"
#include "services/sqs/message.h"
#include "services/table.h"

namespace sqs {

struct Queue {
  std::string name;
  std::string id;                                 // of its messages
  std::map<std::string, std::string> attributes;  // as they were set
  std::map<std::string, std::string> tags;
  Instant created, modified, purged;

  bool fifo() const { return name.ends_with(".fifo"); }
};
json::Value to_json(const Queue& queue);
Queue from_json(const json::Value& document, std::type_identity<Queue>);

// What a queue's attributes mean, read once.
struct Settings {
  bool fifo = false, content_based_deduplication = false, deduplicates_by_group = false;
  int64_t delay_s = 0, visibility_s = 30, retention_s = 345'600, wait_s = 0;
  int64_t message_bytes_max = 1'048'576;
  std::string dead_letter_arn;  // empty: messages are received for ever
  int64_t receives_max = 0;
  json::Value policy;  // null: none
};
Settings settings_of(const Queue& queue);

// Moves what lies in a dead-letter queue back, or elsewhere.
struct MoveTask {
  std::string handle, source_arn, destination_arn;
  int64_t per_second = 0;  // 0: as fast as it goes
  std::string status;      // RUNNING, COMPLETED, CANCELLED, FAILED
  std::string failure;
  int64_t moved = 0, to_move = 0;
  Instant started;
};
json::Value to_json(const MoveTask& task);
MoveTask from_json(const json::Value& document, std::type_identity<MoveTask>);

class Sqs final : public services::Service {
 public:
  explicit Sqs(services::Kit& kit);
  void load() override;
  void start() override;

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
  // A queue at work.
  struct Live {
    explicit Live(bool fifo) : backlog(fifo) {}
    Settings settings;
    Backlog backlog;
    std::list<Waiter> waiters;
    Loop::TimerId wake = 0;
    std::map<std::string, Seen, std::less<>> seen;           // deduplication ids
    std::deque<std::pair<Instant, std::string>> seen_order;  // oldest first
  };
  struct Found {
    Scope scope;
    const Queue* queue;
    Live* live;
  };

  // queues.cpp
  Result<Value> create_queue(const Call& call);
  Result<Value> delete_queue(const Call& call);
  Result<Value> get_queue_url(const Call& call);
  Result<Value> list_queues(const Call& call);
  Result<Value> purge_queue(const Call& call);
  Result<Value> list_sources(const Call& call);
  // attributes.cpp
  Result<Value> get_attributes(const Call& call);
  Result<Value> set_attributes(const Call& call);
  // What GetQueueAttributes tells of it: set, by default, and counted.
  std::map<std::string, std::string> shown_attributes(const Scope& scope, const Queue& queue);
  // The Attributes of a call, checked and put into `queue`.
  Status take_attributes(const Call& call, Queue& queue);
  Status check_redrive_policy(const Queue& queue, const std::string& text);
  // permissions.cpp
  Result<Value> add_permission(const Call& call);
  Result<Value> remove_permission(const Call& call);
  Result<Value> change_tags(const Call& call);
  Result<Value> list_tags(const Call& call);
  // send.cpp
  Result<Value> send_message(const Call& call);
  Result<Value> send_batch(const Call& call);
  Result<Value> send_one(const Found& to, const Call& call, const Value& entry,
                         store::Batch& batch);
  void forget_old_deduplication(const Found& queue, store::Batch& batch);
  // receive.cpp
  void receive(const Call& call, protocol::Reply reply);
  std::vector<Value> take(const Found& from, const Call& call);
  bool move_dead_letter(const Found& from, const Held& held, store::Batch& batch);
  void drop_expired(const Found& queue, store::Batch& batch);
  void arrived(const Scope& scope, const std::string& name);
  void plan_wake(const Scope& scope, const std::string& name);
  // How many messages there are, or can be seen, has changed.
  void counts_changed(const Scope& scope, const std::string& name);
  // done.cpp
  Result<Value> delete_message(const Call& call);
  Result<Value> delete_batch(const Call& call);
  Result<Value> change_visibility(const Call& call);
  Result<Value> change_visibility_batch(const Call& call);
  Status delete_one(const Found& from, std::string_view receipt);
  Status change_one(const Found& from, std::string_view receipt, const Value& timeout);
  std::string receipt_of(const Queue& queue, const Held& held) const;
  // The message and how often it had been received; ReceiptHandleIsInvalid.
  Result<std::pair<uint64_t, int>> open_receipt(const Queue& queue, std::string_view receipt) const;
  // move_tasks.cpp
  Result<Value> start_move_task(const Call& call);
  Result<Value> cancel_move_task(const Call& call);
  Result<Value> list_move_tasks(const Call& call);
  void run_move_task(const Scope& scope, const std::string& handle);
  bool is_dead_letter_queue(const std::string& arn) const;

  // --- shared (sqs.cpp) ---
  void add_operations();
  // The queue of a call's QueueUrl (or name); QueueDoesNotExist.
  Result<Found> find(const Call& call);
  std::optional<Found> find_arn(std::string_view arn);
  static std::pair<Scope, std::string> queue_named(const Call& call);
  std::string arn(const Scope& scope, const std::string& name) const;
  std::string url(const Call& call, const Scope& scope, const std::string& name) const;
  const Queue& put_queue(const Scope& scope, Queue queue, store::Batch& batch);
  void put_queue(const Scope& scope, Queue queue);
  // A message of its own, from now on in that queue: written into `batch`.
  uint64_t add_message(const Found& to, const Message& message, Held held, store::Batch& batch);
  void drop_message(const Found& from, uint64_t sequence, store::Batch& batch);
  void load_records();
  void sweep(std::string queue_id);
  uint64_t next_sequence();
  void arrived_later(const Scope& scope, const std::string& name);

  services::Kit& kit_;
  services::Table<Queue> queues_;
  services::Table<MoveTask> move_tasks_;  // id: the handle
  std::map<std::pair<Scope, std::string>, Live> live_;
  std::set<std::string> strays_;  // queue ids found at the start that no queue has
  uint64_t sequence_ = 0;
  uint64_t waiter_count_ = 0;
};

// Of every batch operation: its entries checked, one that failed, the answer.
Status check_batch(const json::Value& entries);
json::Value failed_entry(const json::Value& entry, const Error& error);
json::Value batch_answer(std::vector<json::Value> succeeded, std::vector<json::Value> failed);

}  // namespace sqs
