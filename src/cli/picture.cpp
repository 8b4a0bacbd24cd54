#include "cli/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "language/asl/compiled.h"

namespace cli {
namespace {

constexpr std::string_view kKinds[] = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"};
constexpr std::string_view kSpinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr size_t kNameColumnsMax = 44;

// The states of a scope in the order in which a walk from its start meets them; what nothing leads to comes last.
std::vector<const asl::State*> in_order(const asl::Scope& scope) {
  std::vector<const asl::State*> out;
  std::vector<bool> seen(scope.states.size());
  const auto visit = [&](auto&& self, int index) -> void {
    if (index < 0 || seen[static_cast<size_t>(index)]) return;
    seen[static_cast<size_t>(index)] = true;
    const asl::State& state = scope.states[static_cast<size_t>(index)];
    out.push_back(&state);
    self(self, state.next);
    for (const asl::Choice& choice : state.choices) self(self, choice.next);
    self(self, state.default_next);
    for (const asl::Catcher& catcher : state.catchers) self(self, catcher.next);
  };
  visit(visit, scope.start);
  for (size_t i = 0; i < scope.states.size(); ++i) visit(visit, static_cast<int>(i));
  return out;
}

struct Look {
  std::string_view glyph;
  Colour colour;
};

Look look_of(const StateProgress& p, size_t frame) {
  if (p.active > 0 && p.failing) return {"↻", Colour::yellow};
  if (p.active > 0) return {kSpinner[frame % std::size(kSpinner)], Colour::cyan};
  if (p.failed > 0) return {"✘", Colour::red};
  if (p.aborted > 0) return {"■", Colour::magenta};
  if (p.caught > 0) return {"↷", Colour::yellow};
  if (p.left > 0) return {"✔", Colour::green};
  return {"○", Colour::grey};
}

}  // namespace

std::string duration_text(int64_t ms) {
  if (ms < 1'000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const int64_t minutes = ms / 60'000;
  if (minutes < 60) return fmt::format("{}:{:02} min", minutes, ms / 1000 % 60);
  if (minutes < 48 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} d", minutes / (24 * 60));
}

Picture::Picture(const asl::Machine& machine) {
  const auto walk = [&](auto&& self, const asl::Scope& scope, const std::string& first, const std::string& then) -> void {
    bool begun = false;
    for (const asl::State* state : in_order(scope)) {
      rows_.push_back({begun ? then : first, state->name, kKinds[static_cast<size_t>(state->kind)]});
      begun = true;
      const bool several = state->branches.size() > 1;
      for (const auto& branch : state->branches) self(self, *branch, then + (several ? "├ " : "│ "), then + "│ ");
    }
  };
  walk(walk, machine.body().root, "", "");
  for (const Row& row : rows_) name_columns_ = std::max(name_columns_, columns_of(row.indent) + 2 + columns_of(printable(row.state)));
  name_columns_ = std::min(name_columns_, kNameColumnsMax);
}

std::string_view Picture::kind_of(std::string_view state) const {
  const auto it = std::ranges::find(rows_, state, &Row::state);
  return it == rows_.end() ? std::string_view() : it->kind;
}

std::vector<std::string> Picture::draw(const Progress& progress, Instant now, size_t frame, size_t rows, const Terminal& terminal) const {
  // Where there is no room for all, what has not begun is left out first, from the end; then what is long over.
  std::set<size_t> hidden;
  const auto hide = [&](auto fits, bool from_end) {
    for (size_t n = 0; n < rows_.size() && rows_.size() - hidden.size() + (hidden.empty() ? 0 : 1) > rows; ++n) {
      const size_t i = from_end ? rows_.size() - 1 - n : n;
      if (!hidden.contains(i) && fits(progress.of(rows_[i].state))) hidden.insert(i);
    }
  };
  hide([](const StateProgress& p) { return p.entered == 0; }, true);
  hide([](const StateProgress& p) { return p.active == 0; }, false);
  hide([](const StateProgress&) { return true; }, true);

  std::vector<std::string> out;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (hidden.contains(i)) continue;
    const Row& row = rows_[i];
    const StateProgress& p = progress.of(row.state);
    const Look look = look_of(p, frame);
    const size_t room = name_columns_ > columns_of(row.indent) + 4 ? name_columns_ - columns_of(row.indent) - 2 : 2;
    const std::string name = cut(printable(row.state), room);
    std::string detail(row.kind);
    if (p.items >= 0) {
      detail += fmt::format(" {}/{}", p.items_done, p.items);
      if (p.items_running > 0) detail += fmt::format(", {} at work", p.items_running);
      if (p.items_failed > 0) detail += fmt::format(", {} failed", p.items_failed);
    }
    if (p.entered > 1) detail += fmt::format("  ×{}", p.entered);
    std::string time;
    if (p.active > 0) time = duration_text(now - p.since);
    else if (p.left > 0) time = duration_text(p.last_ms);
    std::string tail;
    if (p.retries > 0) tail += fmt::format("  ↻ {}", p.retries);
    if (p.failing || p.failed > 0 || p.caught > 0) tail += p.error.empty() ? "" : "  " + printable(p.error);
    // Colours take no room: the text is measured without them.
    std::string plain = fmt::format("{}{}", name, std::string(room > columns_of(name) ? room - columns_of(name) : 0, ' '));
    std::string rest = fmt::format("  {:<28} {:>10}{}", detail, time, tail);
    const size_t used = 2 + columns_of(row.indent) + 2 + columns_of(plain);
    rest = cut(rest, terminal.columns > used + 1 ? terminal.columns - used - 1 : 0);
    const Colour text_colour = p.entered == 0 ? Colour::grey : p.active > 0 ? Colour::bold : Colour::plain;
    out.push_back("  " + terminal.paint(Colour::grey, row.indent) + terminal.paint(look.colour, look.glyph) + " " + terminal.paint(text_colour, plain) +
                  terminal.paint(p.failed > 0 ? Colour::red : Colour::grey, rest));
  }
  if (!hidden.empty()) out.push_back("  " + terminal.paint(Colour::grey, fmt::format("… {} more states", hidden.size())));
  return out;
}

std::string Canvas::frame(const std::vector<std::string>& lines) {
  std::string out;
  if (!open_) out += "\x1b[?25l";
  open_ = true;
  if (drawn_ > 0) out += fmt::format("\x1b[{}A\r", drawn_);
  for (const std::string& line : lines) out += "\x1b[2K" + line + "\n";
  if (lines.size() < drawn_) out += "\x1b[J";
  drawn_ = lines.size();
  return out;
}

std::string Canvas::close() {
  if (!open_) return "";
  open_ = false;
  drawn_ = 0;
  return "\x1b[?25h";
}

}  // namespace cli
