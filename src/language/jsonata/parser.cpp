// From text to tree. First a Pratt parser makes a raw tree, operator by operator; then shape() rewrites it as the
// evaluator wants it: chains of '.' become paths of steps, [] their stages, % is bound to the step that it means.
// Both halves follow the reference implementation, so that what it accepts, refuses and means is the same.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "language/jsonata/messages.h"
#include "language/jsonata/natives.h"
#include "language/jsonata/node.h"
#include "language/jsonata/text.h"
#include "language/jsonata/tokens.h"

namespace jsonata {
namespace {

// How deeply an expression may nest: 1+1+1+... counts as well, since it nests to the left.
constexpr int kDepthMax = 3'000;

// `token_json`: the token as the message shows it, `value` likewise.
[[noreturn]] void refuse(std::string_view code, size_t position, std::string_view token = "", std::string_view value = "", std::string_view token_json = "") {
  Failure failure(code);
  failure.position = position;
  failure.token = token;
  failure.value = value;
  failure.message = message_of(failure, token_json);
  throw failure;
}

// --- the raw tree ------------------------------------------------------------------------------------------

struct Raw;
using RawPtr = std::unique_ptr<Raw>;

struct Raw {
  enum class Kind : uint8_t {
    name, variable, string, number, constant, regex, word,  // word: and, or, in, ? where an operand stands
    wildcard, descendant, parent, binary, array, object, negate, block, call, partial, lambda, condition, transform,
    filter, group, sort, focus, index, bind, end,
  };
  Kind kind = Kind::end;
  std::string text, json;  // the token, and as JSON shows its value
  size_t position = 0;
  double number = 0;
  json::Value constant;
  std::shared_ptr<const Regex> regex;
  RawPtr left, right, third;
  std::vector<RawPtr> items;
  std::vector<std::pair<RawPtr, RawPtr>> pairs;
  std::vector<std::pair<RawPtr, bool>> terms;
  bool keep_array = false;
  int depth = 0;
  std::shared_ptr<const Signature> signature;
};

int binding_power(const Token& token) {
  if (token.kind != Token::Kind::op) return 0;
  struct Power {
    std::string_view op;
    int power;
  };
  static constexpr Power kPowers[] = {{".", 75}, {"[", 80}, {"{", 70}, {"(", 80}, {"@", 80}, {"#", 80}, {"?", 20}, {"+", 50}, {"-", 50}, {"*", 60},
                                      {"/", 60}, {"%", 60}, {"=", 40}, {"<", 40}, {">", 40}, {"^", 40}, {":=", 10}, {"!=", 40}, {"<=", 40}, {">=", 40}, {"~>", 40}, {"and", 30}, {"or", 25}, {"in", 40}, {"&", 50}};
  const auto found = std::ranges::find(kPowers, token.text, &Power::op);
  return found == std::end(kPowers) ? 0 : found->power;
}

class Pratt {
 public:
  explicit Pratt(std::string_view text) : tokens_(text) {}

  RawPtr parse() {
    advance(false);
    RawPtr out = expression(0);
    if (token_.kind != Token::Kind::end) refuse("S0201", token_.position, token_.text, "", token_.json());
    return out;
  }

 private:

  RawPtr make(Raw::Kind kind, const Token& from) {
    auto out = std::make_unique<Raw>();
    out->kind = kind;
    out->text = from.text;
    out->json = from.json();
    out->position = from.position;
    return out;
  }

  void advance(bool operand_done) {
    token_ = tokens_.next(operand_done);
    if (at("!") || at("~")) refuse("S0204", token_.position, token_.text);
  }
  bool at(std::string_view op) const { return token_.kind == Token::Kind::op && token_.text == op; }
  void expect(std::string_view op, bool operand_done = false) {
    if (!at(op)) {
      const bool end = token_.kind == Token::Kind::end;
      refuse(end ? "S0203" : "S0202", token_.position, end ? "(end)" : token_.text, fmt::format("\"{}\"", op), end ? "\"(end)\"" : token_.json());
    }
    advance(operand_done);
  }

