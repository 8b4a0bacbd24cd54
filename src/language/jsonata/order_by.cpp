// path^(term, >term)
#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {

// The terms' values of each element, evaluated when they are first needed.
class Sorter {
 public:
  Sorter(Evaluation& evaluation, const Node& node, Item input, Frame* frame)
      : evaluation_(evaluation), node_(node), frame_(frame), tuples_(input.is_list() && input.list().tuples), terms_(node.terms.size()), count_(input.size()) {
    items_ = evaluation.arena.make_array<Item>(count_);
    known_ = evaluation.arena.make_array<uint32_t>(count_);
    values_ = evaluation.arena.make_array<Item>(count_ * terms_);
    for (size_t i = 0; i < count_; ++i) {
      items_[i] = input[i];
      known_[i] = 0;
    }
  }

  List* sorted() {
    Arena& arena = evaluation_.arena;
    // Places are sorted, not items, so that the values stay where they are.
    auto* places = arena.make_array<Item>(count_);
    for (size_t i = 0; i < count_; ++i) places[i] = Item(static_cast<double>(i));
    auto* scratch = arena.make_array<Item>(count_);
    merge_sort(places, count_, scratch, [&](Item a, Item b) { return after(static_cast<size_t>(a.number()), static_cast<size_t>(b.number())); });
    List* out = make_list(arena, count_);
    for (size_t i = 0; i < count_; ++i) out->push(arena, items_[static_cast<size_t>(places[i].number())]);
    return out;
  }

 private:
  Item value(size_t place, size_t term) {
    Item* values = values_ + place * terms_;
    while (known_[place] <= term) {
      const Node& expression = *node_.terms[known_[place]].expression;
      const Item item = items_[place];
      Item found = tuples_ && item.is_tuple() ? evaluation_.evaluate(expression, item.tuple().at, evaluation_.frame_of(frame_, item.tuple()))
                                              : evaluation_.evaluate(expression, item, frame_);
      values[known_[place]++] = found;
    }
    return values[term];
  }

  bool after(size_t a, size_t b) {
    evaluation_.meter.spend();
    for (size_t term = 0; term < terms_; ++term) {
      const Item x = value(a, term), y = value(b, term);
      if (!x.defined()) {
        if (!y.defined()) continue;
        return true;  // nothing comes last
      }
      if (!y.defined()) return false;
      const auto sortable = [](Item item) { return item.is_string() || item.is_number(); };
      if (!sortable(x) || !sortable(y)) evaluation_.fail_at(node_, "T2008", sortable(x) ? y : x);
      if (x.is_string() != y.is_string()) evaluation_.fail_at(node_, "T2007", x, y);
      int order = 0;
      if (x.is_string()) {
        order = compare(x.string(), y.string());
      } else if (x.number() != y.number()) {
        order = x.number() < y.number() ? -1 : 1;
      }
      if (order == 0) continue;
      return node_.terms[term].descending ? order < 0 : order > 0;
    }
    return false;
  }

  Evaluation& evaluation_;
  const Node& node_;
  Frame* frame_;
  bool tuples_;
  size_t terms_, count_;
  Item* items_ = nullptr;
  Item* values_ = nullptr;
  uint32_t* known_ = nullptr;
};

Item Evaluation::sort(const Node& node, Item input, Frame* frame) {
  if (input.size() > 1) return Item(Sorter(*this, node, input, frame).sorted());
  // The path's own single element does not outlive it.
  if (!input.is_list()) return input;
  List* out = make_list(arena, 1);
  *out = input.list();
  out->data = nullptr;
  out->size = out->capacity = 0;
  for (const Item one : input.list().items()) out->push(arena, one);
  return Item(out);
}

}  // namespace jsonata
