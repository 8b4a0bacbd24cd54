#include "engine/turns.h"

#include <algorithm>
#include <utility>

namespace engine {

Turns::Line& Turns::line(std::string_view account) {
  if (last_ && last_->account == account) return *last_;
  const auto it = lines_.find(account);
  if (it != lines_.end()) return *(last_ = it->second.get());
  auto made = std::make_unique<Line>(Line{.account = std::string(account), .work = {}});
  last_ = made.get();
  lines_.emplace(last_->account, std::move(made));
  return *last_;
}

uint32_t Turns::at_once(std::string_view account) {
  const Line& of = line(account);
  go_on_later();  // a slice ends what is remembered of the line
  return of.made < limits_.at_once ? limits_.first : 0;
}

void Turns::made(std::string_view account, uint32_t steps) { line(account).made += steps; }

void Turns::wait(std::string_view account, Work work) {
  Line& of = line(account);
  of.work.push_back(std::move(work));
  ++waiting_;
  if (!of.standing) {
    of.standing = true;
    of.credit = 0;
    ring_.push_back(&of);
  }
  go_on_later();
}

void Turns::go_on_later() {
  if (std::exchange(posted_, true)) return;
  loop_.post([this, alive = alive_] {
    if (*alive) go_on();
  });
}

void Turns::go_on() {
  constexpr int64_t kLookAgainMs = 250;
  if (ring_.empty() || ready_()) {
    posted_ = false;
    slice();
    if (!ring_.empty()) go_on_later();
    return;
  }
  for (auto& [account, of] : lines_) of->made = 0;
  loop_.after(kLookAgainMs, [this, alive = alive_] {
    if (*alive) go_on();
  });
}

void Turns::slice() {
  last_ = nullptr;
  if (ring_.empty()) return lines_.clear();
  std::erase_if(lines_, [](const auto& one) { return !one.second->standing; });
  for (auto& [account, of] : lines_) of->made = 0;
  int64_t left = limits_.slice;
  while (left > 0 && !ring_.empty() && ready_()) {
    Line& of = *ring_.front();
    const bool alone = ring_.size() == 1;
    if (of.credit <= 0) of.credit = alone ? left : of.credit + limits_.turn;
    const uint32_t allowed = alone ? limits_.slice : limits_.turn;
    while (left > 0 && of.credit > 0 && !of.work.empty()) {
      Work work = std::move(of.work.front());
      of.work.pop_front();
      --waiting_;
      const int64_t steps = work(allowed);
      of.credit -= std::max<int64_t>(steps, 1);
      left -= std::max<int64_t>(steps, 1);
    }
    if (of.work.empty()) {
      of.standing = false;
      ring_.pop_front();
    } else if (of.credit <= 0) {
      ring_.pop_front();
      ring_.push_back(&of);
    }
  }
}

}  // namespace engine
