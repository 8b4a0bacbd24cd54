// The tree as it is evaluated: chains of '.' become paths of steps, [] their stages, % is bound to the step that it
// means, calls at the end of functions become tail calls. Rule by rule the reference's processAST.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "language/jsonata/raw_tree.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

class Shaper {
 public:
  explicit Shaper(Expression::Code& code) : code_(code) {}

  NodePtr shape_all(Raw& raw) {
    NodePtr out = shape(raw);
    if (out->type == Type::parent || !out->seeking.empty()) refuse("S0217", out->position, type_name(*out));
    settle(*out);
    return out;
  }

 private:
  NameId intern(const std::string& name) {
    const auto [it, fresh] = code_.ids.try_emplace(name, static_cast<NameId>(code_.names.size()));
    if (fresh) code_.names.push_back(name);
    return it->second;
  }

  NodePtr node(Type type, const Raw& raw) {
    auto out = std::make_unique<Node>();
    out->type = type;
    out->position = raw.position;
    out->text = raw.text;
    return out;
  }

  // As the reference names its nodes.
  static std::string_view type_name(const Node& at) {
    switch (at.type) {
      case Type::literal: return at.constant.is_string() ? "string" : at.constant.is_number() ? "number" : "value";
      case Type::name: return "name";
      case Type::variable: return "variable";
      case Type::wildcard: return "wildcard";
      case Type::descendant: return "descendant";
      case Type::parent: return "parent";
      case Type::regex: return "regex";
      case Type::path: return "path";
      case Type::binary: return "binary";
      case Type::negate: case Type::array: case Type::object: return "unary";
      case Type::condition: return "condition";
      case Type::block: return "block";
      case Type::bind: return "bind";
      case Type::lambda: return "lambda";
      case Type::call: return "function";
      case Type::partial: return "partial";
      case Type::placeholder: return "operator";
      case Type::apply: return "apply";
      case Type::transform: return "transform";
      case Type::sort: return "sort";
    }
    return "";
  }

  // `result` looks for the parents that `value` looks for.
  static void push_ancestry(Node& result, Node& value) {
    if (value.type == Type::parent && value.slot) result.seeking.push_back(value.slot);
    result.seeking.insert(result.seeking.end(), value.seeking.begin(), value.seeking.end());
  }

  void seek_parent(Node& at, const std::shared_ptr<Slot>& slot) {
    switch (at.type) {
      case Type::name:
      case Type::wildcard:
        if (--slot->level == 0) {
          if (at.ancestor_slot) slot->label = at.ancestor_slot->label;
          at.ancestor_slot = slot;
          at.tuple = true;
        }
        return;
      case Type::parent:
        ++slot->level;
        return;
      case Type::block:
        if (at.items.empty()) return;
        at.tuple = true;
        return seek_parent(*at.items.back(), slot);
      case Type::path: {
        at.tuple = true;
        size_t i = at.items.size();
        seek_parent(*at.items[--i], slot);
        while (slot->level > 0 && i > 0) seek_parent(*at.items[--i], slot);
        return;
      }
      default:
        refuse("S0217", at.position, type_name(at));
    }
  }

  void resolve_ancestry(Node& path) {
    Node& last = *path.items.back();
    std::vector<std::shared_ptr<Slot>> slots = last.seeking;
    if (last.type == Type::parent) slots.push_back(last.slot);
    for (const auto& slot : slots) {
      auto i = static_cast<int64_t>(path.items.size()) - 2;
      while (slot->level > 0) {
        if (i < 0) {
          path.seeking.push_back(slot);
          break;
        }
        Node* step = path.items[static_cast<size_t>(i--)].get();
        // Steps in a row that bind the focus are one.
        while (i >= 0 && step->focus != kNoName && path.items[static_cast<size_t>(i)]->focus != kNoName) step = path.items[static_cast<size_t>(i--)].get();
        seek_parent(*step, slot);
      }
    }
  }

