#pragma once
// A JSON value: immutable, shared, ordered.
//
// Copying a Value copies 16 bytes and counts a reference; Parallel and Map hand the same data to a thousand
// branches for nothing. Objects keep the order in which their members came. Numbers keep the text in which
// they came until arithmetic needs them, so "1.50" and a 30-digit integer survive the round trip.
// Strings are UTF-8; a lone surrogate from a \ud800 escape is kept (as its three-byte form, WTF-8) and is
// written as that escape again.
//
// Values are made by parse() (parse.h), by the constructors here, by object()/array(), or by the builders.
// Reference counts are atomic: a Value may be handed to another thread.
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/json/name.h"

namespace json {

enum class Kind : uint8_t { null, boolean, number, string, array, object };
// "null", "boolean", "number", "string", "array", "object".
std::string_view kind_name(Kind kind);

struct Member;

namespace detail {
struct Node {
  std::atomic<uint32_t> references{1};
};
struct StringNode;
struct ArrayNode;
struct ObjectNode;
}  // namespace detail

class Value {
 public:
  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool value) : tag_(Tag::boolean) { payload_.boolean = value; }
  Value(int value) : Value(static_cast<int64_t>(value)) {}
  Value(unsigned value) : Value(static_cast<int64_t>(value)) {}
  Value(int64_t value) : tag_(Tag::integer) { payload_.integer = value; }
  Value(uint64_t value);
  Value(double value);  // an integral one within 2^53 is the integer; NaN and infinities are null
  Value(std::string_view text);
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(const Name& name) : Value(name.view()) {}
  // A number that keeps this text, which must be a JSON number.
  static Value number(std::string_view text);
  static Value array();
  static Value array(std::vector<Value> items);
  // The same, of values that are taken out of where they are.
  static Value array_of(std::span<Value> items);
  // Of two members of one name the later value stands, at the earlier place.
  static Value object();
  static Value object(std::vector<Member> members);
  // The same, of members that are taken out of where they are. `distinct`: their names are known to differ.
  static Value object_of(std::span<Member> members, bool distinct = false);

  Value(const Value& other) : payload_(other.payload_), tag_(other.tag_) { acquire(); }
  Value(Value&& other) noexcept : payload_(other.payload_), tag_(std::exchange(other.tag_, Tag::null)) {}
  Value& operator=(const Value& other) {
    Value copy(other);
    swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() { release(); }
  void swap(Value& other) noexcept {
    std::swap(payload_, other.payload_);
    std::swap(tag_, other.tag_);
  }

  Kind kind() const { return kKinds[static_cast<size_t>(tag_)]; }
  bool is_null() const { return tag_ == Tag::null; }
  bool is_bool() const { return tag_ == Tag::boolean; }
  bool is_number() const { return tag_ == Tag::integer || tag_ == Tag::real || tag_ == Tag::number_text; }
  bool is_string() const { return tag_ == Tag::string; }
  bool is_array() const { return tag_ == Tag::array; }
  bool is_object() const { return tag_ == Tag::object; }

  // Each of these may be called on its own kind only (a CHECK).
  bool as_bool() const;
  double as_double() const { return tag_ == Tag::integer ? static_cast<double>(payload_.integer) : wide_double(); }
  std::string_view as_string() const;
  std::span<const Value> items() const;
  std::span<const Member> members() const;

  // The number as a whole one: nothing when it has a fraction that is not zero or does not fit.
  // Of any other kind: nothing.
  std::optional<int64_t> as_int64() const;
  // True when the number was written, or made, without fraction and exponent.
  bool is_integer() const;
  // The number's text as write() would give it.
  std::string number_text() const;

  // Elements of an array, members of an object, else 0.
  size_t size() const;
  // The member of that name; nullptr when there is none or this is no object.
  const Value* find(std::string_view name) const;
  // The same, with null in place of nothing.
  const Value& operator[](std::string_view name) const;
  const Value& operator[](size_t index) const { return items()[index]; }
  // The string member of that name, else `otherwise`.
  std::string_view text(std::string_view name, std::string_view otherwise = "") const;

  // This object with one member set (in place when it exists, else at the end), or taken out.
  Value with(std::string_view name, Value value) const;
  Value without(std::string_view name) const;

  // Whether both are the very same node (or the same scalar): a cheap test for "unchanged".
  bool same(const Value& other) const;
  // What tells shared nodes apart; nullptr for scalars without one.
  const void* identity() const { return counted() ? payload_.node : nullptr; }

  // Takes over a node that was just made (nodes.h): for this module and evaluators.
  static Value of(detail::StringNode* node) { return {Tag::string, reinterpret_cast<detail::Node*>(node)}; }
  static Value of(detail::ArrayNode* node) { return {Tag::array, reinterpret_cast<detail::Node*>(node)}; }
  static Value of(detail::ObjectNode* node) { return {Tag::object, reinterpret_cast<detail::Node*>(node)}; }

 private:
  enum class Tag : uint8_t { null, boolean, integer, real, number_text, string, array, object };
  static constexpr Kind kKinds[] = {Kind::null,   Kind::boolean, Kind::number, Kind::number,
                                    Kind::number, Kind::string,  Kind::array,  Kind::object};

  Value(Tag tag, detail::Node* node) : tag_(tag) { payload_.node = node; }
  double wide_double() const;  // of a number that is no integer
  bool counted() const { return tag_ >= Tag::number_text; }
  void acquire() const {
    if (counted()) payload_.node->references.fetch_add(1, std::memory_order_relaxed);
  }
  // Who holds the last reference is alone with the node: nobody else can take another, so nothing needs to be counted.
  void release() {
    if (!counted()) return;
    std::atomic<uint32_t>& references = payload_.node->references;
    if (references.load(std::memory_order_acquire) == 1 || references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  void destroy();

  union Payload {
    bool boolean;
    int64_t integer = 0;
    double real;
    detail::Node* node;
  } payload_;
  Tag tag_ = Tag::null;
};

struct Member {
  Name name;
  Value value;
};

// Deep equality: numbers by value (1 equals 1.0), objects whatever their order.
bool equal(const Value& a, const Value& b);
inline bool operator==(const Value& a, const Value& b) { return equal(a, b); }

// object({{"a", 1}, {"b", "x"}}) and array({1, 2}) for literals in code.
Value object(std::initializer_list<std::pair<std::string_view, Value>> members);
Value array(std::initializer_list<Value> items);

// Makes an object member by member; names must differ (use Value::with or set() where they may not).
class ObjectBuilder {
 public:
  ObjectBuilder() = default;
  explicit ObjectBuilder(const Value& start);
  ObjectBuilder& add(std::string_view name, Value value);
  // Adds only when there is a value (optional, non-empty text).
  ObjectBuilder& add_if(std::string_view name, const std::optional<Value>& value);
  ObjectBuilder& add_text(std::string_view name, std::string_view text_unless_empty);
  // Replaces the member of that name or adds it.
  ObjectBuilder& set(std::string_view name, Value value);
  bool empty() const { return members_.empty(); }
  Value build() { return Value::object(std::move(members_)); }

 private:
  std::vector<Member> members_;
};

// The order in which java.util.HashMap iterates over these names: AWS shows it wherever it rebuilds an
// object from one (spec/asl.md 3, "Key order"). Returns indices into `names`.
std::vector<size_t> java_hash_order(std::span<const std::string> names);

}  // namespace json
