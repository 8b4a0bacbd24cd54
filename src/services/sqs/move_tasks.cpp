// Moving what lies in a dead-letter queue back to where it came from, or elsewhere.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/encoding.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr size_t kMovedAtOnce = 100;
constexpr size_t kTasksKept = 10;  // of one queue
constexpr int64_t kPerSecondMax = 500;

std::unexpected<Error> no_such_resource(std::string_view member) {
  return fail(
      "ResourceNotFoundException",
      fmt::format("The resource that you specified for the {} parameter doesn't exist.", member),
      404);
}

}  // namespace

Value to_json(const MoveTask& t) {
  return json::object({{"handle", t.handle},
                       {"source", t.source_arn},
                       {"destination", t.destination_arn},
                       {"perSecond", t.per_second},
                       {"status", t.status},
                       {"failure", t.failure},
                       {"moved", t.moved},
                       {"toMove", t.to_move},
                       {"started", t.started.ms}});
}
MoveTask from_json(const Value& d, std::type_identity<MoveTask>) {
  const auto number = [&](std::string_view name) { return d[name].as_int64().value_or(0); };
  return {.handle = std::string(d.text("handle")),
          .source_arn = std::string(d.text("source")),
          .destination_arn = std::string(d.text("destination")),
          .per_second = number("perSecond"),
          .status = std::string(d.text("status")),
          .failure = std::string(d.text("failure")),
          .moved = number("moved"),
          .to_move = number("toMove"),
          .started = {number("started")}};
}

bool Sqs::is_dead_letter_queue(const std::string& arn) const {
  return std::ranges::any_of(
      live_, [&](const auto& entry) { return entry.second.settings.dead_letter_arn == arn; });
}

Result<Value> Sqs::start_move_task(const Call& call) {
  const std::string source(call.params.text("SourceArn"));
  const std::string destination(call.params.text("DestinationArn"));
  const auto per_second = call.params["MaxNumberOfMessagesPerSecond"].as_int64();
  const auto from = find_arn(source);
  if (!from) return no_such_resource("SourceArn");
  if (!is_dead_letter_queue(source))
    return invalid_value("Source queue must be configured as a Dead Letter Queue.");
  if (!destination.empty() && !find_arn(destination)) return no_such_resource("DestinationArn");
  if (per_second && (*per_second < 1 || *per_second > kPerSecondMax)) {
    return invalid_parameter(std::to_string(*per_second), "MaxNumberOfMessagesPerSecond",
                             "Must be between 1 and 500.");
  }
  std::vector<const MoveTask*> earlier;
  for (const auto& [handle, task] : move_tasks_.all(from->scope)) {
    if (task.source_arn != source) continue;
    if (task.status == "RUNNING") {
      return invalid_value(
          "There is already a task running. Only one active task is allowed for a source queue "
          "arn at a given time.");
    }
    earlier.push_back(&task);
  }
  if (earlier.size() >= kTasksKept) {
    const auto oldest = std::ranges::min_element(earlier, {}, &MoveTask::started);
    move_tasks_.erase(from->scope, std::string((*oldest)->handle));
  }
  from->live->backlog.reveal(call.at);
  MoveTask task{.handle = base64_encode(fmt::format(R"({{"taskId":"{}","sourceArn":"{}"}})",
                                                    kit_.random.uuid(), source)),
                .source_arn = source,
                .destination_arn = destination,
                .per_second = per_second.value_or(0),
                .status = "RUNNING",
                .failure = "",
                .moved = 0,
                .to_move = static_cast<int64_t>(from->live->backlog.visible()),
                .started = call.at};
  const std::string handle = task.handle;
  move_tasks_.put(from->scope, handle, std::move(task));
  kit_.loop.post([this, scope = from->scope, handle] { run_move_task(scope, handle); });
  return json::object({{"TaskHandle", handle}});
}