  NodePtr as_path(NodePtr one) {
    if (one->type == Type::path) return one;
    auto path = std::make_unique<Node>();
    path->type = Type::path;
    path->position = one->position;
    path->items.push_back(std::move(one));
    return path;
  }

  NodePtr shape(Raw& raw) {
    check_stack();
    NodePtr out = shape_one(raw);
    if (raw.keep_array) out->keep_array = true;
    return out;
  }

  NodePtr shape_one(Raw& raw) {
    using K = Raw::Kind;
    switch (raw.kind) {
      case K::name: {
        NodePtr step = node(Type::name, raw);
        step->id = intern(raw.text);
        step->keep_array = raw.keep_array;
        const bool keep = raw.keep_array;
        NodePtr path = as_path(std::move(step));
        path->keep_singleton = keep;
        return path;
      }
      case K::variable: {
        NodePtr out = node(Type::variable, raw);
        out->id = intern(raw.text);
        return out;
      }
      case K::string: {
        NodePtr out = node(Type::literal, raw);
        out->constant = json::Value(raw.text);
        return out;
      }
      case K::number: {
        NodePtr out = node(Type::literal, raw);
        out->constant = json::Value(raw.number);
        return out;
      }
      case K::constant: {
        NodePtr out = node(Type::literal, raw);
        out->constant = raw.constant;
        return out;
      }
      case K::regex: {
        NodePtr out = node(Type::regex, raw);
        out->regex = raw.regex;
        return out;
      }
      case K::wildcard: return node(Type::wildcard, raw);
      case K::descendant: return node(Type::descendant, raw);
      case K::parent: {
        NodePtr out = node(Type::parent, raw);
        out->slot = std::make_shared<Slot>(Slot{intern(fmt::format("!{}", parents_++)), 1});
        return out;
      }
      case K::word:
        if (raw.text == "and" || raw.text == "or" || raw.text == "in") {
          raw.kind = K::name;
          return shape_one(raw);
        }
        if (raw.text == "?") return node(Type::placeholder, raw);
        refuse("S0201", raw.position, raw.text, "", raw.json);
      case K::end: refuse("S0207", raw.position, "(end)");
      case K::binary: return binary(raw);
      case K::filter: return filter(raw);
      case K::group: return group(raw);
      case K::sort: return sort(raw);
      case K::bind: {
        NodePtr out = node(Type::bind, raw);
        out->id = intern(raw.left->text);
        bound_.insert(raw.left->text);
        out->right = shape(*raw.right);
        push_ancestry(*out, *out->right);
        return out;
      }
      case K::focus: return focus(raw);
      case K::index: return index(raw);
      case K::negate: {
        NodePtr inner = shape(*raw.left);
        if (inner->type == Type::literal && inner->constant.is_number()) {
          inner->constant = json::Value(-inner->constant.as_double());
          return inner;
        }
        NodePtr out = node(Type::negate, raw);
        push_ancestry(*out, *inner);
        out->right = std::move(inner);
        return out;
      }
      case K::array: {
        NodePtr out = node(Type::array, raw);
        for (RawPtr& item : raw.items) {
          out->items.push_back(shape(*item));
          push_ancestry(*out, *out->items.back());
        }
        return out;
      }
      case K::object: {
        NodePtr out = node(Type::object, raw);
        out->pairs = pairs(raw, out.get());
        return out;
      }
      case K::block: {
        NodePtr out = node(Type::block, raw);
        for (RawPtr& item : raw.items) {
          out->items.push_back(shape(*item));
          Node& part = *out->items.back();
          push_ancestry(*out, part);
          if (part.constructs || (part.type == Type::path && part.items[0]->constructs)) out->constructs = true;
        }
        return out;
      }
      case K::call:
      case K::partial: {
        NodePtr out = node(raw.kind == K::call ? Type::call : Type::partial, raw);
        for (RawPtr& item : raw.items) {
          out->items.push_back(shape(*item));
          push_ancestry(*out, *out->items.back());
        }
        out->left = shape(*raw.left);
        return out;
      }
      case K::lambda: {
        NodePtr out = node(Type::lambda, raw);
        for (RawPtr& item : raw.items) {
          out->parameters.push_back(intern(item->text));
          bound_.insert(item->text);
        }
        out->signature = raw.signature;
        out->body = tail_calls(shape(*raw.right));
        return out;
      }
      case K::condition: {
        NodePtr out = node(Type::condition, raw);
        out->left = shape(*raw.left);
        push_ancestry(*out, *out->left);
        out->right = shape(*raw.right);
        push_ancestry(*out, *out->right);
        if (raw.third) {
          out->third = shape(*raw.third);
          push_ancestry(*out, *out->third);
        }
        return out;
      }
      case K::transform: {
        NodePtr out = node(Type::transform, raw);
        out->left = shape(*raw.left);
        out->right = shape(*raw.right);
        if (raw.third) out->third = shape(*raw.third);
        return out;
      }
    }
    refuse("S0206", raw.position, raw.text);
  }

