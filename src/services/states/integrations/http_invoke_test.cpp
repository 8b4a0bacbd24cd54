// http:invoke through the engine, against an HTTP client that answers as it is told.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/states/states.h"
#include "services/test_world.h"

namespace {

using json::Value;

struct TimedOutWeb final : net::HttpClient {
  void send(net::Request request, net::SendOptions how, Done done) override {
    requests.push_back(std::move(request)), options.push_back(how);
    done(answer);
  }
  std::vector<net::Request> requests;
  std::vector<net::SendOptions> options;
  Result<net::Response> answer = fail("HttpTimeout", "Timeout was reached");
};

struct HttpInvoke : testing::Test {
  HttpInvoke() {
    // EventBridge's part.
    world.registry.add("events", "RetrieveConnectionCredentials", protocol::immediate([this](const protocol::Call&) { return credentials; }));
    states.load(), states.start();
  }
  // The error of an execution of one task, else its output.
  std::string outcome() {
    const Value definition = json::object({{"StartAt", "T"}, {"States", json::object({{"T", *json::parse(R"({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
      "Parameters": {"ApiEndpoint": "https://api.example/", "Method": "GET", "InvocationConfig": {"ConnectionArn": "arn:c"}}})")}})}});
    const auto made = world.call("states", "CreateStateMachine",
                                 json::write(json::object({{"name", fmt::format("m{}", ++machines)}, {"roleArn", "arn:aws:iam::000000000000:role/r"}, {"definition", json::write(definition)}})));
    const auto begun = world.call("states", "StartExecution", json::write(json::object({{"stateMachineArn", (*made)["stateMachineArn"]}})));
    world.loop.run_for(100);
    const auto shown = world.call("states", "DescribeExecution", json::write(json::object({{"executionArn", (*begun)["executionArn"]}})));
    return std::string(shown->text("error", shown->text("output", shown->text("status"))));
  }

  services::TestWorld world;
  TimedOutWeb web;
  services::Kit kit{world.loop, world.store, world.random, world.registry, web, world.sealer, world.kit.endpoint, "000000000000", "us-east-1"};
  states::States states{kit, {}};
  Result<Value> credentials = *json::parse(R"({"AuthorizationType": "API_KEY", "HeaderParameters": [{"Key": "k", "Value": "v"}]})");
  int machines = 0;
};

TEST_F(HttpInvoke, IsOverAfterAMinute) {
  EXPECT_EQ(outcome(), "States.Http.Socket");
  ASSERT_EQ(web.options.size(), 1U);
  EXPECT_EQ(web.options[0].timeout_ms, 60'000);
  EXPECT_EQ(web.options[0].response_bytes_max, 1'048'576U);
  EXPECT_EQ(web.requests[0].headers.get("k"), "v");
}

TEST_F(HttpInvoke, WhatIsTooLargeToHoldIsADataLimit) {
  web.answer = fail("HttpTooLarge", "");
  EXPECT_EQ(outcome(), "States.DataLimitExceeded");
}

TEST_F(HttpInvoke, ConnectionErrorsHaveNamesOfTheirOwn) {
  for (const auto& [code, error] : {std::pair{"AuthInProgress", "AuthInProgress"}, {"InvalidConnectionState", "InvalidConnectionState"},
                                    {"ResourceNotFoundException", "ResourceNotFound"}, {"AuthorizationFailed", "InvalidConnectionState"},
                                    {"Throttled", "InternalError"}, {"AccessDeniedException", "AccessDenied"}}) {
    credentials = fail(code, "");
    EXPECT_EQ(outcome(), fmt::format("Events.ConnectionResource.{}", error));
  }
  EXPECT_TRUE(web.requests.empty());
}

TEST_F(HttpInvoke, ARefusalIsRenewedForOAuthAloneAndOnce) {
  web.answer = net::Response{.status = 401};
  EXPECT_EQ(outcome(), "States.Http.StatusCode.401");
  EXPECT_EQ(web.requests.size(), 1U);
  credentials = *json::parse(R"({"AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "HeaderParameters": [{"Key": "Authorization", "Value": "Bearer t"}]})");
  EXPECT_EQ(outcome(), "States.Http.StatusCode.401");
  EXPECT_EQ(web.requests.size(), 3U);
  // Without anything that could have been refused there is nothing to renew.
  credentials = *json::parse(R"({"AuthorizationType": "OAUTH_CLIENT_CREDENTIALS"})");
  EXPECT_EQ(outcome(), "States.Http.StatusCode.401");
  EXPECT_EQ(web.requests.size(), 4U);
}

}  // namespace
