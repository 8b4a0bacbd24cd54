#include "language/intrinsics/call.h"

#include <algorithm>
#include <utility>

#include "language/intrinsics/functions.h"
#include "language/json/parse.h"

namespace intrinsics {

using json::Value;

namespace {

constexpr int kNestingMax = 10;

struct Node {
  enum class Kind : uint8_t { literal, path, call };
  Kind kind = Kind::literal;
  Value value;       // literal
  std::string path;  // path
  Function function = Function::array;
  std::vector<Node> arguments;
};

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// call     = 'States.' Name '(' [ argument { ',' argument } ] ')'
// argument = 'text' | number | true | false | null | $path | call
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Node> run() {
    auto call = read_call(1);
    skip();
    if (!call || at_ != text_.size()) return std::nullopt;
    return call;
  }

 private:
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() {
    while (is_white(current())) ++at_;
  }
  bool accept(char c) {
    skip();
    if (current() != c) return false;
    ++at_;
    return true;
  }

  std::optional<Node> read_call(int depth) {
    const size_t open = text_.find('(', at_);
    if (depth > kNestingMax || open == std::string_view::npos) return std::nullopt;
    const auto function = function_of(text_.substr(at_, open - at_));
    if (!function) return std::nullopt;
    at_ = open + 1;
    Node call;
    call.kind = Node::Kind::call;
    call.function = *function;
    if (accept(')')) return call;
    do {
      skip();
      auto argument = read_argument(depth, *function == Function::format && call.arguments.empty());
      if (!argument) return std::nullopt;
      call.arguments.push_back(*std::move(argument));
    } while (accept(','));
    if (!accept(')')) return std::nullopt;
    return call;
  }

  std::optional<Node> read_argument(int depth, bool pattern) {
    switch (current()) {
      case '\'':
        return read_text(pattern);
      case '$':
        return read_path();
      case 'S':
        return read_call(depth + 1);
      default:
        return read_word();
    }
  }

  // The first argument of States.Format keeps the backslash of an escaped brace, since there a brace that
  // is not escaped has a meaning.
  std::optional<Node> read_text(bool pattern) {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '\'') {
        ++at_;
        return literal(Value(out));
      }
      if (c == '\\') {
        if (++at_ == text_.size()) break;
        c = text_[at_];
        if (c != '\'' && c != '{' && c != '}' && c != '\\') return std::nullopt;
        if (pattern && (c == '{' || c == '}')) out += '\\';
      }
      out += c;
    }
    return std::nullopt;
  }

  // A path goes on to the next comma, parenthesis or blank that stands outside brackets.
  std::optional<Node> read_path() {
    const size_t begin = at_;
    int brackets = 0;
    int parentheses = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if ((c == '\'' || c == '"') && brackets > 0) {
        if (!skip_quoted(c)) return std::nullopt;
        continue;
      }
      if (brackets == 0 && parentheses == 0 && (c == ',' || c == ')' || is_white(c))) break;
      if (c == '[') ++brackets;
      if (c == ']' && brackets-- == 0) return std::nullopt;
      if (c == '(') ++parentheses;
      if (c == ')' && parentheses-- == 0) return std::nullopt;
    }
    if (brackets != 0 || parentheses != 0) return std::nullopt;
    Node node;
    node.kind = Node::Kind::path;
    node.path = text_.substr(begin, at_ - begin);
    return node;
  }

  // Stops on the closing quote.
  bool skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    return at_ < text_.size();
  }

  std::optional<Node> read_word() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')' && !is_white(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty() || word.find_first_of("\"[{") != std::string_view::npos) return std::nullopt;
    auto value = json::parse(word);
    if (!value) return std::nullopt;
    return literal(*std::move(value));
  }

  static Node literal(Value value) {
    Node node;
    node.value = std::move(value);
    return node;
  }

  std::string_view text_;
  size_t at_ = 0;
};

void collect_paths(const Node& node, std::vector<std::string>& out) {
  if (node.kind == Node::Kind::path) out.push_back(node.path);
  for (const Node& argument : node.arguments) collect_paths(argument, out);
}

}  // namespace

struct Call::Code {
  std::string text;
  Node call;
};

namespace {

struct Evaluator {
  const std::string& text;
  const Resolve& resolve;
  const std::function<std::string()>& input_text;
  Random& random;

  std::expected<Value, Fault> evaluate(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::literal:
        return node.value;
      case Node::Kind::path: {
        auto value = resolve(node.path);
        if (value) return *std::move(value);
        return std::unexpected(Fault{"The function '" + text +
                                     "' had the following error: The JsonPath argument for the field '" + node.path +
                                     "' could not be found in the input '" + input_text() + "'"});
      }
      case Node::Kind::call:
        break;
    }
    std::vector<Value> arguments;
    arguments.reserve(node.arguments.size());
    for (const Node& argument : node.arguments) {
      auto value = evaluate(argument);
      if (!value) return value;
      arguments.push_back(*std::move(value));
    }
    auto value = apply(node.function, arguments, random);
    if (value) return *std::move(value);
    return std::unexpected(
        Fault{"There was an error while evaluating the intrinsic function: " + text + ". " + value.error()});
  }
};

}  // namespace

std::optional<Call> Call::compile(std::string_view text) {
  auto call = Parser(text).run();
  if (!call) return std::nullopt;
  return Call(std::make_shared<const Code>(std::string(text), *std::move(call)));
}

std::expected<Value, Fault> Call::evaluate(const Resolve& resolve, const std::function<std::string()>& input_text,
                                           Random& random) const {
  return Evaluator{code_->text, resolve, input_text, random}.evaluate(code_->call);
}

std::vector<std::string> Call::paths() const {
  std::vector<std::string> out;
  collect_paths(code_->call, out);
  return out;
}

std::string_view Call::function() const { return name_of(code_->call.function); }

}  // namespace intrinsics
