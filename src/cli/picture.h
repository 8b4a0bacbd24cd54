#pragma once
// A workflow drawn as lines of text: a state a line, in the order of the way through it, branches and Map processors
// set in; a glyph and a colour tell what each is doing.
//
//   ✔ Validate                                    3 ms
//   ⠹ Ship all            Map 3/10, 2 at work     4.1 s
//   │ ✔ Pack                            ×3
//   │ ⠹ Send                            ×2        1.2 s  ↻ 1 Busy
//   ○ Notify
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/terminal.h"
#include "language/asl/machine.h"

namespace cli {

class Picture {
 public:
  explicit Picture(const asl::Machine& machine);

  // The lines at that moment, none longer than the terminal is wide and not more than `rows`; `frame` turns the spinners.
  std::vector<std::string> draw(const Progress& progress, Instant now, size_t frame, size_t rows, const Terminal& terminal) const;
  // "Task", "Map" ... of a state.
  std::string_view kind_of(std::string_view state) const;

 private:
  struct Row {
    std::string indent, state;
    std::string_view kind;
  };
  std::vector<Row> rows_;
  size_t name_columns_ = 0;
};

// "340 ms", "4.1 s", "2:05 min", "3 h 04 min", "12 d".
std::string duration_text(int64_t ms);

// Draws over what it drew before. Only for a terminal.
class Canvas {
 public:
  explicit Canvas(const Terminal& terminal) : terminal_(terminal) {}
  // What to write so that these lines stand in place of the last ones.
  std::string frame(const std::vector<std::string>& lines);
  // Leaves the last picture standing.
  std::string close();

 private:
  const Terminal terminal_;
  size_t drawn_ = 0;
  bool open_ = false;
};

}  // namespace cli
