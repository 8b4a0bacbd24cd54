#include "net/poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "net/io_impl.h"

namespace net {

Poller::Poller(IoLoop& loop) : loop_(loop), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  CHECK(epoll_ >= 0, "a program may have one more descriptor at its start");
  loop_.watch(epoll_, [this] { tell(); });
}

Poller::~Poller() {
  loop_.forget(epoll_);
  close(epoll_);
}

bool Poller::add(int fd, Socket& socket) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &socket}};
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::remove(int fd, Socket& socket) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  for (size_t i = next_; i < count_; ++i) {
    if (events_[i].data.ptr == &socket) events_[i].data.ptr = nullptr;
  }
}

void Poller::tell() {
  const int found = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
  count_ = found > 0 ? static_cast<size_t>(found) : 0;
  loop_.impl().ran += count_;
  for (next_ = 0; next_ < count_;) {
    const epoll_event& event = events_[next_++];
    if (event.data.ptr) static_cast<Socket*>(event.data.ptr)->ready(event.events);
  }
}

namespace {
// What a signal has interrupted is called again.
template <typename Call>
ssize_t uninterrupted(Call call) {
  while (true) {
    const ssize_t bytes = call();
    if (bytes >= 0 || errno != EINTR) return bytes;
  }
}
bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }
}  // namespace

std::optional<size_t> receive(int fd, std::span<char> into) {
  const ssize_t got = uninterrupted([&] { return ::recv(fd, into.data(), into.size(), 0); });
  if (got > 0) return static_cast<size_t>(got);
  if (got < 0 && would_block()) return 0;
  return std::nullopt;
}

std::optional<size_t> transmit(int fd, std::string_view bytes) {
  const ssize_t gave = uninterrupted([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  if (gave >= 0) return static_cast<size_t>(gave);
  if (would_block()) return 0;
  return std::nullopt;
}

}  // namespace net
