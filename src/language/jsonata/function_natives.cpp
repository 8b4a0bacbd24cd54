// Functions that call functions.
#include <array>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

// Calls a function with as many of value, key and whole as it takes.
class Callee {
 public:
  Callee(Call& call, Item function) : evaluation_(call.evaluation), function_(function) {
    if (!function.is_function()) throw Failure("T1006");
    const size_t arity = Evaluation::arity(function);
    count_ = arity >= 3 ? 3 : arity >= 2 ? 2 : 1;
  }
  Item operator()(Item value, Item key, Item whole) {
    std::array<Item, 3> arguments{value, key, whole};
    return evaluation_.apply(function_, {arguments.data(), count_}, Item::null());
  }

 private:
  Evaluation& evaluation_;
  Item function_;
  size_t count_;
};

Item map(Call& call) {
  const Item array = call[0];
  if (!array.defined()) return {};
  Callee callee(call, call[1]);
  const size_t count = array.size();
  List* out = make_sequence(call.evaluation.arena, count);
  for (size_t i = 0; i < count; ++i) {
    const Item result = callee(array[i], Item(static_cast<double>(i)), array);
    if (result.defined()) out->push(call.evaluation.arena, result);
  }
  return Item(out);
}

Item filter(Call& call) {
  const Item array = call[0];
  if (!array.defined()) return {};
  Callee callee(call, call[1]);
  List* out = make_sequence(call.evaluation.arena);
  const size_t count = array.size();
  for (size_t i = 0; i < count; ++i) {
    const Item one = array[i];
    if (truthy(call.evaluation.meter, callee(one, Item(static_cast<double>(i)), array))) out->push(call.evaluation.arena, one);
  }
  return Item(out);
}

Item single(Call& call) {
  const Item array = call[0];
  if (!array.defined()) return {};
  Item found;
  bool has = false;
  const size_t count = array.size();
  for (size_t i = 0; i < count; ++i) {
    const Item one = array[i];
    if (call[1].defined() && !truthy(call.evaluation.meter, Callee(call, call[1])(one, Item(static_cast<double>(i)), array))) continue;
    if (has) call.evaluation.fail("D3138", {}, static_cast<int>(i));
    found = one;
    has = true;
  }
  if (!has) call.evaluation.fail("D3139");
  return found;
}

Item reduce(Call& call) {
  const Item array = call[0];
  if (!array.defined()) return {};
  const Item function = call[1];
  if (!function.is_function()) throw Failure("T1006");
  const size_t arity = Evaluation::arity(function);
  if (arity < 2) call.evaluation.fail("D3050", {}, 1);
  const size_t count = array.size();
  Item result = call[2];
  size_t i = 0;
  if (!result.defined() && count > 0) result = array[i++];
  for (; i < count; ++i) {
    std::array<Item, 4> arguments{result, array[i], Item(static_cast<double>(i)), array};
    result = call.evaluation.apply(function, {arguments.data(), std::min<size_t>(arity, 4)}, Item::null());
  }
  return result;
}

Item sift(Call& call) {
  const Item object = call[0];
  Arena& arena = call.evaluation.arena;
  if (!object.is_object()) return {};
  Callee callee(call, call[1]);
  Record* out = arena.make<Record>();
  const Members members(arena, object);
  for (size_t i = 0; i < members.size(); ++i) {
    if (truthy(call.evaluation.meter, callee(members.value(i), Item(members.name(i)), object))) out->set(arena, members.name(i), members.value(i));
  }
  return out->size == 0 ? Item() : Item(out);
}

Item each(Call& call) {
  const Item object = call[0];
  Arena& arena = call.evaluation.arena;
  List* out = make_sequence(arena);
  if (!object.is_object()) return Item(out);
  Callee callee(call, call[1]);
  const Members members(arena, object);
  for (size_t i = 0; i < members.size(); ++i) {
    const Item result = callee(members.value(i), Item(members.name(i)), object);
    if (result.defined()) out->push(arena, result);
  }
  return Item(out);
}

// What JavaScript takes for true: not what $boolean does.
bool javascript_truth(Item item) {
  if (!item.defined() || item.is_null()) return false;
  if (item.is_bool()) return item.truth();
  if (item.is_number()) return item.number() != 0 && item.number() == item.number();
  if (item.is_string()) return !item.string().empty();
  return true;
}

Item sort(Call& call) {
  Evaluation& evaluation = call.evaluation;
  const Item array = call[0], function = call[1];
  if (!array.defined() || array.size() <= 1) return array;
  const size_t count = array.size();
  List* out = make_list(evaluation.arena, count);
  out->push_all(evaluation.arena, array);
  auto* scratch = evaluation.arena.make_array<Item>(count);
  if (function.defined()) {
    merge_sort(out->data, count, scratch, [&](Item a, Item b) {
      std::array<Item, 2> arguments{a, b};
      return javascript_truth(evaluation.apply(function, arguments, Item::null()));
    });
    return Item(out);
  }
  bool numbers = true, strings = true;
  for (const Item one : out->items()) {
    numbers = numbers && one.is_number() && one.number() == one.number();
    strings = strings && one.is_string();
  }
  if (!numbers && !strings) evaluation.fail("D3070", {}, 1);
  evaluation.meter.spend(count);
  if (numbers) {
    merge_sort(out->data, count, scratch, [](Item a, Item b) { return a.number() > b.number(); });
  } else {
    merge_sort(out->data, count, scratch, [&](Item a, Item b) {
      evaluation.meter.spend();
      return compare(a.string(), b.string()) > 0;
    });
  }
  return Item(out);
}

const Native kFunctionNatives[] = {
    {"map", "<af>", 2, map},          {"filter", "<af>", 2, filter}, {"single", "<af?>", 2, single}, {"reduce", "<afj?:j>", 3, reduce},
    {"sift", "<o-f?:o>", 2, sift},    {"each", "<o-f:a>", 2, each},  {"sort", "<af?:a>", 2, sort},
};

}  // namespace

std::span<const Native> function_natives() { return kFunctionNatives; }

}  // namespace jsonata