// One step of a task: a message, or a hundred when nothing limits its pace.
void Sqs::run_move_task(const Scope& scope, const std::string& handle) {
  const MoveTask* there = move_tasks_.find(scope, handle);
  if (!there || there->status != "RUNNING") return;
  MoveTask task = *there;
  store::Batch batch;
  const auto from = find_arn(task.source_arn);
  const auto finish = [&](std::string_view status, std::string_view failure = "") {
    task.status = status;
    task.failure = failure;
    move_tasks_.put(scope, handle, task, batch);
    kit_.store.commit(std::move(batch));
  };
  if (!from) return finish("FAILED", "AWS.SimpleQueueService.NonExistentQueue");
  from->live->backlog.reveal(kit_.clock().now());
  for (size_t i = 0; i < (task.per_second > 0 ? 1 : kMovedAtOnce); ++i) {
    const auto ready = from->live->backlog.ready(1);
    if (ready.empty() || task.moved >= task.to_move) return finish("COMPLETED");
    const Held held = *ready[0];
    const auto record = kit_.store.get(store::Space::outbox,
                                       record_key(from->queue->id, Record::message, held.sequence));
    auto message = record ? read_message(*record) : std::nullopt;
    const auto to = message ? find_arn(task.destination_arn.empty() ? message->source_arn
                                                                    : task.destination_arn)
                            : std::nullopt;
    if (!to) return finish("FAILED", "AWS.SimpleQueueService.NonExistentQueue");
    message->source_arn.clear();
    const Instant now = kit_.clock().now();
    add_message(*to, *message,
                {.sent = now, .visible = now, .first_received = {}, .group = held.group}, batch);
    drop_message(*from, held.sequence, batch);
    ++task.moved;
    arrived_later(to->scope, to->queue->name);
  }
  if (task.moved >= task.to_move) return finish("COMPLETED");
  const int64_t pause_ms = task.per_second > 0 ? 1000 / task.per_second : 0;
  move_tasks_.put(scope, handle, std::move(task), batch);
  kit_.store.commit(std::move(batch));
  kit_.loop.after(pause_ms, [this, scope, handle] { run_move_task(scope, handle); });
}

Result<Value> Sqs::cancel_move_task(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string handle(call.params.text("TaskHandle"));
  const MoveTask* there = move_tasks_.find(scope, handle);
  if (!there) return fail("ResourceNotFoundException", "Task does not exist.", 404);
  if (there->status != "RUNNING") {
    return fail("ResourceNotFoundException",
                "Only active tasks can be cancelled: this one is " + there->status + ".", 404);
  }
  MoveTask task = *there;
  task.status = "CANCELLED";
  const int64_t moved = task.moved;
  move_tasks_.put(scope, handle, std::move(task));
  return json::object({{"ApproximateNumberOfMessagesMoved", moved}});
}

Result<Value> Sqs::list_move_tasks(const Call& call) {
  const std::string source(call.params.text("SourceArn"));
  const auto from = find_arn(source);
  if (!from) return no_such_resource("SourceArn");
  const auto most = call.params["MaxResults"].as_int64().value_or(1);
  if (most < 1 || most > 10) {
    return invalid_parameter(std::to_string(most), "MaxResults",
                             "Must be between 1 and 10, if provided.");
  }
  std::vector<const MoveTask*> tasks;
  for (const auto& [handle, task] : move_tasks_.all(from->scope)) {
    if (task.source_arn == source) tasks.push_back(&task);
  }
  std::ranges::sort(tasks, std::greater(), &MoveTask::started);
  if (tasks.size() > static_cast<size_t>(most)) tasks.resize(static_cast<size_t>(most));
  std::vector<Value> results;
  for (const MoveTask* task : tasks) {
    json::ObjectBuilder one;
    if (task->status == "RUNNING") one.add("TaskHandle", task->handle);
    one.add("Status", task->status).add("SourceArn", source);
    one.add_text("DestinationArn", task->destination_arn);
    if (task->per_second > 0) one.add("MaxNumberOfMessagesPerSecond", task->per_second);
    one.add("ApproximateNumberOfMessagesMoved", task->moved);
    one.add("ApproximateNumberOfMessagesToMove", task->to_move);
    one.add_text("FailureReason", task->failure).add("StartedTimestamp", task->started.ms);
    results.push_back(one.build());
  }
  return json::object({{"Results", Value::array(std::move(results))}});
}

}  // namespace sqs
