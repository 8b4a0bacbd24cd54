#include "language/jsonpath/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace jsonpath {
namespace {
constexpr uint32_t kMatchStepsMax = 1'000'000;
constexpr uint32_t kMatchMemoryKib = 16 * 1024;
}  // namespace

std::shared_ptr<const Pattern> Pattern::compile(std::string_view expression, std::string_view flags) {
  uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
  for (const char flag : flags) {
    if (flag == 'i') options |= PCRE2_CASELESS;
    if (flag == 'm') options |= PCRE2_MULTILINE;
    if (flag == 's') options |= PCRE2_DOTALL;
    if (flag == 'x') options |= PCRE2_EXTENDED;
    if (flag == 'U') options |= PCRE2_UCP;
  }
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, flags.contains('d') ? PCRE2_NEWLINE_LF : PCRE2_NEWLINE_ANYCRLF);
  int error = 0;
  size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), options, &error,
                                   &offset, context);
  pcre2_compile_context_free(context);
  if (code == nullptr) return nullptr;
  return std::shared_ptr<const Pattern>(new Pattern(code));
}

Pattern::~Pattern() { pcre2_code_free(static_cast<pcre2_code*>(code_)); }

bool Pattern::matches(std::string_view text) const {
  const auto* code = static_cast<const pcre2_code*>(code_);
  pcre2_match_context* limits = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(limits, kMatchStepsMax);
  pcre2_set_heap_limit(limits, kMatchMemoryKib);
  pcre2_match_data* data = pcre2_match_data_create_from_pattern(code, nullptr);
  const int result = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                 PCRE2_ANCHORED | PCRE2_ENDANCHORED, data, limits);
  pcre2_match_data_free(data);
  pcre2_match_context_free(limits);
  return result >= 0;
}

}  // namespace jsonpath
