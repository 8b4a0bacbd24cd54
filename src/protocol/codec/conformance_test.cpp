// AWS's protocol tests (Smithy's), which are written for clients, seen from the server: a
// serialized request must decode to the params it was made of; a result or an error that is encoded
// must read back as itself.
#include <gtest/gtest.h>

#include <map>

#include "base/encoding.h"
#include "protocol/codec/client_side.h"
#include "protocol/codec/codec.h"
#include "protocol/conformance_data.h"

namespace codec {
namespace {

using model::Member;
using model::Type;

// Cases that have no one answer for a server, by id or by a part of it that ends in '*'.
const std::map<std::string, std::string_view, std::less<>> kNoOneAnswer = {
    // What a client fills in when its user says nothing arrives as if the user had said it.
    {"QueryProtocolIdempotencyTokenAutoFill", "the client makes up a token"},
    {"Ec2ProtocolIdempotencyTokenAutoFill", "the client makes up a token"},
    {"RestJsonQueryIdempotencyTokenAutoFill", "the client makes up a token"},
    // The test gives no body: compressing is left to the client.
    {"SDKAppliedContentEncoding_*", "the case has no compressed body"},
    {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_*", "the case has no compressed body"},
    {"SDKAppendedGzipAfterProvidedEncoding_*", "the case has no compressed body"},
    {"RestJsonQueryParamsStringListMap",
     "a server's map holds every parameter, as other cases show"},
    {"RestJsonHttpWithHeadersButNoPayload", "a body {} may stand for an empty payload or for none"},
    {"HttpPrefixHeadersResponse", "an empty prefix takes every header of the response"},
    // An empty map is not sent at all.
    {"QueryEmptyQueryMaps", "nothing is sent that could be read back"},
};

std::string_view no_one_answer(std::string_view id) {
  for (const auto& [pattern, why] : kNoOneAnswer) {
    if (pattern == id || (pattern.ends_with('*') &&
                          id.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))))
      return why;
  }
  return "";
}

// Python's values as handlers have them: blobs are plain texts there, members that are None are not
// given.
json::Value handlers_value(const Member& member, const json::Value& value) {
  const model::Shape& shape = *member.shape;
  if (shape.document) return value;
  if (shape.type == Type::blob && value.is_string()) return base64_encode(value.as_string());
  if (shape.type == Type::structure && value.is_object()) {
    json::ObjectBuilder out;
    for (const json::Member& one : value.members()) {
      const Member* inner = shape.find(one.name);
      if (!one.value.is_null())
        out.add(one.name, inner ? handlers_value(*inner, one.value) : one.value);
    }
    return out.build();
  }
  if (shape.type == Type::list && value.is_array()) {
    std::vector<json::Value> out;
    for (const json::Value& item : value.items()) out.push_back(handlers_value(shape.item, item));
    return json::Value::array(std::move(out));
  }
  if (shape.type == Type::map && value.is_object()) {
    json::ObjectBuilder out;
    for (const json::Member& one : value.members())
      out.add(one.name, handlers_value(shape.item, one.value));
    return out.build();
  }
  return value;
}

json::Value handlers_value(const model::Shape* shape, const json::Value& value) {
  if (!shape) return json::Value::object();
  Member member;
  member.shape = shape;
  return handlers_value(member, value.is_null() ? json::Value::object() : value);
}

net::Headers headers_of(const json::Value& source) {
  net::Headers out;
  if (!source.is_object()) return out;
  for (const json::Member& one : source.members()) out.add(one.name, one.value.as_string());
  return out;
}

struct Case {
  const json::Value& value;
  std::unique_ptr<model::Service> service;
  Dialect dialect;

  explicit Case(const json::Value& source) : value(source) {
    const json::Value document =
        json::object({{"metadata", source["metadata"]},
                      {"operations", json::object({{source["given"].text("name"), given(source)}})},
                      {"shapes", source["shapes"]}});
    auto parsed = model::Service::parse(document);
    if (!parsed) throw std::runtime_error(parsed.error().message);
    service = *std::move(parsed);
    dialect = {.protocol = service->metadata().protocols.front(),
               .service = service.get(),
               .operation = &service->operations().front(),
               .json_version = service->metadata().json_version};
  }

  // Errors are given as {"shape": name}; some name shapes that the case does not hold.
  static json::Value given(const json::Value& source) {
    std::vector<json::Value> errors;
    const json::Value& all = source["given"]["errors"];
    if (all.is_array()) {
      for (const json::Value& error : all.items()) {
        if (source["shapes"].find(error.text("shape"))) errors.push_back(error);
      }
    }
    return source["given"].with("errors", json::Value::array(std::move(errors)));
  }

