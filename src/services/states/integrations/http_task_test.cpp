// Tasks that are HTTP requests: from parameters to a request, from a response to a result.
#include "services/states/integrations/http_task.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"

namespace {

using json::Value;

Value params(std::string_view more, std::string_view endpoint = "https://api.example/v1") {
  return *json::parse(std::string(R"({"Method": "POST", "Authentication": {"ConnectionArn": "arn:c"}, "ApiEndpoint": ")") + std::string(endpoint) + "\"" +
                      std::string(more.empty() ? "" : ", ") + std::string(more) + "}");
}
net::Request request(std::string_view more, std::string_view connection = "null") {
  auto made = states::http_task_request(params(more), *json::parse(connection), "eu-west-1");
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? *made : net::Request{};
}
std::string fault(std::string_view more, std::string_view endpoint = "https://api.example/v1") {
  const auto faults = states::http_task_faults(params(more, endpoint));
  return faults.empty() ? "" : faults.front();
}

TEST(HttpTask, SaysWhoItIsAndAsksForABoundedPart) {
  const net::Request made = request(R"("Headers": {"User-Agent": "me", "Range": "bytes=1-2", "Content-Length": "1"})");
  EXPECT_EQ(made.headers.get("User-Agent"), "Amazon|StepFunctions|HttpInvoke|eu-west-1");
  EXPECT_EQ(made.headers.get("Range"), "bytes=0-262144");
  EXPECT_FALSE(made.headers.has("Content-Length"));
  EXPECT_TRUE(made.body.empty());
}

TEST(HttpTask, BodiesAreJsonUnlessTheyAreTexts) {
  EXPECT_EQ(request(R"("RequestBody": {"a": [1, 2]})").body, R"({"a":[1,2]})");
  EXPECT_EQ(request(R"("RequestBody": {"a": 1})").headers.get("Content-Type"), "application/json; charset=UTF-8");
  const net::Request text = request(R"("RequestBody": "<x/>", "Headers": {"content-type": "text/xml"})");
  EXPECT_EQ(text.body, "<x/>");
  EXPECT_EQ(text.headers.get("Content-Type"), "text/xml");
}

TEST(HttpTask, FormsSpellListsAsTheyAreTold) {
  const auto form = [](std::string_view format) {
    return request(std::string(R"("RequestBody": {"a": ["x", "y z"], "m": {"k": {"l": 1}}, "n": null}, "Transform": {"RequestBodyEncoding": "URL_ENCODED")") +
                   (format.empty() ? "" : R"(, "RequestEncodingOptions": {"ArrayFormat": ")" + std::string(format) + "\"}") + "}").body;
  };
  const std::string rest = "&m%5Bk%5D%5Bl%5D=1&n=";
  EXPECT_EQ(form(""), "a%5B0%5D=x&a%5B1%5D=y%20z" + rest);
  EXPECT_EQ(form("INDICES"), form(""));
  EXPECT_EQ(form("REPEAT"), "a=x&a=y%20z" + rest);
  EXPECT_EQ(form("BRACKETS"), "a%5B%5D=x&a%5B%5D=y%20z" + rest);
  EXPECT_EQ(form("COMMAS"), "a=x%2Cy%20z" + rest);
}

TEST(HttpTask, TheConnectionHasTheLastWord) {
  const net::Request made = request(
      R"("Headers": {"Request-Id": "r", "Header-Param": "mine"}, "QueryParameters": {"q": "mine", "list": ["1", 2]}, "RequestBody": {"Job": "j", "B": "mine"})",
      R"({"HeaderParameters": [{"Key": "header-param", "Value": "theirs"}, {"Key": "Authorization", "Value": "Basic x"}],
          "QueryStringParameters": [{"Key": "q", "Value": "their s"}], "BodyParameters": [{"Key": "B", "Value": "theirs"}, {"Key": "C", "Value": "c"}]})");
  EXPECT_EQ(made.target, "https://api.example/v1?list=1&list=2&q=their%20s");
  EXPECT_EQ(made.headers.get("Header-Param"), "theirs");
  EXPECT_EQ(made.headers.get("Request-Id"), "r");
  EXPECT_EQ(made.headers.get("Authorization"), "Basic x");
  EXPECT_EQ(made.body, R"({"Job":"j","B":"theirs","C":"c"})");
}

