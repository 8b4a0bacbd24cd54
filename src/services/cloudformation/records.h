#pragma once
// The stacks, resources, events and change sets of all accounts, in memory and in the store.
//
// Deleted stacks stay describable by their id: kDeletedMax a region, the oldest go first; of each stack the
// newest kEventsMax events are kept.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/stack.h"
#include "services/service.h"
#include "services/table.h"

namespace cloudformation {

inline constexpr size_t kDeletedMax = 500;
inline constexpr size_t kEventsMax = 5'000;
inline constexpr size_t kStacksMax = 2'000;  // that are not deleted, of a region; AWS's quota

class Records {
 public:
  using Scope = services::Scope;

  explicit Records(services::Kit& kit);
  void load();

  // By name (of a stack that is not deleted) or by id. Null when there is none.
  const Stack* find(const Scope& scope, std::string_view name_or_id) const;
  const std::map<std::string, Stack, std::less<>>& stacks(const Scope& scope) const { return stacks_.all(scope); }
  const std::map<Scope, std::map<std::string, Stack, std::less<>>>& scopes() const { return stacks_.scopes(); }
  void put(const Stack& stack);
  void put(const Stack& stack, store::Batch& batch);
  // A stack that never came to be (its only change set is gone) leaves nothing behind.
  void forget(const Stack& stack);

  const Resource* resource(const Stack& stack, std::string_view logical_id) const;
  std::vector<const Resource*> resources(const Stack& stack) const;  // by logical id
  void put(const Stack& stack, const Resource& resource);
  void put(const Stack& stack, const Resource& resource, store::Batch& batch);
  void erase(const Stack& stack, std::string_view logical_id);

  // What happened to a resource: its record as it now is.
  enum class EventId : uint8_t { by_status, random };
  void add_event(const Stack& stack, const Resource& resource, const Physical& physical, EventId id, store::Batch& batch);
  // What happened to the stack.
  void add_event(const Stack& stack, store::Batch& batch);
  std::vector<const Event*> events(const Stack& stack) const;  // newest first

  const ChangeSet* change_set(const Scope& scope, std::string_view id) const;
  const ChangeSet* change_set(const Stack& stack, std::string_view name) const;
  std::vector<const ChangeSet*> change_sets(const Stack& stack) const;
  void put(const Scope& scope, const ChangeSet& change_set);
  void erase(const Scope& scope, const ChangeSet& change_set);

  void commit(store::Batch batch) { kit_.store.commit(std::move(batch)); }
  // Called with each event of a stack that has notification ARNs.
  std::function<void(const Stack&, const json::Value& event)> on_event;

 private:
  static Scope scope_of(const Stack& stack) { return {stack.account, stack.region}; }
  void append(const Stack& stack, json::Value shown, store::Batch& batch);
  void drop_oldest_deleted(const Scope& scope);
  void erase_all(const Stack& stack);

  services::Kit& kit_;
  services::Table<Stack> stacks_;          // by uuid
  services::Table<Resource> resources_;    // by "<uuid>/<logical id>"
  services::Table<Event> events_;          // by "<uuid>/<10 digits>"
  services::Table<ChangeSet> change_sets_; // by the id's last part
  std::map<std::string, uint64_t, std::less<>> next_event_;  // by stack's uuid
};

}  // namespace cloudformation
