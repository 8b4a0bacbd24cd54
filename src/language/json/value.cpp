#include "language/json/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "base/encoding.h"
#include "language/json/nodes.h"
#include "language/json/number.h"

namespace json {
using detail::ArrayNode;
using detail::NodeMemory;
using detail::ObjectNode;
using detail::StringNode;

namespace {
const Value kNull{};
constexpr size_t kMany = 32;  // items of an array

template <typename NodeType>
const NodeType& as(detail::Node* node) {
  return *static_cast<const NodeType*>(node);
}

}  // namespace

namespace detail {
struct AdoptedArrayNode : ArrayNode {
  std::vector<Value> vector;

  explicit AdoptedArrayNode(std::vector<Value> items) : ArrayNode(items.data()), vector(std::move(items)) { size = static_cast<uint32_t>(vector.size()); }
};
}  // namespace detail

ArrayNode* ArrayNode::with_room(size_t items) {
  CHECK(items < UINT32_MAX, "limits keep arrays far below 4 G items");
  auto* memory = static_cast<ArrayNode*>(NodeMemory::allocate(bytes_for(items)));
  return new (memory) ArrayNode(reinterpret_cast<Value*>(memory + 1));
}

ArrayNode* ArrayNode::create(std::span<Value> items) {
  ArrayNode* node = with_room(items.size());
  node->size = static_cast<uint32_t>(items.size());
  std::ranges::uninitialized_move(items, std::span(node->first, items.size()));
  return node;
}

ArrayNode* ArrayNode::create(std::vector<Value> items) {
  if (items.size() < kMany) return create(std::span(items));
  CHECK(items.size() < UINT32_MAX, "limits keep arrays far below 4 G items");
  return new (NodeMemory::allocate(sizeof(detail::AdoptedArrayNode))) detail::AdoptedArrayNode(std::move(items));
}

void ArrayNode::destroy(ArrayNode* node) {
  if (node->first != node->behind()) {
    auto* adopted = static_cast<detail::AdoptedArrayNode*>(node);
    adopted->~AdoptedArrayNode();
    return NodeMemory::release(adopted, sizeof *adopted);
  }
  std::destroy_n(node->first, node->size);
  NodeMemory::release(node, bytes_for(node->size));
}

ObjectNode* ObjectNode::with_room(size_t members) {
  CHECK(members < kIndexedFrom, "an object of more members has an index");
  return new (NodeMemory::allocate(bytes_for(members))) ObjectNode(0, static_cast<uint32_t>(members));
}

ObjectNode* ObjectNode::create(std::span<Member> members, bool distinct) {
  CHECK(members.size() < UINT32_MAX, "limits keep objects far below 4 G members");
  const auto size = static_cast<uint32_t>(members.size());
  auto* node = new (NodeMemory::allocate(bytes_for(members.size()))) ObjectNode(size, size);
  std::ranges::uninitialized_move(members, node->members());
  if (!distinct || members.size() >= kIndexedFrom) node->unify();
  return node;
}

void ObjectNode::destroy(ObjectNode* node) {
  std::ranges::destroy(node->members());
  const size_t bytes = bytes_for(node->room);
  node->~ObjectNode();
  NodeMemory::release(node, bytes);
}

void ObjectNode::cut(size_t left) {
  std::ranges::destroy(members().subspan(left));
  size = static_cast<uint32_t>(left);
}

// Names of unlike length or ends are not the same: most objects need no closer look.
bool ObjectNode::surely_distinct() const {
  uint64_t seen = 0;
  for (const Member& member : members()) {
    const std::string_view name = member.name;
    const size_t trait = name.empty() ? 0 : name.size() + static_cast<uint8_t>(name.front()) * size_t{7} + static_cast<uint8_t>(name.back()) * size_t{29};
    const uint64_t mark = uint64_t{1} << trait % 64;
    if (seen & mark) return false;
    seen |= mark;
  }
  return true;
}

void ObjectNode::unify() {
  const std::span<Member> all = members();
  size_t kept = 0;
  const auto keep = [&](size_t i) {
    if (kept != i) all[kept] = std::move(all[i]);
    ++kept;
  };
  if (size < kIndexedFrom) {
    if (surely_distinct()) return;
    for (size_t i = 0; i < all.size(); ++i) {
      const auto end = all.begin() + static_cast<ptrdiff_t>(kept);
      const auto earlier = std::find_if(all.begin(), end, [&](const Member& one) { return one.name == all[i].name; });
      if (earlier == end) {
        keep(i);
      } else {
        earlier->value = std::move(all[i].value);
      }
    }
    if (kept < size) cut(kept);
    return;
  }
  // The index views the names where they stay.
  index = std::make_unique<Index>();
  index->reserve(size);
  for (size_t i = 0; i < all.size(); ++i) {
    if (const auto earlier = index->find(all[i].name); earlier != index->end()) {
      all[earlier->second].value = std::move(all[i].value);
    } else {
      keep(i);
      index->emplace(all[kept - 1].name, static_cast<uint32_t>(kept - 1));
    }
  }
  if (kept < size) cut(kept);
}

void NodeMemory::sweep_at_exit() {
  struct Sweep {
    ~Sweep() {
      keep_ = false;
      for (Kept& kept : kept_) {
        while (kept.first) ::operator delete(std::exchange(kept.first, kept.first->next));
      }
    }
  };
  thread_local Sweep sweep;
}

std::string_view kind_name(Kind kind) {
  static constexpr std::string_view kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  return kNames[static_cast<size_t>(kind)];
}

Value::Value(uint64_t value) {
  if (value <= static_cast<uint64_t>(INT64_MAX)) {
    tag_ = Tag::integer;
    payload_.integer = static_cast<int64_t>(value);
  } else {
    *this = number(std::to_string(value));
  }
}

Value::Value(double value) {
  if (!std::isfinite(value)) return;
  if (value == std::trunc(value) && std::abs(value) <= 9007199254740992.0) {
    tag_ = Tag::integer;
    payload_.integer = static_cast<int64_t>(value);
  } else {
    tag_ = Tag::real;
    payload_.real = value;
  }
}

Value::Value(std::string_view text) : tag_(Tag::string) { payload_.node = StringNode::create(text); }

Value Value::number(std::string_view text) {
  Value out;
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error == std::errc() && end == text.data() + text.size()) {
    out.tag_ = Tag::integer;
    out.payload_.integer = integer;
  } else {
    out.tag_ = Tag::number_text;
    out.payload_.node = StringNode::create(text);
  }
  return out;
}

