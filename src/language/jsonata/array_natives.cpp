// Functions of arrays: what they add up to, how they are put together and taken apart.
#include <algorithm>
#include <cmath>
#include <limits>

#include "language/jsonata/evaluation.h"

namespace jsonata {
namespace {

Item sum(Call& call) {
  const Item array = call[0];
  if (!array.defined()) return {};
  double total = 0;
  const size_t count = array.size();
  call.evaluation.meter.spend(count / 8);
  for (size_t i = 0; i < count; ++i) total += array[i].number();
  return Item(total);
}

Item count(Call& call) { return Item(call[0].defined() ? static_cast<double>(call[0].size()) : 0.0); }

template <typename Better>
Item extreme(Call& call, double start, const Better& better) {
  const Item array = call[0];
  if (!array.defined() || array.size() == 0) return {};
  double best = start;
  const size_t size = array.size();
  for (size_t i = 0; i < size; ++i) {
    const double one = array[i].number();
    if (std::isnan(one)) return Item(one);
    if (better(one, best)) best = one;
  }
  return Item(best);
}

Item max(Call& call) { return extreme(call, -std::numeric_limits<double>::infinity(), [](double a, double b) { return a > b; }); }
Item min(Call& call) { return extreme(call, std::numeric_limits<double>::infinity(), [](double a, double b) { return a < b; }); }

Item average(Call& call) {
  if (!call[0].defined() || call[0].size() == 0) return {};
  return Item(sum(call).number() / static_cast<double>(call[0].size()));
}

Item append(Call& call) { return append(call.evaluation.arena, call[0], call[1]); }

Item reverse(Call& call) {
  const Item array = call[0];
  if (!array.defined() || array.size() <= 1) return array;
  List* out = make_list(call.evaluation.arena, array.size());
  for (size_t i = array.size(); i > 0; --i) out->push(call.evaluation.arena, array[i - 1]);
  return Item(out);
}

Item shuffle(Call& call) {
  const Item array = call[0];
  if (!array.defined() || array.size() <= 1) return array;
  const size_t count = array.size();
  List* out = make_list(call.evaluation.arena, count);
  out->size = static_cast<uint32_t>(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t j = call.evaluation.random().below(i + 1);
    if (i != j) out->data[i] = out->data[j];
    out->data[j] = array[i];
  }
  return Item(out);
}

// Scalars are found by hash; whatever is compared element by element is compared with all.
Item distinct(Call& call) {
  Evaluation& evaluation = call.evaluation;
  const Item array = call[0];
  if (!array.is_array() || array.size() <= 1) return array;
  const size_t count = array.size();
  List* out = array.is_list() && array.list().sequence ? make_sequence(evaluation.arena, count) : make_list(evaluation.arena, count);
  Record seen;
  List others;
  for (size_t i = 0; i < count; ++i) {
    const Item one = array[i];
    evaluation.meter.spend();
    if (one.is_string()) {
      if (seen.find(one.string())) continue;
      seen.add(evaluation.arena, one.string(), Item(true));
    } else {
      const bool there = std::ranges::any_of(others.items(), [&](Item other) { return one.tag() == other.tag() || one.is_array() || one.is_object() ? equal(evaluation.meter, one, other) : false; });
      if (there) continue;
      others.push(evaluation.arena, one);
    }
    out->push(evaluation.arena, one);
  }
  return Item(out);
}

Item zip(Call& call) {
  Arena& arena = call.evaluation.arena;
  List* out = make_list(arena);
  if (call.arguments.empty()) return Item(out);
  size_t length = SIZE_MAX;
  for (const Item one : call.arguments) length = std::min(length, one.is_array() ? one.size() : 0);
  for (size_t i = 0; i < length; ++i) {
    List* tuple = make_list(arena, call.arguments.size());
    for (const Item one : call.arguments) tuple->push(arena, one[i]);
    out->push(arena, Item(tuple));
    call.evaluation.meter.spend();
  }
  return Item(out);
}

const Native kArrayNatives[] = {
    {"sum", "<a<n>:n>", 1, sum},         {"count", "<a:n>", 1, count},       {"max", "<a<n>:n>", 1, max},
    {"min", "<a<n>:n>", 1, min},         {"average", "<a<n>:n>", 1, average}, {"append", "<xx:a>", 2, append},
    {"reverse", "<a:a>", 1, reverse},    {"shuffle", "<a:a>", 1, shuffle},   {"distinct", "<x:x>", 1, distinct},
    {"zip", "<a+>", 0, zip},
};

}  // namespace

std::span<const Native> array_natives() { return kArrayNatives; }

}  // namespace jsonata
