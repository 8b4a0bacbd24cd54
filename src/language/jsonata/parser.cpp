// An expression's text becomes its code, together with what it refers to.
#include <algorithm>
#include <set>

#include "language/jsonata/messages.h"
#include "language/jsonata/natives.h"
#include "language/jsonata/raw_tree.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

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
    const RawPtr raw = read_tree(text);
    std::set<std::string> bound;
    code->root = shape_tree(*raw, *code, bound);
    for (const std::string& name : code->names) {
      code->natives.push_back(find_native(name));
      code->bound.push_back(bound.contains(name) || name.starts_with('!'));
    }
    References references;
    references.variables(*code->root);
    references.top_level(*code->root, true);
    for (const std::string& name : references.names) {
      if (!bound.contains(name) && !find_native(name)) code->free_variables.push_back(name);
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