  RawPtr expression(int power) {
    check_stack();
    const Token token = std::move(token_);
    // As the reference has it, even where no operand has ended: (/x/) is refused.
    if (token.kind != Token::Kind::end) advance(true);
    RawPtr left = measured(prefix(token));
    while (power < binding_power(token_)) {
      const Token op = std::move(token_);
      advance(false);
      left = measured(infix(op, std::move(left)));
    }
    return left;
  }

  // Notes how deep the tree has become, so that whoever walks it later does not fall off the stack.
  static RawPtr measured(RawPtr raw) {
    const auto under = [&](const RawPtr& child) {
      if (child) raw->depth = std::max(raw->depth, child->depth + 1);
    };
    under(raw->left), under(raw->right), under(raw->third);
    for (const RawPtr& item : raw->items) under(item);
    for (const auto& [key, value] : raw->pairs) under(key), under(value);
    for (const auto& [term, descending] : raw->terms) under(term);
    if (raw->depth > kDepthMax) {
      Failure failure("U1001", "The expression is nested too deeply");
      failure.position = raw->position;
      throw failure;
    }
    return raw;
  }

  RawPtr prefix(const Token& token) {
    using K = Token::Kind;
    switch (token.kind) {
      case K::name: return make(Raw::Kind::name, token);
      case K::variable: return make(Raw::Kind::variable, token);
      case K::string: return make(Raw::Kind::string, token);
      case K::end: return make(Raw::Kind::end, token);
      case K::number: {
        RawPtr out = make(Raw::Kind::number, token);
        out->number = token.number;
        return out;
      }
      case K::constant: {
        RawPtr out = make(Raw::Kind::constant, token);
        out->constant = token.constant;
        return out;
      }
      case K::regex: {
        RawPtr out = make(Raw::Kind::regex, token);
        out->regex = token.regex;
        return out;
      }
      case K::op: break;
    }
    const std::string& op = token.text;
    if (op == "*") return make(Raw::Kind::wildcard, token);
    if (op == "**") return make(Raw::Kind::descendant, token);
    if (op == "%") return make(Raw::Kind::parent, token);
    if (op == "and" || op == "or" || op == "in") return make(Raw::Kind::word, token);
    if (op == "-") {
      RawPtr out = make(Raw::Kind::negate, token);
      out->left = expression(70);
      return out;
    }
    if (op == "(") {
      RawPtr out = make(Raw::Kind::block, token);
      while (!at(")")) {
        out->items.push_back(expression(0));
        if (!at(";")) break;
        advance(false);
      }
      expect(")", true);
      return out;
    }
    if (op == "[") return array(token);
    if (op == "{") return object(token, nullptr);
    if (op == "|") {
      RawPtr out = make(Raw::Kind::transform, token);
      out->left = expression(0);
      expect("|");
      out->right = expression(0);
      if (at(",")) {
        advance(false);
        out->third = expression(0);
      }
      expect("|");
      return out;
    }
    refuse("S0211", token.position, op);
  }

  RawPtr array(const Token& token) {
    RawPtr out = make(Raw::Kind::array, token);
    if (!at("]")) {
      while (true) {
        RawPtr item = expression(0);
        if (at("..")) {
          auto range = std::make_unique<Raw>();
          range->kind = Raw::Kind::binary;
          range->text = "..";
          range->position = token_.position;
          advance(false);
          range->left = std::move(item);
          range->right = expression(0);
          item = std::move(range);
        }
        out->items.push_back(std::move(item));
        if (!at(",")) break;
        advance(false);
      }
    }
    expect("]", true);
    return out;
  }

