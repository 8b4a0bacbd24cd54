#include "protocol/auth/sigv4.h"

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "protocol/auth/sign.h"
#include "protocol/conformance_data.h"

namespace auth {
namespace {

// A request as a file writes it: lines end in \n, header lines may go on in the next one.
net::Request parse_request(std::string_view text) {
  net::Request out;
  const auto line = [&] {
    const std::string_view found = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), found.size() + 1));
    return found;
  };
  const std::string_view first = line();
  const size_t space = first.find(' ');
  out.method = first.substr(0, space);
  out.target = first.substr(space + 1, first.rfind(" HTTP/") - space - 1);
  while (!text.empty()) {
    const std::string_view header = line();
    if (header.empty()) break;
    if (header.front() == ' ' || header.front() == '\t') {
      out.headers.list.back().value.append(" ").append(header);
      continue;
    }
    const size_t colon = header.find(':');
    out.headers.add(header.substr(0, colon), header.substr(colon + 1));
  }
  out.body = text;
  return out;
}

struct Case {
  json::Value value;
  net::Request request;
  std::string secret;
  Instant at;
  PathRules rules;
};

std::vector<Case> cases(std::string_view form) {
  std::vector<Case> out;
  for (const json::Value& one : protocol::conformance_lines("sigv4/cases.jsonl")) {
    const json::Value& context = one["context"];
    // What was sent in the suite is not encoded yet, so that encoding it once more is the client's
    // one time.
    out.push_back({one,
                   parse_request(one[form].text("signed_request")),
                   std::string(context["credentials"].text("secret_access_key")),
                   *parse_iso8601(context.text("timestamp")),
                   {.normalise = context["normalize"].as_bool(), .encode_twice = true}});
  }
  return out;
}

class SigV4Suite : public testing::TestWithParam<std::string> {};

