#include "protocol/codec/query.h"

#include "protocol/codec/errors.h"
#include "protocol/codec/xml.h"

namespace codec {
namespace {

// What a service's documents look like: SNS, IAM, STS and CloudFormation indent by two and end with
// a newline (recorded: the Content-Length of sns:Publish), SQS writes one line, EC2 indents by
// four.
struct Layout {
  std::string_view declaration;
  int indent = 2;
  std::string_view end = "\n";
  std::string_view content_type = "text/xml";
};

Layout layout_of(const Dialect& dialect) {
  if (dialect.protocol == model::Protocol::ec2) {
    return {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", 4, "", "text/xml;charset=UTF-8"};
  }
  if (dialect.service && dialect.service->signing_name() == "sqs")
    return {"<?xml version=\"1.0\"?>", 0, "", "text/xml"};
  return {"", 2, "\n", "text/xml"};
}

net::Response response(const Layout& layout, int status, std::string body,
                       std::string_view request_id) {
  body.append(layout.end);
  net::Response out{.status = status, .headers = {}, .body = std::move(body)};
  out.headers.add("x-amzn-RequestId", request_id);
  out.headers.add("Content-Type", layout.content_type);
  return out;
}

std::string xmlns(const Dialect& dialect) {
  if (!dialect.service || dialect.service->metadata().xml_namespace.empty()) return "";
  std::string uri = dialect.service->metadata().xml_namespace;
  if (dialect.protocol == model::Protocol::ec2 && !uri.ends_with('/')) uri += '/';
  return " xmlns=\"" + uri + "\"";
}

XmlStyle style_of(const Dialect& dialect) {
  return {dialect.protocol == model::Protocol::ec2 ? Milliseconds::always
                                                   : Milliseconds::when_there};
}

void write_error_details(XmlWriter& xml, const WireError& wire, const Error& error,
                         const XmlStyle& style) {
  if (!error.message.empty()) xml.element("Message", error.message);
  if (!wire.shape || error.members.empty()) {
    for (const auto& [name, text] : error.members) xml.element(name, text);
    return;
  }
  const json::Value value = error_value(wire, error);
  write_xml_members(xml, *wire.shape, value.without("message").without("Message"), style);
}
}  // namespace

net::Response query_result(const Dialect& dialect, const json::Value& result,
                           std::string_view request_id) {
  const Layout layout = layout_of(dialect);
  const std::string name(dialect.operation ? dialect.operation->name : "");
  const model::Shape* output = dialect.operation ? dialect.operation->output : nullptr;
  std::string body(layout.declaration);
  XmlWriter xml(body, layout.indent);
  xml.open(name + "Response", xmlns(dialect));
  const bool members = output && result.is_object();
  if (dialect.protocol == model::Protocol::ec2) {
    xml.element("requestId", request_id);
    if (members) write_xml_members(xml, *output, result, style_of(dialect));
  } else {
    if (output) {
      if (members && result.size() != 0) {
        xml.open(dialect.operation->result_wrapper);
        write_xml_members(xml, *output, result, style_of(dialect));
        xml.close();
      } else {
        xml.element(dialect.operation->result_wrapper, "");
      }
    }
    xml.open("ResponseMetadata");
    xml.element("RequestId", request_id);
    xml.close();
  }
  xml.close();
  return response(layout, 200, std::move(body), request_id);
}

net::Response query_error(const Dialect& dialect, const Error& error, std::string_view request_id) {
  const WireError wire = wire_error(dialect, error);
  const Layout layout = layout_of(dialect);
  std::string body(layout.declaration);
  XmlWriter xml(body, layout.indent);
  if (dialect.protocol == model::Protocol::ec2) {
    xml.open("Response");
    xml.open("Errors");
    xml.open("Error");
    xml.element("Code", wire.code);
    write_error_details(xml, wire, error, style_of(dialect));
    xml.close();
    xml.close();
    xml.element("RequestID", request_id);
  } else {
    xml.open("ErrorResponse", xmlns(dialect));
    xml.open("Error");
    xml.element("Type", wire.sender ? "Sender" : "Receiver");
    xml.element("Code", wire.code);
    write_error_details(xml, wire, error, style_of(dialect));
    if (dialect.service && dialect.service->signing_name() == "sqs") xml.element("Detail", "");
    xml.close();
    xml.element("RequestId", request_id);
  }
  xml.close();
  return response(layout, wire.status, std::move(body), request_id);
}

}  // namespace codec
