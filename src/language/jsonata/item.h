#pragma once
// What an expression works on, in 16 bytes: JSON, nothing, sequences that are still growing, functions.
//
// Items live in the evaluation's arena or point into the input, the bindings and the compiled expression, all of which
// outlive the evaluation. Values of the input are never converted: a member is looked up where it stands.
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "language/json/nodes.h"
#include "language/json/value.h"
#include "language/jsonata/arena.h"

namespace jsonata {

struct List;
struct Record;
struct Tuple;
struct Function;
struct Thunk;
struct Node;

// A name that the expression uses, by number; variables are looked up by it.
using NameId = uint32_t;
constexpr NameId kNoName = UINT32_MAX;

class Item {
 public:
  enum class Tag : uint8_t {
    undefined, null, boolean, number,
    big_number,               // an integer of the input that a double does not hold
    string, json_string,      // text of ours, a string of the input
    list, json_array,
    record, json_object, tuple,
    function, thunk,
  };

  Item() = default;
  explicit Item(double number) : tag_(Tag::number) { payload_.word = std::bit_cast<uint64_t>(number); }
  explicit Item(bool truth) : tag_(Tag::boolean) { payload_.truth = truth; }
  explicit Item(std::string_view text) : tag_(Tag::string), size_(static_cast<uint32_t>(text.size())) { payload_.text = text.data(); }
  explicit Item(const char*) = delete;
  explicit Item(List* list) : tag_(Tag::list) { payload_.list = list; }
  explicit Item(Record* record) : tag_(Tag::record) { payload_.record = record; }
  explicit Item(Tuple* tuple) : tag_(Tag::tuple) { payload_.tuple = tuple; }
  explicit Item(Function* function) : tag_(Tag::function) { payload_.function = function; }
  explicit Item(Thunk* thunk) : tag_(Tag::thunk) { payload_.thunk = thunk; }
  // A value that outlives the evaluation.
  explicit Item(const json::Value& value);

  // Beyond this a double does not hold every integer.
  static constexpr double kExact = 9007199254740992.0;
  static Item null() {
    Item out;
    out.tag_ = Tag::null;
    return out;
  }

  Tag tag() const { return tag_; }
  bool defined() const { return tag_ != Tag::undefined; }
  bool is_null() const { return tag_ == Tag::null; }
  bool is_bool() const { return tag_ == Tag::boolean; }
  bool is_number() const { return tag_ == Tag::number || tag_ == Tag::big_number; }
  bool is_string() const { return tag_ == Tag::string || tag_ == Tag::json_string; }
  bool is_array() const { return tag_ == Tag::list || tag_ == Tag::json_array; }
  bool is_list() const { return tag_ == Tag::list; }
  bool is_object() const { return tag_ == Tag::record || tag_ == Tag::json_object || tag_ == Tag::tuple; }
  bool is_record() const { return tag_ == Tag::record; }
  bool is_tuple() const { return tag_ == Tag::tuple; }
  bool is_function() const { return tag_ == Tag::function; }
  bool is_json() const { return tag_ == Tag::json_string || tag_ == Tag::json_array || tag_ == Tag::json_object || tag_ == Tag::big_number; }

  bool truth() const { return payload_.truth; }
  double number() const { return tag_ == Tag::number ? payload_.number : payload_.json->as_double(); }
  std::string_view string() const { return tag_ == Tag::string ? std::string_view(payload_.text, size_) : json::string_of(*payload_.json); }
  List& list() const { return *payload_.list; }
  Record& record() const { return *payload_.record; }
  Tuple& tuple() const { return *payload_.tuple; }
  Function& function() const { return *payload_.function; }
  Thunk& thunk() const { return *payload_.thunk; }
  const json::Value& json() const { return *payload_.json; }

  // Of an array: how many elements, and each of them.
  size_t size() const;
  Item operator[](size_t index) const;

 private:
  Tag tag_ = Tag::undefined;
  uint32_t size_ = 0;
  union {
    double number;
    bool truth;
    const char* text;
    List* list;
    Record* record;
    Tuple* tuple;
    Function* function;
    Thunk* thunk;
    const json::Value* json;
    uint64_t word;
  } payload_{.number = 0};
};
static_assert(sizeof(Item) == 16 && std::is_trivially_copyable_v<Item>);

struct List {
  Item* data = nullptr;
  uint32_t size = 0, capacity = 0;
  bool sequence = false;        // a result under way: one of one is its element, one of none is nothing
  bool keep_singleton = false;
  bool constructed = false;     // [..] as a step: not flattened
  bool outer = false;           // wraps an input that is an array
  bool tuples = false;

  void push(Arena& arena, Item item) {
    if (size == capacity) grow(arena, size + 1);
    data[size++] = item;
  }
  void reserve(Arena& arena, size_t wanted) {
    if (wanted > capacity) grow(arena, wanted);
  }
  void grow(Arena& arena, size_t wanted);
  void push_all(Arena& arena, Item array);
  std::span<Item> items() const { return {data, size}; }
};

struct Entry {
  std::string_view name;
  Item value;
};

// An object under construction. Small ones are looked through, large ones found by hash.
struct Record {
  Entry* data = nullptr;
  uint32_t size = 0, capacity = 0;
  uint32_t* index = nullptr;  // of 2^n places: entry + 1, or 0
  uint32_t mask = 0;

