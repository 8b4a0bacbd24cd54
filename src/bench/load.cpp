#include "bench/load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace bench {
namespace {

// The length of the whole answer in `in`, or 0 when its header is not whole yet; -1: it cannot be read.
ssize_t answer_bytes(std::string_view in) {
  const size_t end = in.find("\r\n\r\n");
  if (end == in.npos) return in.size() > 65536 ? -1 : 0;
  const size_t field = in.find("\r\nContent-Length: ");
  if (field == in.npos || field > end) return -1;
  size_t length = 0;
  const char* from = in.data() + field + 18;
  if (std::from_chars(from, in.data() + end, length).ec != std::errc()) return -1;
  return static_cast<ssize_t>(end + 4 + length);
}

int status_of(std::string_view in) {
  int status = 0;
  if (in.size() > 12) std::from_chars(in.data() + 9, in.data() + 12, status);
  return status;
}

}  // namespace

Result<Address> Address::of(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return fail("Address", fmt::format("an endpoint looks like http://127.0.0.1:4566, not '{}'", url));
  url.remove_prefix(kScheme.size());
  url = url.substr(0, url.find('/'));
  const size_t colon = url.rfind(':');
  Address out{.host = std::string(url.substr(0, colon)), .port = 80};
  if (out.host == "localhost") out.host = "127.0.0.1";
  if (colon != url.npos) {
    const auto [end, error] = std::from_chars(url.data() + colon + 1, url.data() + url.size(), out.port);
    if (error != std::errc()) return fail("Address", fmt::format("there is no port in '{}'", url));
  }
  return out;
}

std::string Address::text() const { return fmt::format("{}:{}", host, port); }

void render_call(const Address& server, std::string_view service, std::string_view target, std::string_view body, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.{}\r\nX-Amz-Target: {}\r\nX-Amz-Date: 20260101T000000Z\r\n"
                 "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, "
                 "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                 "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\nContent-Length: {}\r\n\r\n",
                 server.text(), service == "states" ? '0' : '1', target, service, body.size());
  out.append(body);
}

Result<Load> Load::connect(const Address& server, size_t connections) {
  Load load;
  load.epoll_ = epoll_create1(EPOLL_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  if (inet_pton(AF_INET, server.host.c_str(), &address.sin_addr) != 1) return fail("Load", fmt::format("'{}' is no IPv4 address", server.host));
  load.lines_.resize(connections);
  for (size_t i = 0; i < connections; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    load.lines_[i].fd = fd;
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return fail("Load", fmt::format("cannot connect to {}: {}", server.text(), std::strerror(errno)));
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(load.epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  return load;
}

Load::Load(Load&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)), lines_(std::exchange(other.lines_, {})), scratch_(std::move(other.scratch_)) {}

Load::~Load() {
  for (const Line& line : lines_) {
    if (line.fd >= 0) close(line.fd);
  }
  if (epoll_ >= 0) close(epoll_);
}

Status Load::write(Line& line, size_t connection) {
  while (line.sent < line.out.size()) {
    const ssize_t wrote = ::send(line.fd, line.out.data() + line.sent, line.out.size() - line.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno != EAGAIN) return fail("Load", fmt::format("the server hung up: {}", std::strerror(errno)));
    if (wrote < 0) break;
    line.sent += static_cast<size_t>(wrote);
  }
  const bool waits = line.sent < line.out.size();
  if (waits != line.waits_to_write) {
    epoll_event event{.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = connection}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, line.fd, &event);
    line.waits_to_write = waits;
  }
  return {};
}

bool Load::send_next(size_t connection, const Next& next) {
  Line& line = lines_[connection];
  line.out.clear();
  line.sent = 0;
  return next(connection, line.out);
}

Status Load::read(Line& line, size_t connection, const Next& next, const Answered& answered) {
  const ssize_t got = recv(line.fd, scratch_.data(), scratch_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (got <= 0) return fail("Load", "the server hung up");
  std::string_view bytes(scratch_.data(), static_cast<size_t>(got));
  if (!line.in.empty() || line.expected) {
    line.in.append(bytes);
    bytes = line.in;
  }
  if (!line.expected) {
    const ssize_t whole = answer_bytes(bytes);
    if (whole < 0) return fail("Load", "the answer cannot be read");
    line.expected = static_cast<size_t>(whole);
  }
  if (!line.expected || bytes.size() < line.expected) {
    if (line.in.empty()) line.in = bytes;
    return {};
  }
  if (bytes.size() > line.expected) return fail("Load", "the server sent more than was asked for");
  answered(connection, {status_of(bytes), bytes.substr(bytes.find("\r\n\r\n") + 4)});
  line.in.clear();
  line.expected = 0;
  if (send_next(connection, next)) return write(line, connection);
  --busy_;
  return {};
}

Status Load::run(const Next& next, const Answered& answered, int patience_ms) {
  busy_ = lines_.size();
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (send_next(i, next)) {
      TRY(write(lines_[i], i));
    } else {
      --busy_;
    }
  }
  std::vector<epoll_event> events(256);
  while (busy_ > 0) {
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail("Load", fmt::format("no answer for {} s", patience_ms / 1000));
    for (int i = 0; i < ready; ++i) {
      const size_t connection = events[static_cast<size_t>(i)].data.u64;
      Line& line = lines_[connection];
      if (events[static_cast<size_t>(i)].events & EPOLLOUT) TRY(write(line, connection));
      if (events[static_cast<size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) TRY(read(line, connection, next, answered));
    }
  }
  return {};
}

namespace {
Result<std::string> once(const Address& server, const std::string& request) {
  Load load = TRY(Load::connect(server, 1));
  std::string body;
  int status = 0;
  bool sent = false;
  TRY(load.run([&](size_t, std::string& out) { return sent ? false : (out = request, sent = true); },
               [&](size_t, const Answer& answer) { body = answer.body, status = answer.status; }));
  if (status != 200) return fail("Load", fmt::format("{}: {}", status, body.substr(0, 500)));
  return body;
}
}  // namespace

Result<std::string> call_once(const Address& server, std::string_view service, std::string_view target, std::string_view body) {
  std::string request;
  render_call(server, service, target, body, request);
  return once(server, request);
}

Result<std::string> get_once(const Address& server, std::string_view path) {
  return once(server, fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, server.text()));
}

}  // namespace bench
