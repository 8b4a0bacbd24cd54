#include "engine/store/memtable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace store {
namespace {

TEST(Memtable, TellsTheLastWriteOfAKey) {
  Memtable memory;
  EXPECT_TRUE(memory.empty());
  EXPECT_FALSE(memory.find(Space::index, "a"));
  memory.write(Space::index, "a", "1");
  memory.write(Space::index, "a", "2");
  memory.write(Space::index, "b", std::nullopt);
  EXPECT_EQ(**memory.find(Space::index, "a"), "2");
  ASSERT_TRUE(memory.find(Space::index, "b"));
  EXPECT_FALSE(*memory.find(Space::index, "b"));
  EXPECT_FALSE(memory.find(Space::history, "a"));
}

TEST(Memtable, KeepsWhatIsLargerThanABlock) {
  Memtable memory;
  const std::string large(300'000, 'x');
  memory.write(Space::index, "a", large);
  memory.write(Space::index, "b", "small");
  EXPECT_EQ(**memory.find(Space::index, "a"), large);
  EXPECT_EQ(**memory.find(Space::index, "b"), "small");
  EXPECT_GT(memory.bytes(), large.size());
}

using Model = std::map<std::string, std::optional<std::string>>;
using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;

Pairs seen(std::initializer_list<Memtable*> newest_first, std::string_view from, std::string_view to, Order order) {
  Pairs out;
  for (MemtableCursor at(newest_first, Space::index, from, to, order); !at.done(); at.next()) {
    out.emplace_back(std::string(at.key()), at.value() ? std::optional<std::string>(*at.value()) : std::nullopt);
  }
  return out;
}

// Whatever is written, in whatever order it is looked at in between, two of them together show what a plain map does.
TEST(MemtableCursor, ShowsTheNewestOfEachKeyInOrder) {
  SeededRandom random(7);
  Memtable older, newer;
  Model model;
  for (int round = 1; round <= 600; ++round) {
    for (uint64_t n = random.below(20); n > 0; --n) {
      const std::string key = std::to_string(random.below(300));
      const auto value = random.below(3) == 0 ? std::nullopt : std::optional(std::to_string(round));
      (round <= 300 ? older : newer).write({Space::index, key, value});
      model[key] = value;
    }
    const std::string a = std::to_string(random.below(300)), b = std::to_string(random.below(300));
    const std::string from = std::min(a, b), to = random.below(5) == 0 ? "" : std::max(a, b);
    Pairs expected(model.lower_bound(from), to.empty() ? model.end() : model.lower_bound(to));
    ASSERT_EQ(seen({&newer, &older}, from, to, Order::forward), expected);
    std::ranges::reverse(expected);
    ASSERT_EQ(seen({&newer, &older}, from, to, Order::backward), expected);
  }
}

}  // namespace
}  // namespace store
