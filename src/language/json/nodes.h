#pragma once
// What stands behind a Value's pointer. For this module, and for evaluators that walk values by the million and
// cannot afford a call for each: everyone else uses Value's own functions.
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "language/json/node_memory.h"
#include "language/json/value.h"

namespace json {
namespace detail {

struct StringNode : Node {
  uint32_t size;
  char text[];

  static StringNode* create(std::string_view text) {
    CHECK(text.size() < UINT32_MAX, "limits keep strings far below 4 GiB");
    auto* node = new (NodeMemory::allocate(sizeof(StringNode) + text.size())) StringNode;
    node->size = static_cast<uint32_t>(text.size());
    if (!text.empty()) std::memcpy(node->text, text.data(), text.size());
    return node;
  }
  static void destroy(StringNode* node) { NodeMemory::release(node, sizeof(StringNode) + node->size); }
  std::string_view view() const { return {text, size}; }
};

struct ArrayNode : Node {
  std::vector<Value> items;

  static void* operator new(size_t size) { return NodeMemory::allocate(size); }
  static void operator delete(void* node, size_t size) { NodeMemory::release(node, size); }
};

// Its members lie behind it, in the same piece of memory.
struct ObjectNode : Node {
  using Index = std::unordered_map<std::string_view, uint32_t>;

  uint32_t size = 0;
  const uint32_t room;  // for so many there is memory
  // Objects of many members find them by hash; few are quicker to look through.
  std::unique_ptr<Index> index;

  explicit ObjectNode(uint32_t members) : size(members), room(members) {}
  // Takes the members; of two of one name the later value stands, at the earlier place.
  static ObjectNode* create(std::span<Member> members, bool distinct = false);
  static void destroy(ObjectNode* node);
  std::span<const Member> members() const { return {reinterpret_cast<const Member*>(this + 1), size}; }
  std::span<Member> members() { return {reinterpret_cast<Member*>(this + 1), size}; }

 private:
  static size_t bytes_for(size_t members) { return sizeof(ObjectNode) + members * sizeof(Member); }
  bool surely_distinct() const;
  void unify();
  void cut(size_t size);
};
static_assert(sizeof(ObjectNode) % alignof(Member) == 0);

}  // namespace detail

// Names of members are short, as a rule: those are compared without a call.
inline bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const size_t size = a.size();
  // Both ends, which overlap where the size is no power of two.
  const auto same_ends = [&]<typename Word>(Word) {
    Word words[4];
    std::memcpy(&words[0], a.data(), sizeof(Word));
    std::memcpy(&words[1], b.data(), sizeof(Word));
    std::memcpy(&words[2], a.data() + size - sizeof(Word), sizeof(Word));
    std::memcpy(&words[3], b.data() + size - sizeof(Word), sizeof(Word));
    return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
  };
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return same_ends(uint64_t{});
  if (size >= 4) return same_ends(uint32_t{});
  if (size >= 2) return same_ends(uint16_t{});
  return size == 0 || a[0] == b[0];
}

// The node of a value that is known to be of that kind.
inline std::string_view string_of(const Value& value) { return static_cast<const detail::StringNode*>(static_cast<const detail::Node*>(value.identity()))->view(); }
inline std::span<const Value> items_of(const Value& value) {
  return static_cast<const detail::ArrayNode*>(static_cast<const detail::Node*>(value.identity()))->items;
}
inline const detail::ObjectNode& object_of(const Value& value) { return *static_cast<const detail::ObjectNode*>(static_cast<const detail::Node*>(value.identity())); }

}  // namespace json
