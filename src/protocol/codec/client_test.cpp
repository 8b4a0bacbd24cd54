#include "protocol/codec/client.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"
#include "protocol/codec/made_up.h"
#include "protocol/codec/xml_read.h"

namespace codec {
namespace {

Dialect dialect(std::string_view service, std::string_view operation) {
  const model::Service& found = *model::find(service);
  return client_dialect(found, *found.find(operation));
}

// Whether every member is there with its value; what headers add beside is no harm.
void expect_members(const json::Value& actual, const json::Value& expected, std::string_view wire) {
  for (const json::Member& member : expected.members()) {
    EXPECT_TRUE(json::equal(actual[member.name], member.value))
        << member.name.view() << " of " << json::write(expected) << "\nread as " << json::write(actual)
        << "\nin " << wire;
  }
}

void check_both_ways(const Dialect& both) {
  static const model::Shape kNothing{.type = model::Type::structure};
  made_up::Maker maker(7);
  const json::Value params =
      maker.structure(both.operation->input ? *both.operation->input : kNothing, 0);
  auto request = encode_request(both, params, "http://127.0.0.1:1/");
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_TRUE(request->target.starts_with("http://127.0.0.1:1/"));
  request->target.erase(0, request->target.find('/', 7));
  Form form;
  ASSERT_TRUE(form.add(request->body) || both.protocol != model::Protocol::query);
  form.sort();
  const auto read = decode(both, *request, request->body, form);
  ASSERT_TRUE(read) << read.error().message << request->target << request->body;
  expect_members(*read, params, request->target + " " + request->body);

  const json::Value result =
      maker.structure(both.operation->output ? *both.operation->output : kNothing, 0);
  const net::Response response = encode_result(both, result, "id");
  const auto answer = decode_response(both, response);
  ASSERT_TRUE(answer) << answer.error().message << response.body;
  if (both.operation->output) expect_members(*answer, result, response.body);
}

TEST(Client, SpeaksWithTheServersHalfInEveryOperation) {
  for (const model::Metadata& metadata : model::all()) {
    const model::Service& service = *model::find(metadata.signing_name);
    for (const model::Protocol protocol : metadata.protocols) {
      for (const model::Operation& operation : service.operations()) {
        SCOPED_TRACE(metadata.signing_name + " " + std::string(operation.name) + " protocol " +
                     std::to_string(static_cast<int>(protocol)));
        check_both_ways({.protocol = protocol,
                         .service = &service,
                         .operation = &operation,
                         .json_version = metadata.json_version});
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(Client, RequestsAreAsAwssClientsMakeThem) {
  const auto item = encode_request(
      dialect("dynamodb", "GetItem"),
      json::parse(R"({"TableName":"t","Key":{"id":{"S":"1"}}})").value(), "http://h:8000");
  EXPECT_EQ(item->headers.get("X-Amz-Target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(item->target, "http://h:8000/");
  EXPECT_EQ(item->body, R"({"TableName":"t","Key":{"id":{"S":"1"}}})");
  const auto object = encode_request(dialect("s3", "GetObject"),
                                     json::object({{"Bucket", "b"}, {"Key", "a b/c"}}), "http://h");
  EXPECT_EQ(object->method, "GET");
  EXPECT_EQ(object->target.substr(0, 20), "http://h/b/a%20b/c");
  EXPECT_FALSE(
      encode_request(dialect("s3", "GetObject"), json::object({{"Bucket", "b"}}), "http://h"));
  const auto invoke =
      encode_request(dialect("lambda", "Invoke"),
                     json::object({{"FunctionName", "f"}, {"Payload", "e30="}}), "http://h");
  EXPECT_EQ(invoke->target, "http://h/2015-03-31/functions/f/invocations");
  EXPECT_EQ(invoke->body, "{}");
}

TEST(Client, ErrorsCarryTheNamesOfTheirShapes) {
  const auto error = [](std::string_view service, std::string_view operation,
                        net::Response response) {
    const auto result = decode_response(dialect(service, operation), response);
    return result ? "none"
                  : result.error().code + ": " + result.error().message + " " +
                        std::to_string(result.error().http_status);
  };
  EXPECT_EQ(
      error(
          "dynamodb", "GetItem",
          {.status = 400,
           .headers = {},
           .body =
               R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"})"}),
      "ResourceNotFoundException: gone 400");
  EXPECT_EQ(error("s3", "GetObject",
                  {.status = 404,
                   .headers = {},
                   .body = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>a &amp; "
                           "b</Message></Error>"}),
            "NoSuchKey: a & b 404");
  EXPECT_EQ(error("sns", "Publish",
                  {.status = 404,
                   .headers = {},
                   .body = "<ErrorResponse><Error><Code>NotFound</Code><Message>m</Message></"
                           "Error></ErrorResponse>"}),
            "NotFoundException: m 404");
  EXPECT_EQ(error("ec2", "DescribeVpcs",
                  {.status = 400,
                   .headers = {},
                   .body = "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></"
                           "Errors></Response>"}),
            "InvalidVpcID.NotFound:  400");
  constexpr std::string_view kNotUnderstood = "UpstreamResponse: The upstream's answer could not be understood (HTTP 503). 502";
  EXPECT_EQ(error("dynamodb", "GetItem", {.status = 503, .headers = {}, .body = "<html>"}), kNotUnderstood);
  EXPECT_EQ(error("dynamodb", "GetItem", {.status = 503, .headers = {}, .body = R"({"__type":"com.amazonaws.dynamodb.v20120810#"})"}), kNotUnderstood)
      << "a name of which nothing is left";
  EXPECT_EQ(error("s3", "GetObject", {.status = 503, .headers = {}, .body = "<Error><Code></Code></Error>"}), kNotUnderstood);
}

TEST(XmlRead, WhatIsNoXmlIsRefused) {
  for (const char* text :
       {"", "a", "<a>", "<a></b>", "<a b></a>", "<a b=1></a>", "<!DOCTYPE a><a/>", "<a>&nbsp;</a>",
        "<a>&#x110000;</a>", "<a><![CDATA[</a>"}) {
    EXPECT_FALSE(parse_xml(text)) << text;
  }
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "<a>";
  EXPECT_FALSE(parse_xml(deep));
  const auto root = parse_xml(
      "<?xml version='1.0'?><!-- c --><x:a y='&lt;>'><b>1<![CDATA[<2>]]>&#65;</b><c/></x:a>");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->name, "a");
  EXPECT_EQ(root->attributes[0].second, "<>");
  EXPECT_EQ(root->child("b")->text, "1<2>A");
}

}  // namespace
}  // namespace codec
