// Connections: what is told of them, and what they add to a request.
#include <gtest/gtest.h>

#include "services/events/events.h"
#include "services/test_world.h"

namespace {

using json::Value;

// An authorization endpoint: answers when it is told to.
struct AuthorizationServer final : net::HttpClient {
  void send(net::Request request, net::SendOptions, Done done) override {
    requests.push_back(std::move(request));
    waiting.push_back(std::move(done));
  }
  void answer(int status, std::string body) {
    ASSERT_FALSE(waiting.empty());
    Done done = std::move(waiting.front());
    waiting.erase(waiting.begin());
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    done(std::move(response));
  }
  std::vector<net::Request> requests;
  std::vector<Done> waiting;
};

struct Connections : testing::Test {
  Connections() { events.load(), events.start(); }

  Value call(std::string_view operation, std::string_view params) {
    auto answer = world.call("events", operation, params);
    EXPECT_TRUE(answer) << operation << ": " << answer.error().message;
    return answer ? *answer : Value();
  }
  std::string refused(std::string_view operation, std::string_view params) {
    auto answer = world.call("events", operation, params);
    return answer ? "" : answer.error().code;
  }
  // As Step Functions asks.
  void retrieve(const Value& connection, std::optional<Result<Value>>& into, std::string_view refused = "") {
    auto made = world.registry.internal(protocol::Principal::root("000000000000"), "us-east-1", "events", "RetrieveConnectionCredentials",
                                        json::object({{"ConnectionArn", connection["ConnectionArn"]}, {"RefusedAuthorization", refused}}));
    world.registry.call(made, [&into](Result<Value> answer) { into = std::move(answer); });
    world.loop.run_ready();
  }
  Value create_oauth() {
    return call("CreateConnection", R"({"Name": "o", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": {"OAuthParameters": {
      "AuthorizationEndpoint": "https://auth.example/token?x=1", "HttpMethod": "POST", "ClientParameters": {"ClientID": "me", "ClientSecret": "s3cret"},
      "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "a b", "IsValueSecret": false}],
                              "QueryStringParameters": [{"Key": "q", "Value": "1"}]}}}})");
  }
  std::string state() { return std::string(call("DescribeConnection", R"({"Name": "o"})").text("ConnectionState")); }

  services::TestWorld world;
  AuthorizationServer http;
  services::Kit kit{world.loop,   world.store,        world.random, world.registry, http, world.sealer, world.kit.endpoint,
                    world.kit.default_account, world.kit.default_region};
  events::Events events{kit};
};

TEST_F(Connections, TellNoSecret) {
  call("CreateConnection", R"({"Name": "b", "AuthorizationType": "API_KEY", "AuthParameters": {
    "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hidden-1"},
    "InvocationHttpParameters": {"HeaderParameters": [{"Key": "H", "Value": "hidden-2", "IsValueSecret": true}, {"Key": "I", "Value": "seen"}],
                                 "BodyParameters": [{"Key": "B", "Value": "hidden-3", "IsValueSecret": true}]}}})");
  for (const char* operation : {"DescribeConnection", "UpdateConnection", "ListConnections", "DeauthorizeConnection", "DeleteConnection"}) {
    const std::string text = json::write(call(operation, operation == std::string_view("ListConnections") ? "{}" : R"({"Name": "b"})"));
    EXPECT_EQ(text.find("hidden"), text.npos) << operation << ": " << text;
    if (operation == std::string_view("DescribeConnection")) EXPECT_NE(text.find("seen"), text.npos);
  }
  EXPECT_EQ(refused("DescribeConnection", R"({"Name": "b"})"), "ResourceNotFoundException");
}

TEST_F(Connections, WhatTheTypeNeedsHasToBeThere) {
  EXPECT_EQ(refused("CreateConnection", R"({"Name": "x", "AuthorizationType": "BASIC", "AuthParameters": {}})"), "ValidationException");
  EXPECT_EQ(refused("CreateConnection", R"({"Name": "x", "AuthorizationType": "BASIC", "AuthParameters": {
    "BasicAuthParameters": {"Username": "u", "Password": "p"}, "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}})"), "ValidationException");
}

TEST_F(Connections, TheSecondOfANameIsRefused) {
  create_oauth();
  EXPECT_EQ(refused("CreateConnection", R"({"Name": "o", "AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}}})"),
            "ResourceAlreadyExistsException");
}

