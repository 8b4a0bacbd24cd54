#pragma once
// Timestamps as the language has them: RFC 3339 with a capital T, a capital Z or an offset.
#include "base/time_text.h"

namespace asl {

inline std::optional<Instant> parse_timestamp(std::string_view text) { return parse_iso8601(text); }

}  // namespace asl
