#include "net/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "net/body_stream.h"
#include "net/curl_client.h"
#include "net/io_loop.h"

namespace {

using net::HttpServer;
using net::Request;
using net::Response;

constexpr size_t kLargeBytes = 64 * 1048576;  // more than the system's buffers take

// A server that tells what it received, on a loop of its own thread.
class EchoServer {
 public:
  explicit EchoServer(net::ServerLimits limits = {}) {
    auto listening = HttpServer::listen(loop_, "127.0.0.1", 0, limits, [this](Request request, HttpServer::Respond respond) {
      ++requests;
      order_.push_back(request.target);
      if (request.headers.has("x-owner")) request.client.lock()->belongs_to(request.headers.get("x-owner"));
      Response response;
      if (request.target.starts_with("/slow/")) return wait(request, std::move(respond));
      if (request.target == "/large") return respond(Response{.body = std::string(kLargeBytes, 'x')});
      if (request.target.starts_with("/stream")) return stream(request.target, std::move(response), std::move(respond));
      if (request.target == "/last") loop_.post([this] { server_.reset(); });
      response.headers.add("Content-Type", "text/plain");
      response.body = request.method + " " + request.target + " " + std::string(request.headers.get("x-a")) + " " + request.body;
      respond(std::move(response));
    });
    EXPECT_TRUE(listening) << (listening ? "" : listening.error().message);
    server_ = std::move(*listening);
    port_ = server_->port();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~EchoServer() {
    loop_.post([this] { server_.reset(); });
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }
  uint16_t port() const { return port_; }
  std::atomic<int> requests = 0;
  std::atomic<int> readers_gone = 0;
  std::atomic<int> clients_gone = 0;
  // Answers "/slow/..." requests.
  void answer() {
    loop_.post([this] {
      if (auto respond = std::exchange(waiting_, nullptr)) respond(Response{.body = "at last"});
    });
  }
  std::atomic<bool> took_all = true;
  // Nothing is read or answered while `meanwhile` runs: what it sends is there all at once.
  void busy_while(const std::function<void()>& meanwhile) {
    const auto begun = std::make_shared<std::promise<void>>(), over = std::make_shared<std::promise<void>>();
    loop_.post([begun, over] {
      begun->set_value();
      over->get_future().wait();
    });
    begun->get_future().wait();
    meanwhile();
    over->set_value();
  }
  // The targets in the order in which they were handed over.
  std::vector<std::string> order() {
    const auto told = std::make_shared<std::promise<std::vector<std::string>>>();
    loop_.post([this, told] { told->set_value(order_); });
    return told->get_future().get();
  }

 private:
  // "/stream": "one", and in a later turn "two" and the end. "/stream/open": "one" and no end. "/stream/flood": more
  // than anybody keeps.
  void stream(std::string_view target, Response response, HttpServer::Respond respond) {
    auto body = std::make_shared<net::BodyStream>();
    response.stream = body;
    body->on_closed([this] { ++readers_gone; });
    body->write("one");
    respond(std::move(response));
    if (target == "/stream") {
      loop_.post([body] {
        body->write("two");
        body->end();
      });
    } else if (target == "/stream/flood") {
      const std::string block(100'000, 'x');
      for (int i = 0; i < 1'000 && body->write(block); ++i) continue;
      took_all = !body->closed();
    }
  }

  void wait(const Request& request, HttpServer::Respond respond) {
    const auto client = request.client.lock();
    ASSERT_TRUE(client);
    client->when_gone([this] { ++clients_gone; });
    waiting_ = std::move(respond);
  }

  std::vector<std::string> order_;
  HttpServer::Respond waiting_;
  net::IoLoop loop_{1};
  std::unique_ptr<HttpServer> server_;
  uint16_t port_;
  std::thread thread_;
};

class Connection {
 public:
  explicit Connection(const EchoServer& server) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Connection() { close(fd_); }
  void send(std::string_view text) { EXPECT_EQ(write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  void end() { shutdown(fd_, SHUT_WR); }
  bool send_byte() { return ::send(fd_, "x", 1, MSG_NOSIGNAL) == 1; }
  // What is there, up to the size of `into`; 0 once the server has closed.
  size_t take(std::string& into) { return static_cast<size_t>(std::max<ssize_t>(read(fd_, into.data(), into.size()), 0)); }
  // Reads until `end` has been seen or the server has closed.
  std::string read_until(std::string_view end) {
    std::string got;
    char buffer[4096];
    while (got.find(end) == std::string::npos) {
      const ssize_t n = read(fd_, buffer, sizeof buffer);
      if (n <= 0) break;
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  std::string read_all() { return read_until("\n no server says this"); }

 private:
  int fd_;
};

TEST(HttpServer, WhatWasAnsweredIsSentThoughTheServerEnds) {
  EchoServer server;
  Connection c(server);
  c.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(c.read_all().find("GET /last"), std::string::npos);
}

TEST(HttpServer, KeepsConnectionsAndTakesPipelinedRequests) {
  EchoServer server;
  Connection c(server);
  c.send("POST /a HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabcGET /b?c=d HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string got = c.read_until("GET /b?c=d");
  EXPECT_NE(got.find("POST /a 1 abc"), std::string::npos) << got;
  EXPECT_NE(got.find("GET /b?c=d"), std::string::npos) << got;
  c.send("GET /again HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(c.read_until("/again").find("200 OK"), std::string::npos);
}

TEST(HttpServer, TakesARequestByteByByte) {
  EchoServer server;
  Connection c(server);
  for (const char byte : std::string("POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
    c.send(std::string_view(&byte, 1));
  }
  EXPECT_NE(c.read_until("abcde").find("POST /slow  abcde"), std::string::npos);
}

// That the end has come is told once, together with the request.
TEST(HttpServer, AnswersAClientThatSendsNothingMoreAndThenCloses) {
  EchoServer server;
  for (const char* path : {"/a", "/stream"}) {
    Connection c(server);
    server.busy_while([&] {
      c.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      c.end();
    });
    EXPECT_TRUE(c.read_all().starts_with("HTTP/1.1 200 ")) << path;
  }
}

// What a read takes may be all there is though it fills the buffer, or not.
TEST(HttpServer, TakesRequestsAsLargeAsAReadAndLarger) {
  EchoServer server;
  Connection c(server);
  for (const size_t bytes : {65'535, 65'536, 65'537, 131'072, 1'000'000}) {
    std::string head = "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
    const std::string body(bytes - head.size(), 'x');
    head.replace(head.find("1000000"), 7, fmt::format("{:07}", body.size()));
    c.send(head + body);
    const std::string got = c.read_until(body);
    EXPECT_NE(got.find("POST /l  " + body), std::string::npos) << bytes;
  }
}

TEST(HttpServer, RefusesTwoWaysToTellTheLength) {
  EchoServer server;
  Connection c(server);
  c.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string got = c.read_all();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
  EXPECT_EQ(got.find("\nHTTP/1.1"), std::string::npos) << "one answer alone: " << got;
  EXPECT_EQ(server.requests, 0);
}

TEST(HttpServer, RefusesWhatIsTooLarge) {
  EchoServer server({.header_bytes = 1024, .body_bytes = 2048});
  {
    Connection c(server);
    c.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4096\r\n\r\n");
    EXPECT_TRUE(c.read_all().starts_with("HTTP/1.1 413 "));
  }
  {
    Connection c(server);
    c.send("GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(3000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(c.read_all().starts_with("HTTP/1.1 431 "));
  }
  {
    Connection c(server);
    c.send("this is not HTTP\r\n\r\n");
    EXPECT_TRUE(c.read_all().starts_with("HTTP/1.1 400 "));
  }
  EXPECT_EQ(server.requests, 0);
}

TEST(HttpServer, AnswersHeadWithoutABodyAndSaysContinue) {
  EchoServer server;
  Connection c(server);
  c.send("HEAD /h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string got = c.read_all();
  EXPECT_NE(got.find("Content-Length: "), std::string::npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\n")) << got;
  Connection d(server);
  d.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(d.read_until("\r\n\r\n").starts_with("HTTP/1.1 100 Continue"));
  d.send("ok");
  EXPECT_NE(d.read_until("POST").find("200 OK"), std::string::npos);
}

TEST(HttpServer, SendsAStreamAsItIsWrittenAndTakesTheNextRequest) {
  EchoServer server;
  Connection c(server);
  c.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string got = c.read_all();
  EXPECT_NE(got.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(got.find("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200"), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with("GET /next  ")) << got;
  EXPECT_EQ(server.readers_gone, 0);
}

TEST(HttpServer, SendsAStreamToAnOldClientUntilItCloses) {
  EchoServer server;
  Connection c(server);
  c.send("GET /stream HTTP/1.0\r\nHost: h\r\n\r\n");
  const std::string got = c.read_all();
  EXPECT_EQ(got.find("chunked"), std::string::npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\nonetwo")) << got;
}

TEST(HttpServer, TellsAStreamThatItsReaderHasGone) {
  EchoServer server;
  {
    Connection c(server);
    c.send("GET /stream/open HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(c.read_until("one").find("one"), std::string::npos);
    EXPECT_EQ(server.readers_gone, 0);
  }
  for (int i = 0; i < 5'000 && server.readers_gone == 0; ++i) usleep(1'000);
  EXPECT_EQ(server.readers_gone, 1);
}

TEST(HttpServer, TellsThatAClientHasGoneBeforeItsAnswer) {
  EchoServer server;
  {
    Connection c(server);
    c.send("GET /slow/ HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 0; i < 5'000 && server.requests == 0; ++i) usleep(1'000);
    EXPECT_EQ(server.clients_gone, 0);
  }
  for (int i = 0; i < 5'000 && server.clients_gone == 0; ++i) usleep(1'000);
  EXPECT_EQ(server.clients_gone, 1);
  server.answer();  // to nobody
  Connection d(server);
  d.send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(d.read_until("/next").find("200 OK"), std::string::npos);
}

TEST(HttpServer, AClientThatWaitsIsAnsweredAndItsNextRequestsToo) {
  EchoServer server;
  Connection c(server);
  c.send("GET /slow/ HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 5'000 && server.requests < 1; ++i) usleep(1'000);
  c.send("GET /pipelined HTTP/1.1\r\nHost: h\r\n\r\n");
  server.answer();
  EXPECT_NE(c.read_until("/pipelined").find("at last"), std::string::npos);
  for (const char* path : {"/third", "/fourth"}) {
    c.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(c.read_until(path).find("200 OK"), std::string::npos);
  }
  EXPECT_EQ(server.clients_gone, 0);
}

TEST(HttpServer, CutsOffAReaderThatDoesNotTakeWhatAStreamWrites) {
  EchoServer server;
  Connection c(server);
  c.send("GET /stream/flood HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 5'000 && server.readers_gone == 0; ++i) usleep(1'000);
  EXPECT_EQ(server.readers_gone, 1);
  EXPECT_FALSE(server.took_all);
}

// Each step of its progress puts off no more than the whole allows.
TEST(HttpServer, CutsOffAReaderThatTakesALittleNowAndThen) {
  EchoServer server({.send_ms = 1'000, .send_bytes_per_s_min = 1024 * 1048576});
  Connection c(server);
  c.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  // Never a second without progress, and four seconds of it.
  size_t got = 0, n = 0;
  std::string some(200'000, ' ');
  for (int i = 0; i < 200 && (n = c.take(some)) > 0; ++i) {
    got += n;
    usleep(20'000);
  }
  while ((n = c.take(some)) > 0 && got < kLargeBytes) got += n;
  EXPECT_LT(got, kLargeBytes);
}

TEST(HttpServer, CutsOffASenderWhoseRequestComesAByteNowAndThen) {
  EchoServer server({.receive_ms = 300});
  Connection c(server);
  c.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  int sent = 0;
  while (sent < 1000 && c.send_byte()) {
    ++sent;
    usleep(20'000);
  }
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(server.requests, 0);
}

// Connections take turns, one request each, however many a single one has sent.
TEST(HttpServer, AConnectionWithManyRequestsKeepsNobodyElseWaiting) {
  EchoServer server;
  Connection greedy(server), modest(server);
  greedy.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
  greedy.read_until("/first");
  modest.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
  modest.read_until("/first");
  constexpr int kMany = 1'000;
  server.busy_while([&] {
    std::string requests;
    for (int i = 0; i < kMany; ++i) requests += "GET /greedy HTTP/1.1\r\nHost: h\r\n\r\n";
    greedy.send(requests);
    modest.send("GET /modest HTTP/1.1\r\nHost: h\r\n\r\n");
  });
  EXPECT_NE(modest.read_until("/modest").find("200 OK"), std::string::npos);
  const std::vector<std::string> order = server.order();
  const auto before = std::ranges::find(order, "/modest") - order.begin();
  EXPECT_LE(before, 2 + 10) << "of " << kMany << " that another connection sent earlier";
}

// And so do owners, however many connections one has. (Which connection belongs to whom is known by its first request.)
TEST(HttpServer, AnOwnerOfManyConnectionsKeepsNobodyElseWaiting) {
  EchoServer server;
  constexpr size_t kMany = 400;
  std::vector<std::unique_ptr<Connection>> greedy;
  Connection modest(server);
  for (size_t i = 0; i < kMany; ++i) {
    greedy.push_back(std::make_unique<Connection>(server));
    greedy.back()->send("GET /first HTTP/1.1\r\nHost: h\r\nx-owner: greedy\r\n\r\n");
    greedy.back()->read_until("/first");
  }
  modest.send("GET /first HTTP/1.1\r\nHost: h\r\nx-owner: modest\r\n\r\n");
  modest.read_until("/first");
  server.busy_while([&] {
    for (const auto& one : greedy) one->send("GET /greedy HTTP/1.1\r\nHost: h\r\nx-owner: greedy\r\n\r\n");
    modest.send("GET /modest HTTP/1.1\r\nHost: h\r\nx-owner: modest\r\n\r\n");
  });
  EXPECT_NE(modest.read_until("/modest").find("200 OK"), std::string::npos);
  // All the others are answered as well.
  for (const auto& one : greedy) EXPECT_NE(one->read_until("/greedy").find("200 OK"), std::string::npos);
  const std::vector<std::string> order = server.order();
  const auto before = std::ranges::find(order, "/modest") - order.begin();
  EXPECT_LE(static_cast<size_t>(before), kMany + 1 + 200) << "of " << kMany << " that another owner's connections sent earlier";
}

TEST(CurlClient, SendsAndTellsFailures) {
  EchoServer server;
  net::IoLoop loop(1);
  auto client = net::make_curl_client(loop);
  Request request;
  request.method = "PUT";
  request.target = "http://127.0.0.1:" + std::to_string(server.port()) + "/x?y=1";
  request.headers.add("X-A", "v");
  request.body = std::string("a\0b", 3);
  std::string body, code;
  client->send(request, {}, [&](Result<Response> answer) {
    body = answer ? answer->body : answer.error().message;
    Request nowhere;
    nowhere.method = "GET";
    nowhere.target = "http://127.0.0.1:1/";
    client->send(nowhere, {}, [&](Result<Response> refused) {
      code = refused ? "answered" : refused.error().code;
      loop.stop();
    });
  });
  loop.run();
  EXPECT_EQ(body, std::string("PUT /x?y=1 v a\0b", 16));
  EXPECT_EQ(code, "HttpConnection");
}

}  // namespace
