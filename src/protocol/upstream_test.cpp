#include "protocol/upstream.h"

#include <gtest/gtest.h>

#include "base/loop.h"
#include "language/json/parse.h"
#include "protocol/auth/sigv4.h"

namespace protocol {
namespace {

// Keeps what is sent and answers what it is told to.
struct FakeHttp final : net::HttpClient {
  void send(net::Request request, net::SendOptions, Done done) override {
    sent = std::move(request);
    done(answer);
  }
  net::Request sent;
  Result<net::Response> answer = net::Response{};
};

class UpstreamTest : public testing::Test {
 protected:
  void start(std::map<std::string, std::string, std::less<>> services, std::string others) {
    upstream = std::make_unique<Upstream>(
        Upstream::Settings{
            .services = std::move(services),
            .others = std::move(others),
            .key =
                [](const Call& call) { return auth::SigningKey{call.account, "secret", "token"}; }},
        registry, http, loop.clock());
    registry.set_upstream(
        [this](const Call& call, Reply& reply) { return upstream->call(call, reply); });
  }

  Result<json::Value> call(std::string_view service, std::string_view operation,
                           std::string_view params) {
    Result<json::Value> result = fail("NoReply", "");
    registry.call(registry.internal(Principal::root("111122223333"), "eu-west-1", service,
                                    operation, json::parse(params).value()),
                  [&](Result<json::Value> r) { result = std::move(r); });
    return result;
  }

  ManualLoop loop;
  SeededRandom random{1};
  Registry registry{loop, random};
  FakeHttp http;
  std::unique_ptr<Upstream> upstream;
};

TEST_F(UpstreamTest, CallsGoThereSignedAsTheCaller) {
  start({{"dynamodb", "http://db:8000"}}, "");
  http.answer = net::Response{.status = 200, .headers = {}, .body = R"({"Item":{"id":{"S":"1"}}})"};
  const auto result = call("dynamodb", "GetItem", R"({"TableName":"t","Key":{"id":{"S":"1"}}})");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(json::write(*result), R"({"Item":{"id":{"S":"1"}}})");
  EXPECT_EQ(http.sent.target, "http://db:8000/");
  EXPECT_EQ(http.sent.headers.get("Host"), "db:8000");

  net::Request received = http.sent;
  received.target = "/";
  const auto claim = auth::read_claim(received);
  ASSERT_TRUE(claim && *claim);
  EXPECT_EQ((*claim)->scope.access_key_id, "111122223333");
  EXPECT_EQ((*claim)->scope.region, "eu-west-1");
  EXPECT_EQ((*claim)->scope.service, "dynamodb");
  EXPECT_TRUE(auth::verify(received, **claim, auth::signing_key("secret", (*claim)->scope), {},
                           loop.clock().now()));
}

TEST_F(UpstreamTest, ErrorsComeBackAndUnreachableServersAreTold) {
  start({}, "http://other");
  http.answer =
      net::Response{.status = 404,
                    .headers = {},
                    .body = "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"};
  EXPECT_EQ(call("s3", "GetObject", R"({"Bucket":"b","Key":"k"})").error().code, "NoSuchKey");
  http.answer = fail("HttpConnection", "no such host");
  const auto result = call("s3", "GetObject", R"({"Bucket":"b","Key":"k"})");
  EXPECT_EQ(result.error().code, "SdkClientException");
  EXPECT_EQ(result.error().message, "Unable to execute HTTP request: no such host");
}

TEST_F(UpstreamTest, ANamedServiceWinsOverOneOfferedHere) {
  registry.add("monitoring", "ListMetrics", immediate([](const Call&) -> Result<json::Value> {
                 return json::object({{"here", true}});
               }));
  start({}, "http://other");
  EXPECT_TRUE(call("monitoring", "ListMetrics", "{}")->find("here"));
  start({{"cloudwatch", "http://metrics"}}, "");
  http.answer = net::Response{.status = 200, .headers = {}, .body = "{}"};
  EXPECT_FALSE(call("monitoring", "ListMetrics", "{}")->find("here"));
  EXPECT_EQ(http.sent.target, "http://metrics/");
  EXPECT_EQ(call("dynamodb", "ListTables", "{}").error().code, "UnknownOperationException");
}

}  // namespace
}  // namespace protocol
