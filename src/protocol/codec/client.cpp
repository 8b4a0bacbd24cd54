#include "protocol/codec/client.h"

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/cbor.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/rest.h"
#include "protocol/codec/scalar.h"
#include "protocol/codec/xml.h"
#include "protocol/codec/xml_read.h"

namespace codec {
namespace {

using model::Member;
using model::Protocol;
using model::Shape;
using model::Type;

const Shape kNothing{.type = Type::structure};

// Query and EC2 requests.
class FormWriter {
 public:
  explicit FormWriter(bool ec2) : ec2_(ec2) {}

  void add(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_.push_back('&');
    out_.append(percent_encode(name)).append("=").append(percent_encode(value));
  }

  void structure(const Shape& shape, const std::string& prefix, const json::Value& value) {
    if (!value.is_object()) return;
    for (const json::Member& one : value.members()) {
      const Member* member = one.value.is_null() ? nullptr : shape.find(one.name);
      if (member) this->member(*member, prefix + std::string(member->form_name), one.value);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void member(const Member& member, const std::string& name, const json::Value& value) {
    const Shape& shape = *member.shape;
    if (shape.type == Type::structure) {
      structure(shape, name + ".", value);
    } else if (shape.type == Type::list && value.is_array()) {
      if (value.size() == 0 && !ec2_) add(name, "");
      const bool flat = ec2_ || member.flattened;
      const std::string items = flat ? name : name + "." + std::string(shape.item.form_name);
      for (size_t i = 0; i < value.size(); ++i) {
        this->member(shape.item, items + "." + std::to_string(i + 1), value[i]);
      }
    } else if (shape.type == Type::map && value.is_object()) {
      const std::string entries = member.flattened ? name : name + ".entry";
      for (size_t i = 0; i < value.size(); ++i) {
        const json::Member& one = value.members()[i];
        const std::string entry = entries + "." + std::to_string(i + 1) + ".";
        add(entry + std::string(shape.key.form_name), one.name);
        this->member(shape.item, entry + std::string(shape.item.form_name), one.value);
      }
    } else {
      add(name, scalar_text(member, value, model::TimeFormat::iso8601));
    }
  }

  bool ec2_;
  std::string out_;
};

// The target of a REST request: labels filled in, query added.
Result<std::string> rest_target(const Dialect& dialect, const json::Value& params) {
  const Shape& input = dialect.operation->input ? *dialect.operation->input : kNothing;
  std::string target;
  for (const model::UriPart& part : dialect.operation->path) {
    target.push_back('/');
    if (!part.label) {
      target += part.text;
      continue;
    }
    const auto member = std::ranges::find_if(input.members, [&](const Member& m) {
      return m.location == model::Location::uri && m.json_name == part.text;
    });
    const json::Value& value =
        member == input.members.end() ? params["\x01"] : params[member->name];
    if (value.is_null()) {
      return fail("ValidationException", "The parameter " + std::string(part.text) + " is needed.");
    }
    target += percent_encode(scalar_text(*member, value, model::TimeFormat::iso8601),
                             part.greedy ? "/" : "");
  }
  if (target.empty()) target = "/";
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value, bool equals) {
    target.push_back(std::exchange(separator, '&'));
    target += percent_encode(name);
    if (equals) target.append("=").append(percent_encode(value));
  };
  for (const auto& [name, value] : dialect.operation->query) add(name, value, !value.empty());
  for (const Member& member : input.members) {
    const json::Value& value = params[member.name];
    if (member.location != model::Location::querystring || value.is_null()) continue;
    if (value.is_array()) {
      for (const json::Value& item : value.items()) {
        add(member.json_name, scalar_text(member.shape->item, item, model::TimeFormat::iso8601),
            true);
      }
    } else if (value.is_object()) {
      for (const json::Member& one : value.members()) {
        if (one.value.is_string()) add(one.name, one.value.as_string(), true);
      }
    } else {
      add(member.json_name, scalar_text(member, value, model::TimeFormat::iso8601), true);
    }
  }
  return target;
}

void write_rest_body(const Dialect& dialect, const json::Value& params, net::Request& request) {
  const Shape& input = dialect.operation->input ? *dialect.operation->input : kNothing;
  const bool xml = dialect.protocol == Protocol::rest_xml;
  if (input.payload) {
    const Member& payload = *input.payload;
    const json::Value& value = params[payload.name];
    if (value.is_null()) return;
    if (payload.shape->type == Type::blob) {
      request.body = base64_decode(value.is_string() ? value.as_string() : "").value_or("");
    } else if (payload.shape->type == Type::string) {
      request.body = value.is_string() ? value.as_string() : "";
    } else if (xml) {
      XmlWriter out(request.body, 0);
      std::string attributes;
      if (!payload.xml_namespace.uri.empty()) {
        attributes = " xmlns=\"" + std::string(payload.xml_namespace.uri) + "\"";
      }
      out.open(payload.xml_name, attributes);
      write_xml_members(out, *payload.shape, value, {});
      out.close();
    } else {
      write_json(payload, value, request.body);
      request.headers.add("Content-Type", "application/json");
    }
    return;
  }
  const bool has_body = std::ranges::any_of(
      input.members, [](const Member& m) { return m.location == model::Location::body; });
  if (!has_body || xml) return;
  write_json_structure(input, params, Members::body_only, request.body);
  request.headers.add("Content-Type", "application/json");
}

std::string plain_name(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const size_t hash = code.find('#'); hash != code.npos) code.remove_prefix(hash + 1);
  return std::string(code);
}

std::unexpected<Error> not_understood(const net::Response& response) {
  return fail("UpstreamResponse",
              "The upstream's answer could not be understood (HTTP " +
                  std::to_string(response.status) + ").",
              502);
}

Error error_of(const Dialect& dialect, const net::Response& response, std::string code,
               std::string_view message) {
  if (const Shape* shape = dialect.service->error(code)) code = shape->name;
  return {std::move(code), std::string(message), response.status, {}};
}

Error xml_error(const Dialect& dialect, const net::Response& response) {
  const auto root = parse_xml(response.body);
  if (!root) return not_understood(response).error();
  const XmlElement* error = root->name == "Error" ? &*root : root->child("Error");
  if (const XmlElement* errors = root->child("Errors")) error = errors->child("Error");
  const XmlElement* code = error ? error->child("Code") : nullptr;
  if (!code || code->text.empty()) return not_understood(response).error();
  const XmlElement* message = error->child("Message");
  return error_of(dialect, response, code->text, message ? std::string_view(message->text) : "");
}

Error json_error(const Dialect& dialect, const net::Response& response) {
  Result<json::Value> body = json::Value::object();
  if (dialect.protocol == Protocol::cbor) {
    body = parse_cbor(response.body);
  } else if (!response.body.empty()) {
    body = json::parse(response.body, {.depth = 200});
  }
  if (!body || !body->is_object()) body = json::Value::object();
  std::string_view code = response.headers.get("x-amzn-ErrorType");
  if (code.empty()) code = body->text("__type", body->text("code"));
  std::string name = plain_name(code);
  if (name.empty()) return not_understood(response).error();
  Error out = error_of(dialect, response, std::move(name), body->text("message", body->text("Message")));
  for (const json::Member& member : body->members()) {
    if (member.name == "__type" || member.name == "message" || member.name == "Message") continue;
    out.members.emplace_back(member.name, member.value.is_string()
                                              ? std::string(member.value.as_string())
                                              : json::write(member.value));
  }
  return out;
}

Result<json::Value> rest_members(const Dialect& dialect, const net::Response& response) {
  const Shape& output = *dialect.operation->output;
  const bool xml = dialect.protocol == Protocol::rest_xml;
  std::vector<json::Member> out = TRY(read_header_members(output, response.headers));
  for (const Member& member : output.members) {
    if (member.location == model::Location::status_code) {
      out.push_back({std::string(member.name), response.status});
    }
  }
  if (output.payload) {
    const Member& payload = *output.payload;
    json::Value value;
    if (payload.shape->type == Type::blob) {
      value = base64_encode(response.body);
    } else if (payload.shape->type == Type::string) {
      value = response.body;
    } else if (!response.body.empty() && xml) {
      value = read_xml_members(*payload.shape, TRY(parse_xml(response.body)));
    } else if (!response.body.empty()) {
      const json::Value wire = TRY(parse_json_body(response.body));
      value = TRY(read_json(payload, wire));
    }
    if (!value.is_null()) out.push_back({std::string(payload.name), std::move(value)});
  } else if (!response.body.empty()) {
    json::Value body;
    if (xml) {
      body = read_xml_members(output, TRY(parse_xml(response.body)));
    } else {
      const json::Value wire = TRY(parse_json_body(response.body));
      body = TRY(read_json_structure(output, wire));
    }
    for (const json::Member& one : body.members()) {
      if (output.find(one.name)->location == model::Location::body) out.push_back(one);
    }
  }
  return json::Value::object(std::move(out));
}

Result<json::Value> read_result(const Dialect& dialect, const net::Response& response) {
  if (!dialect.operation->output) return json::Value::object();
  const Shape& output = *dialect.operation->output;
  switch (dialect.protocol) {
    case Protocol::json:
      return read_json_structure(output, TRY(parse_json_body(response.body)));
    case Protocol::cbor:
      return response.body.empty() ? json::Value::object() : read_cbor(output, response.body);
    case Protocol::query: {
      const XmlElement root = TRY(parse_xml(response.body));
      const XmlElement* result = root.child(dialect.operation->result_wrapper);
      return result ? read_xml_members(output, *result) : json::Value::object();
    }
    case Protocol::ec2:
      return read_xml_members(output, TRY(parse_xml(response.body)));
    case Protocol::rest_json:
    case Protocol::rest_xml:
      return rest_members(dialect, response);
  }
  return json::Value::object();
}
}  // namespace

Dialect client_dialect(const model::Service& service, const model::Operation& operation) {
  const model::Metadata& metadata = service.metadata();
  return {.protocol = metadata.speaks(Protocol::json) ? Protocol::json : metadata.protocols.front(),
          .service = &service,
          .operation = &operation,
          .json_version = metadata.json_version};
}

Result<net::Request> encode_request(const Dialect& dialect, const json::Value& params,
                                    std::string_view endpoint) {
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  const Shape& input = dialect.operation->input ? *dialect.operation->input : kNothing;
  const model::Metadata& metadata = dialect.service->metadata();
  net::Request request{.method = "POST",
                       .target = std::string(endpoint) + "/",
                       .headers = {},
                       .body = {},
                       .peer = {}};
  switch (dialect.protocol) {
    case Protocol::json:
      write_json_structure(input, params, Members::all, request.body);
      request.headers.add("Content-Type",
                          "application/x-amz-json-" + std::string(dialect.json_version));
      request.headers.add("X-Amz-Target",
                          metadata.target_prefix + "." + std::string(dialect.operation->name));
      return request;
    case Protocol::cbor:
      write_cbor_structure(input, params, request.body);
      request.target.append("service/").append(metadata.target_prefix);
      request.target.append("/operation/").append(dialect.operation->name);
      request.headers.add("Content-Type", "application/cbor");
      request.headers.add("Accept", "application/cbor");
      request.headers.add("smithy-protocol", "rpc-v2-cbor");
      return request;
    case Protocol::query:
    case Protocol::ec2: {
      FormWriter form(dialect.protocol == Protocol::ec2);
      form.add("Action", dialect.operation->name);
      form.add("Version", metadata.api_version);
      form.structure(input, "", params);
      request.body = form.take();
      request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      return request;
    }
    case Protocol::rest_json:
    case Protocol::rest_xml:
      request.method = dialect.operation->method;
      request.target = std::string(endpoint) + TRY(rest_target(dialect, params));
      write_header_members(input, params, request.headers);
      write_rest_body(dialect, params, request);
      return request;
  }
  return request;
}

Result<json::Value> decode_response(const Dialect& dialect, const net::Response& response) {
  if (response.status < 200 || response.status >= 300) {
    const bool xml = dialect.protocol == Protocol::query || dialect.protocol == Protocol::ec2 ||
                     dialect.protocol == Protocol::rest_xml;
    return std::unexpected(xml ? xml_error(dialect, response) : json_error(dialect, response));
  }
  auto result = read_result(dialect, response);
  if (!result) return not_understood(response);
  return result;
}

}  // namespace codec
