// Path text to steps, the way Jayway reads it: what it lets pass ("$.a[" is "$.a") passes here too.
#include <algorithm>
#include <charconv>

#include "language/jsonpath/code.h"
#include "language/jsonpath/cursor.h"

namespace jsonpath {
namespace {

constexpr std::string_view kUnreadable = "Could not read the path past its end";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) { return is_digit(c) || others.contains(c); });
}

// Integer.parseInt.
bool read_int(std::string_view text, int& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

class Compiler {
 public:
  Compiler(Cursor cursor, int nesting) : cursor_(cursor), nesting_(nesting) {}

  std::expected<std::shared_ptr<const Path::Code>, Fault> run(std::string_view text) {
    code_ = std::make_shared<Path::Code>();
    code_->text = text;
    if (nesting_ > kNestingMax) {
      refuse("The path is nested too deeply");
    } else {
      read_root();
    }
    if (cursor_.overrun() && error_.empty()) error_ = kUnreadable;
    if (!error_.empty()) return std::unexpected(Fault{Fault::Kind::invalid_path, error_});
    finish();
    return code_;
  }

 private:
  bool refuse(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }
  bool failed() const { return !error_.empty() || cursor_.overrun(); }
  std::string here() const { return std::to_string(cursor_.position()); }

  void read_root() {
    while (cursor_.inside() && is_white(cursor_.current())) cursor_.advance(1);
    const char c = cursor_.current();
    if (c != '$' && c != '@') {
      refuse("Path must start with '$' or '@'");
      return;
    }
    code_->root = c;
    if (cursor_.is_tail()) return;
    cursor_.advance(1);
    if (cursor_.current() != '.' && cursor_.current() != '[') {
      refuse("Illegal character at position " + here() + " expected '.' or '['");
      return;
    }
    do {
      read_token();
      if (code_->steps.size() > kStepsMax) refuse("The path has too many steps");
    } while (!failed() && !cursor_.is_tail());
  }

  void read_token() {
    switch (cursor_.current()) {
      case '[':
        if (read_properties() || failed() || read_indexes() || failed() || read_wildcard() || failed() ||
            read_filter() || failed()) {
          return;
        }
        refuse_placeholder();
        refuse("Could not parse token starting at position " + here() + ". Expected ?, ', 0-9, * ");
        return;
      case '.':
        read_dot();
        return;
      case '*':
        read_wildcard();
        return;
      default:
        if (!read_name() && !failed()) refuse("Could not parse token starting at position " + here());
    }
  }

  Step& add(Step::Kind kind) {
    Step& step = code_->steps.emplace_back();
    step.kind = kind;
    return step;
  }

  // `.` and `..`, together with the token behind.
  void read_dot() {
    if (cursor_.inside(cursor_.position() + 1) && cursor_.at(cursor_.position() + 1) == '.') {
      add(Step::Kind::scan);
      cursor_.advance(2);
    } else if (!cursor_.inside(cursor_.position() + 1)) {
      refuse("Path must not end with a '.");
      return;
    } else {
      cursor_.advance(1);
    }
    if (cursor_.current() == '.') {
      refuse("Character '.' on position " + here() + " is not valid.");
      return;
    }
    if (!failed()) read_token();
  }

  // `name` or `name(...)`.
  bool read_name() {
    const char first = cursor_.current();
    if (first == '[' || first == '*' || first == '.' || first == ' ') return false;
    const ptrdiff_t start = cursor_.position();
    ptrdiff_t at = start;
    ptrdiff_t end = 0;
    bool function = false;
    for (; cursor_.inside(at); ++at) {
      const char c = cursor_.at(at);
      if (c == ' ') {
        return refuse("Use bracket notion ['my prop'] if your property contains blank characters. position: " + here());
      }
      if (c == '.' || c == '[' || c == '(') {
        function = c == '(';
        end = at;
        break;
      }
    }
    if (end == 0) end = cursor_.length();
    std::vector<Parameter> parameters;
    if (!function) {
      cursor_.move_to(end);
    } else if (!read_call(cursor_.slice(start, end), at, parameters)) {
      return false;
    }
    Step& step = add(function ? Step::Kind::function : Step::Kind::property);
    step.name = cursor_.slice(start, end);
    step.parameters = std::move(parameters);
    return true;
  }

  // From the opening parenthesis on. A call without arguments leaves the cursor *on* the closing one, which
  // is how Jayway comes to read `.f().x` as the function, a property named ")" and x.
  bool read_call(std::string_view name, ptrdiff_t open, std::vector<Parameter>& parameters) {
    int opened = 1;
    for (ptrdiff_t i = open + 1; i < cursor_.length() && opened != 0; ++i) {
      if (cursor_.at(i) == ')') --opened;
      if (cursor_.at(i) == '(') ++opened;
    }
    if (opened != 0) return refuse("Arguments to function: '" + std::string(name) + "' are not closed properly.");
    cursor_.move_to(open + 1);
    return cursor_.current() == ')' || read_parameters(std::string(name), parameters);
  }

  bool read_parameters(const std::string& name, std::vector<Parameter>& parameters) {
    enum class Type : uint8_t { none, json, path } type = Type::none;
    int parentheses = 1;
    int brackets = 0;
    int braces = 0;
    int quotes = 0;
    char prior = 0;
    std::string text;
    bool end = false;
    while (cursor_.inside() && !end) {
      const char c = cursor_.current();
      cursor_.advance(1);
      if (type == Type::none) {
        if (is_white(c)) continue;
        if (c == '{' || is_digit(c) || c == '"' || c == '-') type = Type::json;
        if (c == '$' || c == '@') type = Type::path;
      }
      if (c == '"') quotes += prior != '\\' && quotes > 0 ? -1 : 1;
      if (c == '(') ++parentheses;
      if (c == '{') ++braces;
      if (c == '[') ++brackets;
      if (c == '}' && braces-- == 0) return refuse("Unexpected close brace '}' at character position: " + here());
      if (c == ']' && brackets-- == 0) return refuse("Unexpected close bracket ']' at character position: " + here());
      if (c == ')') {
        --parentheses;
        if (parentheses < 0 || prior == '(') text += c;
      }
      const bool balanced = quotes == 0 && braces == 0 && brackets == 0;
      if (balanced && ((c == ')' && parentheses == 0) || ((c == ')' || c == ',') && parentheses == 1))) {
        end = parentheses == 0;
        if (type == Type::json) parameters.push_back({nullptr, text});
        if (type == Type::path) {
          auto path = compile_argument(text, nesting_ + 1);
          if (!path) return refuse(path.error().message);
          parameters.push_back({*path, {}});
        }
        if (type != Type::none) text.clear();
        type = Type::none;
      }
      if (c == '\\' && quotes == 1 && (cursor_.current() == ',' || cursor_.current() == '"')) {
        text += cursor_.current();
        cursor_.advance(1);
        prior = 0;
        continue;
      }
      if (type != Type::none && !(c == ',' && braces == 0 && brackets == 0 && parentheses == 1)) text += c;
      prior = c;
    }
    if (braces != 0 || parentheses != 0 || brackets != 0) {
      return refuse("Arguments to function: '" + name + "' are not closed properly.");
    }
    return true;
  }

  // ['a'], ["a", "b"]
  bool read_properties() {
    const char quote = cursor_.next_significant_char(cursor_.position());
    if (quote != '\'' && quote != '"') return false;
    std::vector<std::string> names;
    ptrdiff_t start = cursor_.position() + 1;
    ptrdiff_t end = 0;
    bool inside = false;
    bool comma = false;
    for (ptrdiff_t at = start; cursor_.inside(at); ++at) {
      const char c = cursor_.at(at);
      if (c == '\\') {
        ++at;
      } else if (c == ']' && !inside) {
        if (comma) return refuse("Found empty property at index " + std::to_string(at));
        break;
      } else if (c == quote && !inside) {
        start = at + 1;
        inside = true;
        comma = false;
      } else if (c == quote) {
        const char next = cursor_.next_significant_char(at);
        if (next != ']' && next != ',') {
          return refuse(
              "Property must be separated by comma or Property must be terminated close square bracket at index " +
              std::to_string(at));
        }
        end = at;
        auto name = unescape(cursor_.slice(start, end));
        if (!name) return refuse("Unable to parse unicode value");
        names.push_back(*std::move(name));
        inside = false;
      } else if (c == ',' && !inside) {
        if (comma) return refuse("Found empty property at index " + std::to_string(at));
        comma = true;
      }
    }
    if (inside) return refuse("Property has not been closed - missing closing " + std::string(1, quote));
    const ptrdiff_t close = cursor_.find_significant(end, ']');
    if (close < 0) return refuse("Property has not been closed - missing closing ]");
    if (names.empty()) return refuse("Empty properties");
    cursor_.move_to(close + 1);
    Step& step = add(names.size() == 1 ? Step::Kind::property : Step::Kind::properties);
    step.quote = quote;
    if (names.size() == 1) {
      step.name = std::move(names[0]);
    } else {
      step.names = std::move(names);
    }
    return true;
  }

  // [1], [1,2], [1:], [1:2], [:2]
  bool read_indexes() {
    const char first = cursor_.next_significant_char(cursor_.position());
    if (!is_digit(first) && first != '-' && first != ':') return false;
    const ptrdiff_t begin = cursor_.position() + 1;
    const ptrdiff_t end = cursor_.find(begin, ']');
    if (end < 0) return false;
    const std::string_view expression = trimmed(cursor_.slice(begin, end));
    if (!only(expression, ",-: ")) return false;
    if (!(expression.contains(':') ? read_slice(expression) : read_list(expression))) return false;
    cursor_.move_to(end + 1);
    return true;
  }

  bool read_slice(std::string_view expression) {
    const auto bad = [&] { return refuse("Failed to parse SliceOperation: " + std::string(expression)); };
    if (!only(expression, "-:")) return bad();
    // What stands behind a second colon is not looked at: [0:3:2] is [0:3].
    const size_t colon = expression.find(':');
    const std::string_view from = expression.substr(0, colon);
    std::string_view to = expression.substr(colon + 1);
    to = to.substr(0, to.find(':'));
    Step step;
    step.kind = Step::Kind::slice;
    if (from.empty() && to.empty()) return bad();
    if (!from.empty() && !read_int(from, step.from)) return bad();
    if (!to.empty() && !read_int(to, step.to)) return bad();
    code_->steps.push_back(std::move(step));
    return true;
  }

  bool read_list(std::string_view expression) {
    if (!only(expression, ", -")) return refuse("Failed to parse ArrayIndexOperation: " + std::string(expression));
    std::vector<int> indexes;
    while (true) {
      const size_t comma = expression.find(',');
      std::string_view token = expression.substr(0, comma);
      // Blanks may stand around a comma only.
      if (!indexes.empty()) token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
      if (comma != std::string_view::npos) {
        while (token.ends_with(' ')) token.remove_suffix(1);
      }
      if (!read_int(token, indexes.emplace_back())) {
        return refuse("Failed to parse token in ArrayIndexOperation: " + std::string(token));
      }
      if (comma == std::string_view::npos) break;
      expression.remove_prefix(comma + 1);
    }
    Step& step = add(indexes.size() == 1 ? Step::Kind::index : Step::Kind::indexes);
    step.index = indexes[0];
    if (indexes.size() > 1) step.indexes = std::move(indexes);
    return true;
  }

  bool read_wildcard() {
    if (cursor_.current() == '[') {
      const ptrdiff_t star = cursor_.next_significant(cursor_.position());
      if (!cursor_.inside(star) || cursor_.at(star) != '*') return false;
      const ptrdiff_t close = cursor_.next_significant(star);
      if (!cursor_.inside(close) || cursor_.at(close) != ']') {
        return refuse("Expected wildcard token to end with ']' on position " + std::to_string(star + 1));
      }
      cursor_.move_to(close + 1);
    } else {
      cursor_.advance(1);
    }
    add(Step::Kind::wildcard);
    return true;
  }

  // [?(...)]
  bool read_filter() {
    const ptrdiff_t begin = cursor_.position();
    const ptrdiff_t mark = cursor_.find_significant(begin, '?');
    if (mark < 0) return false;
    const ptrdiff_t open = cursor_.find_significant(mark, '(');
    if (open < 0) return false;
    const ptrdiff_t close = cursor_.find_closing(open, '(', ')', true);
    if (close == -2) return refuse("Could not find matching close quote in " + std::string(cursor_.text()));
    if (close < 0) return false;
    const ptrdiff_t end = cursor_.next_significant(close);
    if (!cursor_.inside(end) || cursor_.at(end) != ']') return false;
    auto condition = compile_filter(cursor_.slice(begin, end + 1), nesting_ + 1);
    if (!condition) return refuse(condition.error().message);
    add(Step::Kind::filter).condition = *std::move(condition);
    cursor_.move_to(end + 1);
    return true;
  }

  // [?] stands for a filter that a Java program supplies; there is none here.
  void refuse_placeholder() {
    const ptrdiff_t mark = cursor_.find_significant(cursor_.position(), '?');
    if (mark < 0) return;
    const char next = cursor_.next_significant_char(mark);
    if (next != ']' && next != ',') return;
    const ptrdiff_t end = cursor_.find(cursor_.position() + 1, ']');
    if (end < 0) return;
    refuse("Not enough predicates supplied for filter [" + std::string(cursor_.slice(cursor_.position() + 1, end)) +
           "] at position " + here());
  }

  // `$..a.sum()` becomes a call of sum() on the root whose argument is `$..a`.
  void hoist_function() {
    auto& steps = code_->steps;
    if (steps.front().kind != Step::Kind::scan || steps.back().kind != Step::Kind::function) return;
    const auto call = std::ranges::find(steps, Step::Kind::function, &Step::kind);
    Compiler argument(Cursor(""), nesting_ + 1);
    argument.code_ = std::make_shared<Path::Code>();
    argument.code_->text = code_->text;
    argument.code_->root = code_->root;
    argument.code_->steps.assign(std::make_move_iterator(steps.begin()), std::make_move_iterator(call));
    argument.finish();
    call->over_scan = true;
    call->parameters.clear();
    call->parameters.push_back({argument.code_, {}});
    steps.erase(steps.begin(), call);
    code_->root = '$';
  }

  void finish() {
    Path::Code& code = *code_;
    if (!code.steps.empty()) hoist_function();
    code.function = !code.steps.empty() && code.steps.back().kind == Step::Kind::function;
    for (size_t i = 0; i < code.steps.size(); ++i) {
      Step& step = code.steps[i];
      step.upstream_definite = code.definite;
      if (!step.definite(i + 1 == code.steps.size())) code.definite = false;
      if (step.kind != Step::Kind::property && step.kind != Step::Kind::index) code.simple = false;
    }
    code.reference = code.simple && code.root == '$' && code.text.starts_with('$');
  }

  Cursor cursor_;
  int nesting_;
  std::string error_;
  std::shared_ptr<Path::Code> code_;
};

}  // namespace

std::expected<std::shared_ptr<const Path::Code>, Fault> compile_path(std::string_view text, int nesting) {
  const auto invalid = [](std::string message) {
    return std::unexpected(Fault{Fault::Kind::invalid_path, std::move(message)});
  };
  if (text.empty()) return invalid("json can not be null or empty");
  std::string prefixed;
  Cursor cursor(text);
  cursor.trim();
  if (text[0] != '$' && text[0] != '@') {
    prefixed = "$." + std::string(text);
    cursor = Cursor(prefixed);
    cursor.trim();
  }
  if (cursor.last() == '.') return invalid("Path must not end with a '.' or '..'");
  return Compiler(cursor, nesting).run(text);
}

std::expected<std::shared_ptr<const Path::Code>, Fault> compile_argument(std::string_view text, int nesting) {
  return Compiler(Cursor(text), nesting).run(text);
}

}  // namespace jsonpath
