// The text of a filter, `[?(@.a > 1 && !@.b)]`, to conditions.
//
//   or       = and { '||' and }
//   and      = operand { '&&' operand }
//   operand  = comparison | '(' or ')' | '!' operand
//   comparison = value [ operator value ]
#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "language/jsonpath/code.h"
#include "language/jsonpath/cursor.h"
#include "language/jsonpath/java_text.h"
#include "language/jsonpath/loose_json.h"

namespace jsonpath {
namespace {

struct Name {
  std::string_view text;
  Operator op;
};
constexpr Name kOperators[] = {
    {">=", Operator::greater_equal}, {"<=", Operator::less_equal},   {"==", Operator::equal},
    {"===", Operator::same},         {"!=", Operator::not_equal},    {"!==", Operator::not_same},
    {"<", Operator::less},           {">", Operator::greater},       {"=~", Operator::regex},
    {"NIN", Operator::not_in},       {"IN", Operator::in},           {"CONTAINS", Operator::contains},
    {"ALL", Operator::all},          {"SIZE", Operator::size},       {"EXISTS", Operator::exists},
    {"TYPE", Operator::type},        {"MATCHES", Operator::matches}, {"EMPTY", Operator::empty},
    {"SUBSETOF", Operator::subset_of}, {"ANYOF", Operator::any_of},  {"NONEOF", Operator::none_of},
};

bool is_operator_char(char c) { return c == '<' || c == '>' || c == '=' || c == '~' || c == '!'; }

class FilterCompiler {
 public:
  FilterCompiler(std::string_view text, int nesting) : cursor_(text), nesting_(nesting) {}

  std::expected<std::shared_ptr<const Condition>, Fault> run() {
    auto condition = std::make_shared<Condition>();
    if (enter()) *condition = read_or();
    cursor_.skip_blanks();
    if (!failed() && cursor_.inside()) {
      refuse("Expected end of filter expression instead of: " +
             std::string(cursor_.slice(cursor_.position(), cursor_.length())));
    }
    if (cursor_.overrun() || broken_) {
      error_ = "Failed to parse filter: " + std::string(cursor_.text()) +
               ", error on position: " + std::to_string(cursor_.position());
    }
    if (!error_.empty()) return std::unexpected(Fault{Fault::Kind::invalid_path, error_});
    return condition;
  }

 private:
  void refuse(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }
  bool failed() const { return !error_.empty() || broken_ || cursor_.overrun(); }

  // Past "[?" and the bracket at the end; stops on the first parenthesis.
  bool enter() {
    cursor_.trim();
    cursor_.advance(1);
    cursor_.drop_last();
    cursor_.trim();
    cursor_.advance(1);
    cursor_.trim();
    if (cursor_.current() != '(' || cursor_.last() != ')') {
      refuse("Filter must start with '[?(' and end with ')]'. " + std::string(cursor_.text()));
    }
    if (nesting_ > kNestingMax) refuse("The filter is nested too deeply");
    return !failed();
  }

  void expect(char c) {
    cursor_.skip_blanks();
    if (cursor_.current() != c) {
      refuse("Expected character: " + std::string(1, c));
    } else {
      cursor_.advance(1);
    }
  }

  Condition read_chain(Condition::Kind kind, std::string_view separator, Condition (FilterCompiler::*read)()) {
    std::vector<Condition> parts;
    parts.push_back((this->*read)());
    while (!failed()) {
      const ptrdiff_t before = cursor_.position();
      if (!cursor_.accept(separator)) {
        cursor_.move_to(before);
        break;
      }
      parts.push_back((this->*read)());
    }
    if (parts.size() == 1) return std::move(parts[0]);
    Condition out;
    out.kind = kind;
    out.parts = std::move(parts);
    return out;
  }
  Condition read_or() { return read_chain(Condition::Kind::any, "||", &FilterCompiler::read_and); }
  Condition read_and() { return read_chain(Condition::Kind::all, "&&", &FilterCompiler::read_operand); }

  Condition read_operand() {
    if (++nesting_ > kNestingMax) {
      refuse("The filter is nested too deeply");
      return {};
    }
    Condition out = read_bracketed();
    --nesting_;
    return out;
  }

