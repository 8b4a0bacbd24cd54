#include "services/sqs/sqs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/check.h"
#include "language/json/parse.h"
#include "services/sqs/errors.h"

namespace sqs {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

namespace {

// A sweep erases so many records at a time.
constexpr size_t kSweepRecords = 1'000;

Value map_json(const std::map<std::string, std::string>& map) {
  json::ObjectBuilder out;
  for (const auto& [key, value] : map) out.add(key, value);
  return out.build();
}
std::map<std::string, std::string> map_from(const Value& document) {
  std::map<std::string, std::string> out;
  if (!document.is_object()) return out;
  for (const auto& member : document.members()) out[std::string(member.name)] = member.value.as_string();
  return out;
}

}  // namespace

Value to_json(const Queue& q) {
  return json::object({{"name", q.name},
                       {"id", q.id},
                       {"attributes", map_json(q.attributes)},
                       {"tags", map_json(q.tags)},
                       {"created", q.created.ms},
                       {"modified", q.modified.ms},
                       {"purged", q.purged.ms}});
}
Queue from_json(const Value& d, std::type_identity<Queue>) {
  const auto time = [&](std::string_view name) { return Instant{d[name].as_int64().value_or(0)}; };
  return {.name = std::string(d.text("name")),
          .id = std::string(d.text("id")),
          .attributes = map_from(d["attributes"]),
          .tags = map_from(d["tags"]),
          .created = time("created"),
          .modified = time("modified"),
          .purged = time("purged")};
}

Sqs::Sqs(services::Kit& kit)
    : kit_(kit), queues_(kit.store, "sqs/queue"), move_tasks_(kit.store, "sqs/move-task") {}

void Sqs::load() {
  queues_.load();
  move_tasks_.load();
  load_records();
  add_operations();
}

// Messages first, then what changed of them since, then the deduplication ids: in the order of
// keys.
void Sqs::load_records() {
  std::map<std::string, Live*, std::less<>> by_id;
  for (const auto& [scope, queues] : queues_.scopes()) {
    for (const auto& [name, queue] : queues) {
      Live& live = live_.try_emplace({scope, name}, queue.fifo()).first->second;
      live.settings = settings_of(queue);
      by_id[queue.id] = &live;
    }
  }
  const Instant now = kit_.clock().now();
  std::map<std::string, std::vector<Seen>> seen;
  std::map<std::pair<Live*, uint64_t>, Held> held;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto parsed = parse_record_key(key);
    const auto live = parsed ? by_id.find(parsed->queue_id) : by_id.end();
    if (live == by_id.end()) {
      if (parsed) strays_.insert(std::string(parsed->queue_id));
      return true;
    }
    sequence_ = std::max(sequence_, parsed->sequence);
    if (parsed->kind == Record::deduplication) {
      if (auto one = read_seen(value)) {
        live->second->seen_order.emplace_back(one->at, one->key);
        live->second->seen.insert_or_assign(one->key, *one);
      }
    } else if (parsed->kind == Record::message) {
      if (auto one = read_held(value)) held[{live->second, parsed->sequence}] = *std::move(one);
    } else if (const auto it = held.find({live->second, parsed->sequence}); it != held.end()) {
      CHECK(read_state(value, it->second), "the store gives back what it was given");
    }
    return true;
  };
  kit_.store.scan(store::Space::outbox, "sqs/", store::prefix_end("sqs/"), store::Order::forward,
                  visit);
  for (auto& [where, one] : held) where.first->backlog.add(std::move(one), now);
}

void Sqs::start() {
  for (const std::string& id : strays_) sweep(id);
  strays_.clear();
  for (const auto& [scope, tasks] : move_tasks_.scopes()) {
    for (const auto& [handle, task] : tasks) {
      if (task.status != "RUNNING") continue;
      kit_.loop.post([this, scope, handle] { run_move_task(scope, handle); });
    }
  }
}