  RawPtr object(const Token& token, RawPtr left) {
    RawPtr out = make(left ? Raw::Kind::group : Raw::Kind::object, token);
    if (!at("}")) {
      while (true) {
        RawPtr key = expression(0);
        expect(":");
        RawPtr value = expression(0);
        out->pairs.emplace_back(std::move(key), std::move(value));
        if (!at(",")) break;
        advance(false);
      }
    }
    expect("}", true);
    out->left = std::move(left);
    return out;
  }

  RawPtr infix(const Token& token, RawPtr left) {
    const std::string& op = token.text;
    if (op == "(") return call(token, std::move(left));
    if (op == "{") return object(token, std::move(left));
    if (op == "[") {
      if (at("]")) {
        // An empty one keeps singletons in arrays.
        Raw* step = left.get();
        while (step->kind == Raw::Kind::filter) step = step->left.get();
        step->keep_array = true;
        advance(false);
        return left;
      }
      RawPtr out = make(Raw::Kind::filter, token);
      out->left = std::move(left);
      out->right = expression(0);
      expect("]", true);
      return out;
    }
    if (op == "^") {
      RawPtr out = make(Raw::Kind::sort, token);
      expect("(");
      while (true) {
        bool descending = false;
        if (at("<") || at(">")) {
          descending = at(">");
          advance(false);
        }
        out->terms.emplace_back(expression(0), descending);
        if (!at(",")) break;
        advance(false);
      }
      expect(")");
      out->left = std::move(left);
      return out;
    }
    if (op == ":=") {
      if (left->kind != Raw::Kind::variable) refuse("S0212", left->position, left->text, "", left->json);
      RawPtr out = make(Raw::Kind::bind, token);
      out->left = std::move(left);
      out->right = expression(9);
      return out;
    }
    if (op == "@" || op == "#") {
      RawPtr out = make(op == "@" ? Raw::Kind::focus : Raw::Kind::index, token);
      out->left = std::move(left);
      out->right = expression(80);
      if (out->right->kind != Raw::Kind::variable) refuse("S0214", out->right->position, op);
      return out;
    }
    if (op == "?") {
      RawPtr out = make(Raw::Kind::condition, token);
      out->left = std::move(left);
      out->right = expression(0);
      if (at(":")) {
        advance(false);
        out->third = expression(0);
      }
      return out;
    }
    RawPtr out = make(Raw::Kind::binary, token);
    out->left = std::move(left);
    out->right = expression(binding_power(token));
    return out;
  }

  RawPtr call(const Token& token, RawPtr left) {
    RawPtr out = make(Raw::Kind::call, token);
    if (!at(")")) {
      while (true) {
        if (at("?")) {
          out->kind = Raw::Kind::partial;
          out->items.push_back(make(Raw::Kind::word, token_));
          advance(false);
        } else {
          out->items.push_back(expression(0));
        }
        if (!at(",")) break;
        advance(false);
      }
    }
    expect(")", true);
    const bool defines = left->kind == Raw::Kind::name && (left->text == "function" || left->text == "\xCE\xBB");
    if (!defines) {
      out->left = std::move(left);
      return out;
    }
    for (size_t i = 0; i < out->items.size(); ++i) {
      if (out->items[i]->kind != Raw::Kind::variable) refuse("S0208", out->items[i]->position, out->items[i]->text, std::to_string(i + 1), out->items[i]->json);
    }
    out->kind = Raw::Kind::lambda;
    if (at("<")) {
      const size_t where = token_.position;
      std::string text = "<";
      for (int depth = 1; depth > 0 && !at("{") && token_.kind != Token::Kind::end;) {
        advance(false);
        if (at(">")) --depth;
        if (at("<")) ++depth;
        text += token_.text;
      }
      expect(">");
      auto signature = parse_signature(text);
      if (!signature) {
        Failure failure(signature.error().code);
        quote(signature.error().value, failure.value);
        failure.position = where + signature.error().offset;
        throw failure;
      }
      out->signature = std::make_shared<Signature>(*std::move(signature));
    }
    expect("{");
    out->right = expression(0);
    expect("}");
    return out;
  }

