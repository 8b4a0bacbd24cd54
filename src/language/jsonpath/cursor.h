#pragma once
// A place in a path's text, for the compilers of this folder.
//
// Reading outside the text gives '\0' and is remembered (`overrun`): Jayway stops there with an index
// error, which makes the whole path invalid, whatever was being tried.
#include <cstddef>
#include <string_view>

namespace jsonpath {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text), last_(static_cast<ptrdiff_t>(text.size()) - 1) {}

  std::string_view text() const { return text_; }
  ptrdiff_t position() const { return position_; }
  ptrdiff_t length() const { return last_ + 1; }
  bool overrun() const { return overrun_; }
  void move_to(ptrdiff_t position) { position_ = position; }
  void advance(ptrdiff_t count) { position_ += count; }
  void drop_last() { --last_; }

  char at(ptrdiff_t index) {
    if (index < 0 || index >= static_cast<ptrdiff_t>(text_.size())) {
      overrun_ = true;
      return '\0';
    }
    return text_[static_cast<size_t>(index)];
  }
  char current() { return at(position_); }
  char last() { return at(last_); }
  bool inside(ptrdiff_t index) const { return index >= 0 && index <= last_; }
  bool inside() const { return inside(position_); }
  bool is_tail() const { return position_ >= last_; }

  // The text from `begin` up to `end`, which is not part of it.
  std::string_view slice(ptrdiff_t begin, ptrdiff_t end) {
    if (begin < 0 || end < begin || end > static_cast<ptrdiff_t>(text_.size())) {
      overrun_ = true;
      return {};
    }
    return text_.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }

  // The index behind `from` at which something other than a blank stands; past the end when nothing does.
  ptrdiff_t next_significant(ptrdiff_t from) {
    ptrdiff_t index = from + 1;
    while (inside(index) && at(index) == ' ') ++index;
    return index;
  }
  char next_significant_char(ptrdiff_t from) {
    const ptrdiff_t index = next_significant(from);
    return inside(index) ? at(index) : ' ';
  }
  // The index of the next significant character if it is `c`, else -1.
  ptrdiff_t find_significant(ptrdiff_t from, char c) {
    const ptrdiff_t index = next_significant(from);
    return at(index) == c ? index : -1;
  }
  char previous_significant_char() {
    ptrdiff_t index = position_ - 1;
    while (inside(index) && at(index) == ' ') --index;
    return inside(index) ? at(index) : ' ';
  }
  // The first `c` at or behind `from`, else -1.
  ptrdiff_t find(ptrdiff_t from, char c) {
    for (ptrdiff_t index = from; inside(index); ++index) {
      if (at(index) == c) return index;
    }
    return -1;
  }
  // The first `c` behind `from` that no backslash precedes, else -1.
  ptrdiff_t find_unescaped(ptrdiff_t from, char c) {
    for (ptrdiff_t index = from + 1; inside(index); ++index) {
      if (at(index) == '\\') {
        ++index;
      } else if (at(index) == c) {
        return index;
      }
    }
    return -1;
  }
  // The bracket that closes the one at `from`, quoted texts (and patterns) left aside; -1 when there is
  // none, -2 when a quote is not closed.
  ptrdiff_t find_closing(ptrdiff_t from, char open, char close, bool skip_patterns) {
    int opened = 1;
    for (ptrdiff_t index = from + 1; inside(index); ++index) {
      if (at(index) == '\'' || at(index) == '"') {
        index = find_unescaped(index, at(index));
        if (index < 0) return -2;
        ++index;
      }
      if (skip_patterns && at(index) == '/') {
        index = find_unescaped(index, '/');
        if (index < 0) return -2;
        ++index;
      }
      if (at(index) == open) ++opened;
      if (at(index) == close && --opened == 0) return index;
    }
    return -1;
  }

  void skip_blanks() {
    while (inside() && position_ < last_ && current() == ' ') ++position_;
  }
  void trim() {
    skip_blanks();
    while (inside() && position_ < last_ && last() == ' ') --last_;
  }
  // Moves past `word` when it comes next.
  bool accept(std::string_view word) {
    skip_blanks();
    const auto size = static_cast<ptrdiff_t>(word.size());
    if (!inside(position_ + size - 1) || slice(position_, position_ + size) != word) return false;
    position_ += size;
    return true;
  }

 private:
  std::string_view text_;
  ptrdiff_t position_ = 0;
  ptrdiff_t last_;  // of the part still to be read, inclusive
  bool overrun_ = false;
};

}  // namespace jsonpath