  Condition read_bracketed() {
    cursor_.skip_blanks();
    const ptrdiff_t before = cursor_.position();
    if (cursor_.current() == '!') {
      cursor_.advance(1);
      cursor_.skip_blanks();
      if (cursor_.current() != '$' && cursor_.current() != '@') {
        Condition out;
        out.kind = Condition::Kind::negate;
        if (!failed()) out.parts.push_back(read_operand());
        return out;
      }
      cursor_.move_to(before);
    }
    cursor_.skip_blanks();
    if (cursor_.current() == '(') {
      cursor_.advance(1);
      Condition out = read_or();
      if (!failed()) expect(')');
      return out;
    }
    return read_comparison();
  }

  Condition read_comparison() {
    Condition out;
    out.left = read_value();
    if (failed()) return out;
    const ptrdiff_t before = cursor_.position();
    const auto op = read_operator();
    if (op) out.right = read_value();
    if (op && !failed()) {
      out.op = *op;
      return out;
    }
    // No comparison, then: does the path exist? Only what is badly written lets Jayway try that.
    if (broken_ || cursor_.overrun()) return out;
    error_.clear();
    cursor_.move_to(before);
    if (out.left.kind != Operand::Kind::path) refuse("Expected path node");
    out.kind = Condition::Kind::existence;
    out.right = {};
    return out;
  }

  std::optional<Operator> read_operator() {
    cursor_.skip_blanks();
    const ptrdiff_t begin = cursor_.position();
    const bool symbols = is_operator_char(cursor_.current());
    while (cursor_.inside() && (symbols ? is_operator_char(cursor_.current()) : cursor_.current() != ' ')) {
      cursor_.advance(1);
    }
    std::string text(cursor_.slice(begin, cursor_.position()));
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    for (const auto& [name, op] : kOperators) {
      if (name == text) return op;
    }
    refuse("Filter operator " + text + " is not supported!");
    return std::nullopt;
  }

  Operand read_value() {
    cursor_.skip_blanks();
    char c = cursor_.current();
    if (c == '!') {
      cursor_.advance(1);
      cursor_.skip_blanks();
      c = cursor_.current();
      if (c != '$' && c != '@') {
        refuse("Unexpected character: !");
        return {};
      }
    }
    switch (c) {
      case '$':
      case '@':
        return read_path();
      case '\'':
      case '"':
        return read_string(c);
      case 't':
        return read_word("true", "Expected boolean literal", Operand::Kind::boolean);
      case 'f':
        return read_word("false", "Expected boolean literal", Operand::Kind::boolean);
      case 'n':
        return read_word("null", "Expected <null> value", Operand::Kind::null);
      case '{':
        return read_json('{', '}');
      case '[':
        return read_json('[', ']');
      case '/':
        return read_pattern();
      default:
        return read_number();
    }
  }

  Operand read_word(std::string_view word, std::string_view otherwise, Operand::Kind kind) {
    Operand out;
    if (!cursor_.accept(word)) {
      refuse(std::string(otherwise));
      return out;
    }
    out.kind = kind;
    out.truth = word == "true";
    return out;
  }

  Operand read_string(char quote) {
    Operand out;
    const ptrdiff_t begin = cursor_.position();
    const ptrdiff_t end = cursor_.find_unescaped(begin, quote);
    if (end < 0) {
      refuse("String literal does not have matching quotes. Expected " + std::string(1, quote) + " in " +
             std::string(cursor_.text()));
      return out;
    }
    cursor_.move_to(end + 1);
    auto text = unescape(cursor_.slice(begin + 1, end));
    if (!text) {
      broken_ = true;
      return out;
    }
    out.kind = Operand::Kind::string;
    out.text = *std::move(text);
    return out;
  }

  Operand read_number() {
    Operand out;
    const ptrdiff_t begin = cursor_.position();
    const auto part_of_number = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    while (cursor_.inside() && part_of_number(cursor_.current())) cursor_.advance(1);
    const auto text = java_decimal_text(cursor_.slice(begin, cursor_.position()));
    if (!text) {
      broken_ = true;
      return out;
    }
    out.kind = Operand::Kind::number;
    out.text = *text;
    out.value = json::Value::number(*text);
    // Read once here rather than at every comparison.
    if (const auto whole = out.value.as_int64()) out.value = *whole;
    else if (!out.value.is_integer()) out.value = out.value.as_double();
    return out;
  }