  Pairs pairs(Raw& raw, Node* ancestry) {
    Pairs out;
    for (auto& [key, value] : raw.pairs) {
      NodePtr k = shape(*key), v = shape(*value);
      if (ancestry) push_ancestry(*ancestry, *k), push_ancestry(*ancestry, *v);
      out.emplace_back(std::move(k), std::move(v));
    }
    return out;
  }

  NodePtr path(Raw& raw) {
    NodePtr left = shape(*raw.left);
    const bool was_parent = left->type == Type::parent;
    const auto slot = left->slot;
    const bool was_path = left->type == Type::path;
    NodePtr out = as_path(std::move(left));
    if (!was_path) {
      // What a step looks for is the path's to look for.
      if (was_parent) out->seeking.push_back(slot);
    }
    NodePtr rest = shape(*raw.right);
    if (rest->type == Type::path) {
      for (NodePtr& step : rest->items) out->items.push_back(std::move(step));
    } else {
      if (!rest->predicates.empty()) rest->stages = std::move(rest->predicates);
      rest->predicates.clear();
      out->items.push_back(std::move(rest));
    }
    for (NodePtr& step : out->items) {
      if (step->type != Type::literal) {
        if (step->keep_array) out->keep_singleton = true;
        continue;
      }
      if (!step->constant.is_string()) refuse("S0213", step->position, "", step->constant.is_number() ? number_text(step->constant.as_double()) : step->text);
      step->type = Type::name;
      step->text = step->constant.as_string();
      step->id = intern(step->text);
      if (step->keep_array) out->keep_singleton = true;
    }
    for (Node* end : {out->items.front().get(), out->items.back().get()}) {
      if (end->type == Type::array) end->constructs = true;
    }
    resolve_ancestry(*out);
    return out;
  }

  NodePtr binary(Raw& raw) {
    if (raw.text == ".") return path(raw);
    if (raw.text == "~>") {
      NodePtr out = node(Type::apply, raw);
      out->left = shape(*raw.left);
      out->right = shape(*raw.right);
      out->keep_array = out->left->keep_array || out->right->keep_array;
      return out;
    }
    NodePtr out = node(Type::binary, raw);
    struct Known {
      std::string_view text;
      Op op;
    };
    static constexpr Known kOps[] = {{"+", Op::add}, {"-", Op::subtract}, {"*", Op::multiply}, {"/", Op::divide}, {"%", Op::modulo}, {"=", Op::equal},
                                     {"!=", Op::not_equal}, {"<", Op::less}, {"<=", Op::less_equal}, {">", Op::greater}, {">=", Op::greater_equal},
                                     {"&", Op::concat}, {"and", Op::and_}, {"or", Op::or_}, {"in", Op::in}, {"..", Op::range}};
    const auto known = std::ranges::find(kOps, raw.text, &Known::text);
    if (known == std::end(kOps)) refuse("S0201", raw.position, raw.text);
    out->op = known->op;
    out->left = shape(*raw.left);
    out->right = shape(*raw.right);
    push_ancestry(*out, *out->left);
    push_ancestry(*out, *out->right);
    return out;
  }

