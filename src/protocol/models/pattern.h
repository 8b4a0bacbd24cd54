#pragma once
// The regular expressions of AWS's models: Java's dialect, matched against the whole text.
#include <memory>
#include <string_view>

namespace model {

class Pattern {
 public:
  // A pattern that cannot be compiled matches everything: valid() tells.
  explicit Pattern(std::string_view java);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  bool valid() const;
  // Gives up, and says no, after a bounded number of steps.
  bool matches(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace model
