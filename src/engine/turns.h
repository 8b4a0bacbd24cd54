#pragma once
// Turns decide whose work is next where the work of many accounts waits, so that none waits for another's pile.
//
// Work is counted in steps (state transitions, and what costs about as much). An account may do a few steps at once when
// something comes in for it; whatever is more stands in the account's own line. The lines have their turns one after
// another, each of so many steps; whatever one piece of work took beyond that is owed by the next (deficit round robin).
// A slice of it is done at a time, then requests and whatever else the loop has come in between.
//
// Nothing here looks at a clock: the same calls give the same order.
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/function.h"
#include "base/loop.h"

namespace engine {

class Turns {
 public:
  struct Limits {
    uint32_t at_once = 2'500;  // steps that an account may do out of line, between two slices
    uint32_t first = 2'500;    // steps of one piece of work out of line
    uint32_t turn = 1'000;     // steps of a line's turn, where others wait
    uint32_t slice = 2'500;    // steps of one turn of the loop, about: one or two milliseconds
  };
  // Does some work, of at most so many steps if it can be cut there; returns how many it was. Nothing is cut for a rest
  // of a turn: where to go on has to be written each time.
  using Work = Function<uint32_t(uint32_t steps)>;

  // Nothing that stands in a line begins while `ready` says no.
  Turns(Loop& loop, Function<bool()> ready) : loop_(loop), ready_(std::move(ready)) {}
  ~Turns() { *alive_ = false; }
  void set_limits(const Limits& limits) { limits_ = limits; }

  // How many steps a piece of work may make that is not to wait; 0 when the account has done enough for the moment.
  uint32_t at_once(std::string_view account);
  // What it made of that.
  void made(std::string_view account, uint32_t steps);

  // Does the work when its turn has come, behind what waits of the account already.
  void wait(std::string_view account, Work work);
  // How much stands in lines.
  size_t waiting() const { return waiting_; }

 private:
  struct Line {
    std::string account;
    std::deque<Work> work;
    int64_t credit = 0;   // steps left of its turn; below zero, owed
    uint32_t made = 0;    // out of line, since the last slice
    bool standing = false;
  };
  Line& line(std::string_view account);
  void go_on_later();
  void go_on();
  void slice();

  Loop& loop_;
  Function<bool()> ready_;
  Limits limits_;
  // Those that have work, or have made steps since the last slice.
  std::unordered_map<std::string_view, std::unique_ptr<Line>> lines_;
  std::deque<Line*> ring_;  // those that have work, the next one in front
  Line* last_ = nullptr;    // that was asked for
  size_t waiting_ = 0;
  bool posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace engine
