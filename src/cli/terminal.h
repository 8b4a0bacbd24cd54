#pragma once
// Whether somebody looks, and how much room there is. Colour is for terminals alone: not for pipes, not under NO_COLOR.
#include <string>
#include <string_view>

namespace cli {

enum class Colour : unsigned char { plain, bold, dim, red, green, yellow, blue, magenta, cyan, grey };

struct Terminal {
  bool live = false;    // a terminal that can be drawn on
  bool colour = false;
  size_t columns = 100, rows = 40;

  // What standard output (1) or standard error (2) is.
  static Terminal of(int descriptor);
  std::string paint(Colour colour_of, std::string_view text) const;
};

// How many columns a text takes: one a code point, none for what combines, two for wide ones.
size_t columns_of(std::string_view text);
// The text, cut to that many columns with "…" at its end.
std::string cut(std::string_view text, size_t columns);
// The text without control characters, so that what comes from outside cannot draw on the terminal.
std::string printable(std::string_view text);

}  // namespace cli
