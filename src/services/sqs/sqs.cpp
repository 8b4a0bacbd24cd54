#include "services/sqs/sqs.h"

#include <fmt/format.h>

#include "base/arn.h"
#include "language/json/parse.h"

namespace sqs {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

std::unexpected<Error> invalid_value(std::string message) { return fail("InvalidParameterValueException", std::move(message)); }

namespace {

Value map_json(const std::map<std::string, std::string>& map) {
  json::ObjectBuilder out;
  for (const auto& [key, value] : map) out.add(key, value);
  return out.build();
}
std::map<std::string, std::string> map_from(const Value& document) {
  std::map<std::string, std::string> out;
  for (const auto& member : document.members()) out[member.name] = member.value.as_string();
  return out;
}

Value message_json(const Message& m) {
  return json::object({{"id", m.id}, {"body", m.body}, {"attributes", m.attributes}, {"sender", m.sender}, {"group", m.group}, {"dedup", m.deduplication},
                       {"sequence", m.sequence}, {"sent", m.sent.ms}, {"visible", m.visible.ms}, {"first", m.first_received.ms}, {"receives", m.receives},
                       {"receipt", m.receipt}, {"source", m.source_arn}});
}
Message message_from(const Value& d) {
  const auto time = [&](std::string_view member) { return Instant{d[member].as_int64().value_or(0)}; };
  return {std::string(d.text("id")), std::string(d.text("body")), d["attributes"], std::string(d.text("sender")), std::string(d.text("group")),
          std::string(d.text("dedup")), static_cast<uint64_t>(d["sequence"].as_int64().value_or(0)), time("sent"), time("visible"), time("first"),
          static_cast<int>(d["receives"].as_int64().value_or(0)), std::string(d.text("receipt")), std::string(d.text("source"))};
}

}  // namespace

json::Value to_json(const Queue& q) {
  return json::object({{"name", q.name}, {"attributes", map_json(q.attributes)}, {"tags", map_json(q.tags)}, {"created", q.created.ms}, {"modified", q.modified.ms}});
}
Queue from_json(const Value& d, std::type_identity<Queue>) {
  return {std::string(d.text("name")), map_from(d["attributes"]), map_from(d["tags"]), {d["created"].as_int64().value_or(0)}, {d["modified"].as_int64().value_or(0)}};
}

Sqs::Sqs(services::Kit& kit) : kit_(kit), queues_(kit.store, "sqs/queue") {}

void Sqs::load() {
  queues_.load();
  kit_.store.scan(store::Space::outbox, "sqs/", store::prefix_end("sqs/"), store::Order::forward, [&](std::string_view, std::string_view value) {
    auto document = json::parse(value);
    if (!document) return true;
    Message message = message_from((*document)["message"]);
    sequence_ = std::max(sequence_, message.sequence);
    const Scope scope{std::string(document->text("account")), std::string(document->text("region"))};
    live_[{scope, std::string(document->text("queue"))}].messages.emplace(message.sequence, std::move(message));
    return true;
  });
  // What a call touches, with the queue's own policy.
  const auto on_queue = [this](const Call& call) {
    Need need{.action = "sqs:" + call.operation, .resources = {}};
    if (need.action.ends_with("Batch")) need.action.resize(need.action.size() - 5);
    const std::string given(call.params.text("QueueUrl"));
    const std::string name = given.empty() ? std::string(call.params.text("QueueName")) : given.substr(given.rfind('/') + 1);
    need.resources.push_back(call.arn(name));
    if (const Queue* queue = queues_.find({call.account, call.region}, name)) {
      const auto policy = queue->attributes.find("Policy");
      if (policy != queue->attributes.end()) {
        if (auto document = json::parse(policy->second)) need.resource_policy = *document;
      }
    }
    return std::vector<Need>{need};
  };
  const auto any = [](const Call& call) { return std::vector<Need>{{.action = "sqs:" + call.operation, .resources = {"*"}}}; };
  const auto add = [&](std::string_view name, Result<Value> (Sqs::*method)(const Call&), std::function<std::vector<Need>(const Call&)> needs) {
    kit_.registry.add("sqs", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, std::move(needs)));
  };
  add("CreateQueue", &Sqs::create_queue, on_queue);
  add("DeleteQueue", &Sqs::delete_queue, on_queue);
  add("GetQueueUrl", &Sqs::get_queue_url, on_queue);
  add("ListQueues", &Sqs::list_queues, any);
  add("GetQueueAttributes", &Sqs::get_attributes, on_queue);
  add("SetQueueAttributes", &Sqs::set_attributes, on_queue);
  add("PurgeQueue", &Sqs::purge_queue, on_queue);
  add("TagQueue", &Sqs::change_tags, on_queue);
  add("UntagQueue", &Sqs::change_tags, on_queue);
  add("ListQueueTags", &Sqs::list_tags, on_queue);
  add("AddPermission", &Sqs::change_permission, on_queue);
  add("RemovePermission", &Sqs::change_permission, on_queue);
  add("ListDeadLetterSourceQueues", &Sqs::list_sources, on_queue);
  add("SendMessage", &Sqs::send_message, on_queue);
  add("SendMessageBatch", &Sqs::send_batch, on_queue);
  kit_.registry.add("sqs", "ReceiveMessage", {.handle = [this](const Call& c, protocol::Reply r) { receive(c, std::move(r)); }, .needs = on_queue});
  add("DeleteMessage", &Sqs::delete_message, on_queue);
  add("DeleteMessageBatch", &Sqs::delete_batch, on_queue);
  add("ChangeMessageVisibility", &Sqs::change_visibility, on_queue);
  add("ChangeMessageVisibilityBatch", &Sqs::change_visibility_batch, on_queue);
}

