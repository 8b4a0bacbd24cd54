#include "engine/store/changes.h"

#include <algorithm>
#include <utility>

namespace store {

std::string Changes::key(std::string_view kind, std::string_view account, std::string_view region, std::string_view id) {
  std::string out(kind);
  out.push_back('\0');
  out.append(account).push_back('\0');
  out.append(region).push_back('\0');
  return out.append(id);
}

void Changes::listen(Function<void()> wake) {
  wake_ = std::move(wake);
  stamps_ = std::make_unique<Stamp[]>(kStamps);
  now_ = 0;
}

void Changes::ignore() {
  stamps_.reset();
  watched_.clear();
  changed_.clear();
  wake_ = nullptr;
}

void Changes::watch(Topic& topic) {
  for (const std::string& one : topic.keys) watched_[one].push_back(&topic);
}

void Changes::unwatch(Topic& topic) {
  for (const std::string& one : topic.keys) {
    const auto it = watched_.find(one);
    if (it == watched_.end()) continue;
    std::erase(it->second, &topic);
    if (it->second.empty()) watched_.erase(it);
  }
  if (std::exchange(topic.changed, false)) std::erase(changed_, &topic);
}

std::vector<Changes::Topic*> Changes::take() {
  for (Topic* topic : changed_) topic->changed = false;
  return std::exchange(changed_, {});
}

bool Changes::changed_since(const Topic& topic, Stamp stamp) const {
  return std::ranges::any_of(topic.keys, [&](const std::string& one) { return stamps_ && stamps_[place(one)] > stamp; });
}

void Changes::note(std::string_view kind, std::string_view account, std::string_view region, std::string_view id) {
  ++now_;
  const bool quiet = changed_.empty();
  said_.assign(kind).push_back('\0');
  said_.append(account).push_back('\0');
  said_.append(region).push_back('\0');
  touch(said_);
  for (const char c : id) {
    // Each beginning that is a part of its own.
    if (c == '/' || static_cast<unsigned char>(c) < ' ') touch(said_);
    said_.push_back(c);
  }
  touch(said_);
  if (quiet && !changed_.empty()) wake_();
}

void Changes::touch(std::string_view key) {
  stamps_[place(key)] = now_;
  const auto it = watched_.find(key);
  if (it == watched_.end()) return;
  for (Topic* topic : it->second) {
    if (!std::exchange(topic->changed, true)) changed_.push_back(topic);
  }
}

}  // namespace store
