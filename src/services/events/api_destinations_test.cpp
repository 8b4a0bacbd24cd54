// API destinations: kept, and given what rules match.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/events/events.h"
#include "services/test_world.h"

namespace {

using json::Value;

// An endpoint that answers at once with the next of the statuses, then with 200.
struct Endpoint final : net::HttpClient {
  void send(net::Request request, net::SendOptions, Done done) override {
    const bool token = request.target.ends_with("/token");
    requests.push_back(std::move(request));
    if (token) return done(net::Response{.status = 200, .body = R"({"access_token": "t"})"});
    net::Response response;
    if (!statuses.empty()) response.status = statuses.front(), statuses.erase(statuses.begin());
    done(std::move(response));
  }
  std::vector<net::Request> requests;
  std::vector<int> statuses;
};

struct ApiDestinations : testing::Test {
  ApiDestinations() {
    events.load(), events.start();
    connection = call("CreateConnection", R"({"Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": {
      "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"},
      "InvocationHttpParameters": {"BodyParameters": [{"Key": "added", "Value": "yes"}], "QueryStringParameters": [{"Key": "q", "Value": "1"}]}}})")["ConnectionArn"];
  }
  Value call(std::string_view operation, std::string_view params) {
    auto answer = world.call("events", operation, params);
    EXPECT_TRUE(answer) << operation << ": " << answer.error().code << " " << answer.error().message;
    return answer ? *answer : Value();
  }
  std::string refused(std::string_view operation, std::string_view params) {
    auto answer = world.call("events", operation, params);
    return answer ? "" : answer.error().code;
  }
  std::string create(std::string_view name = "d", int rate = 300) {
    return std::string(call("CreateApiDestination", fmt::format(R"({{"Name": "{}", "ConnectionArn": {}, "InvocationEndpoint": "https://api.example/*/v", "HttpMethod": "PUT",
      "InvocationRateLimitPerSecond": {}}})", name, json::write(connection), rate)).text("ApiDestinationArn"));
  }
  void rule(const std::string& destination) {
    call("PutRule", R"({"Name": "r", "EventPattern": "{\"source\":[\"mine\"]}"})");
    call("PutTargets", fmt::format(R"({{"Rule": "r", "Targets": [{{"Id": "t", "Arn": "{}", "RoleArn": "arn:aws:iam::000000000000:role/r", "InputPath": "$.detail",
      "HttpParameters": {{"PathParameterValues": ["a b"], "HeaderParameters": {{"X-Mine": "h", "X-Key": "mine"}}, "QueryStringParameters": {{"p": "2"}}}}}}]}})", destination));
  }
  void put(int count = 1) {
    for (int i = 0; i < count; ++i) call("PutEvents", R"({"Entries": [{"Source": "mine", "DetailType": "d", "Detail": "{\"n\": 1}"}]})");
    world.loop.run_ready();
  }

  services::TestWorld world;
  Endpoint http;
  services::Kit kit{world.loop,   world.store,        world.random, world.registry, http, world.sealer, world.kit.endpoint,
                    world.kit.default_account, world.kit.default_region};
  events::Events events{kit};
  Value connection;
};

TEST_F(ApiDestinations, AreKeptListedChangedAndDeleted) {
  const std::string arn = create();
  EXPECT_TRUE(arn.starts_with("arn:aws:events:us-east-1:000000000000:api-destination/d/"));
  EXPECT_EQ(refused("CreateApiDestination", fmt::format(R"({{"Name": "d", "ConnectionArn": {}, "InvocationEndpoint": "https://x", "HttpMethod": "GET"}})", json::write(connection))),
            "ResourceAlreadyExistsException");
  EXPECT_EQ(refused("CreateApiDestination", R"({"Name": "e", "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/none/1a2b3c4d-1111-2222-3333-444455556666", "InvocationEndpoint": "https://x", "HttpMethod": "GET"})"),
            "ResourceNotFoundException");
  EXPECT_EQ(call("DescribeApiDestination", R"({"Name": "d"})").text("ApiDestinationState"), "ACTIVE");
  call("UpdateApiDestination", R"({"Name": "d", "HttpMethod": "POST", "InvocationRateLimitPerSecond": 7})");
  const Value shown = call("DescribeApiDestination", R"({"Name": "d"})");
  EXPECT_EQ(shown.text("HttpMethod"), "POST");
  EXPECT_EQ(shown["InvocationRateLimitPerSecond"], Value(7));
  create("other");
  EXPECT_EQ(call("ListApiDestinations", "{}")["ApiDestinations"].size(), 2U);
  EXPECT_EQ(call("ListApiDestinations", R"({"NamePrefix": "o"})")["ApiDestinations"].size(), 1U);
  call("DeleteConnection", R"({"Name": "c"})");
  EXPECT_EQ(call("DescribeApiDestination", R"({"Name": "d"})").text("ApiDestinationState"), "INACTIVE");
  call("DeleteApiDestination", R"({"Name": "d"})");
  EXPECT_EQ(refused("DescribeApiDestination", R"({"Name": "d"})"), "ResourceNotFoundException");
  EXPECT_EQ(refused("DeleteApiDestination", R"({"Name": "d"})"), "ResourceNotFoundException");
}

TEST_F(ApiDestinations, AMatchedEventIsSentWithTheTargetsAndTheConnectionsParameters) {
  rule(create());
  put();
  ASSERT_EQ(http.requests.size(), 1U);
  const net::Request& sent = http.requests[0];
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.target, "https://api.example/a%20b/v?p=2&q=1");
  EXPECT_EQ(sent.headers.get("X-Key"), "k") << "the connection has the last word";
  EXPECT_EQ(sent.headers.get("X-Mine"), "h");
  EXPECT_EQ(sent.body, R"({"n":1,"added":"yes"})");
}

TEST_F(ApiDestinations, WhatFailsIsTriedAgainAndWhatIsRefusedIsNot) {
  rule(create());
  http.statuses = {503, 429, 200};
  put();
  world.loop.run_for(10'000);
  EXPECT_EQ(http.requests.size(), 3U);
  http.statuses = {400};
  put();
  world.loop.run_for(100'000);
  EXPECT_EQ(http.requests.size(), 4U);
}

TEST_F(ApiDestinations, NoMoreAreSentInASecondThanTheDestinationTakes) {
  rule(create("d", 10));
  put(20);
  EXPECT_EQ(http.requests.size(), 1U);
  world.loop.run_for(1'000);
  EXPECT_GE(http.requests.size(), 10U);
  EXPECT_LE(http.requests.size(), 11U);
  world.loop.run_for(1'000);
  EXPECT_EQ(http.requests.size(), 20U);
}

TEST_F(ApiDestinations, ATokenThatIsRefusedIsRenewedOnce) {
  connection = call("CreateConnection", R"({"Name": "o", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {
      "AuthorizationEndpoint": "https://auth.example/token", "HttpMethod": "POST", "ClientParameters": {"ClientID": "me", "ClientSecret": "s"}}}})")["ConnectionArn"];
  world.loop.run_ready();
  rule(create());
  http.statuses = {401, 200};
  put();
  ASSERT_EQ(http.requests.size(), 4U);  // token, event, token, event
  EXPECT_EQ(http.requests[3].headers.get("Authorization"), "Bearer t");
}

}  // namespace
