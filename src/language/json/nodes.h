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
#include "language/json/value.h"

namespace json {
namespace detail {

struct StringNode : Node {
  uint32_t size;
  char text[];

  static StringNode* create(std::string_view text) {
    CHECK(text.size() < UINT32_MAX, "limits keep strings far below 4 GiB");
    void* memory = ::operator new(sizeof(StringNode) + text.size());
    auto* node = new (memory) StringNode;
    node->size = static_cast<uint32_t>(text.size());
    if (!text.empty()) std::memcpy(node->text, text.data(), text.size());
    return node;
  }
  std::string_view view() const { return {text, size}; }
};

struct ArrayNode : Node {
  std::vector<Value> items;
};

// Its members lie behind it, in the same piece of memory.
struct ObjectNode : Node {
  using Index = std::unordered_map<std::string_view, uint32_t>;

  uint32_t size = 0;
  // Objects of many members find them by hash; few are quicker to look through.
  std::unique_ptr<Index> index;

  // Takes the members; of two of one name the later value stands, at the earlier place.
  static ObjectNode* create(std::span<Member> members);
  static void destroy(ObjectNode* node);
  std::span<const Member> members() const { return {reinterpret_cast<const Member*>(this + 1), size}; }
  std::span<Member> members() { return {reinterpret_cast<Member*>(this + 1), size}; }

 private:
  void unify();
  void cut(size_t size);
};
static_assert(sizeof(ObjectNode) % alignof(Member) == 0);

}  // namespace detail

// The node of a value that is known to be of that kind.
inline std::string_view string_of(const Value& value) { return static_cast<const detail::StringNode*>(static_cast<const detail::Node*>(value.identity()))->view(); }
inline std::span<const Value> items_of(const Value& value) {
  return static_cast<const detail::ArrayNode*>(static_cast<const detail::Node*>(value.identity()))->items;
}
inline const detail::ObjectNode& object_of(const Value& value) { return *static_cast<const detail::ObjectNode*>(static_cast<const detail::Node*>(value.identity())); }

}  // namespace json
