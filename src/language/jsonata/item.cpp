#include "language/jsonata/item.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "language/jsonata/failure.h"
#include "language/jsonata/meter.h"
#include "language/jsonata/text.h"

namespace jsonata {

using json::Value;

namespace {
constexpr int kDepthMax = 1'000;

// Short names without a call, as two words that overlap.
size_t hash_of(std::string_view name) {
  const size_t size = name.size();
  uint64_t low = 0, high = 0;
  if (size > 16) return std::hash<std::string_view>()(name);
  if (size >= 8) {
    std::memcpy(&low, name.data(), 8);
    std::memcpy(&high, name.data() + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(&low, name.data(), 4);
    std::memcpy(&high, name.data() + size - 4, 4);
  } else if (size > 0) {
    low = static_cast<uint8_t>(name[0]) | uint64_t{static_cast<uint8_t>(name[size / 2])} << 8;
    high = static_cast<uint8_t>(name[size - 1]);
  }
  uint64_t hash = (low ^ size) * 0x9E3779B97F4A7C15 ^ std::rotl(high * 0xC2B2AE3D27D4EB4F, 31);
  hash = (hash ^ hash >> 32) * 0x9E3779B97F4A7C15;
  return hash ^ hash >> 32;
}

}  // namespace

bool is_index(std::string_view name) {
  if (name.empty() || name.size() > 10 || (name[0] == '0' && name.size() > 1)) return false;
  uint64_t value = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value < 0xFFFFFFFF;
}

void List::grow(Arena& arena, size_t wanted) {
  const size_t room = std::max<size_t>({wanted, size_t{capacity} * 2, 4});
  if (room > UINT32_MAX) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  if (capacity > 0 && arena.extend(data, capacity * sizeof(Item), room * sizeof(Item))) {
    capacity = static_cast<uint32_t>(room);
    return;
  }
  auto* moved = arena.make_array<Item>(room);
  if (size > 0) std::memcpy(static_cast<void*>(moved), data, size * sizeof(Item));
  data = moved;
  capacity = static_cast<uint32_t>(room);
}

void List::push_all(Arena& arena, Item array) {
  const size_t count = array.size();
  reserve(arena, size + count);
  if (array.is_list()) {
    if (count > 0) std::memcpy(static_cast<void*>(data + size), array.list().data, count * sizeof(Item));
  } else {
    const std::span<const Value> values = json::items_of(array.json());
    for (size_t i = 0; i < count; ++i) data[size + i] = Item(values[i]);
  }
  size += static_cast<uint32_t>(count);
}

List* make_list(Arena& arena, size_t room) {
  List* out = arena.make<List>();
  if (room > 0) out->grow(arena, room);
  return out;
}

List* make_sequence(Arena& arena, size_t room) {
  List* out = make_list(arena, room);
  out->sequence = true;
  return out;
}

Item* Record::find(std::string_view name) {
  if (index) {
    for (size_t place = hash_of(name) & mask; index[place] != 0; place = (place + 1) & mask) {
      Entry& entry = data[index[place] - 1];
      if (json::same_name(entry.name, name)) return &entry.value;
    }
    return nullptr;
  }
  for (uint32_t i = 0; i < size; ++i) {
    if (json::same_name(data[i].name, name)) return &data[i].value;
  }
  return nullptr;
}

void Record::build_index(Arena& arena) {
  uint32_t places = 32;
  while (places < capacity * 2) places *= 2;
  index = arena.make_array<uint32_t>(places);
  std::memset(index, 0, places * sizeof(uint32_t));
  mask = places - 1;
  for (uint32_t i = 0; i < size; ++i) {
    size_t place = hash_of(data[i].name) & mask;
    while (index[place] != 0) place = (place + 1) & mask;
    index[place] = i + 1;
  }
}

void Record::set(Arena& arena, std::string_view name, Item value) {
  if (Item* there = find(name)) {
    *there = value;
  } else {
    add(arena, name, value);
  }
}

void Record::reserve(Arena& arena, size_t entries) {
  if (entries <= capacity) return;
  auto* moved = arena.make_array<Entry>(entries);
  if (size > 0) std::memcpy(static_cast<void*>(moved), data, size * sizeof(Entry));
  data = moved;
  capacity = static_cast<uint32_t>(entries);
  index = nullptr;
}

void Record::add_more(Arena& arena, std::string_view name, Item value) {
  if (size == capacity) reserve(arena, std::max<size_t>(4, size_t{capacity} * 2));
  data[size++] = {name, value};
  if (size < kIndexedFrom) return;
  if (!index) return build_index(arena);
  size_t place = hash_of(name) & mask;
  while (index[place] != 0) place = (place + 1) & mask;
  index[place] = size;
}

void Record::erase(std::string_view name) {
  Item* there = find(name);
  if (!there) return;
  auto* entry = reinterpret_cast<Entry*>(reinterpret_cast<char*>(there) - offsetof(Entry, value));
  std::memmove(static_cast<void*>(entry), entry + 1, static_cast<size_t>(data + size - entry - 1) * sizeof(Entry));
  --size;
  if (!index) return;
  std::memset(index, 0, (size_t{mask} + 1) * sizeof(uint32_t));
  for (uint32_t i = 0; i < size; ++i) {
    size_t place = hash_of(data[i].name) & mask;
    while (index[place] != 0) place = (place + 1) & mask;
    index[place] = i + 1;
  }
}

void Bindings::bind(Arena& arena, NameId name, Item value) {
  for (uint32_t i = 0; i < size; ++i) {
    if (names[i].name == name) {
      names[i].value = value;
      return;
    }
  }
  if (size == capacity) {
    const uint32_t room = std::max<uint32_t>(4, capacity * 2);
    auto* moved = arena.make_array<Binding>(room);
    if (size > 0) std::memcpy(static_cast<void*>(moved), names, size * sizeof(Binding));
    names = moved;
    capacity = room;
  }
  names[size++] = {name, value};
}

Tuple* Tuple::copy(Arena& arena, size_t room) const {
  Tuple* out = arena.make<Tuple>();
  out->at = at;
  out->size = size;
  out->capacity = static_cast<uint32_t>(size + room);
  if (out->capacity > 0) {
    out->names = arena.make_array<Binding>(out->capacity);
    if (size > 0) std::memcpy(static_cast<void*>(out->names), names, size * sizeof(Binding));
  }
  return out;
}

Value to_json(Item item, Conversion& conversion) {
  if (item.is_json()) return item.json();
  if (conversion.values_max-- == 0) {
    conversion.values_max = 0;
    conversion.too_large = true;
    return {};
  }
  switch (item.tag()) {
    case Item::Tag::boolean: return item.truth();
    case Item::Tag::number: {
      const double number = item.number();
      if (std::isfinite(number)) return number;
      if (!conversion.spell_out_numbers) return {};
      return Value(std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }
    case Item::Tag::string: return Value(item.string());
    case Item::Tag::list: {
      if (++conversion.depth > kDepthMax) {
        conversion.too_large = true;
        --conversion.depth;
        return {};
      }
      const List& list = item.list();
      if (list.outer && list.size == 1) {
        --conversion.depth;
        return to_json(list.data[0], conversion);
      }
      auto* values = json::detail::ArrayNode::with_room(list.size);
      Value out = Value::of(values);
      for (const Item one : list.items()) values->add(to_json(one, conversion));
      --conversion.depth;
      return out;
    }
    case Item::Tag::record: {
      if (++conversion.depth > kDepthMax) {
        conversion.too_large = true;
        --conversion.depth;
        return {};
      }
      const Record& record = item.record();
      if (record.size < json::detail::ObjectNode::kIndexedFrom) {
        auto* members = json::detail::ObjectNode::with_room(record.size);
        Value out = Value::of(members);
        for (uint32_t i = 0; i < record.size; ++i) {
          if (record.data[i].value.defined()) members->add(record.data[i].name, to_json(record.data[i].value, conversion));
        }
        --conversion.depth;
        return out;
      }
      std::vector<json::Member> members;
      members.reserve(record.size);
      for (uint32_t i = 0; i < record.size; ++i) {
        if (record.data[i].value.defined()) members.push_back({record.data[i].name, to_json(record.data[i].value, conversion)});
      }
      --conversion.depth;
      return Value::object(std::move(members));
    }
    case Item::Tag::tuple: return to_json(item.tuple().at, conversion);
    case Item::Tag::function:
    case Item::Tag::thunk:
      conversion.supported = false;
      return {};
    default: return {};
  }
}

bool equal(Meter& meter, Item a, Item b) {
  meter.spend();
  if (a.is_number()) return b.is_number() && a.number() == b.number();
  if (a.is_string()) return b.is_string() && a.string() == b.string();
  if (a.is_array()) {
    if (!b.is_array()) return false;
    check_stack();
    const size_t count = a.size();
    if (count != b.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      if (!equal(meter, a[i], b[i])) return false;
    }
    return true;
  }
  if (a.is_object()) {
    if (!b.is_object()) return false;
    check_stack();
    if (a.tag() == Item::Tag::json_object && b.tag() == Item::Tag::json_object) return a.json() == b.json();
    Arena scratch(64u << 20);
    const Members x(scratch, a), y(scratch, b);
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); ++i) {
      const Item other = member(b, x.name(i));
      if (!other.defined() || !equal(meter, x.value(i), other)) return false;
    }
    return true;
  }
  return same(a, b);
}

bool same(Item a, Item b) {
  if (a.is_number()) return b.is_number() && a.number() == b.number();
  if (a.is_string()) return b.is_string() && a.string() == b.string();
  if (a.tag() != b.tag()) return false;
  switch (a.tag()) {
    case Item::Tag::boolean: return a.truth() == b.truth();
    case Item::Tag::list: return &a.list() == &b.list();
    case Item::Tag::record: return &a.record() == &b.record();
    case Item::Tag::tuple: return &a.tuple() == &b.tuple();
    case Item::Tag::function: return &a.function() == &b.function();
    case Item::Tag::json_array:
    case Item::Tag::json_object: return a.json().identity() == b.json().identity();
    default: return true;
  }
}

const Value* search_member(const json::detail::ObjectNode& object, std::string_view name, size_t& hint) {
  const std::span<const json::Member> members = object.members();
  if (object.index) {
    const auto found = object.index->find(name);
    if (found == object.index->end()) return nullptr;
    hint = found->second;
    return &members[hint].value;
  }
  for (size_t i = 0; i < members.size(); ++i) {
    if (!json::same_name(members[i].name, name)) continue;
    hint = i;
    return &members[i].value;
  }
  return nullptr;
}

Item member(Item object, std::string_view name) {
  if (object.tag() == Item::Tag::json_object) {
    const Value* found = object.json().find(name);
    return found ? Item(*found) : Item();
  }
  if (object.is_record()) {
    const Item* found = object.record().find(name);
    return found ? *found : Item();
  }
  return {};
}

Item append(Arena& arena, Item a, Item b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  List* out = arena.make<List>();
  const size_t left = a.is_array() ? a.size() : 1, right = b.is_array() ? b.size() : 1;
  if (left == 0 && b.is_list()) {
    // Lists do not change once they are made: the elements can be shared.
    out->data = b.list().data;
    out->size = out->capacity = b.list().size;
    return Item(out);
  }
  out->reserve(arena, left + right);
  for (const Item side : {a, b}) {
    if (side.is_array()) {
      out->push_all(arena, side);
    } else {
      out->push(arena, side);
    }
  }
  return Item(out);
}

bool truthy_number(double number) {
  if (std::isinf(number)) {
    Failure failure("D1001");
    failure.value = "null";
    throw failure;
  }
  return number != 0 && !std::isnan(number);
}

bool truthy_array(Meter& meter, Item array) {
  check_stack();
  const size_t count = array.size();
  meter.spend(count);
  for (size_t i = 0; i < count; ++i) {
    if (truthy(meter, array[i])) return true;
  }
  return false;
}

Members::Members(Arena& arena, Item object) {
  bool numbered = false;
  if (object.is_record()) {
    const Record& record = object.record();
    entries_ = record.data;
    size_ = record.size;
    for (size_t i = 0; i < size_ && !numbered; ++i) numbered = is_index(entries_[i].name);
    if (!numbered) return;
  } else if (object.tag() == Item::Tag::json_object) {
    const std::span<const json::Member> members = json::object_of(object.json()).members();
    auto* entries = arena.make_array<Entry>(members.size());
    for (const json::Member& one : members) {
      entries[size_++] = {one.name, Item(one.value)};
      numbered = numbered || is_index(one.name);
    }
    entries_ = entries;
    if (!numbered) return;
  } else {
    return;
  }
  auto* sorted = arena.make_array<Entry>(size_);
  size_t count = 0;
  for (size_t i = 0; i < size_; ++i) {
    if (is_index(entries_[i].name)) sorted[count++] = entries_[i];
  }
  // No two are alike, so shorter is smaller.
  std::sort(sorted, sorted + count, [](const Entry& a, const Entry& b) { return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name; });
  for (size_t i = 0; i < size_; ++i) {
    if (!is_index(entries_[i].name)) sorted[count++] = entries_[i];
  }
  entries_ = sorted;
}

}  // namespace jsonata