void Sqs::sweep(std::string queue_id) {
  store::Batch batch;
  const std::string prefix = records_prefix(queue_id);
  kit_.store.scan(store::Space::outbox, prefix, store::prefix_end(prefix), store::Order::forward,
                  [&](std::string_view key, std::string_view) {
                    batch.erase(store::Space::outbox, std::string(key));
                    return batch.writes.size() < kSweepRecords;
                  });
  if (batch.empty()) return;
  kit_.store.commit(std::move(batch));
  kit_.loop.post([this, id = std::move(queue_id)]() mutable { sweep(std::move(id)); });
}

// --- operations ----------------------------------------------------------------------------------

void Sqs::add_operations() {
  // On a queue, whose own policy has a say.
  const auto need = [this](const Call& call, std::string action, const Scope& scope,
                           const std::string& name) {
    Need out{.action = std::move(action), .resources = {arn(scope, name)}};
    if (const auto live = live_.find({scope, name}); live != live_.end())
      out.resource_policy = live->second.settings.policy;
    (void)call;
    return out;
  };
  const auto on_queue = [need](const Call& call) {
    const auto [scope, name] = queue_named(call);
    std::string action = "sqs:" + call.operation;
    if (action.ends_with("Batch")) action.resize(action.size() - 5);
    return std::vector<Need>{need(call, std::move(action), scope, name)};
  };
  const auto on_source = [need](const Call& call) {
    const auto source = Arn::parse(call.params.text("SourceArn"));
    if (!source) return std::vector<Need>{{.action = "sqs:" + call.operation, .resources = {"*"}}};
    const Scope scope{source->account, source->region};
    std::vector<Need> needs{need(call, "sqs:" + call.operation, scope, source->resource)};
    if (call.operation != "StartMessageMoveTask") return needs;
    needs.push_back(need(call, "sqs:ReceiveMessage", scope, source->resource));
    needs.push_back(need(call, "sqs:DeleteMessage", scope, source->resource));
    if (const auto to = Arn::parse(call.params.text("DestinationArn")))
      needs.push_back(need(call, "sqs:SendMessage", {to->account, to->region}, to->resource));
    return needs;
  };
  const auto any = [](const Call& call) {
    return std::vector<Need>{{.action = "sqs:" + call.operation, .resources = {"*"}}};
  };
  const auto add = [&](std::string_view name, Result<Value> (Sqs::*method)(const Call&),
                       std::function<std::vector<Need>(const Call&)> needs) {
    kit_.registry.add(
        "sqs", name,
        immediate([this, method](const Call& call) { return (this->*method)(call); }, needs));
  };
  add("CreateQueue", &Sqs::create_queue, on_queue);
  add("DeleteQueue", &Sqs::delete_queue, on_queue);
  add("GetQueueUrl", &Sqs::get_queue_url, on_queue);
  add("ListQueues", &Sqs::list_queues, any);
  add("PurgeQueue", &Sqs::purge_queue, on_queue);
  add("ListDeadLetterSourceQueues", &Sqs::list_sources, on_queue);
  add("GetQueueAttributes", &Sqs::get_attributes, on_queue);
  add("SetQueueAttributes", &Sqs::set_attributes, on_queue);
  add("AddPermission", &Sqs::add_permission, on_queue);
  add("RemovePermission", &Sqs::remove_permission, on_queue);
  add("TagQueue", &Sqs::change_tags, on_queue);
  add("UntagQueue", &Sqs::change_tags, on_queue);
  add("ListQueueTags", &Sqs::list_tags, on_queue);
  add("SendMessage", &Sqs::send_message, on_queue);
  add("SendMessageBatch", &Sqs::send_batch, on_queue);
  kit_.registry.add(
      "sqs", "ReceiveMessage",
      {.handle = [this](const Call& c, protocol::Reply reply) { receive(c, std::move(reply)); },
       .needs = on_queue});
  add("DeleteMessage", &Sqs::delete_message, on_queue);
  add("DeleteMessageBatch", &Sqs::delete_batch, on_queue);
  add("ChangeMessageVisibility", &Sqs::change_visibility, on_queue);
  add("ChangeMessageVisibilityBatch", &Sqs::change_visibility_batch, on_queue);
  add("StartMessageMoveTask", &Sqs::start_move_task, on_source);
  add("ListMessageMoveTasks", &Sqs::list_move_tasks, on_source);
  add("CancelMessageMoveTask", &Sqs::cancel_move_task, any);
}