  std::string body(std::string_view text) const {
    return dialect.protocol == model::Protocol::cbor ? base64_decode(text).value()
                                                     : std::string(text);
  }
};

void check_input(const Case& one) {
  const json::Value& serialized = one.value["serialized"];
  net::Request request{.method = std::string(serialized.text("method")),
                       .target = std::string(serialized.text("uri")),
                       .headers = headers_of(serialized["headers"]),
                       .body = one.body(serialized.text("body")),
                       .peer = {}};
  Form form;
  ASSERT_TRUE(form.add(request.query()));
  if (one.dialect.protocol == model::Protocol::query ||
      one.dialect.protocol == model::Protocol::ec2)
    ASSERT_TRUE(form.add(request.body));
  form.sort();
  const auto params = decode(one.dialect, request, request.body, form);
  ASSERT_TRUE(params) << params.error().message;
  const json::Value expected = handlers_value(one.dialect.operation->input, one.value["params"]);
  EXPECT_TRUE(json::equal(*params, expected)) << "is " << json::write(*params) << "\nnot "
                                              << json::write(expected) << "\nfrom " << request.body;
}

void check_result(const Case& one) {
  const json::Value expected = handlers_value(one.dialect.operation->output, one.value["result"]);
  const net::Response ours = encode_result(one.dialect, expected, "request-id");
  const json::Value read =
      client_side::read_result(one.dialect.protocol, *one.dialect.operation, ours);
  EXPECT_TRUE(json::equal(read, expected))
      << "is " << json::write(read) << "\nnot " << json::write(expected) << "\nin " << ours.body;
  const json::Value& given = one.value["response"];
  EXPECT_EQ(ours.status, given["status_code"].as_int64().value_or(200));
  // The reader itself is tried on the response that the case gives.
  const net::Response theirs{.status = ours.status,
                             .headers = headers_of(given["headers"]),
                             .body = one.body(given.text("body"))};
  const json::Value read_theirs =
      client_side::read_result(one.dialect.protocol, *one.dialect.operation, theirs);
  EXPECT_TRUE(json::equal(read_theirs, expected))
      << "reader: is " << json::write(read_theirs) << "\nnot " << json::write(expected);
}

void check_error(const Case& one) {
  const json::Value& members = one.value["error"];
  const std::string_view code = one.value.text("errorCode");
  Error error{std::string(code), std::string(one.value.text("errorMessage")), 500, {}};
  // The case's own status, for errors whose shapes say none.
  error.http_status =
      static_cast<int>(one.value["response"]["status_code"].as_int64().value_or(400));
  for (const json::Member& member : members.members()) {
    if (member.name == "message" || member.name == "Message") {
      error.message = member.value.as_string();
    } else {
      error.members.emplace_back(member.name, member.value.is_string()
                                                  ? std::string(member.value.as_string())
                                                  : json::write(member.value));
    }
  }
  const net::Response ours = encode_error(one.dialect, error, "request-id");
  const client_side::ReadError read =
      client_side::read_error(one.dialect.protocol, *one.service, ours);
  EXPECT_EQ(read.code, code) << ours.body;
  EXPECT_EQ(read.message, error.message);
  const model::Shape* shape = one.service->error(code);
  EXPECT_EQ(ours.status,
            shape && shape->error_status != 0 ? shape->error_status : error.http_status);
  for (const auto& [name, text] : error.members) {
    EXPECT_TRUE(json::equal(read.members[name], members[name])) << name << " in " << ours.body;
  }
}

class ProtocolCases : public testing::TestWithParam<std::string> {};

TEST_P(ProtocolCases, AreReadAndWritten) {
  const auto all = protocol::conformance_lines("protocols/cases.jsonl");
  if (all.empty()) GTEST_SKIP() << "conformance/protocols/cases.jsonl is not here";
  size_t checked = 0;
  for (const json::Value& value : all) {
    if (!value.text("protocol").starts_with(GetParam())) continue;
    if (!no_one_answer(value.text("id")).empty()) continue;
    SCOPED_TRACE(std::string(value.text("protocol")) + " " + std::string(value.text("direction")) +
                 " " + std::string(value.text("id")));
    const Case one(value);
    ++checked;
    if (value.text("direction") == "input") {
      check_input(one);
    } else if (value.find("error")) {
      check_error(one);
    } else {
      check_result(one);
    }
  }
  EXPECT_GT(checked, 0u);
  RecordProperty("checked", static_cast<int>(checked));
}
INSTANTIATE_TEST_SUITE_P(Protocols, ProtocolCases,
                         testing::Values("query", "ec2", "json", "smithy-rpc-v2-cbor",
                                         "rest-json"));

}  // namespace
}  // namespace codec
