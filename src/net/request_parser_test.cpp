#include "net/request_parser.h"

#include <gtest/gtest.h>

namespace net {
namespace {

constexpr RequestParser::Limits kLimits{.head_bytes = 1024, .body_bytes = 100};

struct Parsed {
  int fault;
  bool done;
  size_t used;
  Request request;
};

// Whole, and byte by byte: both must say the same.
Parsed parse(std::string_view text) {
  RequestParser whole(kLimits), slow(kLimits);
  const size_t used = whole.feed(text);
  size_t slow_used = 0;
  while (slow_used < text.size() && !slow.done() && !slow.fault()) slow_used += slow.feed(text.substr(slow_used, 1));
  EXPECT_EQ(whole.fault(), slow.fault()) << text;
  EXPECT_EQ(whole.done(), slow.done()) << text;
  if (whole.done()) EXPECT_EQ(used, slow_used) << text;
  Parsed out{whole.fault(), whole.done(), used, whole.take()};
  EXPECT_EQ(out.request.body, slow.take().body) << text;
  return out;
}

TEST(RequestParser, TakesARequestAndLeavesWhatFollows) {
  const auto [fault, done, used, request] = parse("POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Amz-Target:  T \t\r\nContent-Length: 3\r\n\r\nabcGET");
  EXPECT_EQ(fault, 0);
  EXPECT_TRUE(done);
  EXPECT_EQ(used, std::string_view("POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Amz-Target:  T \t\r\nContent-Length: 3\r\n\r\nabc").size());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path(), "/a");
  EXPECT_EQ(request.query(), "b=c");
  EXPECT_EQ(request.headers.get("x-amz-target"), "T");
  EXPECT_EQ(request.body, "abc");
}

TEST(RequestParser, PutsChunksTogether) {
  const auto parsed = parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3;ext=1\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(parsed.fault, 0);
  EXPECT_TRUE(parsed.done);
  EXPECT_EQ(parsed.request.body, "abcde");
}

TEST(RequestParser, RefusesWhatIsNoHttp) {
  for (const std::string_view text : {
           "GET / HTTP/2.0\r\n\r\n", "GET /\r\n\r\n", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n"}) {
    EXPECT_EQ(parse(text).fault, 400) << text;
  }
}

TEST(RequestParser, WantsOneHost) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nA: b\r\n\r\n").fault, 400);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").fault, 400);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nA: b\r\n\r\n").done);
}

// A client that speaks TLS waits for an answer to its first message, which has no end of a head in it.
TEST(RequestParser, RefusesAnotherProtocolAtItsFirstByte) {
  EXPECT_EQ(parse(std::string_view("\x16\x03\x01\x00\xa5", 5)).fault, 400);
  EXPECT_EQ(parse(std::string_view("\0", 1)).fault, 400);
}

TEST(RequestParser, RefusesLinesThatEndWithLineFeedAloneBeforeTheHeadIsWhole) {
  for (const std::string_view text : {"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\n", "G\n"}) EXPECT_EQ(parse(text).fault, 400) << text;
}

TEST(RequestParser, TakesTheHostOfAnAbsoluteTarget) {
  const auto at = [](std::string_view target) { return parse("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n").request; };
  EXPECT_EQ(at("http://rebound.example:80/a/b?c").headers.get("Host"), "rebound.example:80");
  EXPECT_EQ(at("http://rebound.example:80/a/b?c").target, "/a/b?c");
  EXPECT_EQ(at("HTTPS://x").target, "/");
  EXPECT_EQ(at("http://x?Action=a").target, "/?Action=a");
  EXPECT_EQ(at("/http://x/").headers.get("Host"), "localhost");
  for (const std::string_view target : {"x", "ftp://x/", "http://", "http:///a", "http://a@b/", "*", "://x", "x:80"}) {
    EXPECT_EQ(parse("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n").fault, 400) << target;
  }
  EXPECT_TRUE(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").done);
}

TEST(RequestParser, TakesSoManyHeadersAndNoMore) {
  RequestParser parser({.head_bytes = 64 * 1024, .body_bytes = 0});
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 500; ++i) head += "a:\r\n";
  parser.feed(head + "\r\n");
  EXPECT_EQ(parser.fault(), 431);
}

TEST(RequestParser, SendsNoWordThatHttp10DoesNotKnow) {
  RequestParser parser(kLimits);
  parser.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(parser.head_done());
  EXPECT_FALSE(parser.expects_continue());
}

TEST(RequestParser, RefusesLengthsThatCanBeReadInTwoWays) {
  for (const std::string_view head : {
           "Content-Length: 3\r\nContent-Length: 3", "Content-Length: +3", "Content-Length: 0x3", "Content-Length: 3, 3", "Content-Length:",
           "Content-Length: -1", "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity"}) {
    EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(head) + "\r\n\r\n").fault, 400) << head;
  }
  EXPECT_EQ(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").fault, 400);
}

TEST(RequestParser, RefusesChunksThatCannotBeRead) {
  for (const std::string_view body : {"x\r\n", "\r\n", "-1\r\n", "3\r\nabcd\r\n", "3\nabc\r\n", "11111111111111111\r\n",
                                      " 3\r\nabc\r\n", "3 \r\nabc\r\n", "3;a\rb\r\nabc\r\n", "3\r\nabcdef", "0\r\nno trailer\r\n\r\n"}) {
    EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body)).fault, 400) << body;
  }
}

TEST(RequestParser, RefusesWhatIsTooLargeBeforeItHasCome) {
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n").fault, 413);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n").fault, 413);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n").fault, 413);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n60\r\n" + std::string(96, 'x') + "\r\n5\r\n").fault, 413);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'x')).fault, 431);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(60, 'a') + "\r\nB: " + std::string(1000, 'b') + "\r\n\r\n").fault, 431);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(2000, 'x')).fault, 400);
}

TEST(RequestParser, KnowsWhoStays) {
  const auto stays = [](std::string_view version, std::string_view connection) {
    RequestParser parser(kLimits);
    parser.feed("GET / HTTP/" + std::string(version) + "\r\nHost: x\r\nConnection: " + std::string(connection) + "\r\n\r\n");
    return parser.keep_alive();
  };
  EXPECT_TRUE(stays("1.1", "x"));
  EXPECT_FALSE(stays("1.1", "x, Close"));
  EXPECT_FALSE(stays("1.0", "x"));
  EXPECT_TRUE(stays("1.0", "Keep-Alive"));
}

TEST(RequestParser, SaysWhenTheClientWaitsForAWord) {
  RequestParser parser(kLimits);
  parser.feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(parser.head_done());
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_FALSE(parser.done());
}

}  // namespace
}  // namespace net