// --- finding queues ------------------------------------------------------------------------------

std::pair<services::Scope, std::string> Sqs::queue_named(const Call& call) {
  Scope scope{call.account, call.region};
  const std::string given(call.params.text("QueueUrl"));
  if (given.empty()) {
    if (const auto owner = call.params.text("QueueOwnerAWSAccountId"); !owner.empty())
      scope.account = owner;
    return {scope, std::string(call.params.text("QueueName"))};
  }
  const size_t slash = given.rfind('/');
  if (slash == given.npos) return {scope, given};
  // ".../<account>/<name>": the account in the URL is the owner's.
  const size_t before = slash == 0 ? given.npos : given.rfind('/', slash - 1);
  if (before != given.npos) {
    const std::string owner = given.substr(before + 1, slash - before - 1);
    if (owner.size() == 12 && owner.find_first_not_of("0123456789") == owner.npos)
      scope.account = owner;
  }
  return {scope, given.substr(slash + 1)};
}

Result<Sqs::Found> Sqs::find(const Call& call) {
  const auto [scope, name] = queue_named(call);
  const Queue* queue = queues_.find(scope, name);
  if (!queue) return no_such_queue();
  return Found{scope, queue, &live_.at({scope, name})};
}

std::optional<Sqs::Found> Sqs::find_arn(std::string_view text) {
  const auto parsed = Arn::parse(text);
  if (!parsed || parsed->service != "sqs") return std::nullopt;
  const Scope scope{parsed->account, parsed->region};
  const Queue* queue = queues_.find(scope, parsed->resource);
  if (!queue) return std::nullopt;
  return Found{scope, queue, &live_.at({scope, parsed->resource})};
}

std::string Sqs::arn(const Scope& scope, const std::string& name) const {
  return fmt::format("arn:aws:sqs:{}:{}:{}", scope.region, scope.account, name);
}

std::string Sqs::url(const Call& call, const Scope& scope, const std::string& name) const {
  const std::string& base = call.endpoint.empty() ? kit_.endpoint : call.endpoint;
  return fmt::format("{}/{}/{}", base, scope.account, name);
}

const Queue& Sqs::put_queue(const Scope& scope, Queue queue, store::Batch& batch) {
  const std::string name = queue.name;
  Live& live = live_.try_emplace({scope, name}, queue.fifo()).first->second;
  live.settings = settings_of(queue);
  return queues_.put(scope, name, std::move(queue), batch);
}

void Sqs::put_queue(const Scope& scope, Queue queue) {
  store::Batch batch;
  put_queue(scope, std::move(queue), batch);
  kit_.store.commit(std::move(batch));
}

// --- messages ------------------------------------------------------------------------------------

// Larger than any before, across restarts too: the clock's milliseconds in front.
uint64_t Sqs::next_sequence() {
  sequence_ = std::max(sequence_ + 1, static_cast<uint64_t>(kit_.clock().now().ms) << 20);
  return sequence_;
}

uint64_t Sqs::add_message(const Found& to, const Message& message, Held held, store::Batch& batch) {
  held.sequence = next_sequence();
  batch.put(store::Space::outbox, record_key(to.queue->id, Record::message, held.sequence),
            write_message(held, message));
  const uint64_t sequence = to.live->backlog.add(std::move(held), kit_.clock().now())->sequence;
  counts_changed(to.scope, to.queue->name);
  return sequence;
}

void Sqs::drop_message(const Found& from, uint64_t sequence, store::Batch& batch) {
  const Held* held = from.live->backlog.find(sequence);
  if (!held) return;
  batch.erase(store::Space::outbox, record_key(from.queue->id, Record::message, sequence));
  if (held->receives > 0)
    batch.erase(store::Space::outbox, record_key(from.queue->id, Record::state, sequence));
  from.live->backlog.erase(sequence);
  counts_changed(from.scope, from.queue->name);
}

}  // namespace sqs