Result<Sqs::Found> Sqs::find(const Call& call) {
  const std::string given(call.params.text("QueueUrl"));
  // ".../<account>/<name>": the account in the URL is the owner's.
  const size_t slash = given.rfind('/');
  const std::string name = slash == given.npos ? given : given.substr(slash + 1);
  Scope scope{call.account, call.region};
  if (slash != given.npos) {
    const size_t before = given.rfind('/', slash - 1);
    const std::string owner = before == given.npos ? "" : given.substr(before + 1, slash - before - 1);
    if (owner.size() == 12 && owner.find_first_not_of("0123456789") == owner.npos) scope.account = owner;
  }
  const Queue* queue = queues_.find(scope, name);
  if (!queue) return fail("QueueDoesNotExist", "The specified queue does not exist.");
  return Found{scope, queue, &live_[{scope, name}]};
}

std::string Sqs::arn(const Scope& scope, const Queue& queue) const { return fmt::format("arn:aws:sqs:{}:{}:{}", scope.region, scope.account, queue.name); }
std::string Sqs::url(const Scope& scope, const std::string& name) const { return fmt::format("{}/{}/{}", kit_.endpoint, scope.account, name); }

std::string Sqs::key(const Scope& scope, const std::string& queue, uint64_t sequence) const {
  return fmt::format("sqs/{}/{}/{}/{:020}", scope.account, scope.region, queue, sequence);
}

void Sqs::store_message(const Found& where, const Message& message) {
  store::Batch batch;
  batch.put(store::Space::outbox, key(where.scope, where.queue->name, message.sequence),
            json::write(json::object({{"account", where.scope.account}, {"region", where.scope.region}, {"queue", where.queue->name}, {"message", message_json(message)}})));
  kit_.store.commit(std::move(batch));
}

void Sqs::drop_message(const Found& where, uint64_t sequence) {
  store::Batch batch;
  batch.erase(store::Space::outbox, key(where.scope, where.queue->name, sequence));
  kit_.store.commit(std::move(batch));
  where.live->messages.erase(sequence);
}

}  // namespace sqs
