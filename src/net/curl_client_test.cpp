#include "net/curl_client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/io_loop.h"

namespace net {
namespace {

// An endpoint that takes every call and answers only those whose path says so.
struct World {
  World() {
    auto listening = HttpServer::listen(loop, "127.0.0.1", 0, {}, [this](Request request, HttpServer::Respond respond) {
      ++arrived;
      if (request.path() == "/answered") return respond(Response{.body = "here"});
      kept.push_back(std::move(respond));
    });
    EXPECT_TRUE(listening);
    server = std::move(*listening);
  }
  void send(const std::string& owner, const std::string& path, HttpClient::Done done) {
    Request request;
    request.method = "POST";
    request.target = "http://127.0.0.1:" + std::to_string(server->port()) + path;
    client->send(std::move(request), {.timeout_ms = 120'000, .owner = owner}, std::move(done));
  }
  // Runs until somebody stops the loop.
  void run() {
    loop.after(120'000, [this] { loop.stop(); });
    loop.run();
  }

  IoLoop loop;
  std::vector<HttpServer::Respond> kept;
  size_t arrived = 0;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client = make_curl_client(loop);
};

TEST(CurlClient, AnEndpointThatNeverAnswersHoldsUpItsOwnersCallsAlone) {
  World w;
  size_t ended = 0;
  for (int i = 0; i < 300; ++i) w.send("111111111111", "/kept", [&](Result<Response>) { ++ended; });
  std::string answer;
  w.send("222222222222", "/answered", [&](Result<Response> response) {
    answer = response ? response->body : response.error().message;
    w.loop.stop();
  });
  w.run();
  EXPECT_EQ(answer, "here");
  EXPECT_EQ(ended, 0u);
  EXPECT_LE(w.arrived, 257u);  // the others wait for their owner's places
}

TEST(CurlClient, WhatWaitsHasItsTurnWhenAPlaceIsFree) {
  World w;
  size_t ended = 0;
  for (int i = 0; i < 600; ++i) {
    w.send("111111111111", "/answered", [&](Result<Response> response) {
      EXPECT_TRUE(response);
      if (++ended == 600) w.loop.stop();
    });
  }
  w.run();
  EXPECT_EQ(ended, 600u);
}

}  // namespace
}  // namespace net
