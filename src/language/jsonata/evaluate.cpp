#include <cmath>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/stringify.h"
#include "language/jsonata/text.h"

namespace jsonata {

using Tag = Item::Tag;

void Meter::look(uint64_t steps) {
  spent_ += kLookEvery - left_ + steps;
  left_ = kLookEvery;
  const auto now = std::chrono::steady_clock::now();
  if (!started_) {
    started_ = true;
    deadline_ = now + std::chrono::milliseconds(limits_.timeout_ms);
  }
  if (spent_ > limits_.steps || now >= deadline_) throw Failure("U1001", "Expression evaluation timeout: Check for infinite loop");
}

Evaluation::Evaluation(const Expression::Code& code, const Environment& environment)
    : arena(environment.limits.memory_bytes), meter(environment.limits), code_(code), environment_(environment),
      random_(environment.random ? environment.random : &fixed_) {
  const size_t names = code.names.size();
  globals_ = arena.make_array<Item>(names);
  is_global_ = arena.make_array<bool>(names);
  natives_ = arena.make_array<Function*>(names);
  hints_ = arena.make_array<size_t>(names);
  if (names == 0) return;  // nothing to clear, and no memory either
  std::memset(static_cast<void*>(globals_), 0, names * sizeof(Item));
  std::memset(is_global_, 0, names);
  std::memset(static_cast<void*>(natives_), 0, names * sizeof(Function*));
  std::memset(hints_, 0, names * sizeof(size_t));
}

Item Evaluation::run(Item input, const std::vector<std::pair<std::string, json::Value>>& bindings) {
  for (const auto& [name, value] : bindings) {
    const auto id = code_.ids.find(name);
    if (id == code_.ids.end()) continue;
    globals_[id->second] = Item(value);
    is_global_[id->second] = true;
  }
  if (const auto id = code_.ids.find("$"); id != code_.ids.end()) {
    globals_[id->second] = input;
    is_global_[id->second] = true;
  }
  if (input.is_array()) {
    List* wrapper = make_sequence(arena, 1);
    wrapper->push(arena, input);
    wrapper->outer = true;
    input = Item(wrapper);
  }
  return evaluate(*code_.root, input, &top_);
}

void Evaluation::fail(std::string_view code, Item value, int index) {
  Failure failure(code);
  failure.value = json_of(value);
  failure.index = index;
  throw failure;
}

void Evaluation::fail_at(const Node& node, std::string_view code, Item value, Item value2, const std::string* token) {
  Failure failure(code);
  failure.value = json_of(value);
  failure.value2 = json_of(value2);
  failure.position = node.position;
  if (token) failure.token = *token;
  throw failure;
}

void Evaluation::admit(double bytes) const {
  if (bytes > static_cast<double>(environment_.limits.memory_bytes)) {
    throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  }
}

std::string Evaluation::json_of(Item item) { return item.defined() ? stringify(item, {.bytes_max = environment_.limits.memory_bytes}) : std::string(); }

std::string Evaluation::string_of(Item item, bool pretty) {
  if (item.is_string()) return std::string(item.string());
  if (item.tag() == Tag::number) {
    const double number = item.number();
    if (!std::isfinite(number)) fail("D3001", item);
    return number_text(to_precision_15(number));
  }
  if (item.is_function()) return {};
  if (item.is_list() && item.list().outer && item.list().size == 1) item = item.list().data[0];
  return stringify(item, {.precise = true, .indent = pretty ? 2 : 0, .bytes_max = environment_.limits.memory_bytes});
}

Item Evaluation::lookup(NameId id, const Frame* frame) {
  if (code_.bound[id]) {
    for (; frame; frame = frame->parent) {
      for (uint32_t i = 0; i < frame->size; ++i) {
        if (frame->names[i].name == id) return frame->names[i].value;
      }
    }
  }
  if (is_global_[id]) return globals_[id];
  const Native* native = code_.natives[id];
  if (!native || (native->step_functions && !environment_.step_functions)) return {};
  if (!natives_[id]) {
    Function* made = arena.make<Function>();
    made->kind = Function::Kind::native;
    made->native = native;
    natives_[id] = made;
  }
  return Item(natives_[id]);
}

// A literal, or a name of an object of the input.
inline bool Evaluation::leaf(const Node& node, Item input, Item& out) {
  if (node.way == Way::literal) {
    out = node.literal;
    return true;
  }
  if (node.way != Way::name || input.tag() != Tag::json_object) return false;
  const json::Value* found = find_member(input.json(), node.only->name, hints_[node.only->id]);
  out = found ? Item(*found) : Item();
  return true;
}

Item Evaluation::evaluate(const Node& node, Item input, Frame* frame) {
  meter.spend();
  Item out;
  switch (node.way) {
    case Way::whole: break;
    case Way::literal:
    case Way::name:
      if (leaf(node, input, out)) return out;
      break;
    case Way::names:
      if (input.tag() == Tag::json_object) {
        if (const auto found = find_names(node, input.json())) return *found ? Item(**found) : Item();
      }
      break;
    case Way::leaves: return leaves(node, input, frame);
    case Way::inner:
      meter.spend();
      return leaves(*node.only, input, frame);
  }
  return evaluate_whole(node, input, frame);
}

Item Evaluation::leaves(const Node& node, Item input, Frame* frame) {
  meter.spend(2);
  Item left, right;
  if (!leaf(*node.left, input, left)) left = evaluate_whole(*node.left, input, frame);
  if (!leaf(*node.right, input, right)) right = evaluate_whole(*node.right, input, frame);
  const bool arithmetic = node.op <= Op::modulo;
  if (left.tag() != Tag::number || right.tag() != Tag::number) return arithmetic ? numeric(node, left, right) : compare(node, left, right);
  const double a = left.number(), b = right.number();
  switch (node.op) {
    case Op::less: return Item(a < b);
    case Op::less_equal: return Item(a <= b);
    case Op::greater: return Item(a > b);
    case Op::greater_equal: return Item(a >= b);
    default: break;
  }
  if (!std::isfinite(a) || !std::isfinite(b)) return numeric(node, left, right);
  switch (node.op) {
    case Op::add: return Item(a + b);
    case Op::subtract: return Item(a - b);
    case Op::multiply: return Item(a * b);
    default: return numeric(node, left, right);
  }
}

Item Evaluation::evaluate_whole(const Node& node, Item input, Frame* frame) {
  if (++depth_ > environment_.limits.depth) {
    throw Failure("U1001", "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive.");
  }
  if ((depth_ & 7) == 0) check_stack();
  Item result = evaluate_kind(node, input, frame);
  if (!node.plain) {
    for (const Stage& stage : node.predicates) result = filter(*stage.filter, result, frame);
    if (node.group && node.type != Type::path) result = group(node.group->pairs, node.group->position, result, frame);
  }
  --depth_;
  if (result.is_list()) {
    List& list = result.list();
    if (list.sequence && !list.tuples) {
      if (node.keep_array) list.keep_singleton = true;
      if (list.size == 0) return {};
      if (list.size == 1 && !list.keep_singleton) return list.data[0];
    }
  }
  return result;
}

Item Evaluation::evaluate_kind(const Node& node, Item input, Frame* frame) {
  switch (node.type) {
    case Type::literal: return node.literal;
    case Type::name: return name(node.text, input);
    case Type::variable:
      if (node.text.empty()) return input.is_list() && input.list().outer ? input.list().data[0] : input;
      return lookup(node.id, frame);
    case Type::wildcard: return wildcard(input);
    case Type::descendant: return descendants(input);
    case Type::parent: return lookup(node.id, frame);
    case Type::regex: {
      Function* made = arena.make<Function>();
      made->kind = Function::Kind::regex;
      made->node = &node;
      return Item(made);
    }
    case Type::path: return path(node, input, frame);
    case Type::binary: return binary(node, input, frame);
    case Type::negate: {
      const Item value = evaluate(*node.right, input, frame);
      if (!value.defined()) return {};
      if (!value.is_number() || std::isnan(value.number())) {
        static const std::string kMinus = "-";
        fail_at(node, "D1002", value, {}, &kMinus);
      }
      if (std::isinf(value.number())) fail("D1001", value);
      return Item(-value.number());
    }
    case Type::array: return array(node, input, frame);
    case Type::object:
      if (node.fixed_names && !input.is_array()) return object(node, input, frame);
      return group(node.pairs, node.position, input, frame);
    case Type::condition:
      if (truthy(meter, evaluate(*node.left, input, frame))) return evaluate(*node.right, input, frame);
      return node.third ? evaluate(*node.third, input, frame) : Item();
    case Type::block: return block(node, input, frame);
    case Type::bind: {
      const Item value = evaluate(*node.right, input, frame);
      frame->bind(arena, node.id, value);
      return value;
    }
    case Type::lambda: return lambda(node, input, frame);
    case Type::call: return call(node, input, frame, nullptr);
    case Type::partial: return partial(node, input, frame);
    case Type::apply: return apply_operator(node, input, frame);
    case Type::transform: {
      Function* made = arena.make<Function>();
      made->kind = Function::Kind::transform;
      made->node = &node;
      made->environment = frame;
      return Item(made);
    }
    case Type::placeholder:
    case Type::sort: return {};
  }
  return {};
}

Item Evaluation::block(const Node& node, Item input, Frame* frame) {
  if (node.binds) {
    Frame* inner = arena.make<Frame>();
    inner->parent = frame;
    frame = inner;
  }
  Item result;
  for (const NodePtr& one : node.items) result = evaluate(*one, input, frame);
  return result;
}

Item Evaluation::array(const Node& node, Item input, Frame* frame) {
  Item result(make_list(arena, node.items.size()));
  for (const NodePtr& one : node.items) {
    const Item value = evaluate(*one, input, frame);
    if (!value.defined()) continue;
    // Until two arrays are joined the list is ours to push to.
    if (one->type == Type::array || !value.is_array()) {
      result.list().push(arena, value);
    } else {
      result = append(arena, result, value);
    }
  }
  if (node.constructs) result.list().constructed = true;
  return result;
}

// --- operators ---------------------------------------------------------------------------------------------

Item Evaluation::binary(const Node& node, Item input, Frame* frame) {
  const Item left = evaluate(*node.left, input, frame);
  if (node.op == Op::and_ || node.op == Op::or_) {
    try {
      const bool truth = truthy(meter, left);
      if (truth == (node.op == Op::or_)) return Item(truth);
      return Item(truthy(meter, evaluate(*node.right, input, frame)));
    } catch (Failure& failure) {
      if (failure.code == "U1001") throw;
      failure.position = node.position;
      failure.token = node.text;
      throw;
    }
  }
  const Item right = evaluate(*node.right, input, frame);
  switch (node.op) {
    case Op::add: case Op::subtract: case Op::multiply: case Op::divide: case Op::modulo: return numeric(node, left, right);
    case Op::equal: return Item(left.defined() && right.defined() && equal(meter, left, right));
    case Op::not_equal: return Item(left.defined() && right.defined() && !equal(meter, left, right));
    case Op::less: case Op::less_equal: case Op::greater: case Op::greater_equal: return compare(node, left, right);
    case Op::concat: return concat(node, left, right);
    case Op::range: return range(node, left, right);
    case Op::in: {
      if (!left.defined() || !right.defined()) return Item(false);
      if (!right.is_array()) return Item(same(left, right));
      const size_t count = right.size();
      meter.spend(count);
      for (size_t i = 0; i < count; ++i) {
        if (same(right[i], left)) return Item(true);
      }
      return Item(false);
    }
    default: return {};
  }
}

Item Evaluation::numeric(const Node& node, Item left, Item right) {
  const auto check = [&](Item side, std::string_view code) {
    if (!side.defined()) return;
    if (!side.is_number() || std::isnan(side.number())) fail_at(node, code, side, {}, &node.text);
    if (std::isinf(side.number())) fail_at(node, "D1001", side, {}, &node.text);
  };
  check(left, "T2001");
  check(right, "T2002");
  if (!left.defined() || !right.defined()) return {};
  const double a = left.number(), b = right.number();
  switch (node.op) {
    case Op::add: return Item(a + b);
    case Op::subtract: return Item(a - b);
    case Op::multiply: return Item(a * b);
    case Op::divide: return Item(a / b);
    default: return Item(std::fmod(a, b));
  }
}

Item Evaluation::compare(const Node& node, Item left, Item right) {
  const auto comparable = [](Item side) { return side.is_string() || side.is_number(); };
  if ((left.defined() && !comparable(left)) || (right.defined() && !comparable(right))) {
    fail_at(node, "T2010", comparable(left) ? right : left, {}, &node.text);
  }
  if (!left.defined() || !right.defined()) return {};
  if (left.is_string() != right.is_string()) fail_at(node, "T2009", left, right, &node.text);
  if (left.is_string()) {
    const int order = jsonata::compare(left.string(), right.string());
    switch (node.op) {
      case Op::less: return Item(order < 0);
      case Op::less_equal: return Item(order <= 0);
      case Op::greater: return Item(order > 0);
      default: return Item(order >= 0);
    }
  }
  const double a = left.number(), b = right.number();
  switch (node.op) {
    case Op::less: return Item(a < b);
    case Op::less_equal: return Item(a <= b);
    case Op::greater: return Item(a > b);
    default: return Item(a >= b);
  }
}

Item Evaluation::concat(const Node& node, Item left, Item right) {
  std::string own_left, own_right;
  std::string_view a, b;
  try {
    if (left.is_string()) {
      a = left.string();
    } else if (left.defined()) {
      a = own_left = string_of(left);
    }
    if (right.is_string()) {
      b = right.string();
    } else if (right.defined()) {
      b = own_right = string_of(right);
    }
  } catch (Failure& failure) {
    failure.position = node.position;
    failure.token = node.text;
    throw;
  }
  if (b.empty() && left.is_string()) return left;
  if (joins(a, b)) {
    std::string joined(a);
    append_text(joined, b);
    return text(joined);
  }
  admit(static_cast<double>(a.size()) + static_cast<double>(b.size()));
  char* out = static_cast<char*>(arena.allocate(a.size() + b.size()));
  if (!a.empty()) std::memcpy(out, a.data(), a.size());
  if (!b.empty()) std::memcpy(out + a.size(), b.data(), b.size());
  return Item(std::string_view(out, a.size() + b.size()));
}

Item Evaluation::range(const Node& node, Item left, Item right) {
  const auto whole = [](Item side) { return side.is_number() && std::isfinite(side.number()) && side.number() == std::trunc(side.number()); };
  if (left.defined() && !whole(left)) fail_at(node, "T2003", left, {}, &node.text);
  if (right.defined() && !whole(right)) fail_at(node, "T2004", right, {}, &node.text);
  if (!left.defined() || !right.defined()) return {};
  const double from = left.number(), to = right.number();
  if (from > to) return {};
  const double count = to - from + 1;
  if (count > 1e7) fail_at(node, "D2014", Item(count), {}, &node.text);
  const auto size = static_cast<size_t>(count);
  List* out = make_sequence(arena, size);
  for (size_t i = 0; i < size; ++i) out->data[i] = Item(from + static_cast<double>(i));
  out->size = static_cast<uint32_t>(size);
  meter.spend(size / 16);
  return Item(out);
}

}  // namespace jsonata
