// For every operation of every service: a result of any shape reads back from its response, and
// params of any shape arrive from the request that a client makes of them.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/cbor.h"
#include "protocol/codec/client_side.h"
#include "protocol/codec/codec.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/made_up.h"
#include "protocol/codec/scalar.h"

namespace codec {
namespace {

using model::Member;
using model::Protocol;
using model::Shape;
using model::Type;

// The form a query client sends.
void add_pair(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form.push_back('&');
  form.append(percent_encode(name)).append("=").append(percent_encode(value));
}

void write_form(const Member& member, const std::string& name, const json::Value& value, bool ec2,
                std::string& out) {
  const Shape& shape = *member.shape;
  if (shape.type == Type::structure) {
    for (const json::Member& one : value.members()) {
      const Member& inner = *shape.find(one.name);
      write_form(
          inner,
          name.empty() ? std::string(inner.form_name) : name + "." + std::string(inner.form_name),
          one.value, ec2, out);
    }
  } else if (shape.type == Type::list) {
    const std::string prefix =
        member.flattened || ec2 ? name : name + "." + std::string(shape.item.form_name);
    for (size_t i = 0; i < value.size(); ++i)
      write_form(shape.item, prefix + "." + std::to_string(i + 1), value[i], ec2, out);
  } else if (shape.type == Type::map) {
    const std::string prefix = member.flattened ? name : name + ".entry";
    size_t i = 0;
    for (const json::Member& one : value.members()) {
      const std::string entry = prefix + "." + std::to_string(++i) + ".";
      add_pair(out, entry + std::string(shape.key.form_name), one.name);
      write_form(shape.item, entry + std::string(shape.item.form_name), one.value, ec2, out);
    }
  } else {
    add_pair(out, name, scalar_text(member, value, model::TimeFormat::iso8601));
  }
}

void check_result(const Dialect& dialect, made_up::Maker& maker) {
  if (!dialect.operation->output || dialect.protocol == Protocol::rest_xml) return;
  const json::Value result = maker.structure(*dialect.operation->output, 0);
  const net::Response response = encode_result(dialect, result, "request-id");
  const json::Value read = client_side::read_result(dialect.protocol, *dialect.operation, response);
  EXPECT_TRUE(json::equal(read, result))
      << json::write(result) << "\nread as " << json::write(read) << "\nin " << response.body;
}

void check_params(const Dialect& dialect, made_up::Maker& maker) {
  if (!dialect.operation->input) return;
  const json::Value params = maker.structure(*dialect.operation->input, 0);
  net::Request request{.method = "POST", .target = "/", .headers = {}, .body = {}, .peer = {}};
  Member root;
  root.shape = dialect.operation->input;
  Form form;
  switch (dialect.protocol) {
    case Protocol::json:
      write_json(root, params, request.body);
      break;
    case Protocol::cbor:
      write_cbor(root, params, request.body);
      break;
    case Protocol::query:
    case Protocol::ec2:
      write_form(root, "", params, dialect.protocol == Protocol::ec2, request.body);
      ASSERT_TRUE(form.add(request.body));
      form.sort();
      break;
    case Protocol::rest_json:
    case Protocol::rest_xml:
      return;
  }
  const auto read = decode(dialect, request, request.body, form);
  ASSERT_TRUE(read) << read.error().message << " of " << request.body;
  EXPECT_TRUE(json::equal(*read, params))
      << json::write(params) << "\nread as " << json::write(*read) << "\nin " << request.body;
}

TEST(CodecProperties, WhateverIsWrittenReadsBack) {
  for (const model::Metadata& metadata : model::all()) {
    const model::Service& service = *model::find(metadata.signing_name);
    for (const Protocol protocol : metadata.protocols) {
      for (const model::Operation& operation : service.operations()) {
        SCOPED_TRACE(std::string(metadata.signing_name) + " " + std::string(operation.name) +
                     " protocol " + std::to_string(static_cast<int>(protocol)));
        const Dialect dialect{.protocol = protocol,
                              .service = &service,
                              .operation = &operation,
                              .json_version = metadata.json_version};
        for (uint64_t seed = 1; seed <= 3; ++seed) {
          made_up::Maker maker(seed);
          check_result(dialect, maker);
          check_params(dialect, maker);
          if (testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace codec