  NodePtr filter(Raw& raw) {
    NodePtr out = shape(*raw.left);
    const bool is_path = out->type == Type::path;
    Node& step = is_path ? *out->items.back() : *out;
    if (step.group) refuse("S0209", raw.position);
    NodePtr predicate = shape(*raw.right);
    for (const auto& slot : predicate->seeking) {
      if (slot->level == 1) {
        seek_parent(step, slot);
      } else {
        --slot->level;
      }
    }
    if (!predicate->seeking.empty()) push_ancestry(step, *predicate);
    Stage stage{.is_index = false, .filter = std::move(predicate)};
    (is_path ? step.stages : step.predicates).push_back(std::move(stage));
    return out;
  }

  NodePtr group(Raw& raw) {
    NodePtr out = shape(*raw.left);
    if (out->group) refuse("S0210", raw.position);
    out->group = std::make_unique<Group>();
    out->group->pairs = pairs(raw, nullptr);
    out->group->position = raw.position;
    return out;
  }

  NodePtr sort(Raw& raw) {
    NodePtr out = as_path(shape(*raw.left));
    NodePtr step = node(Type::sort, raw);
    for (auto& [term, descending] : raw.terms) {
      NodePtr expression = shape(*term);
      push_ancestry(*step, *expression);
      step->terms.push_back({std::move(expression), descending});
    }
    out->items.push_back(std::move(step));
    resolve_ancestry(*out);
    return out;
  }

  NodePtr focus(Raw& raw) {
    NodePtr out = shape(*raw.left);
    Node& step = out->type == Type::path ? *out->items.back() : *out;
    if (!step.stages.empty() || !step.predicates.empty()) refuse("S0215", raw.position);
    if (step.type == Type::sort) refuse("S0216", raw.position);
    if (raw.keep_array) step.keep_array = true;
    step.focus = intern(raw.right->text);
    bound_.insert(raw.right->text);
    step.tuple = true;
    return out;
  }

  NodePtr index(Raw& raw) {
    NodePtr out = shape(*raw.left);
    if (out->type != Type::path) {
      out = as_path(std::move(out));
      Node& only = *out->items.front();
      only.stages = std::move(only.predicates);
      only.predicates.clear();
    }
    Node& step = *out->items.back();
    const NameId name = intern(raw.right->text);
    bound_.insert(raw.right->text);
    if (step.stages.empty()) {
      step.index = name;
    } else {
      step.stages.push_back({.is_index = true, .filter = nullptr, .index = name});
    }
    step.tuple = true;
    return out;
  }

  NodePtr tail_calls(NodePtr body) {
    if (body->type == Type::call && body->predicates.empty()) {
      auto thunk = std::make_unique<Node>();
      thunk->type = Type::lambda;
      thunk->thunk = true;
      thunk->position = body->position;
      thunk->body = std::move(body);
      return thunk;
    }
    if (body->type == Type::condition) {
      body->right = tail_calls(std::move(body->right));
      if (body->third) body->third = tail_calls(std::move(body->third));
    } else if (body->type == Type::block && !body->items.empty()) {
      body->items.back() = tail_calls(std::move(body->items.back()));
    }
    return body;
  }

  // Whether evaluating this binds a variable in the scope that it is evaluated in.
  static bool binds(const Node& at) {
    if (at.type == Type::bind) return true;
    if (at.type == Type::lambda || at.type == Type::block) return false;
    for (const Node* child : {at.left.get(), at.right.get(), at.third.get()}) {
      if (child && binds(*child)) return true;
    }
    for (const NodePtr& item : at.items) {
      if (binds(*item)) return true;
    }
    for (const SortTerm& term : at.terms) {
      if (binds(*term.expression)) return true;
    }
    for (const Pairs* list : {&at.pairs, at.group ? &std::as_const(at.group->pairs) : nullptr}) {
      if (!list) continue;
      for (const auto& [key, value] : *list) {
        if (binds(*key) || binds(*value)) return true;
      }
    }
    for (const auto* list : {&at.predicates, &at.stages}) {
      for (const Stage& stage : *list) {
        if (stage.filter && binds(*stage.filter)) return true;
      }
    }
    return false;
  }

