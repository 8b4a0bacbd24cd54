#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "base/encoding.h"

namespace cli {

Terminal Terminal::of(int descriptor) {
  Terminal out;
  const char* kind = std::getenv("TERM");
  out.live = isatty(descriptor) == 1 && kind && std::string_view(kind) != "dumb";
  const char* without = std::getenv("NO_COLOR");
  out.colour = out.live && !(without && *without);
  winsize size{};
  if (out.live && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 && size.ws_row > 4) {
    out.columns = size.ws_col;
    out.rows = size.ws_row;
  }
  return out;
}

std::string Terminal::paint(Colour colour_of, std::string_view text) const {
  if (!colour || colour_of == Colour::plain || text.empty()) return std::string(text);
  static constexpr int kCodes[] = {0, 1, 2, 31, 32, 33, 34, 35, 36, 90};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<size_t>(colour_of)], text);
}

namespace {
size_t columns_of(char32_t c) {
  const auto within = [&](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (within(0x300, 0x36F) || within(0x200B, 0x200F) || within(0xFE00, 0xFE0F) || c == 0xFEFF) return 0;
  const bool wide = within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) || within(0xF900, 0xFAFF) ||
                    within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) || within(0xFFE0, 0xFFE6) || within(0x1F300, 0x1FAFF) || within(0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}
}  // namespace

size_t columns_of(std::string_view text) {
  size_t sum = 0;
  for (size_t at = 0; at < text.size();) sum += columns_of(next_code_point(text, at));
  return sum;
}

std::string cut(std::string_view text, size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  size_t at = 0, sum = 0, end = 0;
  while (at < text.size()) {
    sum += columns_of(next_code_point(text, at));
    if (sum + 1 > columns) break;
    end = at;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c == '\t' || c == '\n' || c == '\r') out += ' ';
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) out += "�";
    else out += text.substr(begin, at - begin);
  }
  return out;
}

}  // namespace cli
