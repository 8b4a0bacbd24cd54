#include "services/logs/filter_pattern.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "language/json/parse.h"

namespace logs {

using json::Value;

namespace {

// One comparison of { $.a.b = "x" }.
bool json_term(std::string_view term, const Value& document) {
  const auto trim = [](std::string_view s) {
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return s;
  };
  term = trim(term);
  static constexpr std::string_view kOperators[] = {"!=", ">=", "<=", "=", ">", "<"};
  for (const std::string_view op : kOperators) {
    const size_t at = term.find(op);
    if (at == term.npos) continue;
    const std::string_view selector = trim(term.substr(0, at));
    std::string_view wanted = trim(term.substr(at + op.size()));
    if (!selector.starts_with("$.")) return false;
    const Value* value = at_selector(document, selector);
    if (!value) return op == "!=";
    if (wanted == "*") return op == "=";
    if (value->is_number()) {
      const double a = value->as_double(), b = std::atof(std::string(wanted).c_str());
      return op == "=" ? a == b : op == "!=" ? a != b : op == ">" ? a > b : op == "<" ? a < b : op == ">=" ? a >= b : a <= b;
    }
    if (wanted.size() >= 2 && wanted.front() == '"' && wanted.back() == '"') wanted = wanted.substr(1, wanted.size() - 2);
    const std::string text = value->is_string() ? std::string(value->as_string()) : json::write(*value);
    const bool same = wanted.ends_with("*") ? text.starts_with(wanted.substr(0, wanted.size() - 1)) : text == wanted;
    return op == "=" ? same : op == "!=" && !same;
  }
  return false;
}

bool json_filter(std::string_view inner, const Value& document) {
  for (size_t at = 0; at <= inner.size();) {
    const size_t end = std::min(inner.find("||", at), inner.size());
    bool all = true;
    const std::string_view part = inner.substr(at, end - at);
    for (size_t begin = 0; begin <= part.size();) {
      const size_t stop = std::min(part.find("&&", begin), part.size());
      all = all && json_term(part.substr(begin, stop - begin), document);
      begin = stop + 2;
    }
    if (all) return true;
    at = end + 2;
  }
  return false;
}

}  // namespace

const Value* at_selector(const Value& document, std::string_view selector) {
  if (!selector.starts_with("$.") || selector.size() == 2) return nullptr;
  selector.remove_prefix(2);
  const Value* value = &document;
  while (!selector.empty() && value) {
    const size_t dot = selector.find('.');
    value = value->find(selector.substr(0, dot));
    selector.remove_prefix(dot == selector.npos ? selector.size() : dot + 1);
  }
  return value;
}

const Value& Message::document() const {
  if (!document_) {
    auto read = json::parse(text_);
    document_ = read && read->is_object() ? *std::move(read) : Value();
  }
  return *document_;
}

bool passes_filter(std::string_view pattern, const Message& message) {
  while (!pattern.empty() && pattern.front() == ' ') pattern.remove_prefix(1);
  if (pattern.empty()) return true;
  if (pattern.front() == '{' && pattern.back() == '}') {
    const Value& document = message.document();
    return document.is_object() && json_filter(pattern.substr(1, pattern.size() - 2), document);
  }
  bool any_given = false, any = false;
  size_t at = 0;
  while (at < pattern.size()) {
    if (pattern[at] == ' ') {
      ++at;
      continue;
    }
    const char mark = pattern[at] == '?' || pattern[at] == '-' ? pattern[at++] : ' ';
    std::string_view term;
    if (at < pattern.size() && pattern[at] == '"') {
      const size_t end = std::min(pattern.find('"', at + 1), pattern.size());
      term = pattern.substr(at + 1, end - at - 1);
      at = std::min(end + 1, pattern.size());
    } else {
      const size_t end = std::min(pattern.find(' ', at), pattern.size());
      term = pattern.substr(at, end - at);
      at = end;
    }
    const bool there = message.text().find(term) != std::string_view::npos;
    if (mark == '?') {
      any_given = true;
      any = any || there;
    } else if (there == (mark == '-')) {
      return false;
    }
  }
  return !any_given || any;
}

}  // namespace logs
