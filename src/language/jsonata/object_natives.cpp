// Functions of objects, and of any value.
#include <cmath>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

void gather_keys(Evaluation& evaluation, Item item, Record& keys) {
  check_stack();
  evaluation.meter.spend();
  if (item.is_array()) {
    const size_t count = item.size();
    for (size_t i = 0; i < count; ++i) gather_keys(evaluation, item[i], keys);
  } else if (item.is_object()) {
    const Members members(evaluation.arena, item);
    for (size_t i = 0; i < members.size(); ++i) keys.set(evaluation.arena, members.name(i), Item(true));
  }
}

Item keys(Call& call) {
  Arena& arena = call.evaluation.arena;
  Record found;
  gather_keys(call.evaluation, call[0], found);
  const Members ordered(arena, Item(&found));
  List* out = make_sequence(arena, ordered.size());
  for (size_t i = 0; i < ordered.size(); ++i) out->push(arena, Item(ordered.name(i)));
  return Item(out);
}

Item look_up(Evaluation& evaluation, Item input, std::string_view key) {
  if (!input.is_array()) return member(input, key);
  check_stack();
  List* out = make_sequence(evaluation.arena);
  const size_t count = input.size();
  evaluation.meter.spend(count);
  for (size_t i = 0; i < count; ++i) {
    const Item found = look_up(evaluation, input[i], key);
    if (!found.defined()) continue;
    if (found.is_array()) {
      out->push_all(evaluation.arena, found);
    } else {
      out->push(evaluation.arena, found);
    }
  }
  return Item(out);
}

Item lookup(Call& call) { return call[1].is_string() ? look_up(call.evaluation, call[0], call[1].string()) : Item(); }

Item spread_item(Evaluation& evaluation, Item item) {
  check_stack();
  evaluation.meter.spend();
  Arena& arena = evaluation.arena;
  if (item.is_array()) {
    List* out = make_sequence(arena);
    const size_t count = item.size();
    for (size_t i = 0; i < count; ++i) {
      const Item one = spread_item(evaluation, item[i]);
      // Joining makes an array of what was a sequence.
      if (one.defined()) out->sequence = false;
      if (one.is_array()) {
        out->push_all(arena, one);
      } else if (one.defined()) {
        out->push(arena, one);
      }
    }
    return Item(out);
  }
  if (!item.is_object()) return item;
  const Members members(arena, item);
  List* out = make_sequence(arena, members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    Record* one = arena.make<Record>();
    one->set(arena, members.name(i), members.value(i));
    out->push(arena, Item(one));
  }
  return Item(out);
}

Item spread(Call& call) { return spread_item(call.evaluation, call[0]); }

Item merge(Call& call) {
  if (!call[0].defined()) return {};
  Arena& arena = call.evaluation.arena;
  Record* out = arena.make<Record>();
  const size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    const Members members(arena, call[0][i]);
    call.evaluation.meter.spend(members.size());
    for (size_t k = 0; k < members.size(); ++k) out->set(arena, members.name(k), members.value(k));
  }
  return Item(out);
}

Item clone(Call& call) { return call[0].defined() ? call.evaluation.clone(call[0]) : Item(); }
Item exists(Call& call) { return Item(call[0].defined()); }
Item boolean(Call& call) { return call[0].defined() ? Item(truthy(call.evaluation.meter, call[0])) : Item(); }
Item not_(Call& call) { return call[0].defined() ? Item(!truthy(call.evaluation.meter, call[0])) : Item(); }

Item type(Call& call) {
  const Item item = call[0];
  if (!item.defined()) return {};
  if (item.is_null()) return Item(std::string_view("null"));
  if (item.is_number()) {
    if (std::isinf(item.number())) call.evaluation.fail("D1001", item);
    return Item(std::isnan(item.number()) ? std::string_view("object") : std::string_view("number"));
  }
  if (item.is_string()) return Item(std::string_view("string"));
  if (item.is_bool()) return Item(std::string_view("boolean"));
  if (item.is_array()) return Item(std::string_view("array"));
  if (item.is_function()) return Item(std::string_view("function"));
  return Item(std::string_view("object"));
}

Item error(Call& call) {
  const bool said = call[0].is_string() && !call[0].string().empty();
  throw Failure("D3137", said ? call[0].string() : "$error() function evaluated");
}

Item assert_(Call& call) {
  if (call[0].is_bool() && call[0].truth()) return {};
  const bool said = call[1].is_string() && !call[1].string().empty();
  throw Failure("D3141", said ? call[1].string() : "$assert() statement failed");
}

const Native kObjectNatives[] = {
    {"keys", "<x-:a<s>>", 1, keys},     {"lookup", "<x-s:x>", 2, lookup},   {"spread", "<x-:a<o>>", 1, spread}, {"merge", "<a<o>:o>", 1, merge},
    {"clone", "<(oa)-:o>", 1, clone},   {"exists", "<x:b>", 1, exists},     {"boolean", "<x-:b>", 1, boolean},  {"not", "<x-:b>", 1, not_},
    {"type", "<x:s>", 1, type},         {"error", "<s?:x>", 1, error},      {"assert", "<bs?:x>", 2, assert_},
};

}  // namespace

std::span<const Native> object_natives() { return kObjectNatives; }

}  // namespace jsonata
