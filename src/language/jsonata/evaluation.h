#pragma once
// One evaluation of an expression: the walk over its tree, under its limits.
//
// The walk follows the reference implementation function by function, so that sequences unwrap where its do. Where an
// evaluation would be slow that way there is a shorter one to the same result (paths of names, native calls).
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/jsonata/arena.h"
#include "language/jsonata/expression.h"
#include "language/jsonata/failure.h"
#include "language/jsonata/item.h"
#include "language/jsonata/meter.h"
#include "language/jsonata/natives.h"
#include "language/jsonata/node.h"

namespace jsonata {

struct Function {
  enum class Kind : uint8_t { lambda, native, partial, regex, next_match, composition, transform };
  Kind kind = Kind::lambda;
  bool placed = false;             // it was called somewhere: `position` says where last
  const Node* node = nullptr;      // lambda, regex, transform
  Frame* environment = nullptr;    // lambda, transform
  Item input;                      // lambda
  std::span<const NameId> parameters;
  const Signature* signature = nullptr;
  const Native* native = nullptr;  // native, partial
  std::span<Item> given;           // partial: a thunk item stands where an argument is still to come
  Function* first = nullptr;       // composition, partial
  Function* second = nullptr;
  size_t at_byte = 0, at_unit = 0;  // next_match, whose text is `input`
  const std::string* token = nullptr;
  size_t position = 0;
};

// A call that is the last thing a function does.
struct Thunk {
  const Node* call = nullptr;
  Item input;
  Frame* environment = nullptr;
};

class Evaluation {
 public:
  Evaluation(const Expression::Code& code, const Environment& environment);

  Item run(Item input, const std::vector<std::pair<std::string, json::Value>>& bindings);

  // --- for the functions ---
  Item apply(Item function, std::span<Item> arguments, Item input);
  // How many parameters a function has.
  static size_t arity(Item function);
  [[noreturn]] void fail(std::string_view code, Item value = {}, int index = 0);
  std::string json_of(Item item);  // JSON.stringify
  std::string string_of(Item item, bool pretty = false);  // $string
  Item text(std::string_view text) { return Item(arena.copy(text)); }
  // Throws U1001 for a text that would be too long to hold.
  void admit(double bytes) const;
  const Environment& environment() const { return environment_; }
  Random& random() { return *random_; }
  // The first match at or behind a place in the text; undefined when there is none.
  Item match(const Node& regex, Item text, size_t at_byte, size_t at_unit);
  bool matches(const Node& regex, std::string_view text);
  Item clone(Item item);
  // A value that is to live as long as the evaluation.
  Item keep(json::Value value) { return Item(kept_.emplace_front(std::move(value))); }

  Arena arena;
  Meter meter;

 private:
  Item evaluate(const Node& node, Item input, Frame* frame);
  Item evaluate_whole(const Node& node, Item input, Frame* frame);
  Item evaluate_kind(const Node& node, Item input, Frame* frame);
  bool leaf(const Node& node, Item input, Item& out);
  Item leaves(const Node& node, Item input, Frame* frame);
  Item binary(const Node& node, Item input, Frame* frame);
  Item numeric(const Node& node, Item left, Item right);
  Item compare(const Node& node, Item left, Item right);
  Item concat(const Node& node, Item left, Item right);
  Item range(const Node& node, Item left, Item right);
  Item array(const Node& node, Item input, Frame* frame);
  Item block(const Node& node, Item input, Frame* frame);
  Item lookup(NameId name, const Frame* frame);
  [[noreturn]] void fail_at(const Node& node, std::string_view code, Item value = {}, Item value2 = {}, const std::string* token = nullptr);

  // apply.cpp
  Item call(const Node& node, Item input, Frame* frame, const Item* first);
  Item partial(const Node& node, Item input, Frame* frame);
  Item apply_operator(const Node& node, Item input, Frame* frame);
  Item apply_once(Item function, std::span<Item> arguments, Item input);
  Item apply_function(Function& function, std::span<Item> arguments, Item input);
  Item lambda(const Node& node, Item input, Frame* frame);
  Item transform(Function& function, Item object);
  std::span<Item> check_arguments(const Signature& signature, std::span<Item> arguments, Item context, std::span<Item> room);
  [[noreturn]] void mismatch(const Signature& signature, std::span<Item> arguments);

  // paths.cpp
  Item path(const Node& node, Item input, Frame* frame);
  Item step(const Node& node, Item input, Frame* frame, bool last);
  bool names_only(const Node& node, Item input, bool last, Item& out);
  List* tuple_step(const Node& node, Item input, List* tuples, Frame* frame);
  Item filter(const Node& predicate, Item input, Frame* frame);
  Item name(std::string_view name, Item input);
  Item wildcard(Item input);
  Item descendants(Item input);
  Item sort(const Node& node, Item input, Frame* frame);
  std::optional<const json::Value*> find_names(const Node& path, const json::Value& object);
  Item object(const Node& node, Item input, Frame* frame);
  List* pick(Item numbers, Item given);
  Item group(const Pairs& pairs, size_t position, Item input, Frame* frame);
  Frame* frame_of(Frame* parent, const Tuple& tuple);
  Item tuple_member(const Tuple& tuple, std::string_view name);

  const Expression::Code& code_;
  const Environment& environment_;
  SeededRandom fixed_{1};
  Random* random_;
  uint32_t depth_ = 0;
  Item* globals_ = nullptr;          // by NameId: the bindings
  bool* is_global_ = nullptr;
  size_t* hints_ = nullptr;          // by NameId: where objects had that member last
  Function** natives_ = nullptr;     // by NameId, made when they are first asked for
  Frame top_;
  std::forward_list<json::Value> kept_;

  friend class Sorter;
};

// A stable merge sort in the reference's own order of comparisons. `after(a, b)`: b belongs before a.
template <typename After>
void merge_sort(Item* items, size_t count, Item* scratch, const After& after) {
  if (count <= 1) return;
  const size_t middle = count / 2;
  merge_sort(items, middle, scratch, after);
  merge_sort(items + middle, count - middle, scratch, after);
  size_t left = 0, right = middle, out = 0;
  while (left < middle && right < count) scratch[out++] = after(items[left], items[right]) ? items[right++] : items[left++];
  while (left < middle) scratch[out++] = items[left++];
  while (right < count) scratch[out++] = items[right++];
  std::memcpy(static_cast<void*>(items), scratch, count * sizeof(Item));
}

}  // namespace jsonata
