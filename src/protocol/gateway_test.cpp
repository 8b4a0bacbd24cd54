#include "protocol/gateway.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/loop.h"
#include "language/json/parse.h"
#include "protocol/auth/sign.h"

namespace protocol {
namespace {

struct OneKey final : auth::CredentialSource {
  std::optional<auth::Credential> find(std::string_view id) override {
    if (id != "AKIAEXAMPLEEXAMPLE00") return std::nullopt;
    auth::Credential credential;
    credential.secret_access_key = "secret";
    credential.principal = Principal::root("111122223333");
    return credential;
  }
};

struct RefuseAll final : Authoriser {
  Status authorise(const Call& call, const Need& need) override {
    return fail("", "User: " + call.caller.arn + " is not authorized to perform: " + need.action);
  }
};

// A gateway over operations that tests add.
class GatewayTest : public testing::Test {
 protected:
  void start(auth::Mode mode) {
    authenticator = std::make_unique<auth::Authenticator>(mode, &keys, "000000000000", "us-east-1");
    gateway = std::make_unique<Gateway>(Gateway::Parts{
        .registry = registry,
        .authenticator = *authenticator,
        .clock = loop.clock(),
        .random = random,
        .origins = origins,
        .endpoint = "http://127.0.0.1:4566",
        .when_durable = [this](Function<void()> then) { held.push_back(std::move(then)); }});
  }
  GatewayTest() { start(auth::Mode::audit); }

  void add(std::string_view service, std::string_view operation,
           std::function<Result<json::Value>(const Call&)> answer) {
    registry.add(service, operation,
                 immediate([this, answer = std::move(answer)](const Call& call) {
                   last = call;
                   return answer(call);
                 }));
  }

  net::Response send(net::Request request) {
    if (!request.headers.has("Host")) request.headers.add("Host", "127.0.0.1:4566");
    std::optional<net::Response> response;
    gateway->handle(std::move(request), [&](net::Response r) { response = std::move(r); });
    for (auto& then : std::exchange(held, {})) then();
    EXPECT_TRUE(response.has_value());
    return response.value_or(net::Response{});
  }

  static net::Request json_request(std::string_view target, std::string_view body) {
    net::Request request{.method = "POST",
                         .target = "/",
                         .headers = {},
                         .body = std::string(body),
                         .peer = "127.0.0.1"};
    request.headers.add("X-Amz-Target", target);
    request.headers.add("Content-Type", "application/x-amz-json-1.0");
    return request;
  }
  static net::Request form_request(std::string_view body, std::string_view service = "") {
    net::Request request{.method = "POST",
                         .target = "/",
                         .headers = {},
                         .body = std::string(body),
                         .peer = "127.0.0.1"};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    if (!service.empty()) credential(request, "AKID", "eu-west-1", service);
    return request;
  }
  static void credential(net::Request& request, std::string_view key, std::string_view region,
                         std::string_view service) {
    request.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=" + std::string(key) +
                                             "/20150830/" + std::string(region) + "/" +
                                             std::string(service) +
                                             "/aws4_request, SignedHeaders=host, Signature=00");
  }

  ManualLoop loop;
  SeededRandom random{1};
  Registry registry{loop, random};
  OneKey keys;
  OriginPolicy origins{{.hosts = {}, .origins = {"https://tools.example"}}};
  std::unique_ptr<auth::Authenticator> authenticator;
  std::unique_ptr<Gateway> gateway;
  std::vector<Function<void()>> held;
  Call last;
};

TEST_F(GatewayTest, AwsJsonReachesItsOperationAndComesBack) {
  add("states", "StartExecution", [](const Call&) {
    return json::object({{"executionArn", "arn:x"}, {"startDate", 1700000000.123}});
  });
  net::Request request =
      json_request("AWSStepFunctions.StartExecution",
                   R"({"stateMachineArn":"arn:m","input":"{}","unknown":1,"name":null})");
  credential(request, "111122223333", "eu-west-1", "states");
  const net::Response response = send(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"executionArn":"arn:x","startDate":1.700000000123E9})");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(response.headers.get("x-amzn-RequestId").size(), 36u);
  EXPECT_EQ(json::write(last.params), R"({"stateMachineArn":"arn:m","input":"{}"})");
  EXPECT_EQ(last.account, "111122223333");
  EXPECT_EQ(last.region, "eu-west-1");
  EXPECT_EQ(last.endpoint, "http://127.0.0.1:4566");
}

