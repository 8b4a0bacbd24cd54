#include "containers/oci/metadata_proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

namespace containers::oci {
namespace {

struct Upstream {
  std::string host, path;
  uint16_t port = 80;
};

Upstream parse(std::string_view url) {
  Upstream out;
  if (const size_t at = url.find("://"); at != url.npos) url.remove_prefix(at + 3);
  const size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  out.path = slash == url.npos ? "" : std::string(url.substr(slash));
  const size_t colon = authority.rfind(':');
  if (colon != authority.npos) out.port = static_cast<uint16_t>(std::atoi(std::string(authority.substr(colon + 1)).c_str()));
  out.host = authority.substr(0, colon);
  return out;
}

void set_timeout(int socket) {
  const timeval limit{10, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

constexpr std::string_view kAway = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kRefused = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

void answer(int client, std::string_view response) { send(client, response.data(), response.size(), MSG_NOSIGNAL); }

// One request, whose connection is closed behind it.
void carry(int client, const Upstream& to, const std::string& task) {
  set_timeout(client);
  std::string head;
  char buffer[8192];
  while (head.find("\r\n\r\n") == head.npos && head.size() < 64 * 1024) {
    const ssize_t n = recv(client, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    head.append(buffer, static_cast<size_t>(n));
  }
  const std::string below = path_below(fmt::format("{}/{}", to.path, task), head);
  if (below.empty()) {
    answer(client, kRefused);
    close(client);
    return;
  }
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n", below, to.host, to.port);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  set_timeout(server);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  if (inet_pton(AF_INET, to.host.c_str(), &address.sin_addr) == 1 && connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(server, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    for (ssize_t n; (n = recv(server, buffer, sizeof buffer, 0)) > 0;) {
      if (send(client, buffer, static_cast<size_t>(n), MSG_NOSIGNAL) != n) break;
    }
  } else {
    answer(client, kAway);
  }
  close(server);
  close(client);
}

}  // namespace

std::string path_below(std::string_view prefix, std::string_view head) {
  const size_t space = head.find(' '), end = space == head.npos ? head.npos : head.find(' ', space + 1);
  if (end == head.npos) return {};
  const std::string_view target = head.substr(space + 1, end - space - 1);
  const bool is_path = target.starts_with('/') && std::ranges::all_of(target, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  return is_path ? fmt::format("{}{}", prefix, target) : "";
}

void start_metadata_proxy(int listener, const std::string& url, const std::string& task) {
  std::thread([listener, to = parse(url), task] {
    static std::atomic<int> running = 0;
    while (true) {
      pollfd ready{listener, POLLIN, 0};
      poll(&ready, 1, -1);
      const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      if (running >= 16) {
        close(client);
        continue;
      }
      ++running;
      std::thread([client, &to, &task] {
        carry(client, to, task);
        --running;
      }).detach();
    }
  }).detach();
}

}  // namespace containers::oci
