#include "language/json/parse.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "language/json/nodes.h"
#include "language/json/plain.h"

namespace json {
namespace {
using detail::ObjectNode;
using detail::StringNode;

constexpr size_t kWholeDigits = 18;    // that surely fit into 64 bits
constexpr size_t kMembersAtFirst = 8;  // of all objects that are open
constexpr size_t kAhead = 48;          // more than a quoted name's marks and a short value take

constexpr std::string_view kExpectedValue =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

// What stands for each letter behind a backslash, where it is written so too; 0 where it is not.
constexpr std::array<char, 256> kUnescaped = [] {
  std::array<char, 256> table{};
  for (const auto& [letter, c] : {std::pair{'"', '"'}, {'\\', '\\'}, {'b', '\b'}, {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}}) {
    table[static_cast<size_t>(letter)] = c;
  }
  return table;
}();

// The first byte that is no UTF-8, the end where there is none. Lone surrogates pass, in their three-byte form.
size_t malformed(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<uint8_t>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const size_t begin = at;
    if (next_code_point(text, at) != 0xFFFD || at - begin == 3) continue;
    const auto byte = [&](size_t i) { return begin + i < text.size() ? static_cast<uint8_t>(text[begin + i]) : 0; };
    if (byte(0) != 0xED || byte(1) < 0xA0 || byte(1) > 0xBF || (byte(2) & 0xC0) != 0x80) return begin;
    at = begin + 3;
  }
  return text.size();
}

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  std::expected<Value, ParseError> run() {
    skip_space();
    Value value;
    if (at_end()) return fault("No content to map due to end-of-input");
    ascii_ = is_ascii(text_);
    if (const size_t bad = ascii_ ? text_.size() : malformed(text_); bad < text_.size()) {
      set_fault(fmt::format("Invalid UTF-8 start byte 0x{:x}", static_cast<uint8_t>(text_[bad])), bad);
      return std::unexpected(std::move(error_));
    }
    if (!parse_value(value, 0)) return std::unexpected(std::move(error_));
    skip_space();
    if (!at_end()) {
      if (is_word(text_[at_])) {
        unrecognized();
      } else {
        unexpected_character(fmt::format("Expected space separating root-level values"));
      }
      return std::unexpected(std::move(error_));
    }
    return value;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }

  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) break;
    }
  }

  bool set_fault(std::string message, size_t offset) {
    error_.message = std::move(message);
    error_.offset = offset;
    size_t line_start = 0;
    for (size_t i = 0; i < offset && i < text_.size(); ++i) {
      if (text_[i] == '\n') ++error_.line, line_start = i + 1;
    }
    const size_t end = std::min(offset, text_.size());
    error_.column = 1 + static_cast<int>(utf16_units(text_.substr(line_start, end - line_start)));
    return false;
  }
  std::unexpected<ParseError> fault(std::string message) {
    set_fault(std::move(message), at_);
    return std::unexpected(std::move(error_));
  }

  bool unexpected_character(std::string_view expectation) {
    size_t next = at_;
    const char32_t c = next_code_point(text_, next);
    std::string shown;
    if (c < 0x20) {
      shown = fmt::format("(CTRL-CHAR, code {})", static_cast<uint32_t>(c));
    } else {
      shown = "'";
      append_utf8(shown, c);
      shown += fmt::format("' (code {})", static_cast<uint32_t>(c));
    }
    return set_fault(fmt::format("Unexpected character ({}): {}", shown, expectation), at_ + 1);
  }

  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<uint8_t>(c) >= 0x80;
  }

  bool unrecognized() {
    size_t end = at_;
    while (end < text_.size() && is_word(text_[end]) && end - at_ < 256) ++end;
    return set_fault(fmt::format("Unrecognized token '{}': was expecting {}", text_.substr(at_, end - at_), kExpectedValue), end);
  }

  bool parse_word(std::string_view word, Value value, Value& out) {
    if (text_.substr(at_, word.size()) != word ||
        (at_ + word.size() < text_.size() && is_word(text_[at_ + word.size()]))) {
      return unrecognized();
    }
    at_ += word.size();
    out = std::move(value);
    return true;
  }

  // Most values are whole numbers and short strings without escapes: those, without asking for the end of the text at each byte, as
  // kAhead bytes are there, and with the place in a register. Returns where the value ends; null for what is left to the others.
  [[gnu::always_inline]] static const char* parse_short(const char* at, Value& out) {
    if (*at == '"') {
      const uint32_t found = find_special(block_at(at + 1));
      const auto size = static_cast<size_t>(std::countr_zero(found));
      if (found == 0 || at[1 + size] != '"') return nullptr;
      out = Value(std::string_view(at + 1, size));
      return at + size + 2;
    }
    const bool negative = *at == '-';
    const char* const digits = at + negative;
    const char* end = digits;
    int64_t whole = 0;
    while (*end >= '0' && *end <= '9' && end - digits < static_cast<ptrdiff_t>(kWholeDigits)) whole = whole * 10 + (*end++ - '0');
    if (end == digits || (*digits == '0' && end - digits > 1) || (*end != ',' && *end != '}' && *end != ']' && *end != '\n')) return nullptr;
    out = negative ? -whole : whole;
    return end;
  }

  // `like`: an object that this one, if it is one, is likely to be like; null where none is known.
  bool parse_value(Value& out, size_t depth, const ObjectNode* like = nullptr) {
    if (at_end()) return set_fault("Unexpected end-of-input", at_);
    if (text_.size() - at_ >= kAhead) {
      if (const char* end = parse_short(text_.data() + at_, out)) {
        at_ = static_cast<size_t>(end - text_.data());
        return true;
      }
    }
    switch (text_[at_]) {
      case '{':
        return parse_object(out, depth + 1, like);
      case '[':
        return parse_array(out, depth + 1);
      case '"': {
        const size_t start = at_;
        std::string_view text;
        as_written_ = ascii_;
        if (!parse_string(text)) return false;
        out = as_written_ && text.size() >= StringNode::kLong ? Value::of(StringNode::create(text, text_.substr(start, at_ - start))) : Value(text);
        return true;
      }
      case 't':
        return parse_word("true", true, out);
      case 'f':
        return parse_word("false", false, out);
      case 'n':
        return parse_word("null", nullptr, out);
      default:
        if (text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9')) return parse_number(out);
        if (is_word(text_[at_])) return unrecognized();
        return unexpected_character("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
    }
  }

  bool parse_number(Value& out) {
    const size_t start = at_;
    if (text_[at_] == '-') ++at_;
    const size_t digits = at_;
    int64_t whole = 0;
    for (; !at_end() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (at_ - digits < kWholeDigits) whole = whole * 10 + (text_[at_] - '0');
    }
    const bool short_enough = at_ - digits <= kWholeDigits;
    if (at_ == digits) {
      if (at_end()) return set_fault("Unexpected end-of-input within a number", at_);
      return unexpected_character("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    if (text_[digits] == '0' && at_ - digits > 1) {
      return set_fault("Invalid numeric value: Leading zeroes not allowed", at_);
    }
    const size_t end_of_whole = at_;
    if (!at_end() && text_[at_] == '.') {
      const size_t first = ++at_;
      while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
      if (at_ == first) {
        if (at_end()) return set_fault("Unexpected end-of-input within a number", at_);
        return unexpected_character("Decimal point not followed by a digit");
      }
    }
    if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      const size_t first = at_;
      while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
      if (at_ == first) {
        if (at_end()) return set_fault("Unexpected end-of-input within a number", at_);
        return unexpected_character("Exponent indicator not followed by a digit");
      }
    }
    if (!at_end() && is_word(text_[at_])) {
      return unexpected_character("Expected space separating root-level values");
    }
    if (short_enough && at_ == end_of_whole) {
      out = start == digits ? whole : -whole;
    } else {
      out = Value::number(text_.substr(start, at_ - start));
    }
    return true;
  }

  bool parse_hex4(char32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_end()) return set_fault("Unexpected end-of-input in character escape sequence", at_);
      const char c = text_[at_];
      int digit;
      if (c >= '0' && c <= '9') {
        digit = c - '0';
      } else if (c >= 'a' && c <= 'f') {
        digit = c - 'a' + 10;
      } else if (c >= 'A' && c <= 'F') {
        digit = c - 'A' + 10;
      } else {
        return unexpected_character("expected a hex-digit for character escape sequence");
      }
      out = out << 4 | static_cast<char32_t>(digit);
    }
    return true;
  }

  // `out` views the text itself, or, of a string with escapes, `unescaped_`: as long as the parser lives.
  bool parse_string(std::string_view& out) {
    const size_t start = ++at_;
    at_ = plain_end(text_, at_);
    if (!at_end() && text_[at_] == '"') {
      out = text_.substr(start, at_++ - start);
      return true;
    }
    // No string gets longer by being unescaped, so what is left of the text is room enough for all that follow.
    if (!unescaped_) {
      unescaped_ = std::make_unique_for_overwrite<char[]>(text_.size() - start + kPlainBlock);
      free_ = unescaped_.get();
    }
    char* to = std::copy(text_.begin() + static_cast<ptrdiff_t>(start), text_.begin() + static_cast<ptrdiff_t>(at_), free_);
    to = copy_unescaped(to);
    while (!at_end() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        return set_fault(fmt::format("Illegal unquoted character ((CTRL-CHAR, code {})): has to be escaped using "
                                     "backslash to be included in string value", static_cast<uint8_t>(text_[at_])), at_ + 1);
      }
      if (!parse_escape(to)) return false;
      to = copy_unescaped(to);
    }
    if (at_end()) return set_fault("Unexpected end-of-input: was expecting closing quote for a string value", text_.size());
    ++at_;
    out = {free_, to};
    free_ = to;
    return true;
  }

  // Up to the string's end, or to what needs a closer look: it may stop before an escape like any other. Returns the end of what it wrote.
  char* copy_unescaped(char* to) {
    const std::string_view text = text_;
    size_t at = at_;  // in a register: what `to` points at might be anything, for all that the compiler knows
    // What stands between two marks is copied as a whole block, of which the next writes over the rest: so two must be there to read.
    while (at + 2 * kPlainBlock <= text.size()) {
      const size_t begin = at, end = at + kPlainBlock;
      for (uint32_t found = find_special(block_at(text.data() + at)); found != 0; found &= found - 1) {
        const size_t next = begin + static_cast<size_t>(std::countr_zero(found));
        if (next < at) continue;  // what the backslash before it was for
        std::memcpy(to, text.data() + at, kPlainBlock);
        to += next - at;
        at = next;
        const char simple = text[next] == '\\' ? kUnescaped[static_cast<uint8_t>(text[next + 1])] : '\0';
        if (simple == '\0') {
          at_ = at;
          return to;
        }
        *to++ = simple;
        at += 2;
      }
      if (at >= end) continue;
      std::memcpy(to, text.data() + at, kPlainBlock);
      to += end - at;
      at = end;
    }
    while (at < text.size() && is_plain(text[at])) *to++ = text[at++];
    at_ = at;
    return to;
  }

  // At a backslash.
  bool parse_escape(char*& to) {
    if (++at_ >= text_.size()) return set_fault("Unexpected end-of-input in character escape sequence", at_);
    const char escape = text_[at_];
    if (const char simple = kUnescaped[static_cast<uint8_t>(escape)]) {
      *to++ = simple;
      ++at_;
      return true;
    }
    as_written_ = false;
    if (escape == '/') {
      *to++ = '/';
      ++at_;
      return true;
    }
    if (escape != 'u') return set_fault(fmt::format("Unrecognized character escape '{}' (code {})", escape, static_cast<int>(escape)), at_ + 1);
    ++at_;
    char32_t unit;
    if (!parse_hex4(unit)) return false;
    if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const size_t before = at_;
      at_ += 2;
      char32_t low;
      if (!parse_hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = before;
      }
    }
    std::string character;
    append_utf8(character, unit);
    to = std::ranges::copy(character, to).out;
    return true;
  }

  bool too_deep() {
    return set_fault(fmt::format("Document nesting depth ({}) exceeds the maximum allowed ({})", limits_.depth + 1, limits_.depth), at_);
  }

  std::string start_marker(size_t offset) const {
    int line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < offset; ++i) {
      if (text_[i] == '\n') ++line, line_start = i + 1;
    }
    return fmt::format("line: {}, column: {}", line, 1 + utf16_units(text_.substr(line_start, offset - line_start)));
  }

  bool parse_array(Value& out, size_t depth) {
    if (depth > limits_.depth) return too_deep();
    const size_t open = at_++;
    const size_t first = items_.size();
    const ObjectNode* like = nullptr;  // what came last
    skip_space();
    if (!at_end() && text_[at_] == ']') {
      ++at_;
      out = Value::array();
      return true;
    }
    while (true) {
      skip_space();
      if (at_end()) break;
      Value item;
      if (!parse_value(item, depth, like)) return false;
      like = plain_ && item.is_object() && !object_of(item).index ? &object_of(item) : nullptr;
      items_.push_back(std::move(item));
      skip_space();
      if (at_end()) break;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_[at_] == ']') {
        ++at_;
        const auto begin = items_.begin() + static_cast<ptrdiff_t>(first);
        out = Value::array_of({begin, items_.end()});
        items_.resize(first);
        return true;
      }
      return unexpected_character("was expecting comma to separate Array entries");
    }
    return set_fault(fmt::format("Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String); {}])", start_marker(open)), at_);
  }

  // How far an object came that has the names of another.
  enum class Alike : uint8_t { fault, whole, before_name, behind_value };

  // Members under the names of another object, one by one, where they are to stay. Those names are written as they are, so that
  // nothing else can be meant. What comes otherwise than expected is left for parse_object().
  Alike parse_alike(ObjectNode& node, size_t depth, const ObjectNode& like) {
    const char* const text = text_.data();
    const char* const end = text + text_.size();
    const char* at = text + at_;
    const auto stop = [&](Alike how) {
      at_ = static_cast<size_t>(at - text);
      return how;
    };
    for (const Member& model : like.members()) {
      const std::string_view name = model.name;
      const size_t size = name.size();
      if (static_cast<size_t>(end - at) < size + kAhead) return stop(Alike::before_name);
      if (*at == ' ') [[unlikely]] ++at;
      if (at[0] != '"' || at[size + 1] != '"' || at[size + 2] != ':' || !same_name({at + 1, size}, name)) return stop(Alike::before_name);
      at += size + 3;
      if (*at == ' ') [[unlikely]] ++at;
      Value& value = node.add(model.name).value;
      if (const char* behind = parse_short(at, value)) {
        at = behind;
      } else {
        at_ = static_cast<size_t>(at - text);
        skip_space();
        if (!parse_value(value, depth)) return Alike::fault;
        if (at_end()) return Alike::behind_value;
        at = text + at_;
      }
      if (*at == ',' && node.size < like.size) {
        ++at;
      } else if (*at != '}' || node.size < like.size) {
        return stop(Alike::behind_value);
      }
    }
    ++at;
    return stop(Alike::whole);
  }

  bool parse_object(Value& out, size_t depth, const ObjectNode* like) {
    if (depth > limits_.depth) return too_deep();
    const size_t open = at_++;
    const size_t first = members_.size();
    bool plain = true, behind_value = false;
    skip_space();
    if (!at_end() && text_[at_] == '}') {
      ++at_;
      out = Value::object();
      plain_ = plain;
      return true;
    }
    if (like && like->size > 0) {
      ObjectNode* node = ObjectNode::with_room(like->size);
      Value object = Value::of(node);
      const Alike how = parse_alike(*node, depth, *like);
      if (how == Alike::fault) return false;
      if (how == Alike::whole) {
        out = std::move(object);
        plain_ = plain;
        return true;
      }
      behind_value = how == Alike::behind_value;
      std::ranges::move(node->members(), std::back_inserter(members_));
    }
    for (;; behind_value = false) {
      if (!behind_value) {
        skip_space();
        if (at_end()) break;
        if (text_[at_] != '"') return unexpected_character("was expecting double-quote to start field name");
        std::string_view text;
        if (!parse_string(text)) return false;
        plain = plain && text.data() == text_.data() + at_ - 1 - text.size();
        Name name = text;
        skip_space();
        if (at_end()) break;
        if (text_[at_] != ':') return unexpected_character("was expecting a colon to separate field name and value");
        ++at_;
        skip_space();
        if (at_end()) break;
        Value value;
        if (!parse_value(value, depth)) return false;
        if (members_.capacity() == 0) members_.reserve(kMembersAtFirst);
        members_.emplace_back(std::move(name), std::move(value));
      }
      skip_space();
      if (at_end()) break;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_[at_] == '}') {
        ++at_;
        out = Value::object_of(std::span(members_).subspan(first));
        members_.resize(first);
        plain_ = plain;
        return true;
      }
      return unexpected_character("was expecting comma to separate Object entries");
    }
    return set_fault(fmt::format("Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String); {}])", start_marker(open)), at_);
  }

  std::string_view text_;
  const Limits& limits_;
  size_t at_ = 0;
  std::unique_ptr<char[]> unescaped_;  // strings of which the text has escapes, one behind the other
  char* free_ = nullptr;               // what is left of it
  // Of all arrays and objects that are open: one grows, in place of one each.
  std::vector<Value> items_;
  std::vector<Member> members_;
  bool plain_ = true;  // the last object's names were written without escapes
  bool ascii_ = false;
  bool as_written_ = false;  // the last string's literal is as write_string() would have it
  ParseError error_;
};

}  // namespace

std::expected<Value, ParseError> parse_detailed(std::string_view text, const Limits& limits) {
  return Parser(text, limits).run();
}

Result<Value> parse(std::string_view text, const Limits& limits) {
  auto value = parse_detailed(text, limits);
  if (!value) return fail("JsonParse", std::move(value.error().message));
  return *std::move(value);
}

}  // namespace json
