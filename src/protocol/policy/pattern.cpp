#include "protocol/policy/pattern.h"

#include <algorithm>

namespace policy {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

char folded(char c, Case how) {
  return how == Case::ignored && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The bytes of the character that starts at `at`.
size_t character_size(std::string_view text, size_t at) {
  size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xC0) == 0x80)
    ++size;
  return size;
}
}  // namespace

void Pattern::append(std::u16string& out, std::string_view text, bool wildcards) {
  for (const char c : text) {
    if (wildcards && c == '*')
      out.push_back(kAnyRun);
    else if (wildcards && c == '?')
      out.push_back(kAnyOne);
    else
      out.push_back(static_cast<unsigned char>(c));
  }
}

Pattern::Pattern(std::string_view text, Variables variables) : text_(text) {
  Piece literal;
  const auto flush = [&] {
    if (!literal.literal.empty()) pieces_.push_back(std::move(literal));
    literal = {};
  };
  for (size_t at = 0; at < text.size();) {
    const size_t open = variables == Variables::expanded ? text.find("${", at) : text.npos;
    const size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) {
      append(literal.literal, text.substr(at), true);
      break;
    }
    append(literal.literal, text.substr(at, open - at), true);
    std::string_view inside = text.substr(open + 2, close - open - 2);
    at = close + 1;
    if (inside == "*" || inside == "?" || inside == "$") {
      append(literal.literal, inside, false);
      continue;
    }
    flush();
    Piece variable;
    if (const size_t comma = inside.find(','); comma != inside.npos) {
      std::string_view fallback = trimmed(inside.substr(comma + 1));
      if (fallback.size() >= 2 && fallback.starts_with('\'') && fallback.ends_with('\'')) {
        append(variable.literal, fallback.substr(1, fallback.size() - 2), false);
        variable.has_default = true;
      }
      inside = inside.substr(0, comma);
    }
    variable.key = trimmed(inside);
    if (!variable.has_default) keys_.push_back(variable.key);
    pieces_.push_back(std::move(variable));
    variables_ = true;
  }
  flush();
}

std::optional<std::u16string> Pattern::expand(const Context& context, bool wildcards) const {
  std::u16string out;
  for (const Piece& piece : pieces_) {
    if (piece.key.empty()) {
      out += piece.literal;
      continue;
    }
    // A key of several values has no text to put here.
    const Context::Values* values = context.find(piece.key);
    if (values && values->size() == 1)
      append(out, values->front(), false);
    else if (piece.has_default)
      out += piece.literal;
    else
      return std::nullopt;
  }
  if (!wildcards) {
    for (char16_t& c : out) c = c == kAnyRun ? u'*' : c == kAnyOne ? u'?' : c;
  }
  return out;
}

// Only the last run can matter when a later part fails, so one point to go back to is enough.
bool Pattern::glob(std::u16string_view pattern, std::string_view text, Case how) {
  size_t p = 0, t = 0, run = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == kAnyRun) {
      run = p++, resume = t;
    } else if (p < pattern.size() && pattern[p] == kAnyOne) {
      ++p, t += character_size(text, t);
    } else if (p < pattern.size() && pattern[p] < 0x100 &&
               folded(static_cast<char>(pattern[p]), how) == folded(text[t], how)) {
      ++p, ++t;
    } else if (run != pattern.npos) {
      p = run + 1, t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyRun) ++p;
  return p == pattern.size();
}

bool Pattern::matches(std::string_view text, const Context& context, Case how) const {
  const auto pattern = expand(context, true);
  return pattern && glob(*pattern, text, how);
}

bool Pattern::equals(std::string_view text, const Context& context, Case how) const {
  const auto pattern = expand(context, false);
  return pattern && glob(*pattern, text, how);
}

bool Pattern::matches_arn(std::string_view arn, const Context& context) const {
  const auto expanded = expand(context, true);
  if (!expanded) return false;
  std::u16string_view pattern = *expanded;
  if (pattern == std::u16string_view(&kAnyRun, 1)) return true;
  // A resource that is no ARN is compared as a whole; of a pattern of fewer parts ("arn:aws:sns:*")
  // the last takes the rest.
  if (std::ranges::count(arn, ':') < 5) return glob(pattern, arn, Case::exact);
  for (int part = 0; part < 5; ++part) {
    const size_t p = pattern.find(u':'), a = arn.find(':');
    if (p == pattern.npos) break;
    if (!glob(pattern.substr(0, p), arn.substr(0, a), Case::exact)) return false;
    pattern.remove_prefix(p + 1), arn.remove_prefix(a + 1);
  }
  return glob(pattern, arn, Case::exact);
}

}  // namespace policy
