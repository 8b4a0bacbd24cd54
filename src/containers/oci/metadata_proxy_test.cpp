// What a container asks about its task reaches the server below the task's own path, and as nothing else.
#include "containers/oci/metadata_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace {

// A socket of 127.0.0.1 that is listened to, and its port.
std::pair<int, int> listener() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd, 8), 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return {fd, ntohs(address.sin_port)};
}

int ask(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  return fd;
}

std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) text.append(buffer, static_cast<size_t>(got));
  close(fd);
  return text;
}

TEST(MetadataProxy, RequestsReachTheTasksOwnPathAlone) {
  const auto [inside, port] = listener();
  const auto [server, server_port] = listener();
  containers::oci::start_metadata_proxy(inside, "http://127.0.0.1:" + std::to_string(server_port) + "/base", "task1");
  // Another task's name made of this one's, and a line that goes on as a head of its own.
  for (const std::string target : {"0/v2/credentials", "/v2\r\nX-More:\tyes", "/v2\x7f", "*"}) {
    EXPECT_EQ(read_to_end(ask(port, "GET " + target + " HTTP/1.1\r\n\r\n")).substr(0, 12), "HTTP/1.1 400") << target;
  }
  const int asking = ask(port, "GET /v2/credentials/x?a=1 HTTP/1.1\r\nHost: 169.254.170.2\r\n\r\n");
  const int came = accept4(server, nullptr, nullptr, SOCK_CLOEXEC);
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == head.npos) {
    const ssize_t got = recv(came, buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    head.append(buffer, static_cast<size_t>(got));
  }
  EXPECT_EQ(head.substr(0, head.find("\r\n")), "GET /base/task1/v2/credentials/x?a=1 HTTP/1.1") << "it is the first that came";
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  ASSERT_EQ(send(came, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
  close(came);
  EXPECT_EQ(read_to_end(asking), answer);
}

}  // namespace