  Operand read_json(char open, char close) {
    Operand out;
    const ptrdiff_t begin = cursor_.position();
    const ptrdiff_t end = cursor_.find_closing(begin, open, close, false);
    if (end < 0) {
      refuse("String not closed. Expected ' in " + std::string(cursor_.text()));
      return out;
    }
    cursor_.move_to(end + 1);
    out.kind = Operand::Kind::json_text;
    out.text = cursor_.slice(begin, end + 1);
    if (auto value = parse_loose_json(out.text)) {
      out.value = *std::move(value);
      out.truth = true;  // `value` is there
    }
    return out;
  }

  // Where the flags end Jayway takes from the next '=' or the first ')', even one inside the pattern, which
  // it then cannot read.
  Operand read_pattern() {
    Operand out;
    const ptrdiff_t begin = cursor_.position();
    ptrdiff_t end = cursor_.find_unescaped(begin, '/');
    if (end < 0) {
      refuse("Pattern not closed. Expected / in " + std::string(cursor_.text()));
      return out;
    }
    if (cursor_.inside(end + 1)) {
      const ptrdiff_t equals = cursor_.find(begin + 1, '=');
      const ptrdiff_t flags_end = equals > end ? equals : cursor_.find_unescaped(begin, ')');
      end += static_cast<ptrdiff_t>(cursor_.slice(end + 1, flags_end).size());
    }
    cursor_.move_to(end + 1);
    const std::string_view text = cursor_.slice(begin, end + 1);
    const size_t slash = text.rfind('/');
    if (cursor_.overrun() || slash == 0 || slash == std::string_view::npos) {
      broken_ = true;
      return out;
    }
    out.kind = Operand::Kind::pattern;
    out.pattern = Pattern::compile(text.substr(1, slash - 1), text.substr(slash + 1));
    if (!out.pattern) broken_ = true;
    return out;
  }

  Operand read_path() {
    Operand out;
    const bool negated = cursor_.previous_significant_char() == '!';
    const ptrdiff_t begin = cursor_.position();
    cursor_.advance(1);
    while (cursor_.inside()) {
      if (cursor_.current() == '[') {
        const ptrdiff_t close = cursor_.find_closing(cursor_.position(), '[', ']', false);
        if (close < 0) {
          refuse("Square brackets does not match in filter " + std::string(cursor_.text()));
          return out;
        }
        cursor_.move_to(close + 1);
      }
      const char c = cursor_.current();
      if (!cursor_.inside() || is_operator_char(c) || c == ' ' || (c == ')' && !closes_call(begin))) break;
      cursor_.advance(1);
    }
    auto path = compile_path(cursor_.slice(begin, cursor_.position()), nesting_ + 1);
    if (!path) {
      refuse(path.error().message);
      return out;
    }
    out.kind = Operand::Kind::path;
    out.path = *std::move(path);
    out.should_exist = !negated;
    return out;
  }

  // Whether the ')' under the cursor ends a call without arguments, "@.length()".
  bool closes_call(ptrdiff_t begin) {
    ptrdiff_t at = cursor_.position() - 1;
    while (cursor_.inside(at) && cursor_.at(at) == ' ') --at;
    if (!cursor_.inside(at) || cursor_.at(at) != '(') return false;
    for (--at; cursor_.inside(at) && at > begin; --at) {
      if (cursor_.at(at) == '.') return true;
    }
    return false;
  }

  Cursor cursor_;
  int nesting_;
  std::string error_;
  bool broken_ = false;  // something that Jayway does not go on from
};

}  // namespace

std::expected<std::shared_ptr<const Condition>, Fault> compile_filter(std::string_view text, int nesting) {
  return FilterCompiler(text, nesting).run();
}

namespace {
std::optional<char32_t> read_hex(std::string_view digits) {
  uint32_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) return std::nullopt;
  return unit;
}
}  // namespace

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    static constexpr std::string_view kLetters = "bfnrt";
    static constexpr std::string_view kMeanings = "\b\f\n\r\t";
    if (c == 'u') {
      if (text.size() - i < 5) break;  // an unfinished one is dropped
      auto unit = read_hex(text.substr(i + 1, 4));
      if (!unit) return std::nullopt;
      i += 4;
      if (*unit >= 0xD800 && *unit < 0xDC00 && text.substr(i + 1).starts_with("\\u")) {
        const auto low = read_hex(text.substr(i + 3, 4));
        if (low && *low >= 0xDC00 && *low < 0xE000) {
          unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
          i += 6;
        }
      }
      append_utf8(out, *unit);
    } else if (const size_t letter = kLetters.find(c); letter != std::string_view::npos) {
      out += kMeanings[letter];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace jsonpath
