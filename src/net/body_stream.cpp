#include "net/body_stream.h"

#include <utility>

namespace net {

bool BodyStream::write(std::string_view bytes) {
  if (closed_ || ended_) return false;
  if (pending_.size() + bytes.size() > bytes_max_ && !pending_.empty()) {
    close();
    return false;
  }
  pending_.append(bytes);
  if (ready_) ready_();
  return !closed_;
}

void BodyStream::end() {
  if (closed_ || ended_) return;
  ended_ = true;
  on_closed_ = nullptr, drained_ = nullptr;
  if (ready_) ready_();
}

void BodyStream::attach(Function<void()> ready) {
  ready_ = std::move(ready);
  if (closed_ || ended_ || !pending_.empty()) ready_();
}

bool BodyStream::take(std::string& out) {
  if (pending_.empty()) return false;
  out.append(pending_);
  pending_.clear();
  if (pending_.capacity() > 64 * 1024) pending_.shrink_to_fit();
  return true;
}

void BodyStream::drained() {
  if (drained_ && !closed_) drained_();
}

void BodyStream::close() {
  if (std::exchange(closed_, true)) return;
  pending_ = {};
  const auto ready = std::exchange(ready_, nullptr);
  auto told = std::exchange(on_closed_, nullptr);
  drained_ = nullptr;
  if (told) told();
}

}  // namespace net
