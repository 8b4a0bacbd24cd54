#pragma once
// Texts of a policy that stand for many: wildcards and policy variables.
//
// `*` is any run of characters, `?` one character; ${key} is the request's value of a condition key
// (with a default: ${key, 'value'}), ${*} ${?} ${$} are those characters themselves. What a
// variable brings is taken literally, wildcards in it included. A variable whose key the request
// lacks leaves the pattern without any text that it could match (spec/iam.md 3).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/policy/context.h"

namespace policy {

enum class Variables : uint8_t { literal, expanded };
enum class Case : uint8_t { exact, ignored };

class Pattern {
 public:
  Pattern(std::string_view text, Variables variables);

  const std::string& text() const { return text_; }
  // The condition keys that its variables without a default need.
  const std::vector<std::string>& keys() const { return keys_; }
  bool has_variables() const { return variables_; }

  // Whether the whole of `text` matches.
  bool matches(std::string_view text, const Context& context, Case how = Case::exact) const;
  // The same, where wildcards are characters like any other.
  bool equals(std::string_view text, const Context& context, Case how = Case::exact) const;
  // The same for ARNs: each of the first five parts separately, the sixth takes the rest. "*"
  // matches all.
  bool matches_arn(std::string_view arn, const Context& context) const;

 private:
  // Bytes as they are; beyond them the two wildcards.
  static constexpr char16_t kAnyRun = 0x100, kAnyOne = 0x101;
  struct Piece {
    std::u16string literal;
    std::string key;  // of a variable; then `literal` is its default
    bool has_default = false;
  };
  std::optional<std::u16string> expand(const Context& context, bool wildcards) const;
  static bool glob(std::u16string_view pattern, std::string_view text, Case how);
  static void append(std::u16string& out, std::string_view text, bool wildcards);

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string> keys_;
  bool variables_ = false;
};

}  // namespace policy