TEST(HttpTask, ATextIsNotMergedWithAConnectionsBody) {
  const auto made = states::http_task_request(params(R"("RequestBody": "text")"), *json::parse(R"({"BodyParameters": [{"Key": "B", "Value": "b"}]})"), "r");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "States.Runtime");
}

TEST(HttpTask, WhatAStateMayNotSayIsAFault) {
  for (const char* header : {"Host", "authorization", "If-Match", "X-Amz-Date", "x-amzn-trace-id", "X-Forwarded-For", "Transfer-Encoding", "Connection"}) {
    EXPECT_NE(fault(std::string("\"Headers\": {\"") + header + "\": \"v\"}"), "") << header;
  }
  EXPECT_EQ(fault(R"("Headers": {"X-Mine": "v", "Accept": ["a", "b"], "N": 1})"), "");
  EXPECT_NE(fault(R"("Headers": {"X": "a\r\nHost: evil"})"), "");
  EXPECT_NE(fault(R"("Headers": {"X: y": "a"})"), "");
  EXPECT_NE(fault(R"("Headers": {"X": {}})"), "");
  EXPECT_EQ(fault(R"("Other": 1)"), "The field 'Other' is not supported by Step Functions");
  EXPECT_NE(fault(R"("Transform": {"RequestBodyEncoding": "XML"})"), "");
  EXPECT_EQ(states::http_task_faults(Value::object()).size(), 3U);
}

TEST(HttpTask, PlainHttpGoesToThisMachineAlone) {
  for (const char* good : {"https://api.example", "http://127.0.0.1:80/x", "http://localhost/", "http://[::1]:8080", "HTTPS://api.example/?a=b"}) EXPECT_EQ(fault("", good), "") << good;
  for (const char* bad : {"http://api.example", "http://127.0.0.1.example", "http://127.example.com/", "http://localhost@api.example/", "ftp://localhost", "localhost/x", "https://",
                          "https://a b", "https://u:p@api.example/"}) {
    EXPECT_NE(fault("", bad), "") << bad;
  }
}

TEST(HttpTask, AResponseBecomesAResult) {
  net::Response response;
  response.status = 404;
  response.headers.add("X", "1"), response.headers.add("x", "2"), response.headers.add("A", "caf\xe9");
  response.body = R"({"why":"gone"})";
  EXPECT_EQ(json::write(states::http_result(response)),
            "{\"Headers\":{\"A\":[\"caf\xc3\xa9\"],\"X\":[\"1\",\"2\"]},\"ResponseBody\":{\"why\":\"gone\"},\"StatusCode\":404,\"StatusText\":\"Not Found\"}");
  response.body = "plain";
  EXPECT_EQ(states::http_result(response).text("ResponseBody"), "plain");
}

TEST(HttpTask, PicturesAndBytesThatAreNoTextCannotBeRead) {
  net::Response response;
  response.body = "x";
  EXPECT_EQ(states::http_unreadable(response), "");
  response.headers.set("Content-Type", "Image/PNG");
  EXPECT_NE(states::http_unreadable(response), "");
  response.headers.set("Content-Type", "text/plain");
  response.body = "\xff\xfe";
  EXPECT_NE(states::http_unreadable(response), "");
}

TEST(HttpTask, TracesAreTexts) {
  const net::Request made = request(R"("RequestBody": {"a": 1}, "Headers": {"h": "1"})");
  EXPECT_EQ(json::write(states::traced(made)),
            R"({"protocol":"https","method":"POST","url":"https://api.example/v1","headers":"[h: 1, User-Agent: Amazon|StepFunctions|HttpInvoke|eu-west-1, )"
            R"(Range: bytes=0-262144, Content-Type: application/json; charset=UTF-8]","body":"{\"a\":1}"})");
}

}  // namespace
