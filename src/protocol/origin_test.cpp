#include "protocol/origin.h"

#include <gtest/gtest.h>

namespace protocol {
namespace {

using Verdict = OriginPolicy::Verdict;

net::Request request(std::initializer_list<net::Header> headers) {
  return {.method = "GET",
          .target = "/",
          .headers = {std::vector<net::Header>(headers)},
          .body = {},
          .peer = {}};
}

TEST(Origin, LoopbackAndConfiguredNamesAreOurs) {
  const OriginPolicy policy({.hosts = {"gantry.example", "10.0.0.7"}, .origins = {}});
  for (const char* host :
       {"localhost", "LOCALHOST:4566", "127.0.0.1:4566", "127.8.8.8", "[::1]:4566", "a.localhost:1",
        "gantry.example:443", "10.0.0.7:4566", "sync-localhost:4566", "sync-127.0.0.1",
        "stream-gantry.example", "localhost.:4566"}) {
    EXPECT_TRUE(policy.is_own_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.evil.example",
                           "127.0.0.1.evil.example", "10.0.0.8", "[fe80::1]", "[::1", "xlocalhost",
                           "sync-evil.example", "gantry.example.evil", "127.0.0.1@evil.example"}) {
    EXPECT_FALSE(policy.is_own_host(host)) << host;
  }
}

TEST(Origin, ForeignPagesAreRefused) {
  const OriginPolicy policy({.hosts = {}, .origins = {"https://tools.example"}});
  EXPECT_EQ(policy.check(request({})), Verdict::refused);
  EXPECT_EQ(policy.check(request({{"Host", "localhost:1"}})), Verdict::allowed);
  EXPECT_EQ(policy.check(request({{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}})),
            Verdict::allowed);
  EXPECT_EQ(policy.check(request({{"Host", "localhost:1"}, {"Origin", "http://localhost:2"}})),
            Verdict::refused);
  EXPECT_EQ(policy.check(request({{"Host", "localhost:1"}, {"Origin", "null"}})), Verdict::refused);
  EXPECT_EQ(policy.check(request({{"Host", "localhost:1"}, {"Origin", "https://tools.example"}})),
            Verdict::cross_origin);
  EXPECT_EQ(policy.check(request({{"Host", "evil.example"}, {"Origin", "https://tools.example"}})),
            Verdict::refused);
}

TEST(Origin, RequestsWithoutOriginTellBySecFetchSite) {
  const OriginPolicy policy({});
  EXPECT_EQ(policy.check(request({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}})),
            Verdict::allowed);
  EXPECT_EQ(policy.check(request({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}})),
            Verdict::allowed);
  EXPECT_EQ(policy.check(request({{"Host", "localhost"},
                                  {"Sec-Fetch-Site", "cross-site"},
                                  {"Sec-Fetch-Mode", "no-cors"}})),
            Verdict::refused);
  EXPECT_EQ(policy.check(request({{"Host", "localhost"},
                                  {"Sec-Fetch-Site", "cross-site"},
                                  {"Sec-Fetch-Mode", "navigate"}})),
            Verdict::link);
}

}  // namespace
}  // namespace protocol