TEST_F(Connections, AnOAuthClientIsAuthorisedByItsEndpoint) {
  EXPECT_EQ(create_oauth().text("ConnectionState"), "AUTHORIZING");
  EXPECT_EQ(state(), "AUTHORIZING");
  ASSERT_EQ(http.requests.size(), 1U);
  EXPECT_EQ(http.requests[0].target, "https://auth.example/token?x=1&q=1");
  EXPECT_EQ(http.requests[0].body, "grant_type=client_credentials&client_id=me&client_secret=s3cret&scope=a%20b");
  http.answer(200, R"({"access_token": "t1", "expires_in": 3600})");
  EXPECT_EQ(state(), "AUTHORIZED");
}

TEST_F(Connections, AnEndpointThatRefusesLeavesItDeauthorised) {
  create_oauth();
  http.answer(401, "no");
  EXPECT_EQ(state(), "DEAUTHORIZED");
  EXPECT_NE(call("DescribeConnection", R"({"Name": "o"})").text("StateReason").find("401"), std::string_view::npos);
}

TEST_F(Connections, ATokenServesManyRequestsUntilItRunsOutOrIsRefused) {
  const Value connection = create_oauth();
  std::optional<Result<Value>> answer;
  retrieve(connection, answer);
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, "AuthInProgress");
  http.answer(200, R"({"access_token": "t1", "expires_in": 3600})");
  for (int i = 0; i < 3; ++i) {
    retrieve(connection, answer);
    EXPECT_EQ((**answer)["HeaderParameters"][size_t{0}].text("Value"), "Bearer t1");
  }
  EXPECT_EQ(http.requests.size(), 1U);
  std::optional<Result<Value>> first, second;
  retrieve(connection, first, "Bearer t1");
  retrieve(connection, second);
  EXPECT_FALSE(first || second) << "both wait for one new token";
  ASSERT_EQ(http.requests.size(), 2U);
  http.answer(200, R"({"access_token": "t2", "expires_in": 3600})");
  EXPECT_EQ((**first)["HeaderParameters"][size_t{0}].text("Value"), "Bearer t2");
  EXPECT_EQ((**second)["HeaderParameters"][size_t{0}].text("Value"), "Bearer t2");
  retrieve(connection, answer, "Bearer t1");
  EXPECT_EQ((**answer)["HeaderParameters"][size_t{0}].text("Value"), "Bearer t2") << "another has asked anew already";
  EXPECT_EQ(http.requests.size(), 2U);
}

TEST_F(Connections, ATokenThatWouldEndTheHeaderIsNone) {
  create_oauth();
  http.answer(200, R"({"access_token": "t1\r\nX-Evil: 1"})");
  EXPECT_EQ(state(), "DEAUTHORIZED");
}

TEST_F(Connections, AnotherSecretAsksForAnotherToken) {
  create_oauth();
  http.answer(200, R"({"access_token": "t1", "expires_in": 3600})");
  EXPECT_EQ(call("UpdateConnection", R"({"Name": "o", "AuthParameters": {"OAuthParameters": {"ClientParameters": {"ClientSecret": "new"}}}})").text("ConnectionState"),
            "AUTHORIZING");
  world.loop.run_ready();
  ASSERT_EQ(http.requests.size(), 2U);
  EXPECT_NE(http.requests[1].body.find("client_id=me&client_secret=new"), std::string::npos);
}

TEST_F(Connections, BasicCredentialsAndParametersAreAddedAsHeaders) {
  const Value connection = call("CreateConnection", R"({"Name": "b", "AuthorizationType": "BASIC", "AuthParameters": {
    "BasicAuthParameters": {"Username": "u", "Password": "p"},
    "InvocationHttpParameters": {"QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": true}]}}})");
  std::optional<Result<Value>> answer;
  retrieve(connection, answer);
  EXPECT_EQ((**answer)["HeaderParameters"][size_t{0}].text("Value"), "Basic dTpw");
  EXPECT_EQ((**answer)["QueryStringParameters"][size_t{0}].text("Value"), "1");
  call("DeauthorizeConnection", R"({"Name": "b"})");
  retrieve(connection, answer);
  EXPECT_EQ(answer->error().code, "InvalidConnectionState");
  EXPECT_EQ(refused("RetrieveConnectionCredentials", json::write(json::object({{"ConnectionArn", connection["ConnectionArn"]}}))), "UnknownOperationException")
      << "no client may ask";
}

}  // namespace
