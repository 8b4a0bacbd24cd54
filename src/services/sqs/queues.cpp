// Queues: made, found, listed, emptied and taken away.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr int64_t kPageMax = 1'000;
constexpr int64_t kPurgePauseMs = 60'000;

bool is_name(std::string_view name) {
  std::string_view stem = name.ends_with(".fifo") ? name.substr(0, name.size() - 5) : name;
  return !stem.empty() && name.size() <= 80 && std::ranges::all_of(stem, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Status check_name(std::string_view name, bool fifo) {
  if (fifo && (!is_name(name) || !name.ends_with(".fifo"))) {
    return invalid_value(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length.");
  }
  if (!fifo && (!is_name(name) || name.ends_with(".fifo"))) {
    return invalid_value(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  return {};
}

}  // namespace

Result<Value> Sqs::create_queue(const Call& call) {
  const Scope scope{call.account, call.region};
  Queue queue{.name = std::string(call.params.text("QueueName")),
              .id = kit_.random.hex(16),
              .attributes = {},
              .tags = {},
              .created = call.at,
              .modified = call.at,
              .purged = {}};
  TRY(check_name(queue.name, lower_case(call.params["Attributes"].text("FifoQueue")) == "true"));
  const Queue* there = queues_.find(scope, queue.name);
  TRY(take_attributes(call, queue));
  if (const Value& tags = call.params["tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) queue.tags[std::string(key)] = value.as_string();
  }
  if (there) {
    const auto shown = shown_attributes(scope, *there);
    for (const auto& [name, value] : queue.attributes) {
      const auto it = shown.find(name);
      if (it == shown.end() ? value.empty() : it->second == value) continue;
      return fail("QueueNameExists", fmt::format("A queue already exists with the same name and a "
                                                 "different value for attribute {}",
                                                 name));
    }
    return json::object({{"QueueUrl", url(call, scope, queue.name)}});
  }
  const std::string made = url(call, scope, queue.name);
  put_queue(scope, std::move(queue));
  return json::object({{"QueueUrl", made}});
}

Result<Value> Sqs::delete_queue(const Call& call) {
  const Found found = TRY(find(call));
  const std::string name = found.queue->name, id = found.queue->id;
  for (Waiter& waiter : found.live->waiters) {
    kit_.loop.cancel(waiter.timeout);
    kit_.loop.post([reply = std::move(waiter.reply)]() mutable { reply(no_such_queue()); });
  }
  if (found.live->wake) kit_.loop.cancel(found.live->wake);
  queues_.erase(found.scope, name);
  live_.erase({found.scope, name});
  sweep(id);
  return Value::object();
}

Result<Value> Sqs::purge_queue(const Call& call) {
  const Found found = TRY(find(call));
  if (found.queue->purged.ms > 0 && call.at - found.queue->purged < kPurgePauseMs) {
    return fail("PurgeQueueInProgress",
                fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                            found.queue->name),
                403);
  }
  Queue queue = *found.queue;
  const std::string emptied = std::exchange(queue.id, kit_.random.hex(16));
  queue.purged = call.at;
  put_queue(found.scope, std::move(queue));
  found.live->backlog = Backlog(found.live->settings.fifo);
  found.live->seen.clear();
  found.live->seen_order.clear();
  sweep(emptied);
  return Value::object();
}

Result<Value> Sqs::get_queue_url(const Call& call) {
  const auto [scope, name] = queue_named(call);
  if (!queues_.find(scope, name)) return no_such_queue();
  return json::object({{"QueueUrl", url(call, scope, name)}});
}

Result<Value> Sqs::list_queues(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string prefix(call.params.text("QueueNamePrefix"));
  const auto asked = call.params["MaxResults"].as_int64();
  if (asked && (*asked < 1 || *asked > kPageMax)) {
    return invalid_parameter(std::to_string(*asked), "MaxResults",
                             "MaxResults must be an integer between 1 and 1000.");
  }
  const auto limit = static_cast<size_t>(asked.value_or(kPageMax));
  const std::string purpose = fmt::format("sqs:ListQueues:{}:{}", scope.account, scope.region);
  std::string from = prefix;
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid_value("Invalid or expired next token.");
    from = *std::move(opened);
  }
  std::vector<Value> urls;
  json::ObjectBuilder out;
  const auto& all = queues_.all(scope);
  for (auto it = all.lower_bound(from); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (urls.size() == limit) {
      // Who did not ask for pages gets the first thousand.
      if (asked) out.add("NextToken", kit_.sealer.seal(purpose, it->first));
      break;
    }
    urls.emplace_back(url(call, scope, it->first));
  }
  if (!urls.empty()) out.add("QueueUrls", Value::array(std::move(urls)));
  return out.build();
}

Result<Value> Sqs::list_sources(const Call& call) {
  const Found found = TRY(find(call));
  const std::string target = arn(found.scope, found.queue->name);
  std::vector<Value> urls;
  for (const auto& [name, queue] : queues_.all(found.scope)) {
    if (live_.at({found.scope, name}).settings.dead_letter_arn == target)
      urls.emplace_back(url(call, found.scope, name));
  }
  return json::object({{"queueUrls", Value::array(std::move(urls))}});
}

}  // namespace sqs
