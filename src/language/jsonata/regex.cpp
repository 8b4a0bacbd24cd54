#include "language/jsonata/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <vector>

#include "language/jsonata/failure.h"

namespace jsonata {
namespace {

constexpr uint32_t kMatchLimit = 5'000'000;
constexpr uint32_t kDepthLimit = 50'000;
constexpr uint32_t kHeapLimitKib = 20'000;
constexpr size_t kPatternMax = 32'768;

// JavaScript's white space, inside a class.
constexpr std::string_view kSpace = R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";

// PCRE2's syntax is larger than JavaScript's and differs in places. This rewrites what differs and refuses what
// JavaScript refuses and PCRE2 would take for something of its own.
class Translation {
 public:
  explicit Translation(std::string_view pattern) : in_(pattern) {}

  bool run() {
    while (at_ < in_.size()) {
      if (!one()) return false;
    }
    return true;
  }
  std::string out;

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  static bool hex(char c) { return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

  bool one() {
    const char c = in_[at_];
    switch (c) {
      case '\\': return escape(false);
      case '[': return bracket();
      case '(': return group();
      case '*': case '+': case '?':
        out += c, ++at_;
        return quantified();
      case '{':
        // Only {n}, {n,} and {n,m} count; any other brace is itself.
        if (const size_t length = braces()) {
          out += in_.substr(at_, length);
          at_ += length;
          return quantified();
        }
        out += "\\{", ++at_;
        return true;
      case '.': out += "[^\\n\\r\\x{2028}\\x{2029}]", ++at_; return true;
      case ')': case '|': case '^': case '$': out += c, ++at_; return true;
      case '#': case ' ': case ']': case '}': out += '\\', out += c, ++at_; return true;
      default: out += c, ++at_; return true;
    }
  }

  // Behind a quantifier: '?' makes it lazy; a second '+' or '*' is an error in JavaScript, possessive in PCRE2.
  bool quantified() {
    if (peek() == '?') out += '?', ++at_;
    return peek() != '+' && peek() != '*' && peek() != '?';
  }

  size_t braces() const {
    size_t i = at_ + 1;
    const size_t digits = i;
    while (i < in_.size() && digit(in_[i])) ++i;
    if (i == digits) return 0;
    if (i < in_.size() && in_[i] == ',') {
      ++i;
      while (i < in_.size() && digit(in_[i])) ++i;
    }
    return i < in_.size() && in_[i] == '}' ? i + 1 - at_ : 0;
  }

  bool group() {
    static constexpr std::string_view kKinds[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    for (const std::string_view kind : kKinds) {
      if (in_.substr(at_, kind.size()) != kind) continue;
      out += kind, at_ += kind.size();
      return true;
    }
    if (in_.substr(at_, 3) == "(?<") {
      const size_t end = in_.find('>', at_);
      if (end == in_.npos) return false;
      out += in_.substr(at_, end + 1 - at_);
      at_ = end + 1;
      return true;
    }
    if (peek(1) == '?' || peek(1) == '*') return false;
    out += '(', ++at_;
    return true;
  }

  bool bracket() {
    ++at_;
    if (in_.substr(at_, 2) == "^]") return out += "[\\x{0}-\\x{10ffff}]", at_ += 2, true;
    if (peek() == ']') return out += "(?!)", ++at_, true;
    out += '[';
    if (peek() == '^') out += '^', ++at_;
    while (true) {
      if (at_ >= in_.size()) return false;
      const char c = in_[at_];
      if (c == ']') break;
      if (c == '\\') {
        if (!escape(true)) return false;
        continue;
      }
      if (c == '[') out += '\\';  // no POSIX classes
      out += c, ++at_;
    }
    out += ']', ++at_;
    return true;
  }

  bool escape(bool in_class) {
    if (at_ + 1 >= in_.size()) return false;
    const char c = in_[at_ + 1];
    at_ += 2;
    const auto code = [&](size_t digits) {
      size_t count = 0;
      while (count < digits && hex(peek(count))) ++count;
      if (count < digits) return false;
      uint32_t unit = static_cast<uint32_t>(std::stoul(std::string(in_.substr(at_, digits)), nullptr, 16));
      at_ += digits;
      // Two halves make one character.
      if (unit >= 0xD800 && unit < 0xDC00 && in_.substr(at_, 2) == "\\u" && hex(peek(2)) && hex(peek(3)) && hex(peek(4)) && hex(peek(5))) {
        const auto low = static_cast<uint32_t>(std::stoul(std::string(in_.substr(at_ + 2, 4)), nullptr, 16));
        if (low >= 0xDC00 && low < 0xE000) unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), at_ += 6;
      }
      if (unit >= 0xD800 && unit < 0xE000) {
        out += in_class ? "\\x{fffe}" : "(?!)";  // half a character is never found
        return true;
      }
      char text[16];
      out.append(text, static_cast<size_t>(std::snprintf(text, sizeof text, "\\x{%x}", unit)));
      return true;
    };
    switch (c) {
      case 'd': case 'D': case 'w': case 'W': out += '\\', out += c; return true;
      case 'b':
        out += in_class ? "\\x{8}" : "\\b";
        return true;
      case 'B':
        out += in_class ? "B" : "\\B";
        return true;
      case 's':
        out += in_class ? std::string(kSpace) : "[" + std::string(kSpace) + "]";
        return true;
      case 'S':
        out += in_class ? "\\S" : "[^" + std::string(kSpace) + "]";
        return true;
      case 't': case 'n': case 'r': case 'f': out += '\\', out += c; return true;
      case 'v': out += "\\x{b}"; return true;
      case '0': out += "\\x{0}"; return true;
      case 'x':
        if (!code(2)) out += 'x';
        return true;
      case 'u':
        if (!code(4)) out += 'u';
        return true;
      case 'c':
        if ((peek() | 32) >= 'a' && (peek() | 32) <= 'z') {
          char text[16];
          out.append(text, static_cast<size_t>(std::snprintf(text, sizeof text, "\\x{%x}", peek() & 31)));
          ++at_;
        } else {
          out += "\\\\c";
        }
        return true;
      case 'k':
        if (!in_class && peek() == '<' && in_.find("(?<") != in_.npos) {
          const size_t end = in_.find('>', at_);
          if (end == in_.npos) return false;
          out += "\\k" + std::string(in_.substr(at_, end + 1 - at_));
          at_ = end + 1;
        } else {
          out += 'k';
        }
        return true;
      default: break;
    }
    if (digit(c) && !in_class) {
      out += "\\g{", out += c;
      while (digit(peek())) out += in_[at_++];
      out += '}';
      return true;
    }
    // Anything else is itself.
    const auto lead = static_cast<uint8_t>(c);
    if (lead < 0x80 && !((c | 32) >= 'a' && (c | 32) <= 'z') && !digit(c)) out += '\\';
    out += c;
    return true;
  }

  std::string_view in_;
  size_t at_ = 0;
};

// Matching needs room of its own; each thread has one.
struct Scratch {
  pcre2_match_data* data = nullptr;
  uint32_t pairs = 0;
  pcre2_match_context* bounds = nullptr;
  std::vector<size_t> places;

