#pragma once
// A store that forgets: for --in-memory, tests, and `gantry run`. Every commit is "durable" at once.
#include <array>
#include <map>

#include "engine/store/store.h"

namespace store {

class MemoryStore final : public Store {
 public:
  Position commit(Batch batch) override;
  Position head() const override { return head_; }
  void when_durable(Position, Function<void()> then) override { then(); }
  std::optional<std::string> get(Space space, std::string_view key) override;
  void scan(Space space, std::string_view from, std::string_view to, Order order,
            const std::function<bool(std::string_view, std::string_view)>& visit) override;

 private:
  std::array<std::map<std::string, std::string, std::less<>>, static_cast<size_t>(Space::count)> spaces_;
  Position head_ = 0;
};

}  // namespace store