TEST_P(SigV4Suite, EveryRequestOfAwssSuiteIsVerified) {
  const auto all = cases(GetParam());
  if (all.empty()) GTEST_SKIP() << "conformance/sigv4/cases.jsonl is not here";
  for (const Case& one : all) {
    SCOPED_TRACE(one.value.text("id"));
    const json::Value& expected = one.value[GetParam()];
    const auto claim = read_claim(one.request);
    ASSERT_TRUE(claim && *claim);
    const bool token_left_out = one.value["context"]["omit_session_token"].is_bool() &&
                                one.value["context"]["omit_session_token"].as_bool();
    const TokenIn token = token_left_out ? TokenIn::nowhere : TokenIn::canonical_query;
    const std::string_view wanted = expected.text("canonical_request");
    const std::string hash(wanted.substr(wanted.rfind('\n') + 1));
    const std::string canonical = canonical_request(one.request, **claim, one.rules, hash, token);
    EXPECT_EQ(canonical, wanted);
    EXPECT_EQ(string_to_sign(**claim, canonical), expected.text("string_to_sign"));
    const std::string key = signing_key(one.secret, (*claim)->scope);
    EXPECT_EQ(signature(key, string_to_sign(**claim, canonical)), expected.text("signature"));

    const auto good = verify(one.request, **claim, key, one.rules, one.at);
    EXPECT_TRUE(good) << good.error().message;
    EXPECT_TRUE(check_scope(**claim, "service"));
    net::Request altered = one.request;
    altered.method = "DELETE";
    EXPECT_FALSE(verify(altered, **claim, key, one.rules, one.at));
    altered = one.request;
    altered.body += "x";
    EXPECT_FALSE(verify(altered, **claim, key, one.rules, one.at));
    EXPECT_FALSE(
        verify(one.request, **claim, signing_key("other", (*claim)->scope), one.rules, one.at));
    EXPECT_FALSE(verify(one.request, **claim, key, one.rules, one.at + 2 * 3'600'000));
    EXPECT_FALSE(verify(one.request, **claim, key, one.rules, one.at + -600'000));
  }
}
INSTANTIATE_TEST_SUITE_P(Forms, SigV4Suite, testing::Values("header", "query"));

net::Request plain_request() {
  net::Request request{.method = "POST",
                       .target = "https://states.eu-west-1.amazonaws.com/a%20b/?x=1&a=%2F",
                       .headers = {},
                       .body = "{}",
                       .peer = {}};
  request.headers.add("Content-Type", "application/x-amz-json-1.0");
  request.headers.add("X-Amz-Target", "AWSStepFunctions.ListStateMachines");
  return request;
}

// As the server gets it.
net::Request received(net::Request request) {
  request.target = request.target.substr(request.target.find('/', 8));
  return request;
}

TEST(SigV4, WhatIsSignedHereIsVerifiedHere) {
  const Instant now{1'700'000'000'000};
  for (const std::string_view service : {"states", "s3"}) {
    net::Request request = plain_request();
    sign(request, {"AKID", "secret", "token"}, "eu-west-1", service, now);
    const auto claim = read_claim(received(request));
    ASSERT_TRUE(claim && *claim);
    EXPECT_EQ((*claim)->security_token, "token");
    EXPECT_EQ((*claim)->scope.region, "eu-west-1");
    const std::string key = signing_key("secret", (*claim)->scope);
    EXPECT_TRUE(verify(received(request), **claim, key, path_rules(service), now));

    net::Request link = plain_request();
    link.headers.list.clear();
    presign(link, {"AKID", "secret", "to/ken"}, "eu-west-1", service, now, 900);
    link.headers.add("Host", "states.eu-west-1.amazonaws.com");
    const auto in_query = read_claim(received(link));
    ASSERT_TRUE(in_query && *in_query);
    EXPECT_TRUE(verify(received(link), **in_query, key, path_rules(service), now + 899'000));
    EXPECT_FALSE(verify(received(link), **in_query, key, path_rules(service), now + 901'000));
  }
}

TEST(SigV4, EveryAmzHeaderMustBeSigned) {
  const Instant now{1'700'000'000'000};
  net::Request request = plain_request();
  sign(request, {"AKID", "secret", ""}, "eu-west-1", "states", now);
  request.headers.add("X-Amz-Extra", "1");
  const auto claim = read_claim(received(request));
  ASSERT_TRUE(claim && *claim);
  const auto result =
      verify(received(request), **claim, signing_key("secret", (*claim)->scope), {}, now);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "'X-Amz-Extra' must be a 'SignedHeader' in the AWS Authorization header.");
}

TEST(SigV4, FaultsAreToldInAwssWords) {
  const auto fault = [](std::string_view header, std::string_view date) {
    net::Request request = received(plain_request());
    request.headers.add("Authorization", header);
    if (!date.empty()) request.headers.add("X-Amz-Date", date);
    const auto claim = read_claim(request);
    return claim ? std::string("taken") : claim.error().code + ": " + claim.error().message;
  };
  EXPECT_EQ(fault("AWS4-HMAC-SHA256 Credential=a/20150830/r/s/aws4_request, SignedHeaders=host",
                  "20150830T123600Z")
                .substr(0, 83),
            "IncompleteSignatureException: Authorization header requires 'Signature' parameter. ");
  EXPECT_TRUE(fault("AWS4-HMAC-SHA256 x", "")
                  .find("existence of either a 'X-Amz-Date' or a 'Date' header.") !=
              std::string::npos);
  EXPECT_EQ(
      fault("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "20150830T123600Z"),
      "IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. "
      "keyid/date/region/service/term, got 'a/b'");
  EXPECT_EQ(fault("AWS4-HMAC-SHA256 Credential=a/20150830/r/s/aws4_request, SignedHeaders=host, "
                  "Signature=0",
                  "yesterday"),
            "IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got "
            "'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601");
  EXPECT_EQ(fault("Bearer abc", ""), "taken");  // no claim of this kind

  Claim claim{.timestamp = "20150830T123600Z",
              .signed_at = *parse_iso8601_basic("20150830T123600Z")};
  claim.scope = {"AKID", "20150830", "us-east-1", "states"};
  EXPECT_EQ(check_time(claim, claim.signed_at + 3'600'000).error().message,
            "Signature expired: 20150830T123600Z is now earlier than 20150830T133100Z "
            "(20150830T133600Z - 5 min.)");
  EXPECT_EQ(check_time(claim, claim.signed_at + -3'600'000).error().message,
            "Signature not yet current: 20150830T123600Z is still later than 20150830T114100Z "
            "(20150830T113600Z + 5 min.)");
  EXPECT_EQ(check_scope(claim, "sns").error().message,
            "Credential should be scoped to correct service: 'sns'. ");
  claim.scope.region = "No Region";
  EXPECT_EQ(check_scope(claim, "states").error().message,
            "Credential should be scoped to a valid region. ");
}

}  // namespace
}  // namespace auth
