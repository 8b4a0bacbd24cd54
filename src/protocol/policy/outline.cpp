#include <algorithm>
#include <set>

#include "protocol/policy/document.h"

namespace policy::detail {
namespace {

// Walks a text that is known to be valid JSON, so it need not look at more than structure.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  Outline run() {
    value(0, false);
    return std::move(outline_);
  }

 private:
  void space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      step();
  }
  void step() {
    if (text_[at_++] == '\n')
      ++here_.line, here_.column = 1;
    else
      ++here_.column;
  }
  char next() {
    space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  std::string_view string() {
    const size_t from = at_;
    step();
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) step();
      step();
    }
    if (at_ < text_.size()) step();
    return text_.substr(from, at_ - from);
  }

  // `statements`: this is the value of the document's Statement.
  void value(int depth, bool statements) {
    switch (next()) {
      case '{':
        return object(depth, statements);
      case '[':
        return array(depth, statements);
      case '"':
        string();
        return;
      default:
        while (at_ < text_.size() && !std::string_view(",]} \t\r\n").contains(text_[at_])) step();
    }
  }

  void object(int depth, bool statements) {
    step();
    const Position start = here_;
    std::set<std::string_view> names;
    while (next() == '"') {
      const std::string_view name = string();
      if (!names.insert(name).second) outline_.duplicate_names = true;
      if (next() == ':') step();
      value(depth + 1, depth == 0 && name == "\"Statement\"");
      if (next() == ',') step();
    }
    if (at_ < text_.size()) step();
    if (statements) outline_.statements.emplace_back(start, here_);
  }

  // A statement in a list begins, to AWS, where the token before it ended.
  void array(int depth, bool statements) {
    step();
    Position start = here_;
    while (next() != ']' && at_ < text_.size()) {
      value(depth + 1, false);
      if (statements) outline_.statements.emplace_back(start, here_);
      start = here_;
      if (next() == ',') step();
    }
    if (at_ < text_.size()) step();
  }

  std::string_view text_;
  size_t at_ = 0;
  Position here_{1, 1};
  Outline outline_;
};
}  // namespace

Outline outline(std::string_view text) { return Walk(text).run(); }

}  // namespace policy::detail