Value Value::array() { return array_of({}); }
Value Value::object() { return object_of({}); }
Value Value::array(std::vector<Value> items) { return of(ArrayNode::create(std::move(items))); }
Value Value::array_of(std::span<Value> items) { return of(ArrayNode::create(items)); }
Value Value::object(std::vector<Member> members) { return object_of(members); }
Value Value::object_of(std::span<Member> members, bool distinct) { return of(ObjectNode::create(members, distinct)); }

void Value::destroy() {
  switch (tag_) {
    case Tag::array:
      ArrayNode::destroy(static_cast<ArrayNode*>(payload_.node));
      break;
    case Tag::object:
      ObjectNode::destroy(static_cast<ObjectNode*>(payload_.node));
      break;
    default:
      StringNode::destroy(static_cast<StringNode*>(payload_.node));
  }
}

bool Value::as_bool() const {
  CHECK(is_bool(), "a boolean was asked for");
  return payload_.boolean;
}

std::string_view Value::as_string() const {
  CHECK(is_string(), "a string was asked for");
  return as<StringNode>(payload_.node).view();
}

std::span<const Value> Value::items() const {
  CHECK(is_array(), "an array was asked for");
  return as<ArrayNode>(payload_.node).items();
}

std::span<const Member> Value::members() const {
  CHECK(is_object(), "an object was asked for");
  return as<ObjectNode>(payload_.node).members();
}

double Value::wide_double() const {
  if (tag_ == Tag::real) return payload_.real;
  CHECK(tag_ == Tag::number_text, "a number was asked for");
  return parse_double(as<StringNode>(payload_.node).view());
}

std::optional<int64_t> Value::as_int64() const {
  if (tag_ == Tag::integer) return payload_.integer;
  if (!is_number()) return std::nullopt;
  const double value = as_double();
  if (value != std::trunc(value) || value < -9.2e18 || value > 9.2e18) return std::nullopt;
  return static_cast<int64_t>(value);
}

bool Value::is_integer() const {
  if (tag_ == Tag::integer) return true;
  return tag_ == Tag::number_text &&
         as<StringNode>(payload_.node).view().find_first_of(".eE") == std::string_view::npos;
}

std::string Value::number_text() const {
  switch (tag_) {
    case Tag::integer:
      return std::to_string(payload_.integer);
    case Tag::real:
      return double_text(payload_.real);
    default:
      CHECK(tag_ == Tag::number_text, "a number was asked for");
      return std::string(as<StringNode>(payload_.node).view());
  }
}

size_t Value::size() const {
  if (is_array()) return as<ArrayNode>(payload_.node).size;
  if (is_object()) return as<ObjectNode>(payload_.node).size;
  return 0;
}

const Value* Value::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const auto& node = as<ObjectNode>(payload_.node);
  if (node.index) {
    const auto it = node.index->find(name);
    return it == node.index->end() ? nullptr : &node.members()[it->second].value;
  }
  for (const Member& member : node.members()) {
    if (same_name(member.name, name)) return &member.value;
  }
  return nullptr;
}

