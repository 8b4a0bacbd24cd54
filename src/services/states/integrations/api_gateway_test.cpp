// apigateway:invoke signed with the role's credentials.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocol/auth/sigv4.h"
#include "services/states/states.h"
#include "services/test_world.h"

namespace {

using json::Value;

struct Web final : net::HttpClient {
  void send(net::Request request, net::SendOptions, Done done) override {
    requests.push_back(std::move(request));
    done(net::Response{.status = 200, .body = "{}"});
  }
  std::vector<net::Request> requests;
};

struct ApiGateway : testing::Test {
  ApiGateway() { states.load(), states.start(); }
  void offer_keys() {
    world.registry.add("sts", "RoleSessionCredentials", protocol::immediate([this](const protocol::Call& call) -> Result<Value> {
      asked_by = call.caller.role_arn;
      return *json::parse(R"({"AccessKeyId": "ASIAKEY", "SecretAccessKey": "secret", "SessionToken": "token"})");
    }));
  }
  Value run(std::string_view more) {
    const std::string definition = fmt::format(
        R"({{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "End": true, "Parameters": {{"Method": "POST",
        "ApiEndpoint": "abc.execute-api.ap-south-1.amazonaws.com", "Stage": "prod", "Path": "a b/c", "QueryParameters": {{"q": ["2", "1"]}}, "RequestBody": {{"x": 1}}, {}}}}}}}}})", more);
    const auto made = world.call("states", "CreateStateMachine",
                                 json::write(json::object({{"name", "m"}, {"roleArn", "arn:aws:iam::000000000000:role/r"}, {"definition", definition}})));
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    const auto begun = world.call("states", "StartExecution", json::write(json::object({{"stateMachineArn", (*made)["stateMachineArn"]}})));
    world.loop.run_for(100);
    return *world.call("states", "DescribeExecution", json::write(json::object({{"executionArn", (*begun)["executionArn"]}})));
  }

  services::TestWorld world;
  Web web;
  services::Kit kit{world.loop, world.store, world.random, world.registry, web, world.sealer, world.kit.endpoint, "000000000000", "us-east-1"};
  states::States states{kit, {}};
  std::string asked_by;
};

TEST_F(ApiGateway, ARequestOfAuthTypeIamRoleIsSignedForItsApisRegion) {
  offer_keys();
  EXPECT_EQ(run(R"("AuthType": "IAM_ROLE", "Headers": {"X-Mine": ["1", "2"]})").text("status"), "SUCCEEDED");
  EXPECT_EQ(asked_by, "arn:aws:iam::000000000000:role/r");
  ASSERT_EQ(web.requests.size(), 1U);
  net::Request received = web.requests[0];
  EXPECT_EQ(received.target, "https://abc.execute-api.ap-south-1.amazonaws.com/prod/a%20b/c?q=2&q=1");
  received.target = received.target.substr(received.target.find("/prod"));
  if (!received.headers.has("Host")) received.headers.add("Host", "abc.execute-api.ap-south-1.amazonaws.com");
  const auto claim = auth::read_claim(received);
  ASSERT_TRUE(claim && *claim);
  EXPECT_EQ((*claim)->scope.access_key_id, "ASIAKEY");
  EXPECT_EQ((*claim)->scope.region, "ap-south-1");
  EXPECT_EQ((*claim)->scope.service, "execute-api");
  EXPECT_EQ((*claim)->security_token, "token");
  EXPECT_TRUE(auth::verify(received, **claim, auth::signing_key("secret", (*claim)->scope), auth::path_rules("execute-api"), world.loop.clock().now()));
}

TEST_F(ApiGateway, OtherAuthTypesAreNotSigned) {
  offer_keys();
  EXPECT_EQ(run(R"("AuthType": "RESOURCE_POLICY")").text("status"), "SUCCEEDED");
  ASSERT_EQ(web.requests.size(), 1U);
  EXPECT_FALSE(web.requests[0].headers.has("Authorization"));
  EXPECT_TRUE(asked_by.empty());
}

TEST_F(ApiGateway, AnAuthTypeThatThereIsNotFailsTheState) {
  EXPECT_EQ(run(R"("AuthType": "KEY")").text("error"), "States.Runtime");
  EXPECT_TRUE(web.requests.empty());
}

TEST_F(ApiGateway, WithoutCredentialsNothingIsSent) {
  EXPECT_EQ(run(R"("AuthType": "IAM_ROLE")").text("error"), "ApiGateway.SdkClientException");
  EXPECT_TRUE(web.requests.empty());
}

}  // namespace
