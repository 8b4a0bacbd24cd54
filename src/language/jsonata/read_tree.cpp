// From text to tree: a Pratt parser. What it accepts, refuses and in which words follows the reference implementation.
#include <fmt/format.h>

#include <algorithm>

#include "language/jsonata/messages.h"
#include "language/jsonata/raw_tree.h"
#include "language/jsonata/text.h"
#include "language/jsonata/tokens.h"

namespace jsonata {

void refuse(std::string_view code, size_t position, std::string_view token, std::string_view value, std::string_view token_json) {
  Failure failure(code);
  failure.position = position;
  failure.token = token;
  failure.value = value;
  failure.message = message_of(failure, token_json);
  throw failure;
}

namespace {

// How deeply an expression may nest: 1+1+1+... counts as well, since it nests to the left.
constexpr int kDepthMax = 3'000;

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

}  // namespace

RawPtr read_tree(std::string_view text) { return Pratt(text).parse(); }

}  // namespace jsonata