const Value& Value::operator[](std::string_view name) const {
  const Value* found = find(name);
  return found ? *found : kNull;
}

std::string_view Value::text(std::string_view name, std::string_view otherwise) const {
  const Value* found = find(name);
  return found && found->is_string() ? found->as_string() : otherwise;
}

Value Value::with(std::string_view name, Value value) const {
  std::vector<Member> copy;
  if (is_object()) copy.assign(members().begin(), members().end());
  const auto it = std::ranges::find_if(copy, [&](const Member& one) { return one.name == name; });
  if (it != copy.end()) {
    it->value = std::move(value);
  } else {
    copy.push_back({name, std::move(value)});
  }
  return object(std::move(copy));
}

Value Value::without(std::string_view name) const {
  std::vector<Member> copy(members().begin(), members().end());
  std::erase_if(copy, [&](const Member& m) { return m.name == name; });
  return object(std::move(copy));
}

bool Value::same(const Value& other) const {
  if (tag_ != other.tag_) return false;
  switch (tag_) {
    case Tag::null:
      return true;
    case Tag::boolean:
      return payload_.boolean == other.payload_.boolean;
    case Tag::integer:
      return payload_.integer == other.payload_.integer;
    case Tag::real:
      return payload_.real == other.payload_.real;
    default:
      return payload_.node == other.payload_.node;
  }
}

bool equal(const Value& a, const Value& b) {
  if (a.same(b)) return true;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::number: {
      if (a.is_integer() && b.is_integer()) return a.number_text() == b.number_text();
      return a.as_double() == b.as_double();
    }
    case Kind::string:
      return a.as_string() == b.as_string();
    case Kind::array:
      return std::ranges::equal(a.items(), b.items(), equal);
    case Kind::object:
      return a.size() == b.size() && std::ranges::all_of(a.members(), [&](const Member& member) {
               const Value* other = b.find(member.name);
               return other && equal(member.value, *other);
             });
    default:
      return false;  // scalars that are not the same
  }
}

Value object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  constexpr size_t kFew = 8;
  if (members.size() <= kFew) {
    std::array<Member, kFew> few;
    size_t count = 0;
    for (const auto& [name, value] : members) few[count++] = {name, value};
    return Value::object_of(std::span(few).first(count));
  }
  std::vector<Member> list;
  list.reserve(members.size());
  for (const auto& [name, value] : members) list.push_back({name, value});
  return Value::object(std::move(list));
}

Value array(std::initializer_list<Value> items) { return Value::array(std::vector<Value>(items)); }

ObjectBuilder::ObjectBuilder(const Value& start) : members_(start.members().begin(), start.members().end()) {}

ObjectBuilder& ObjectBuilder::add(std::string_view name, Value value) {
  constexpr size_t kAtFirst = 12;
  if (members_.empty()) members_.reserve(kAtFirst);
  members_.push_back({name, std::move(value)});
  return *this;
}

ObjectBuilder& ObjectBuilder::add_if(std::string_view name, const std::optional<Value>& value) {
  if (value) add(name, *value);
  return *this;
}

ObjectBuilder& ObjectBuilder::add_text(std::string_view name, std::string_view text) {
  if (!text.empty()) add(name, text);
  return *this;
}

ObjectBuilder& ObjectBuilder::set(std::string_view name, Value value) {
  const auto it = std::ranges::find_if(members_, [&](const Member& one) { return one.name == name; });
  if (it == members_.end()) return add(name, std::move(value));
  it->value = std::move(value);
  return *this;
}

std::vector<size_t> java_hash_order(std::span<const std::string> names) {
  std::vector<std::pair<uint32_t, size_t>> buckets;
  size_t table = 16;
  while (static_cast<double>(names.size()) > 0.75 * static_cast<double>(table)) table *= 2;
  for (size_t i = 0; i < names.size(); ++i) {
    uint32_t hash = 0;
    size_t at = 0;
    while (at < names[i].size()) {
      const char32_t c = next_code_point(names[i], at);
      if (c >= 0x10000) {
        hash = hash * 31 + static_cast<uint32_t>(0xD800 + ((c - 0x10000) >> 10));
        hash = hash * 31 + static_cast<uint32_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
      } else {
        hash = hash * 31 + static_cast<uint32_t>(c);
      }
    }
    buckets.emplace_back((hash ^ hash >> 16) & (table - 1), i);
  }
  std::ranges::sort(buckets);  // by bucket, then by insertion
  std::vector<size_t> order;
  order.reserve(names.size());
  for (const auto& [bucket, index] : buckets) order.push_back(index);
  return order;
}

}  // namespace json
