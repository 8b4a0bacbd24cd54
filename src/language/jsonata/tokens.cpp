#include "language/jsonata/tokens.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "language/jsonata/text.h"

namespace jsonata {
namespace {
constexpr std::string_view kOperators = ".[]{}(),@#;:?+-*/%|=<>^&!~";
constexpr std::string_view kSpace = " \t\n\r\v";
}  // namespace

size_t Tokens::position() const {
  for (; counted_to_ < at_ && counted_to_ < text_.size(); ++counted_to_) {
    const auto c = static_cast<uint8_t>(text_[counted_to_]);
    counted_ += ((c & 0xC0) != 0x80) + (c >= 0xF0);
  }
  return counted_;
}

void Tokens::fail(std::string_view code, std::optional<std::string> token) const {
  Failure failure(code);
  failure.position = position();
  failure.token = std::move(token);
  throw failure;
}

std::string Token::json() const {
  std::string out;
  switch (kind) {
    case Kind::number: return number_text(number);
    case Kind::constant: return text;
    case Kind::regex: return "{}";
    default: quote(text, out);
  }
  return out;
}

Token Tokens::string(char quote) {
  Token out{.kind = Token::Kind::string};
  for (++at_; at_ < text_.size();) {
    const char c = text_[at_];
    if (c == quote) {
      ++at_;
      out.position = position();
      return out;
    }
    if (c != '\\') {
      out.text.push_back(c);
      ++at_;
      continue;
    }
    if (++at_ >= text_.size()) fail("S0103", "");
    const char e = text_[at_];
    static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    if (const size_t i = kFrom.find(e); i != kFrom.npos) {
      out.text.push_back(kTo[i]);
      ++at_;
      continue;
    }
    if (e != 'u') {
      size_t end = at_;
      code_point(text_, end);
      fail("S0103", std::string(text_.substr(at_, end - at_)));
    }
    const auto hex = text_.substr(at_ + 1, 4);
    uint32_t unit = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), unit, 16);
    if (hex.empty() || end != hex.data() + hex.size()) fail("S0104");
    at_ = std::min(at_ + 5, text_.size());
    append_unit(out.text, unit);
  }
  fail("S0101");
}

Token Tokens::regex() {
  const size_t start = ++at_;
  int depth = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '/' && depth == 0) {
      size_t slashes = 0;
      while (at_ > start + slashes && text_[at_ - slashes - 1] == '\\') ++slashes;
      if (slashes % 2 == 0) {
        const std::string_view pattern = text_.substr(start, at_ - start);
        if (pattern.empty()) fail("S0301");
        bool ignore_case = false, multi_line = false;
        for (++at_; at_ < text_.size() && (text_[at_] == 'i' || text_[at_] == 'm'); ++at_) (text_[at_] == 'i' ? ignore_case : multi_line) = true;
        Token out{.kind = Token::Kind::regex, .text = std::string(pattern)};
        out.regex = Regex::compile(pattern, ignore_case, multi_line);
        if (!out.regex) {
          Failure failure("S0302", "Invalid regular expression: /" + std::string(pattern) + "/");
          failure.position = position();
          throw failure;
        }
        out.position = position();
        return out;
      }
    }
    const bool plain = at_ == start || text_[at_ - 1] != '\\';
    if (plain && (c == '(' || c == '[' || c == '{')) ++depth;
    if (plain && (c == ')' || c == ']' || c == '}')) --depth;
  }
  fail("S0302");
}

Token Tokens::number() {
  size_t end = at_;
  const auto digits = [&] {
    const size_t from = end;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    return end > from;
  };
  if (text_[end] == '0') {
    ++end;
  } else {
    digits();
  }
  if (end + 1 < text_.size() && text_[end] == '.' && text_[end + 1] >= '0' && text_[end + 1] <= '9') {
    ++end;
    digits();
  }
  if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
    const size_t before = end++;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    if (!digits()) end = before;
  }
  Token out{.kind = Token::Kind::number, .text = std::string(text_.substr(at_, end - at_))};
  out.number = std::strtod(out.text.c_str(), nullptr);
  if (!std::isfinite(out.number)) fail("S0102", out.text);
  at_ = end;
  out.position = position();
  return out;
}

Token Tokens::next(bool operand_done) {
  while (true) {
    while (at_ < text_.size() && kSpace.find(text_[at_]) != kSpace.npos) ++at_;
    if (text_.substr(at_, 2) != "/*") break;
    const size_t end = text_.find("*/", at_ + 2);
    if (end == text_.npos) fail("S0106");
    at_ = end + 2;
  }
  Token out;
  if (at_ >= text_.size()) {
    out.position = position();
    return out;
  }
  const char c = text_[at_];
  if (!operand_done && c == '/') return regex();
  out.kind = Token::Kind::op;
  static constexpr std::string_view kPairs[] = {"..", ":=", "!=", ">=", "<=", "**", "~>"};
  for (const std::string_view pair : kPairs) {
    if (text_.substr(at_, 2) == pair) {
      out.text = pair;
      at_ += 2;
      out.position = position();
      return out;
    }
  }
  if (kOperators.find(c) != kOperators.npos) {
    out.text.assign(1, c);
    ++at_;
    out.position = position();
    return out;
  }
  if (c == '"' || c == '\'') return string(c);
  if (c >= '0' && c <= '9') return number();
  if (c == '`') {
    const size_t end = text_.find('`', at_ + 1);
    if (end == text_.npos) {
      at_ = text_.size();
      fail("S0105");
    }
    out.kind = Token::Kind::name;
    out.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    out.position = position();
    return out;
  }
  const size_t start = at_;
  while (at_ < text_.size() && kSpace.find(text_[at_]) == kSpace.npos && kOperators.find(text_[at_]) == kOperators.npos) ++at_;
  out.text = text_.substr(start, at_ - start);
  out.position = position();
  if (out.text.starts_with('$')) {
    out.kind = Token::Kind::variable;
    out.text.erase(0, 1);
  } else if (out.text == "or" || out.text == "in" || out.text == "and") {
    out.kind = Token::Kind::op;
  } else if (out.text == "true" || out.text == "false") {
    out.kind = Token::Kind::constant;
    out.constant = out.text == "true";
  } else if (out.text == "null") {
    out.kind = Token::Kind::constant;
  } else {
    out.kind = Token::Kind::name;
  }
  return out;
}

}  // namespace jsonata
