#pragma once
// A regular expression /.../im as JavaScript means it, matched by PCRE2 under a bound on its work.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jsonata {

class Regex {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // Null when it does not compile.
  static std::shared_ptr<const Regex> compile(std::string_view pattern, bool ignore_case, bool multi_line);
  ~Regex();
  // The first match at or behind `from`: the bytes where it and then each group begin and end (kNone: a group that
  // took no part). Empty when there is none; valid until this thread matches again. Throws U1001 past the bound.
  std::span<const size_t> find(std::string_view text, size_t from) const;
  const std::string& source() const { return source_; }

 private:
  Regex() = default;
  void* code_ = nullptr;
  std::string source_;
};

}  // namespace jsonata