  Tokens tokens_;
  Token token_;
};

// --- the tree that is evaluated ----------------------------------------------------------------------------

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
  }

  Expression::Code& code_;
  int parents_ = 0;

 public:
  std::set<std::string> bound_;
};

// --- what it refers to -------------------------------------------------------------------------------------

class References {
 public:
  void variables(const Node& at) {
    check_stack();
    if (at.type == Type::variable && !at.text.empty() && at.text != "$") names.insert(at.text);
    each(at, [this](const Node& child) { variables(child); });
  }

  // Names, "$" and "$$" that stand where the whole expression's input would be read.
  void top_level(const Node& at, bool top) {
    check_stack();
    if (at.type == Type::variable && at.text == "$") top_names.push_back("$$");
    if (at.type == Type::variable && at.text.empty() && top) top_names.push_back("$");
    if (at.type == Type::name && top) top_names.push_back(at.text);
    if (at.type == Type::path) {
      for (size_t i = 0; i < at.items.size(); ++i) top_level(*at.items[i], top && i == 0);
      stages(at);
      return;
    }
    const bool inner = top && at.type != Type::lambda && at.type != Type::sort && at.type != Type::transform;
    const auto child = [&](const Node* one) {
      if (one) top_level(*one, inner);
    };
    child(at.left.get()), child(at.right.get()), child(at.third.get()), child(at.body.get());
    for (const NodePtr& item : at.items) child(item.get());
    for (const auto& [key, value] : at.pairs) child(key.get()), child(value.get());
    for (const SortTerm& term : at.terms) child(term.expression.get());
    stages(at);
  }

  std::set<std::string> names;
  std::vector<std::string> top_names;

 private:
  void stages(const Node& at) {
    for (const auto* list : {&at.predicates, &at.stages}) {
      for (const Stage& stage : *list) {
        if (stage.filter) top_level(*stage.filter, false);
      }
    }
    if (at.group) {
      for (const auto& [key, value] : at.group->pairs) top_level(*key, false), top_level(*value, false);
    }
  }

  template <typename F>
  void each(const Node& at, const F& f) {
    for (const Node* child : {at.left.get(), at.right.get(), at.third.get(), at.body.get()}) {
      if (child) f(*child);
    }
    for (const NodePtr& item : at.items) f(*item);
    for (const SortTerm& term : at.terms) f(*term.expression);
    for (const auto& [key, value] : at.pairs) f(*key), f(*value);
    if (at.group) {
      for (const auto& [key, value] : at.group->pairs) f(*key), f(*value);
    }
    for (const auto* list : {&at.predicates, &at.stages}) {
      for (const Stage& stage : *list) {
        if (stage.filter) f(*stage.filter);
      }
    }
  }

};

}  // namespace

std::expected<std::shared_ptr<Expression::Code>, Fault> parse(std::string_view text) {
  auto code = std::make_shared<Expression::Code>();
  try {
    const RawPtr raw = Pratt(text).parse();
    Shaper shaper(*code);
    code->root = shaper.shape_all(*raw);
    for (const std::string& name : code->names) {
      code->natives.push_back(find_native(name));
      code->bound.push_back(shaper.bound_.contains(name) || name.starts_with('!'));
    }
    References references;
    references.variables(*code->root);
    references.top_level(*code->root, true);
    for (const std::string& name : references.names) {
      if (!shaper.bound_.contains(name) && !find_native(name)) code->free_variables.push_back(name);
    }
    for (std::string& name : references.top_names) {
      if (std::ranges::find(code->references, name) == code->references.end()) code->references.push_back(std::move(name));
    }
  } catch (const Failure& failure) {
    return std::unexpected(Fault{failure.code, message_of(failure), failure.position.value_or(0), failure.token.value_or("")});
  }
  return code;
}

}  // namespace jsonata