TEST_F(GatewayTest, AnswersWaitUntilTheyAreDurable) {
  add("states", "ListActivities", [](const Call&) { return json::Value::object(); });
  bool answered = false;
  net::Request request = json_request("AWSStepFunctions.ListActivities", "{}");
  request.headers.add("Host", "localhost");
  gateway->handle(request, [&](net::Response) { answered = true; });
  EXPECT_FALSE(answered);
  ASSERT_EQ(held.size(), 1u);
  held[0]();
  EXPECT_TRUE(answered);
}

TEST_F(GatewayTest, QueryReachesItsOperationAndComesBackAsXml) {
  add("sns", "Publish", [](const Call&) {
    return json::object({{"MessageId", "0e1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b"}});
  });
  const net::Response response = send(form_request(
      "Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=a+b&MessageAttributes.entry.1."
      "Name=n&MessageAttributes.entry.1.Value.DataType=String"
      "&MessageAttributes.entry.1.Value.StringValue=v",
      "sns"));
  EXPECT_EQ(
      json::write(last.params),
      R"({"TopicArn":"arn:t","Message":"a b","MessageAttributes":{"n":{"DataType":"String","StringValue":"v"}}})");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/xml");
  EXPECT_EQ(response.body.size(), 294u) << "as AWS's own";  // recorded for a 36-letter id
  EXPECT_NE(
      response.body.find("<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  "
                         "<PublishResult>\n    <MessageId>0e1f"),
      std::string::npos);
}

TEST_F(GatewayTest, ErrorsTakeTheCodesOfTheirProtocol) {
  add("sns", "GetTopicAttributes", [](const Call&) -> Result<json::Value> {
    return fail("NotFoundException", "Topic does not exist");
  });
  net::Response response =
      send(form_request("Action=GetTopicAttributes&Version=2010-03-31&TopicArn=arn", "sns"));
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("<Type>Sender</Type>\n    <Code>NotFound</Code>\n    <Message>Topic "
                               "does not exist</Message>"),
            std::string::npos)
      << response.body;

  add("sqs", "GetQueueUrl",
      [](const Call&) -> Result<json::Value> { return fail("QueueDoesNotExist", "gone"); });
  response = send(json_request("AmazonSQS.GetQueueUrl", R"({"QueueName":"q"})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, R"({"__type":"QueueDoesNotExist","message":"gone"})");
  EXPECT_EQ(response.headers.get("x-amzn-query-error"),
            "AWS.SimpleQueueService.NonExistentQueue;Sender");
  response = send(form_request("Action=GetQueueUrl&Version=2012-11-05&QueueName=q", "sqs"));
  EXPECT_NE(response.body.find("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"),
            std::string::npos);
}

TEST_F(GatewayTest, UnknownOperationsAreRefusedInEachProtocolsWords) {
  EXPECT_NE(send(json_request("AWSStepFunctions.Nothing", "{}"))
                .body.find(R"("__type":"UnknownOperationException")"),
            std::string::npos);
  EXPECT_NE(send(json_request("Kinesis_20131202.ListStreams", "{}"))
                .body.find(R"("__type":"UnknownOperationException")"),
            std::string::npos);
  // Known to the model, but offered by nobody.
  EXPECT_NE(send(json_request("AWSStepFunctions.ListActivities", "{}"))
                .body.find(R"("__type":"UnknownOperationException")"),
            std::string::npos);
  const net::Response query = send(form_request("Action=Dance&Version=2010-03-31", "sns"));
  EXPECT_EQ(query.status, 400);
  EXPECT_NE(query.body.find("<Code>InvalidAction</Code>\n    <Message>The action Dance is not "
                            "valid for this web service.</Message>"),
            std::string::npos);
  EXPECT_NE(send(form_request("Action=DescribeClusters", "redshift"))
                .body.find("<Code>InvalidAction</Code>"),
            std::string::npos);
  net::Request rest{
      .method = "GET", .target = "/2020-01-01/things", .headers = {}, .body = {}, .peer = {}};
  EXPECT_EQ(send(rest).status, 404);
}

TEST_F(GatewayTest, MalformedBodiesAreTheClientsMistake) {
  add("states", "StartExecution", [](const Call&) { return json::Value::object(); });
  for (const std::string_view body :
       {"{", "[]", "nul", R"({"stateMachineArn":1})", R"({"input":[]})", "\xff\xfe"}) {
    const net::Response response = send(json_request("AWSStepFunctions.StartExecution", body));
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_NE(response.body.find(R"("__type":"SerializationException")"), std::string::npos)
        << body << response.body;
  }
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(send(json_request("AWSStepFunctions.StartExecution", deep)).status, 400);
}

TEST_F(GatewayTest, BodiesThatWouldCostTooMuchMemoryAreRefused) {
  add("states", "StartExecution", [](const Call&) { return json::Value::object(); });
  std::string many = R"({"input":[)";
  for (int i = 0; i < 1'100'000; ++i) many += "[],";
  many += "[]]}";
  const net::Response response = send(json_request("AWSStepFunctions.StartExecution", many));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("too many elements"), std::string::npos);
  // Commas in texts are no elements.
  const std::string text =
      R"({"stateMachineArn":"a","input":")" + std::string(1'100'000, ',') + "\"}";
  EXPECT_EQ(send(json_request("AWSStepFunctions.StartExecution", text)).status, 200);
}

