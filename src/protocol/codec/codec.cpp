#include "protocol/codec/codec.h"

#include "language/json/parse.h"
#include "protocol/codec/cbor.h"
#include "protocol/codec/errors.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/query.h"
#include "protocol/codec/rest.h"

namespace codec {
namespace {

constexpr size_t kBodyAtFirst = 1000;  // most answers fit

const model::Shape& empty_shape() {
  static const model::Shape* const shape = [] {
    auto* out = new model::Shape;
    out->type = model::Type::structure;
    return out;
  }();
  return *shape;
}

const model::Shape& input_of(const Dialect& d) {
  return d.operation && d.operation->input ? *d.operation->input : empty_shape();
}
const model::Shape& output_of(const Dialect& d) {
  return d.operation && d.operation->output ? *d.operation->output : empty_shape();
}

net::Response json_response(const Dialect& dialect, int status, std::string body,
                            std::string_view request_id) {
  net::Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.list.reserve(4);
  response.headers.add("x-amzn-RequestId", request_id);
  response.headers.add("Content-Type", dialect.json_version == "1.0"
                                           ? "application/x-amz-json-1.0"
                                           : "application/x-amz-json-1.1");
  return response;
}

net::Response json_error(const Dialect& dialect, const Error& error, std::string_view request_id) {
  const WireError wire = wire_error(dialect, error);
  std::string body = R"({"__type":)";
  json::write_string(wire.name, body);
  write_error_members(wire, error, body);
  body.push_back('}');
  net::Response response = json_response(dialect, wire.status, std::move(body), request_id);
  if (dialect.service && dialect.service->metadata().query_compatible) {
    response.headers.add("x-amzn-query-error", wire.code + (wire.sender ? ";Sender" : ";Receiver"));
  }
  return response;
}
}  // namespace

Result<json::Value> decode(const Dialect& dialect, const net::Request& request,
                           std::string_view body, const Form& form) {
  switch (dialect.protocol) {
    case model::Protocol::json:
      return read_json_structure(input_of(dialect), TRY(parse_json_body(body)));
    case model::Protocol::query:
      return read_form(input_of(dialect), form, FormStyle::query);
    case model::Protocol::ec2:
      return read_form(input_of(dialect), form, FormStyle::ec2);
    case model::Protocol::cbor:
      return body.empty() ? json::Value::object() : read_cbor(input_of(dialect), body);
    case model::Protocol::rest_json:
    case model::Protocol::rest_xml:
      return read_rest(dialect, request, body);
  }
  return json::Value::object();
}

net::Response encode_result(const Dialect& dialect, const json::Value& result,
                            std::string_view request_id) {
  switch (dialect.protocol) {
    case model::Protocol::json: {
      std::string body;
      body.reserve(kBodyAtFirst);
      write_json_structure(output_of(dialect), result, Members::all, body);
      return json_response(dialect, 200, std::move(body), request_id);
    }
    case model::Protocol::query:
    case model::Protocol::ec2:
      return query_result(dialect, result, request_id);
    case model::Protocol::cbor:
      return cbor_result(dialect, result, request_id);
    case model::Protocol::rest_json:
    case model::Protocol::rest_xml:
      return rest_result(dialect, result, request_id);
  }
  return {};
}

net::Response encode_error(const Dialect& dialect, const Error& error,
                           std::string_view request_id) {
  switch (dialect.protocol) {
    case model::Protocol::json:
      return json_error(dialect, error, request_id);
    case model::Protocol::query:
    case model::Protocol::ec2:
      return query_error(dialect, error, request_id);
    case model::Protocol::cbor:
      return cbor_error(dialect, error, request_id);
    case model::Protocol::rest_json:
    case model::Protocol::rest_xml:
      return rest_error(dialect, error, request_id);
  }
  return {};
}

}  // namespace codec
