#include "services/sqs/backlog.h"

#include "base/check.h"

namespace sqs {

Held* Backlog::add(Held message, Instant now) {
  const uint64_t sequence = message.sequence;
  const Instant visible = message.visible;
  const bool in_flight = message.in_flight;
  message.hidden = message.in_flight = false;
  const auto [it, added] = messages_.emplace(sequence, std::move(message));
  CHECK(added, "a sequence number is used once");
  Held& held = it->second;
  if (fifo_) groups_[held.group].insert(sequence);
  if (visible > now) {
    hide(held, visible, in_flight);
  } else {
    refresh(held);
  }
  return &held;
}

Held* Backlog::find(uint64_t sequence) {
  const auto it = messages_.find(sequence);
  return it == messages_.end() ? nullptr : &it->second;
}

void Backlog::unhide(Held& message) {
  if (!message.hidden) return;
  hidden_.erase({message.visible, message.sequence});
  if (message.in_flight) --in_flight_;
  message.hidden = message.in_flight = false;
}

void Backlog::hide(Held& message, Instant until, bool in_flight) {
  unhide(message);
  message.visible = until;
  message.hidden = true;
  message.in_flight = in_flight;
  if (in_flight) ++in_flight_;
  hidden_.insert({until, message.sequence});
  refresh(message);
}

void Backlog::erase(uint64_t sequence) {
  const auto it = messages_.find(sequence);
  if (it == messages_.end()) return;
  unhide(it->second);
  ready_.erase(sequence);
  if (fifo_) {
    const auto group = groups_.find(it->second.group);
    group->second.erase(sequence);
    refresh(it->second);
    if (group->second.empty()) groups_.erase(group);
  }
  messages_.erase(it);
}

void Backlog::reveal(Instant now) {
  while (!hidden_.empty() && hidden_.begin()->first <= now) {
    Held& message = messages_.at(hidden_.begin()->second);
    unhide(message);
    refresh(message);
  }
}

std::optional<Instant> Backlog::next_reveal() const {
  if (hidden_.empty()) return std::nullopt;
  return hidden_.begin()->first;
}

void Backlog::refresh(const Held& message) {
  if (!fifo_) {
    if (message.hidden) {
      ready_.erase(message.sequence);
    } else {
      ready_.insert(message.sequence);
    }
    return;
  }
  if (const auto listed = in_ready_.find(message.group); listed != in_ready_.end()) {
    ready_.erase(listed->second);
    in_ready_.erase(listed);
  }
  const auto& group = groups_.at(message.group);
  if (group.empty() || messages_.at(*group.begin()).hidden) return;
  ready_.insert(*group.begin());
  in_ready_[message.group] = *group.begin();
}

std::vector<Held*> Backlog::ready(size_t most) {
  std::vector<Held*> out;
  if (ready_.empty()) return out;
  if (!fifo_) {
    for (auto it = ready_.begin(); it != ready_.end() && out.size() < most; ++it) {
      out.push_back(&messages_.at(*it));
    }
    return out;
  }
  const auto& group = groups_.at(messages_.at(*ready_.begin()).group);
  for (auto it = group.begin(); it != group.end() && out.size() < most; ++it) {
    Held& message = messages_.at(*it);
    if (message.hidden) break;
    out.push_back(&message);
  }
  return out;
}

std::vector<uint64_t> Backlog::sent_before(Instant then) const {
  std::vector<uint64_t> out;
  for (const auto& [sequence, message] : messages_) {
    if (message.sent >= then) break;
    out.push_back(sequence);
  }
  return out;
}

}  // namespace sqs
