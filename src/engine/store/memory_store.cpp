#include "engine/store/memory_store.h"

namespace store {

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

Position MemoryStore::commit(Batch batch) {
  for (Write& write : batch.writes) {
    auto& space = spaces_[static_cast<size_t>(write.space)];
    if (write.value) {
      space.insert_or_assign(std::move(write.key), *std::move(write.value));
    } else {
      space.erase(write.key);
    }
  }
  return ++head_;
}

std::optional<std::string> MemoryStore::get(Space space, std::string_view key) {
  const auto& table = spaces_[static_cast<size_t>(space)];
  const auto it = table.find(key);
  if (it == table.end()) return std::nullopt;
  return it->second;
}

void MemoryStore::scan(Space space, std::string_view from, std::string_view to, Order order,
                       const std::function<bool(std::string_view, std::string_view)>& visit) {
  const auto& table = spaces_[static_cast<size_t>(space)];
  const auto first = table.lower_bound(from);
  const auto last = to.empty() ? table.end() : table.lower_bound(to);
  if (order == Order::forward) {
    for (auto it = first; it != last; ++it) {
      if (!visit(it->first, it->second)) return;
    }
  } else {
    for (auto it = last; it != first;) {
      --it;
      if (!visit(it->first, it->second)) return;
    }
  }
}

}  // namespace store