TEST_F(GatewayTest, CompressedBodiesAreReadAndBounded) {
  add("states", "ListActivities", [](const Call&) { return json::Value::object(); });
  // gzip of {"maxResults":5}
  const std::string small =
      base64_decode("H4sIAAAAAAACA6tWyk2sCEotLs0pKVayMq0FAPWnVnQQAAAA").value();
  net::Request request = json_request("AWSStepFunctions.ListActivities", small);
  request.headers.add("Content-Encoding", "gzip");
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(json::write(last.params), R"({"maxResults":5})");
  request.body = "no gzip";
  EXPECT_EQ(send(request).status, 400);
  request.body = small.substr(0, small.size() - 4);
  EXPECT_EQ(send(request).status, 400);
}

TEST_F(GatewayTest, WhoeverMayNotCallLearnsNothingElse) {
  add("states", "StartExecution", [](const Call&) { return json::Value::object(); });
  RefuseAll nobody;
  registry.set_authoriser(&nobody);
  for (const std::string_view body : {"{", "{}", R"({"stateMachineArn":1})"}) {
    const net::Response response = send(json_request("AWSStepFunctions.StartExecution", body));
    EXPECT_NE(response.body.find("AccessDeniedException"), std::string::npos) << response.body;
  }
}

TEST_F(GatewayTest, EnforceTakesOnlyGoodSignatures) {
  start(auth::Mode::enforce);
  add("states", "ListActivities", [](const Call&) { return json::Value::object(); });
  net::Request request = json_request("AWSStepFunctions.ListActivities", "{}");
  EXPECT_NE(send(request).body.find("MissingAuthenticationTokenException"), std::string::npos);

  request.headers.add("Host", "127.0.0.1:4566");
  net::Request good = request;
  auth::sign(good, {"AKIAEXAMPLEEXAMPLE00", "secret", ""}, "us-west-2", "states",
             loop.clock().now());
  EXPECT_EQ(send(good).status, 200);
  EXPECT_EQ(last.account, "111122223333");
  EXPECT_EQ(last.region, "us-west-2");

  net::Request bad = request;
  auth::sign(bad, {"AKIAEXAMPLEEXAMPLE00", "wrong", ""}, "us-west-2", "states", loop.clock().now());
  EXPECT_NE(send(bad).body.find("InvalidSignatureException"), std::string::npos);
  net::Request unknown = request;
  auth::sign(unknown, {"test", "test", ""}, "us-west-2", "states", loop.clock().now());
  EXPECT_NE(send(unknown).body.find("UnrecognizedClientException"), std::string::npos);
  net::Request other = request;
  auth::sign(other, {"AKIAEXAMPLEEXAMPLE00", "secret", ""}, "us-west-2", "sns", loop.clock().now());
  EXPECT_NE(send(other).body.find("Credential should be scoped to correct service: 'states'"),
            std::string::npos);
  loop.clock().advance(6 * 60'000);
  EXPECT_NE(send(good).body.find("Signature expired"), std::string::npos);
}

TEST_F(GatewayTest, EnforceWordsFaultsForQueryClients) {
  start(auth::Mode::enforce);
  const net::Response response = send(form_request("Action=ListTopics&Version=2010-03-31"));
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(response.body.find("<Code>MissingAuthenticationToken</Code>\n    <Message>Request is "
                               "missing Authentication Token</Message>"),
            std::string::npos);
  EXPECT_NE(send(form_request("Action=ListTopics&Version=2010-03-31", "sns"))
                .body.find("<Code>IncompleteSignature</Code>"),
            std::string::npos);
}

TEST_F(GatewayTest, ConfirmationLinksNeedNoCredentials) {
  start(auth::Mode::enforce);
  registry.add("sns", "ConfirmSubscription",
               {.handle =
                    [this](const Call& call, Reply reply) {
                      last = call;
                      reply(json::Value::object());
                    },
                .needs = [](const Call&) { return std::vector<Need>(); }});
  net::Request request{
      .method = "GET",
      .target =
          "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:111122223333:t&Token=abc",
      .headers = {},
      .body = {},
      .peer = {}};
  request.headers.add("Host", "127.0.0.1:4566");
  request.headers.add("Sec-Fetch-Site", "cross-site");
  request.headers.add("Sec-Fetch-Mode", "navigate");
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(last.caller.type, Principal::Type::anonymous);
  EXPECT_EQ(last.account, "111122223333");
  EXPECT_EQ(last.region, "eu-west-1");
  request.target = "/?Action=ListTopics";
  EXPECT_EQ(send(request).status, 403);
}

TEST_F(GatewayTest, PagesOfOthersAreKeptAway) {
  add("states", "ListActivities", [](const Call&) { return json::Value::object(); });
  net::Request request = json_request("AWSStepFunctions.ListActivities", "{}");
  request.headers.add("Host", "evil.example:4566");
  EXPECT_EQ(send(request).status, 403);
  request.headers.set("Host", "localhost:4566");
  EXPECT_EQ(send(request).status, 200);
  request.headers.set("Origin", "https://evil.example");
  EXPECT_EQ(send(request).status, 403);
  request.headers.set("Origin", "http://localhost:4566");
  EXPECT_EQ(send(request).status, 200);
  EXPECT_FALSE(send(request).headers.has("Access-Control-Allow-Origin"));
  request.headers.set("Origin", "https://tools.example");
  EXPECT_EQ(send(request).headers.get("Access-Control-Allow-Origin"), "https://tools.example");
  request.method = "OPTIONS";
  request.headers.set("Access-Control-Request-Method", "POST");
  request.headers.set("Access-Control-Request-Headers", "x-amz-target");
  EXPECT_EQ(send(request).headers.get("Access-Control-Allow-Headers"), "x-amz-target");
}

TEST_F(GatewayTest, QueueUrlsAreEndpointsOfTheirOwn) {
  add("sqs", "SendMessage", [](const Call&) { return json::object({{"MessageId", "1"}}); });
  net::Request request = form_request(
      "Action=SendMessage&MessageBody=x&MessageAttribute.1.Name=n&MessageAttribute.1.Value."
      "DataType=String",
      "sqs");
  request.target = "/000000000000/q";
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(last.params.text("QueueUrl"), "http://127.0.0.1:4566/000000000000/q");
  EXPECT_EQ(last.params["MessageAttributes"]["n"].text("DataType"), "String");
}

// A device that takes nothing: what is refused for it waits for nothing, and who only looks does not wait for ever.
TEST_F(GatewayTest, AFullDiskRefusesAtOnceAndKeepsNobodyWaiting) {
  for (const char* operation : {"StartExecution", "DescribeExecution"}) add("states", operation, [](const Call&) { return json::Value::object(); });
  bool room = true;
  registry.set_room([&] { return room ? Lack::none : Lack::disk; });
  gateway = std::make_unique<Gateway>(Gateway::Parts{.registry = registry,
                                                     .authenticator = *authenticator,
                                                     .clock = loop.clock(),
                                                     .random = random,
                                                     .origins = origins,
                                                     .endpoint = "http://127.0.0.1:4566",
                                                     .when_durable = [this](Function<void()> then) { held.push_back(std::move(then)); },
                                                     .healthy = [&] { return room; },
                                                     .after = [this](int64_t ms, Function<void()> then) { loop.after(ms, std::move(then)); }});
  std::optional<net::Response> response;
  int answers = 0;
  const auto ask = [&](std::string_view operation) {
    response.reset();
    net::Request request = json_request("AWSStepFunctions." + std::string(operation), "{}");
    request.headers.add("Host", "127.0.0.1:4566");
    gateway->handle(std::move(request), [&](net::Response r) {
      response = std::move(r);
      ++answers;
    });
  };
  room = false;
  ask("StartExecution");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_NE(response->body.find("ThrottlingException"), std::string::npos) << response->body;
  EXPECT_TRUE(held.empty());
  ask("DescribeExecution");
  EXPECT_FALSE(response) << "what it tells is not safe yet";
  loop.run_for(10'000);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  for (auto& then : std::exchange(held, {})) then();
  EXPECT_EQ(answers, 2) << "it is answered once";
  ask("DescribeExecution");
  for (auto& then : std::exchange(held, {})) then();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  loop.run_for(10'000);
  EXPECT_EQ(answers, 3);
}

TEST_F(GatewayTest, WithoutMemoryNothingIsMadeAndWhatEndsOrLooksGoesOn) {
  for (const char* operation : {"StartExecution", "StopExecution", "DescribeExecution", "SendTaskSuccess"}) add("states", operation, [](const Call&) { return json::Value::object(); });
  Lack lack = Lack::memory;
  registry.set_room([&] { return lack; });
  const auto status = [&](std::string_view operation) {
    net::Request request = json_request("AWSStepFunctions." + std::string(operation), "{}");
    request.headers.add("Host", "127.0.0.1:4566");
    return send(request).status;
  };
  EXPECT_EQ(status("StartExecution"), 400);
  for (const char* operation : {"StopExecution", "DescribeExecution", "SendTaskSuccess"}) EXPECT_EQ(status(operation), 200) << operation;
  lack = Lack::disk;
  for (const char* operation : {"StartExecution", "StopExecution", "SendTaskSuccess"}) EXPECT_EQ(status(operation), 400) << operation;
  EXPECT_EQ(status("DescribeExecution"), 200);
  lack = Lack::none;
  EXPECT_EQ(status("StartExecution"), 200);
}

TEST(OnlyLooks, TellsWhatChangesNothingFromWhatDoes) {
  for (const char* name : {"GetExecutionHistory", "ListExecutions", "DescribeExecution", "SimulateCustomPolicy", "ValidateStateMachineDefinition"}) EXPECT_TRUE(only_looks(name)) << name;
  for (const char* name : {"StartExecution", "GetActivityTask", "SendTaskSuccess", "ReceiveMessage", "PutEvents", "RunTask", "AssumeRole", ""}) EXPECT_FALSE(only_looks(name)) << name;
}

}  // namespace
}  // namespace protocol