  // Slots are final now.
  void settle(Node& at) {
    check_stack();
    if (at.slot) at.id = at.slot->label;
    if (at.ancestor_slot) at.ancestor = at.ancestor_slot->label;
    at.plain = at.predicates.empty() && !at.group && !at.keep_array;
    if (at.type == Type::literal) at.literal = Item(at.constant);
    if (at.type == Type::name) at.name = at.text;
    if (at.type == Type::block) {
      for (const NodePtr& item : at.items) at.binds = at.binds || binds(*item);
      for (const Stage& stage : at.predicates) at.binds = at.binds || (stage.filter && binds(*stage.filter));
    }
    for (Node* child : {at.left.get(), at.right.get(), at.third.get(), at.body.get()}) {
      if (child) settle(*child);
    }
    for (NodePtr& item : at.items) settle(*item);
    for (SortTerm& term : at.terms) settle(*term.expression);
    for (auto& [key, value] : at.pairs) settle(*key), settle(*value);
    if (at.group) {
      for (auto& [key, value] : at.group->pairs) settle(*key), settle(*value);
    }
    for (std::vector<Stage>* stages : {&at.predicates, &at.stages}) {
      for (Stage& stage : *stages) {
        if (stage.filter) settle(*stage.filter);
      }
    }
    find_short_ways(at);
  }

  static bool is_mere_name(const Node& step) { return step.type == Type::name && step.plain && step.stages.empty() && !step.tuple; }

  static bool is_arithmetic(Op op) { return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide || op == Op::modulo; }
  static bool is_comparison(Op op) { return op == Op::less || op == Op::less_equal || op == Op::greater || op == Op::greater_equal; }

  static Way way_of(const Node& at) {
    if (!at.plain) return Way::whole;
    switch (at.type) {
      case Type::literal: return Way::literal;
      case Type::path:
        if (at.tuple || at.keep_singleton || !std::ranges::all_of(at.items, [](const NodePtr& step) { return is_mere_name(*step); })) return Way::whole;
        return at.items.size() == 1 ? Way::name : Way::names;
      case Type::binary: {
        const auto is_leaf = [](const NodePtr& part) { return part->way == Way::literal || part->way == Way::name; };
        return (is_arithmetic(at.op) || is_comparison(at.op)) && is_leaf(at.left) && is_leaf(at.right) ? Way::leaves : Way::whole;
      }
      case Type::block: return !at.binds && at.items.size() == 1 && at.items[0]->way == Way::leaves ? Way::inner : Way::whole;
      default: return Way::whole;
    }
  }

  // Of a node whose parts are settled: which shorter ways there are through it.
  static void find_short_ways(Node& at) {
    const auto is_fixed = [](const NodePtr& part) { return part->fixed; };
    at.way = way_of(at);
    if (at.way == Way::name || at.way == Way::inner) at.only = at.items[0].get();
    at.fixed = at.plain && at.stages.empty() &&
               (at.type == Type::literal || (at.type == Type::array && std::ranges::all_of(at.items, is_fixed)) ||
                (at.type == Type::binary && is_fixed(at.left) && is_fixed(at.right)));
    std::set<std::string_view> names;
    at.fixed_names = at.type == Type::object && std::ranges::all_of(at.pairs, [&](const auto& pair) {
      const Node& name = *pair.first;
      return name.type == Type::literal && name.plain && name.constant.is_string() && !is_index(name.constant.as_string()) &&
             names.insert(name.constant.as_string()).second;
    });
  }

  Expression::Code& code_;
  int parents_ = 0;

 public:
  std::set<std::string> bound_;
};

}  // namespace

NodePtr shape_tree(Raw& raw, Expression::Code& code, std::set<std::string>& bound) {
  Shaper shaper(code);
  NodePtr out = shaper.shape_all(raw);
  bound = std::move(shaper.bound_);
  return out;
}

}  // namespace jsonata
