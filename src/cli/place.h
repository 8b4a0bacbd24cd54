#pragma once
// Where in a JSON text something stands that is named by a diagnostic's location: "/States/A/Choices[0]/Next".
//
// Names stand raw in a location, so that "/States/a/b" may be the state "a/b"; the text itself decides. What is not
// there (a field that is missing) is looked for as far as it leads: the object that lacks it.
#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

struct Span {
  size_t begin = 0, end = 0;  // bytes
};

struct Place {
  Span key;    // of the member's name with its quotes; empty for the root and for elements of arrays
  Span value;
  bool exact = true;  // the location led here, not just to what should have held it
};

// `text` is valid JSON.
Place find_place(std::string_view text, std::string_view location);
// The member of that name somewhere below a value, the first one; its key is empty when there is none.
Place find_member(std::string_view text, Span within, std::string_view name);

struct Position {
  size_t line = 1, column = 1;  // from 1; columns in code points
  size_t line_begin = 0, line_end = 0;
};
Position position_of(std::string_view text, size_t offset);

}  // namespace cli
