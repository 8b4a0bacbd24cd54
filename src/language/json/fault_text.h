#pragma once
// What today's Jackson says of a text that is no JSON, with the place: services show it whole.
#include <string>

#include "language/json/parse.h"

namespace json {

// "Unrecognized token ...\n at [Source: REDACTED (...); line: 1, column: 2]". A character that is not expected is
// pointed at itself, as newer Jacksons do it (recorded); ParseError's column is behind it.
inline std::string fault_text(const ParseError& fault) {
  const int column = fault.message.starts_with("Unexpected character") ? fault.column - 1 : fault.column;
  return fault.message + "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: " + std::to_string(fault.line) +
         ", column: " + std::to_string(column) + "]";
}

}  // namespace json
