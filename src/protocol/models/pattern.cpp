#include "protocol/models/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <string>

namespace model {
namespace {
constexpr uint32_t kStepsMax = 200'000;
constexpr uint32_t kDepthMax = 10'000;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Java's notation in PCRE's: \u0020 becomes \x{0020}, \p{ASCII} the range it means.
std::string translated(std::string_view java) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < java.size(); ++i) {
    const std::string_view rest = java.substr(i);
    if (rest.starts_with("\\u10000-\\u10FFFF")) {
      // Meant as the planes behind the first, in notation that Java itself reads otherwise.
      out += "\\x{10000}-\\x{10FFFF}";
      i += 15;
    } else if (rest.starts_with("\\u") && rest.size() >= 6 &&
               std::all_of(rest.begin() + 2, rest.begin() + 6, is_hex)) {
      const std::string_view digits = rest.substr(2, 4);
      // Surrogates are no characters in UTF-8; what borders on them is.
      out.append("\\x{").append(digits).append("}");
      i += 5;
    } else if (rest.starts_with("\\p{ASCII}")) {
      out += in_class ? "\\x00-\\x7F" : "[\\x00-\\x7F]";
      i += 8;
    } else if (rest.front() == '\\' && rest.size() > 1) {
      out.append(rest.substr(0, 2));
      ++i;
    } else {
      if (rest.front() == '[') in_class = true;
      if (rest.front() == ']') in_class = false;
      out.push_back(rest.front());
    }
  }
  return out;
}
}  // namespace

struct Pattern::Impl {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* limits = nullptr;

  ~Impl() {
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

Pattern::Pattern(std::string_view java) : impl_(std::make_unique<Impl>()) {
  const std::string text = translated(java);
  int error = 0;
  size_t offset = 0;
  impl_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_UTF,
                              &error, &offset, nullptr);
  if (!impl_->code) return;
  impl_->match = pcre2_match_data_create(1, nullptr);
  impl_->limits = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(impl_->limits, kStepsMax);
  pcre2_set_depth_limit(impl_->limits, kDepthMax);
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

bool Pattern::valid() const { return impl_->code != nullptr; }

bool Pattern::matches(std::string_view text) const {
  if (!valid()) return true;
  const int found = pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                0, PCRE2_ANCHORED | PCRE2_ENDANCHORED, impl_->match, impl_->limits);
  return found >= 0;
}

}  // namespace model