  Scratch() {
    bounds = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(bounds, kMatchLimit);
    pcre2_set_depth_limit(bounds, kDepthLimit);
    pcre2_set_heap_limit(bounds, kHeapLimitKib);
  }
  ~Scratch() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(bounds);
  }
  void fit(uint32_t wanted) {
    if (wanted <= pairs) return;
    pcre2_match_data_free(data);
    data = pcre2_match_data_create(wanted, nullptr);
    pairs = wanted;
  }
};

}  // namespace

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, bool ignore_case, bool multi_line) {
  if (pattern.size() > kPatternMax) return nullptr;
  Translation translation(pattern);
  if (!translation.run()) return nullptr;
  uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
  if (ignore_case) options |= PCRE2_CASELESS;
  if (multi_line) options |= PCRE2_MULTILINE;
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translation.out.data()), translation.out.size(), options, &error, &at, context);
  pcre2_compile_context_free(context);
  if (!code) return nullptr;
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  std::shared_ptr<Regex> out(new Regex);
  out->code_ = code;
  out->source_ = pattern;
  return out;
}

Regex::~Regex() { pcre2_code_free(static_cast<pcre2_code*>(code_)); }

std::span<const size_t> Regex::find(std::string_view text, size_t from) const {
  thread_local Scratch scratch;
  auto* code = static_cast<pcre2_code*>(code_);
  uint32_t groups = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  scratch.fit(groups + 1);
  const int count = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, 0, scratch.data, scratch.bounds);
  if (count == PCRE2_ERROR_NOMATCH) return {};
  if (count < 0) throw Failure("U1001", "Expression evaluation timeout: Check for infinite loop");
  const PCRE2_SIZE* at = pcre2_get_ovector_pointer(scratch.data);
  scratch.places.assign(at, at + 2 * (size_t{groups} + 1));
  for (size_t& place : scratch.places) {
    if (place == PCRE2_UNSET) place = kNone;
  }
  // Groups behind the last one that took part are not set by the library.
  for (size_t i = 2 * static_cast<size_t>(count); i < scratch.places.size(); ++i) scratch.places[i] = kNone;
  return scratch.places;
}

}  // namespace jsonata
