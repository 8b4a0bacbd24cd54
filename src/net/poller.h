#pragma once
// Tells when sockets can be read or written.
//
// A socket is registered once, for as long as it is open, and told of at edges: Asio's own wait takes a call of the system each time,
// which at one small request a wait is a twentieth of all the work. Whoever is told takes everything there is, or remembers that there
// is more: it is not told again.
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "net/io_loop.h"

namespace net {

class Poller {
 public:
  class Socket {
   public:
    virtual ~Socket() = default;
    // `events` as epoll_wait(2) tells them: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
    virtual void ready(uint32_t events) = 0;
  };

  explicit Poller(IoLoop& loop);
  ~Poller();
  Poller(const Poller&) = delete;

  // False when the system takes no more.
  bool add(int fd, Socket& socket);
  // Before `fd` is closed. From now on `socket` is told nothing.
  void remove(int fd, Socket& socket);

 private:
  void tell();

  IoLoop& loop_;
  int epoll_;
  // Those that are being told, and which is next.
  std::array<epoll_event, 128> events_;
  size_t next_ = 0, count_ = 0;
};

// How many bytes of a socket that does not block came, or went: 0 for none now, nothing when the connection is over.
std::optional<size_t> receive(int fd, std::span<char> into);
std::optional<size_t> transmit(int fd, std::string_view bytes);

}  // namespace net
