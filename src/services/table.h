#pragma once
// A service's resources of one type, in memory and in the store.
//
// Resources are few and read all the time, so they live in memory; every change is also a commit, and
// load() brings them back at start. Keys are (account, region, id): accounts and regions are separate
// worlds. A global service (IAM) uses the region "".
//
// T needs two functions found by argument-dependent lookup or as overloads visible here:
//   json::Value to_json(const T&);   and   T from_json(const json::Value&, std::type_identity<T>);
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/check.h"
#include "engine/store/store.h"
#include "language/json/parse.h"

namespace services {

struct Scope {
  std::string account;
  std::string region;
  auto operator<=>(const Scope&) const = default;
};

template <typename T>
class Table {
 public:
  // `name` is "<service>/<type>", unique in the program: "sns/topic".
  Table(store::Store& store, std::string name) : store_(store), prefix_(std::move(name) + '\x00') {}

  // Reads everything back; once, before anything else.
  void load() {
    store_.scan(store::Space::resources, prefix_, store::prefix_end(prefix_), store::Order::forward,
                [&](std::string_view key, std::string_view value) {
                  key.remove_prefix(prefix_.size());
                  const size_t a = key.find('\x00'), r = key.find('\x00', a + 1);
                  auto document = json::parse(value);
                  CHECK(document && a != key.npos && r != key.npos, "the store gives back what it was given");
                  scopes_[Scope{std::string(key.substr(0, a)), std::string(key.substr(a + 1, r - a - 1))}]
                      .emplace(key.substr(r + 1), from_json(*document, std::type_identity<T>{}));
                  return true;
                });
  }

  // Null when there is none. The pointer holds until the resource is erased.
  const T* find(const Scope& scope, std::string_view id) const {
    const auto s = scopes_.find(scope);
    if (s == scopes_.end()) return nullptr;
    const auto it = s->second.find(id);
    return it == s->second.end() ? nullptr : &it->second;
  }
  // Adds or replaces.
  const T& put(const Scope& scope, std::string_view id, T value) {
    store::Batch batch;
    const T& stored = put(scope, id, std::move(value), batch);
    store_.commit(std::move(batch));
    return stored;
  }
  // The same as part of a larger commit: memory changes now, the caller commits `batch`.
  const T& put(const Scope& scope, std::string_view id, T value, store::Batch& batch) {
    batch.put(store::Space::resources, key(scope, id), json::write(to_json(value)));
    store_.changes().say(kind(), scope.account, scope.region, id);
    auto& slot = scope_of(scope);
    const auto it = slot.find(id);
    if (it != slot.end()) return it->second = std::move(value);
    return slot.emplace(id, std::move(value)).first->second;
  }
  void erase(const Scope& scope, std::string_view id) {
    store::Batch batch;
    erase(scope, id, batch);
    if (!batch.empty()) store_.commit(std::move(batch));
  }
  void erase(const Scope& scope, std::string_view id, store::Batch& batch) {
    const auto s = scopes_.find(scope);
    if (s == scopes_.end()) return;
    const auto it = s->second.find(id);
    if (it == s->second.end()) return;
    batch.erase(store::Space::resources, key(scope, id));
    store_.changes().say(kind(), scope.account, scope.region, id);
    s->second.erase(it);
  }
  // All of one scope, ordered by id.
  const std::map<std::string, T, std::less<>>& all(const Scope& scope) const {
    static const std::map<std::string, T, std::less<>> kNone;
    const auto s = scopes_.find(scope);
    return s == scopes_.end() ? kNone : s->second;
  }
  const std::map<Scope, std::map<std::string, T, std::less<>>>& scopes() const { return scopes_; }

 private:
  std::string_view kind() const { return std::string_view(prefix_).substr(0, prefix_.size() - 1); }
  // Accounts are made by being named: those of which nothing is left go when there are twice as many.
  std::map<std::string, T, std::less<>>& scope_of(const Scope& scope) {
    const auto there = scopes_.find(scope);
    if (there != scopes_.end()) return there->second;
    if (scopes_.size() >= sweep_at_) {
      std::erase_if(scopes_, [](const auto& one) { return one.second.empty(); });
      sweep_at_ = std::max<size_t>(2 * scopes_.size(), 64);
    }
    return scopes_[scope];
  }
  std::string key(const Scope& scope, std::string_view id) const {
    std::string out = prefix_;
    out.append(scope.account).push_back('\x00');
    out.append(scope.region).push_back('\x00');
    return out.append(id);
  }

  store::Store& store_;
  std::string prefix_;
  std::map<Scope, std::map<std::string, T, std::less<>>> scopes_;
  size_t sweep_at_ = 64;
};

}  // namespace services
