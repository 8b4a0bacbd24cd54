// A queue's policy, statement by statement, and its tags.
#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {

constexpr size_t kTagsMax = 50;

// One is shown alone, several as a list.
Value one_or_list(std::vector<Value> list) {
  return list.size() == 1 ? list[0] : Value::array(std::move(list));
}

std::vector<Value> statements_of(const Value& policy) {
  const Value& list = policy["Statement"];
  if (list.is_array()) return {list.items().begin(), list.items().end()};
  if (list.is_object()) return {list};
  return {};
}

}  // namespace

Result<Value> Sqs::add_permission(const Call& call) {
  const Found found = TRY(find(call));
  const std::string_view label = call.params.text("Label");
  const std::string queue_arn = arn(found.scope, found.queue->name);
  const Value& policy = found.live->settings.policy;
  std::vector<Value> statements = statements_of(policy);
  if (std::ranges::any_of(statements, [&](const Value& s) { return s.text("Sid") == label; }))
    return invalid_parameter(label, "Label", "Already exists.");
  std::vector<Value> principals, actions;
  for (const Value& account : call.params["AWSAccountIds"].items())
    principals.emplace_back(fmt::format("arn:aws:iam::{}:root", account.as_string()));
  for (const Value& action : call.params["Actions"].items())
    actions.emplace_back(fmt::format("SQS:{}", action.as_string()));
  statements.push_back(
      json::object({{"Sid", label},
                    {"Effect", "Allow"},
                    {"Principal", json::object({{"AWS", one_or_list(std::move(principals))}})},
                    {"Action", one_or_list(std::move(actions))},
                    {"Resource", queue_arn}}));
  const Value list = Value::array(std::move(statements));
  const Value changed = policy.is_object() ? policy.with("Statement", list)
                                           : json::object({{"Version", "2008-10-17"},
                                                           {"Id", queue_arn + "/SQSDefaultPolicy"},
                                                           {"Statement", list}});
  Queue queue = *found.queue;
  queue.attributes["Policy"] = json::write(changed);
  put_queue(found.scope, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::remove_permission(const Call& call) {
  const Found found = TRY(find(call));
  const std::string_view label = call.params.text("Label");
  const Value& policy = found.live->settings.policy;
  if (!policy.is_object()) return invalid_parameter(label, "Label", "can't find label.");
  std::vector<Value> statements = statements_of(policy);
  if (std::erase_if(statements, [&](const Value& s) { return s.text("Sid") == label; }) == 0)
    return invalid_parameter(label, "Label", "can't find label on existing policy.");
  Queue queue = *found.queue;
  if (statements.empty()) {
    queue.attributes.erase("Policy");
  } else {
    queue.attributes["Policy"] =
        json::write(policy.with("Statement", Value::array(std::move(statements))));
  }
  put_queue(found.scope, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::change_tags(const Call& call) {
  const Found found = TRY(find(call));
  Queue queue = *found.queue;
  if (const Value& tags = call.params["Tags"]; tags.is_object()) {
    for (const auto& [key, value] : tags.members()) queue.tags[std::string(key)] = value.as_string();
  }
  if (const Value& keys = call.params["TagKeys"]; keys.is_array()) {
    for (const Value& key : keys.items()) queue.tags.erase(std::string(key.as_string()));
  }
  if (queue.tags.size() > kTagsMax)
    return invalid_value(fmt::format("Too many tags added for queue {}.", queue.name));
  put_queue(found.scope, std::move(queue));
  return Value::object();
}

Result<Value> Sqs::list_tags(const Call& call) {
  const Found found = TRY(find(call));
  if (found.queue->tags.empty()) return Value::object();
  json::ObjectBuilder tags;
  for (const auto& [key, value] : found.queue->tags) tags.add(key, value);
  return json::object({{"Tags", tags.build()}});
}

}  // namespace sqs
