// Where a container's output goes: awslogs into log groups, everything else into a short memory.
#include <fmt/format.h>

#include "services/ecs/ecs.h"

namespace ecs {

using json::Value;

namespace {
constexpr size_t kBatchLines = 1'000;
constexpr int64_t kBatchMs = 100;
constexpr size_t kRecentLines = 500;
constexpr size_t kRecentLineBytes = 512;
// PutLogEvents takes no more in a batch and in an event; each event counts 26 bytes more than its text.
constexpr size_t kEventOverhead = 26;
constexpr size_t kBatchBytes = 1'048'576;
constexpr size_t kMessageBytes = 262'144 - kEventOverhead;

// At most so many bytes of it, no character cut in two.
std::string beginning(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 1 && (static_cast<uint8_t>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

// A line as log events: none for an empty line (there is no empty event), several for one that is too long.
std::vector<std::string> messages_of(std::string_view line) {
  std::vector<std::string> messages;
  while (!line.empty()) {
    messages.push_back(beginning(line, kMessageBytes));
    line.remove_prefix(messages.back().size());
  }
  return messages;
}
}  // namespace

void Ecs::take_output(const Where& where, const Value& task, const containers::Event& event) {
  const Value* definition = find_definition(where.scope, task.text("taskDefinitionArn"));
  Value options;
  if (definition) {
    for (const Value& c : (*definition)["containerDefinitions"].items()) {
      if (c.text("name") == event.container && c["logConfiguration"].text("logDriver") == "awslogs") options = c["logConfiguration"]["options"];
    }
  }
  std::vector<std::string> messages = messages_of(event.line);
  Recent& recent = recent_[where.id];
  recent.lines.emplace_back(event.container, messages.empty() ? "" : beginning(messages[0], kRecentLineBytes));
  if (recent.lines.size() > kRecentLines) {
    recent.lines.pop_front();
    ++recent.dropped;
  }
  kit_.store.changes().say("ecs/output", where.scope.account, where.scope.region, where.id);
  if (options.is_null()) return runtime_.acknowledge(where.id, event.sequence);

  for (std::string& message : messages) {
    const size_t bytes = message.size() + kEventOverhead;
    if (const auto it = pending_logs_.find(where.id); it != pending_logs_.end() && (it->second.bytes + bytes > kBatchBytes || it->second.count == kBatchLines)) flush_logs(where.id);
    Pending& pending = pending_logs_[where.id];
    pending.lines[event.container].push_back(json::object({{"timestamp", event.at.ms}, {"message", std::move(message)}}));
    pending.bytes += bytes;
    ++pending.count;
  }
  Pending& pending = pending_logs_[where.id];
  pending.sequence = event.sequence;
  if (pending.armed) return;
  pending.armed = true;
  kit_.loop.after(kBatchMs, [this, id = where.id] { flush_logs(id); });
}

void Ecs::flush_logs(const std::string& task_id) {
  auto node = pending_logs_.extract(task_id);
  const auto it = where_.find(task_id);
  if (node.empty() || it == where_.end()) return;
  const Scope scope = it->second;
  const Value* task = find_task(scope, task_id);
  const Value* definition = task ? find_definition(scope, task->text("taskDefinitionArn")) : nullptr;
  if (!definition) return;
  std::string role(task->operator[]("overrides").text("executionRoleArn"));
  if (role.empty()) role = definition->text("executionRoleArn");
  const auto caller = role.empty() ? protocol::Principal::root(scope.account) : protocol::Principal::role_session(role, task_id);
  for (auto& [container, lines] : node.mapped().lines) {
    Value options;
    for (const Value& c : (*definition)["containerDefinitions"].items()) {
      if (c.text("name") == container) options = c["logConfiguration"]["options"];
    }
    const std::string group(options.text("awslogs-group")), region(options.text("awslogs-region", scope.region));
    const std::string stream = fmt::format("{}/{}/{}", options.text("awslogs-stream-prefix", "ecs"), container, task_id);
    const auto call = [&](std::string_view operation, Value params) {
      kit_.registry.call(kit_.registry.internal(caller, region, "logs", operation, std::move(params)), [](Result<Value>) {});
    };
    if (options.text("awslogs-create-group") == "true") call("CreateLogGroup", json::object({{"logGroupName", group}}));
    call("CreateLogStream", json::object({{"logGroupName", group}, {"logStreamName", stream}}));
    call("PutLogEvents", json::object({{"logGroupName", group}, {"logStreamName", stream}, {"logEvents", Value::array(std::move(lines))}}));
  }
  runtime_.acknowledge(task_id, node.mapped().sequence);
}

json::Value Ecs::recent_output(const std::string& task_id, uint64_t after) const {
  std::vector<Value> lines;
  uint64_t from = 0, next = 0;
  if (const auto it = recent_.find(task_id); it != recent_.end()) {
    const Recent& recent = it->second;
    next = recent.dropped + recent.lines.size();
    // Whoever has seen more than there were has seen them before a restart: it begins anew.
    from = std::max(recent.dropped, after > next ? 0 : after);
    for (uint64_t i = from; i < next; ++i) {
      const auto& [container, line] = recent.lines[i - recent.dropped];
      lines.push_back(json::object({{"container", container}, {"line", line}}));
    }
  }
  return json::object({{"lines", Value::array(std::move(lines))}, {"from", from}, {"next", next}});
}

}  // namespace ecs