  Item* find(std::string_view name);
  void set(Arena& arena, std::string_view name, Item value);
  // A name that is not there yet.
  void add(Arena& arena, std::string_view name, Item value) {
    if (size < capacity && size + 1 < kIndexedFrom) {
      data[size++] = {name, value};
    } else {
      add_more(arena, name, value);
    }
  }
  void reserve(Arena& arena, size_t entries);
  void erase(std::string_view name);

 private:
  static constexpr uint32_t kIndexedFrom = 9;
  void add_more(Arena& arena, std::string_view name, Item value);
  void build_index(Arena& arena);
};

struct Binding {
  NameId name = kNoName;
  Item value;
};

// Variables, each once.
struct Bindings {
  Binding* names = nullptr;
  uint32_t size = 0, capacity = 0;

  void bind(Arena& arena, NameId name, Item value);
};

// One element of a tuple stream: a value and the variables bound on the way to it.
struct Tuple : Bindings {
  Item at;

  Tuple* copy(Arena& arena, size_t room) const;
};

// Variables of a scope.
struct Frame : Bindings {
  Frame* parent = nullptr;
};

inline Item::Item(const json::Value& value) {
  // The commonest first. What it holds is written as one word whatever it is, so that it can stay in a register.
  if (value.is_number()) {
    const double number = value.as_double();
    const bool plain = (number <= kExact && number >= -kExact) || !value.is_integer();
    tag_ = plain ? Tag::number : Tag::big_number;
    payload_.word = plain ? std::bit_cast<uint64_t>(number) : reinterpret_cast<uint64_t>(&value);
    return;
  }
  static constexpr Tag kTags[] = {Tag::null, Tag::boolean, Tag::number, Tag::json_string, Tag::json_array, Tag::json_object};
  tag_ = kTags[static_cast<size_t>(value.kind())];
  payload_.word = tag_ == Tag::boolean ? uint64_t{value.as_bool()} : reinterpret_cast<uint64_t>(&value);
}

inline size_t Item::size() const { return tag_ == Tag::list ? payload_.list->size : json::items_of(*payload_.json).size(); }
inline Item Item::operator[](size_t index) const {
  return tag_ == Tag::list ? payload_.list->data[index] : Item(json::items_of(*payload_.json)[index]);
}

List* make_list(Arena& arena, size_t room = 0);
List* make_sequence(Arena& arena, size_t room = 0);

// The value as JSON. Functions and whatever JSON cannot hold set `supported` to false; past the depth limit too.
struct Conversion {
  bool spell_out_numbers = false;  // Infinity becomes "Infinity", else null
  size_t values_max = SIZE_MAX;    // shared parts count each time
  bool supported = true;           // nothing in it that JSON cannot hold
  bool too_large = false;          // or nested too deeply
  int depth = 0;
};
json::Value to_json(Item item, Conversion& conversion);

class Meter;
bool equal(Meter& meter, Item a, Item b);
// JavaScript's ===
bool same(Item a, Item b);
// A member of an object; undefined when there is none or `object` is none.
Item member(Item object, std::string_view name);
// `hint` is where the member stood last time, in objects that are alike.
inline const json::Value* find_member(const json::Value& object, const json::Name& name, size_t& hint);
const json::Value* search_member(const json::detail::ObjectNode& object, std::string_view name, size_t& hint);
// Whether JavaScript takes the name for an array's index, "0" or "17", which it sorts before all others.
bool is_index(std::string_view name);
// Both end to end, as the reference's append().
Item append(Arena& arena, Item a, Item b);
// $boolean: undefined counts as false.
bool truthy_array(Meter& meter, Item array);
bool truthy_number(double number);
inline bool truthy(Meter& meter, Item item);

// Members in JavaScript's order: names that are array indices first, by size.
class Members {
 public:
  Members(Arena& arena, Item object);
  size_t size() const { return size_; }
  std::string_view name(size_t i) const { return entries_[i].name; }
  Item value(size_t i) const { return entries_[i].value; }

 private:
  const Entry* entries_ = nullptr;
  size_t size_ = 0;
};

inline const json::Value* find_member(const json::Value& object, const json::Name& name, size_t& hint) {
  const json::detail::ObjectNode& node = json::object_of(object);
  if (hint < node.size && node.members()[hint].name == name) [[likely]] return &node.members()[hint].value;
  return search_member(node, name, hint);
}

inline bool truthy(Meter& meter, Item item) {
  switch (item.tag()) {
    case Item::Tag::boolean: return item.truth();
    case Item::Tag::number:
    case Item::Tag::big_number: return truthy_number(item.number());
    case Item::Tag::string:
    case Item::Tag::json_string: return !item.string().empty();
    case Item::Tag::list:
    case Item::Tag::json_array: return truthy_array(meter, item);
    case Item::Tag::record: return item.record().size > 0;
    case Item::Tag::json_object: return json::object_of(item.json()).size > 0;
    case Item::Tag::tuple: return true;
    default: return false;
  }
}

}  // namespace jsonata
