#include "services/cloudformation/records.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/cloudformation/functions.h"

namespace cloudformation {

using json::Value;

namespace {

std::string key_of(const Stack& stack, std::string_view logical_id) { return fmt::format("{}/{}", stack.uuid(), logical_id); }
std::string_view last_part(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

// The items of a table whose keys begin with "<uuid>/".
template <typename T>
std::vector<const T*> below(const std::map<std::string, T, std::less<>>& all, std::string_view uuid) {
  const std::string prefix = fmt::format("{}/", uuid);
  std::vector<const T*> out;
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) out.push_back(&it->second);
  return out;
}

}  // namespace

Records::Records(services::Kit& kit)
    : kit_(kit), stacks_(kit.store, "cloudformation/stack"), resources_(kit.store, "cloudformation/resource"),
      events_(kit.store, "cloudformation/event"), change_sets_(kit.store, "cloudformation/change_set") {}

void Records::load() {
  stacks_.load();
  resources_.load();
  events_.load();
  change_sets_.load();
  for (const auto& [scope, events] : events_.scopes()) {
    for (const auto& [key, event] : events) {
      const size_t slash = key.rfind('/');
      next_event_[key.substr(0, slash)] = std::stoull(key.substr(slash + 1)) + 1;  // in order: the last one stays
    }
  }
}

const Stack* Records::find(const Scope& scope, std::string_view name_or_id) const {
  if (name_or_id.starts_with("arn:")) {
    const Stack* found = stacks_.find(scope, last_part(name_or_id));
    return found && found->id == name_or_id ? found : nullptr;
  }
  for (const auto& [uuid, stack] : stacks_.all(scope)) {
    if (stack.name == name_or_id && !stack.is_deleted()) return &stack;
  }
  return nullptr;
}

void Records::put(const Stack& stack, store::Batch& batch) { stacks_.put(scope_of(stack), stack.uuid(), stack, batch); }

void Records::put(const Stack& stack) {
  store::Batch batch;
  put(stack, batch);
  commit(std::move(batch));
  if (stack.is_deleted()) drop_oldest_deleted(scope_of(stack));
}

void Records::forget(const Stack& stack) { erase_all(stack); }

void Records::erase_all(const Stack& stack) {
  const Scope scope = scope_of(stack);
  const std::string uuid(stack.uuid());
  store::Batch batch;
  std::vector<std::string> keys;
  for (const Resource* one : resources(stack)) keys.push_back(key_of(stack, one->logical_id));
  for (const std::string& key : keys) resources_.erase(scope, key, batch);
  keys.clear();
  const auto& events = events_.all(scope);
  const std::string prefix = uuid + "/";
  for (auto it = events.lower_bound(prefix); it != events.end() && it->first.starts_with(prefix); ++it) keys.push_back(it->first);
  for (const std::string& key : keys) events_.erase(scope, key, batch);
  keys.clear();
  for (const auto& [key, one] : change_sets_.all(scope)) {
    if (one.stack_id == stack.id) keys.push_back(key);
  }
  for (const std::string& key : keys) change_sets_.erase(scope, key, batch);
  stacks_.erase(scope, uuid, batch);
  next_event_.erase(uuid);
  commit(std::move(batch));
}

void Records::drop_oldest_deleted(const Scope& scope) {
  const Stack* oldest = nullptr;
  size_t deleted = 0;
  for (const auto& [uuid, stack] : stacks_.all(scope)) {
    if (!stack.is_deleted()) continue;
    ++deleted;
    if (!oldest || stack.deleted < oldest->deleted) oldest = &stack;
  }
  if (deleted > kDeletedMax) erase_all(Stack(*oldest));
}

const Resource* Records::resource(const Stack& stack, std::string_view logical_id) const {
  return resources_.find(scope_of(stack), key_of(stack, logical_id));
}

std::vector<const Resource*> Records::resources(const Stack& stack) const { return below(resources_.all(scope_of(stack)), stack.uuid()); }

void Records::put(const Stack& stack, const Resource& resource, store::Batch& batch) {
  resources_.put(scope_of(stack), key_of(stack, resource.logical_id), resource, batch);
}

void Records::put(const Stack& stack, const Resource& resource) {
  store::Batch batch;
  put(stack, resource, batch);
  commit(std::move(batch));
}

void Records::erase(const Stack& stack, std::string_view logical_id) { resources_.erase(scope_of(stack), key_of(stack, logical_id)); }

void Records::append(const Stack& stack, Value shown, store::Batch& batch) {
  uint64_t& next = next_event_[std::string(stack.uuid())];
  const Scope scope = scope_of(stack);
  if (on_event && stack.revision.notification_arns.size() > 0) on_event(stack, shown);
  events_.put(scope, fmt::format("{}/{:010}", stack.uuid(), ++next), Event{std::move(shown)}, batch);
  if (next > kEventsMax) events_.erase(scope, fmt::format("{}/{:010}", stack.uuid(), next - kEventsMax), batch);
}

void Records::add_event(const Stack& stack, const Resource& resource, const Physical& physical, EventId id, store::Batch& batch) {
  const Instant now = kit_.clock().now();
  json::ObjectBuilder shown;
  shown.add("StackId", stack.id);
  shown.add("EventId", id == EventId::random ? fmt::format("{}-{}", resource.logical_id, kit_.random.uuid())
                                             : fmt::format("{}-{}-{}", resource.logical_id, resource.status, iso8601_ms(now)));
  shown.add("StackName", stack.name).add("LogicalResourceId", resource.logical_id).add("PhysicalResourceId", physical.id);
  shown.add("ResourceType", resource.type).add("Timestamp", now.seconds()).add("ResourceStatus", resource.status);
  shown.add_text("ResourceStatusReason", resource.reason);
  if (id == EventId::by_status && physical.properties.is_object()) shown.add("ResourceProperties", json::write(with_texts(physical.properties)));
  if (stack.operation) shown.add_text("ClientRequestToken", stack.operation->token);
  append(stack, shown.build(), batch);
}

void Records::add_event(const Stack& stack, store::Batch& batch) {
  json::ObjectBuilder shown;
  shown.add("StackId", stack.id).add("EventId", kit_.random.uuid()).add("StackName", stack.name).add("LogicalResourceId", stack.name);
  shown.add("PhysicalResourceId", stack.id).add("ResourceType", "AWS::CloudFormation::Stack").add("Timestamp", kit_.clock().now().seconds());
  shown.add("ResourceStatus", stack.status);
  shown.add_text("ResourceStatusReason", stack.reason);
  if (stack.operation) shown.add_text("ClientRequestToken", stack.operation->token);
  append(stack, shown.build(), batch);
}

std::vector<const Event*> Records::events(const Stack& stack) const {
  std::vector<const Event*> out = below(events_.all(scope_of(stack)), stack.uuid());
  std::ranges::reverse(out);
  return out;
}

const ChangeSet* Records::change_set(const Scope& scope, std::string_view id) const {
  const ChangeSet* found = change_sets_.find(scope, last_part(id));
  return found && found->id == id ? found : nullptr;
}

const ChangeSet* Records::change_set(const Stack& stack, std::string_view name) const {
  const ChangeSet* newest = nullptr;
  for (const ChangeSet* one : change_sets(stack)) {
    if ((one->name == name || one->id == name) && (!newest || newest->created < one->created)) newest = one;
  }
  return newest;
}

std::vector<const ChangeSet*> Records::change_sets(const Stack& stack) const {
  std::vector<const ChangeSet*> out;
  for (const auto& [key, one] : change_sets_.all(scope_of(stack))) {
    if (one.stack_id == stack.id) out.push_back(&one);
  }
  return out;
}

void Records::put(const Scope& scope, const ChangeSet& change_set) { change_sets_.put(scope, last_part(change_set.id), change_set); }
void Records::erase(const Scope& scope, const ChangeSet& change_set) { change_sets_.erase(scope, std::string(last_part(change_set.id))); }

}  // namespace cloudformation
