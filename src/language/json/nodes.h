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

// Texts are short, as a rule: those are copied without a call. Both ends overlap where the size is no power of two.
inline void copy_text(char* to, std::string_view text) {
  const char* from = text.data();
  const size_t size = text.size();
  const auto both_ends = [&]<typename Word>(Word) {
    Word words[2];
    std::memcpy(&words[0], from, sizeof(Word));
    std::memcpy(&words[1], from + size - sizeof(Word), sizeof(Word));
    std::memcpy(to, &words[0], sizeof(Word));
    std::memcpy(to + size - sizeof(Word), &words[1], sizeof(Word));
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    both_ends(uint64_t{});
  } else if (size >= 4) {
    both_ends(uint32_t{});
  } else if (size >= 2) {
    both_ends(uint16_t{});
  } else if (size == 1) {
    *to = *from;
  }
}

struct StringNode : Node {
  uint32_t size : 31;
  uint32_t kept : 1;  // how it is written lies behind it
  char text[];

  // A long text that came as JSON may go out as JSON again (an execution's input): that costs less where the literal is kept.
  static constexpr size_t kLong = 4096;

  static StringNode* create(std::string_view text) { return make(text, 0); }
  // The same with its literal, quotes and all, which must be what write_string() would make of it; of a long text.
  static StringNode* create(std::string_view text, std::string_view literal) {
    CHECK(text.size() >= kLong && literal.size() < UINT32_MAX, "of a long text alone");
    StringNode* node = make(text, sizeof(uint32_t) + literal.size());
    node->kept = 1;
    const auto length = static_cast<uint32_t>(literal.size());
    std::memcpy(node->text + text.size(), &length, sizeof length);
    std::memcpy(node->text + text.size() + sizeof length, literal.data(), literal.size());
    return node;
  }
  // What is long is none of NodeMemory's to keep: of that the size does not matter.
  static void destroy(StringNode* node) { NodeMemory::release(node, sizeof(StringNode) + node->size); }
  std::string_view view() const { return {text, size}; }
  // Empty where it is not kept.
  std::string_view literal() const {
    if (!kept) return {};
    uint32_t length;
    std::memcpy(&length, text + size, sizeof length);
    return {text + size + sizeof length, length};
  }

 private:
  static StringNode* make(std::string_view text, size_t behind) {
    CHECK(text.size() < UINT32_MAX / 2, "limits keep strings far below 2 GiB");
    auto* node = new (NodeMemory::allocate(sizeof(StringNode) + text.size() + behind)) StringNode;
    node->size = static_cast<uint32_t>(text.size());
    node->kept = 0;
    copy_text(node->text, text);
    return node;
  }
};
static_assert(StringNode::kLong > NodeMemory::kBytesKept);

// Its items lie behind it, in the same piece of memory, or in a vector that it has taken over: many are not worth moving.
struct ArrayNode : Node {
  uint32_t size = 0;
  Value* const first;

  static ArrayNode* create(std::vector<Value> items);
  // Takes the items out of where they are.
  static ArrayNode* create(std::span<Value> items);
  // For so many items, which come by add(), all of them.
  static ArrayNode* with_room(size_t items);
  void add(Value value) { new (first + size++) Value(std::move(value)); }
  static void destroy(ArrayNode* node);
  std::span<const Value> items() const { return {first, size}; }

 private:
  explicit ArrayNode(Value* at) : first(at) {}
  Value* behind() { return reinterpret_cast<Value*>(this + 1); }
  static size_t bytes_for(size_t items) { return sizeof(ArrayNode) + items * sizeof(Value); }
  friend struct AdoptedArrayNode;
};
static_assert(sizeof(ArrayNode) % alignof(Value) == 0);

// Its members lie behind it, in the same piece of memory.
struct ObjectNode : Node {
  using Index = std::unordered_map<std::string_view, uint32_t>;
  static constexpr size_t kIndexedFrom = 24;

  uint32_t size = 0;
  const uint32_t room;  // for so many there is memory
  // Objects of many members find them by hash; few are quicker to look through.
  std::unique_ptr<Index> index;

  ObjectNode(uint32_t members, uint32_t memory) : size(members), room(memory) {}
  // Takes the members; of two of one name the later value stands, at the earlier place.
  static ObjectNode* create(std::span<Member> members, bool distinct = false);
  // One for so few members that it needs no index; they come by add(), whose names must differ.
  static ObjectNode* with_room(size_t members);
  Member& add(Name name, Value value = {}) { return *new (reinterpret_cast<Member*>(this + 1) + size++) Member{std::move(name), std::move(value)}; }
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
inline const detail::StringNode& string_node_of(const Value& value) { return *static_cast<const detail::StringNode*>(static_cast<const detail::Node*>(value.identity())); }
inline std::string_view string_of(const Value& value) { return string_node_of(value).view(); }
inline std::span<const Value> items_of(const Value& value) {
  return static_cast<const detail::ArrayNode*>(static_cast<const detail::Node*>(value.identity()))->items();
}
inline const detail::ObjectNode& object_of(const Value& value) { return *static_cast<const detail::ObjectNode*>(static_cast<const detail::Node*>(value.identity())); }

}  // namespace json
