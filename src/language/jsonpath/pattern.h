#pragma once
// A regular expression of a filter (`=~ /a.*/i`), matched against the whole text as java.util.regex does.
#include <memory>
#include <string_view>

namespace jsonpath {

class Pattern {
 public:
  // `flags` are Java's letters (i, m, s, x, u, U, d); others mean nothing. Null when it does not compile.
  static std::shared_ptr<const Pattern> compile(std::string_view expression, std::string_view flags);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // A match that takes too many steps counts as none.
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(void* code) : code_(code) {}
  void* code_;  // pcre2_code*
};

}  // namespace jsonpath
