#include "protocol/codec/rest.h"

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/errors.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/scalar.h"
#include "protocol/codec/xml.h"
#include "protocol/codec/xml_read.h"

namespace codec {
namespace {
constexpr size_t kQueryPairsMax = 1000;

using Query = std::vector<std::pair<std::string, std::string>>;

Result<Query> parse_query(std::string_view text) {
  Query out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), Plus::space);
    auto value = percent_decode(equals == pair.npos ? "" : pair.substr(equals + 1), Plus::space);
    if (!name || !value || !is_utf8(*name) || !is_utf8(*value) || out.size() == kQueryPairsMax) {
      return fail("SerializationException", "The query string is malformed.");
    }
    out.emplace_back(*std::move(name), *std::move(value));
  }
  return out;
}

Result<json::Value> scalar(const model::Member& member, std::string_view text) {
  if (auto value = parse_scalar(*member.shape, text)) return *std::move(value);
  return fail("SerializationException", "'" + std::string(text) +
                                            "' can not be converted to a value of type " +
                                            std::string(model::type_name(member.shape->type)));
}

// All the parameters there are, those that other members ask for as well.
json::Value read_whole_query(const model::Shape& map, const Query& query) {
  const bool lists = map.item.shape->type == model::Type::list;
  json::ObjectBuilder out;
  for (size_t i = 0; i < query.size(); ++i) {
    const std::string& name = query[i].first;
    const auto same_name = [&](const auto& pair) { return pair.first == name; };
    if (!lists) {
      out.set(name, query[i].second);
    } else if (std::none_of(query.begin(), query.begin() + static_cast<ptrdiff_t>(i), same_name)) {
      std::vector<json::Value> values;
      for (const auto& [other, value] : query) {
        if (other == name) values.emplace_back(value);
      }
      out.add(name, json::Value::array(std::move(values)));
    }
  }
  return out.empty() ? json::Value() : out.build();
}

Result<json::Value> read_query(const model::Member& member, const Query& query) {
  const model::Shape& shape = *member.shape;
  if (shape.type == model::Type::map) return read_whole_query(shape, query);
  std::vector<json::Value> values;
  for (const auto& [name, value] : query) {
    if (name != member.json_name) continue;
    if (shape.type != model::Type::list) return scalar(member, value);
    values.push_back(TRY(scalar(shape.item, value)));
  }
  return values.empty() ? json::Value() : json::Value::array(std::move(values));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The items of a header that holds a list: split at commas, quoted items unquoted. A date has a
// comma itself.
std::vector<std::string> split_header(std::string_view text, bool dates) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ',')) ++at;
    if (at == text.size()) break;
    std::string item;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        item.push_back(text[at]);
      }
      if (at < text.size()) ++at;
    } else {
      size_t end = text.find(',', at);
      if (dates && end != text.npos) end = text.find(',', end + 1);
      item = trimmed(text.substr(at, end == text.npos ? end : end - at));
      at = end == text.npos ? text.size() : end;
    }
    out.push_back(std::move(item));
  }
  return out;
}

Result<json::Value> read_header(const model::Member& member, const net::Headers& headers) {
  if (!headers.has(member.json_name)) return json::Value();
  const std::string_view text = trimmed(headers.get(member.json_name));
  const model::Shape& shape = *member.shape;
  if (shape.type == model::Type::list) {
    const bool dates = shape.item.shape->type == model::Type::timestamp &&
                       (shape.item.time_format == model::TimeFormat::unset ||
                        shape.item.time_format == model::TimeFormat::http_date);
    std::vector<json::Value> out;
    for (const std::string& item : split_header(text, dates))
      out.push_back(TRY(scalar(shape.item, item)));
    return json::Value::array(std::move(out));
  }
  if (member.json_text) {
    const auto decoded = base64_decode(text);
    if (!decoded) return fail("SerializationException", "Invalid base64 encoding");
    return json::Value(*decoded);
  }
  return scalar(member, text);
}

json::Value read_prefixed(const model::Member& member, const net::Headers& headers) {
  json::ObjectBuilder out;
  const std::string_view prefix = member.named ? member.json_name : std::string_view();
  for (const net::Header& header : headers.list) {
    if (header.name.size() < prefix.size() ||
        !net::same_header_name(header.name.substr(0, prefix.size()), prefix))
      continue;
    out.set(header.name.substr(prefix.size()), trimmed(header.value));
  }
  return out.empty() ? json::Value() : out.build();
}

Result<XmlElement> parse_xml_body(std::string_view body) {
  auto root = parse_xml(body);
  if (!root) {
    return fail("MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema");
  }
  return root;
}

Result<json::Value> read_payload(const Dialect& dialect, const model::Member& member,
                                 std::string_view body) {
  const model::Shape& shape = *member.shape;
  if (body.empty()) return json::Value();
  if (shape.type == model::Type::blob) return json::Value(base64_encode(body));
  if (shape.type == model::Type::string) return json::Value(body);
  if (dialect.protocol == model::Protocol::rest_xml) {
    return read_xml_members(shape, TRY(parse_xml_body(body)));
  }
  return read_json(member, TRY(parse_json_body(body)));
}

std::string header_text(const model::Member& member, const json::Value& value) {
  if (member.json_text)
    return base64_encode(value.is_string() ? std::string(value.as_string()) : json::write(value));
  return scalar_text(member, value, model::TimeFormat::http_date);
}

std::string list_header_text(const model::Member& item, const json::Value& value) {
  std::string out;
  for (const json::Value& one : value.items()) {
    std::string text = header_text(item, one);
    if (!out.empty()) out += ", ";
    if (item.shape->type == model::Type::string && text.find_first_of(",\"") != text.npos) {
      out.push_back('"');
      for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
      }
      out.push_back('"');
    } else {
      out += text;
    }
  }
  return out;
}

// A header has one line: what would begin another becomes a blank.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return text;
}

std::string xml_document(std::string_view root, const model::Shape& shape,
                         const json::Value& value) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  XmlWriter xml(body, 0);
  xml.open(root);
  write_xml_members(xml, shape, value, {Milliseconds::always});
  xml.close();
  return body;
}

net::Response start(std::string_view request_id) {
  net::Response response;
  response.headers.add("x-amzn-RequestId", request_id);
  return response;
}
}  // namespace

Result<std::vector<json::Member>> read_header_members(const model::Shape& shape,
                                                      const net::Headers& headers) {
  std::vector<json::Member> out;
  for (const model::Member& member : shape.members) {
    json::Value value;
    if (member.location == model::Location::header) value = TRY(read_header(member, headers));
    if (member.location == model::Location::headers) value = read_prefixed(member, headers);
    if (!value.is_null()) out.push_back({std::string(member.name), std::move(value)});
  }
  return out;
}

void write_header_members(const model::Shape& shape, const json::Value& value,
                          net::Headers& headers) {
  if (!value.is_object()) return;
  for (const json::Member& one : value.members()) {
    const model::Member* member = shape.find(one.name);
    if (!member || one.value.is_null()) continue;
    if (member->location == model::Location::header) {
      const bool list = member->shape->type == model::Type::list && one.value.is_array();
      if (list && one.value.size() == 0) continue;
      headers.set(member->json_name,
                  one_line(list ? list_header_text(member->shape->item, one.value)
                                : header_text(*member, one.value)));
    } else if (member->location == model::Location::headers && one.value.is_object()) {
      for (const json::Member& header : one.value.members()) {
        if (!header.value.is_string()) continue;
        const std::string prefix(member->named ? member->json_name : std::string_view());
        headers.set(one_line(prefix + header.name),
                    one_line(std::string(header.value.as_string())));
      }
    }
  }
}

std::optional<Labels> match_path(const model::Operation& operation, std::string_view path) {
  Labels labels;
  if (path.empty()) path = "/";
  const bool slash_at_end = path.size() > 1 && path.ends_with('/');
  for (size_t i = 0; i < operation.path.size(); ++i) {
    const model::UriPart& part = operation.path[i];
    if (path.empty()) return std::nullopt;
    path.remove_prefix(1);  // the slash
    const std::string_view segment = part.greedy ? path : path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (!part.label) {
      if (segment != part.text) return std::nullopt;
      continue;
    }
    auto value = percent_decode(segment);
    if (!value || value->empty() || !is_utf8(*value)) return std::nullopt;
    labels.emplace_back(part.text, *std::move(value));
  }
  if (!path.empty() && !(slash_at_end && path == "/")) return std::nullopt;
  return labels;
}

const model::Operation* match_request(const model::Service& service, std::string_view method,
                                      std::string_view path, std::string_view query) {
  const model::Operation* best = nullptr;
  size_t best_score = 0;
  const auto has = [&](std::string_view name, std::string_view value) {
    std::string_view rest = query;
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
      const size_t equals = pair.find('=');
      if (pair.substr(0, equals) == name &&
          (equals == pair.npos ? "" : pair.substr(equals + 1)) == value)
        return true;
    }
    return false;
  };
  for (const model::Operation& operation : service.operations()) {
    if (operation.method != method) continue;
    if (!std::ranges::all_of(operation.query,
                             [&](const auto& pair) { return has(pair.first, pair.second); }))
      continue;
    if (!match_path(operation, path)) continue;
    const auto literal = std::ranges::count(operation.path, false, &model::UriPart::label);
    const size_t score =
        1 + 2 * static_cast<size_t>(literal) + operation.query.size() + operation.path.size();
    if (score > best_score) best = &operation, best_score = score;
  }
  return best;
}

Result<json::Value> read_rest(const Dialect& dialect, const net::Request& request,
                              std::string_view body) {
  if (!dialect.operation || !dialect.operation->input) return json::Value::object();
  const model::Shape& input = *dialect.operation->input;
  const auto labels = match_path(*dialect.operation, request.path());
  if (!labels) return fail("UnknownOperationException", "");
  const Query query = TRY(parse_query(request.query()));
  std::vector<json::Member> out = TRY(read_header_members(input, request.headers));
  bool members_in_body = false;
  for (const model::Member& member : input.members) {
    json::Value value;
    switch (member.location) {
      case model::Location::uri:
        for (const auto& [name, text] : *labels) {
          if (name == member.json_name) value = TRY(scalar(member, text));
        }
        break;
      case model::Location::querystring:
        value = TRY(read_query(member, query));
        break;
      case model::Location::header:
      case model::Location::headers:
      case model::Location::status_code:
        break;
      case model::Location::body:
        if (&member == input.payload) {
          value = TRY(read_payload(dialect, member, body));
        } else if (!input.payload) {
          members_in_body = true;
        }
        break;
    }
    if (!value.is_null()) out.push_back({std::string(member.name), std::move(value)});
  }
  if (members_in_body && !body.empty()) {
    json::Value read;
    if (dialect.protocol == model::Protocol::rest_xml) {
      read = read_xml_members(input, TRY(parse_xml_body(body)));
    } else {
      const json::Value wire = TRY(parse_json_body(body));
      read = TRY(read_json_structure(input, wire));
    }
    for (const json::Member& one : read.members()) {
      const model::Member* member = input.find(one.name);
      if (member && member->location == model::Location::body) out.push_back(one);
    }
  }
  return json::Value::object(std::move(out));
}

net::Response rest_result(const Dialect& dialect, const json::Value& result,
                          std::string_view request_id) {
  net::Response response = start(request_id);
  const bool xml = dialect.protocol == model::Protocol::rest_xml;
  if (!dialect.operation) return response;
  response.status = dialect.operation->status;
  const model::Shape* output = dialect.operation->output;
  std::string_view content_type = xml ? "application/xml" : "application/json";
  if (output) {
    write_header_members(*output, result, response.headers);
    for (const model::Member& member : output->members) {
      if (member.location != model::Location::status_code) continue;
      if (const auto status = result[member.name].as_int64();
          status && *status >= 100 && *status <= 599) {
        response.status = static_cast<int>(*status);
      }
    }
  }
  if (output && output->payload) {
    const model::Member& payload = *output->payload;
    const json::Value& value = result[payload.name];
    if (payload.shape->type == model::Type::blob || payload.shape->type == model::Type::string) {
      const std::string_view text = value.is_string() ? value.as_string() : std::string_view();
      if (payload.shape->type == model::Type::blob) {
        response.body = base64_decode(text).value_or("");
        if (dialect.service && dialect.service->signing_name() != "lambda")
          content_type = "application/octet-stream";
      } else {
        response.body = text;
        content_type = "text/plain";
      }
    } else if (xml && !value.is_null()) {
      response.body = xml_document(payload.xml_name, *payload.shape, value);
    } else if (!value.is_null()) {
      write_json(payload, value, response.body);
    }
  } else if (xml) {
    if (output)
      response.body =
          xml_document(std::string(dialect.operation->name) + "Result", *output, result);
  } else if (response.status != 204) {
    write_json_structure(output ? *output : model::Shape{.type = model::Type::structure}, result,
                         Members::body_only, response.body);
  }
  if (!response.headers.has("Content-Type") && response.status != 204)
    response.headers.add("Content-Type", content_type);
  return response;
}

net::Response rest_error(const Dialect& dialect, const Error& error, std::string_view request_id) {
  const WireError wire = wire_error(dialect, error);
  net::Response response = start(request_id);
  response.status = wire.status;
  if (dialect.protocol == model::Protocol::rest_xml) {
    response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    XmlWriter xml(response.body, 0);
    xml.open("Error");
    xml.element("Code", wire.code);
    xml.element("Message", error.message);
    xml.element("RequestId", request_id);
    xml.close();
    response.headers.add("Content-Type", "application/xml");
    return response;
  }
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-ErrorType", wire.name);
  if (wire.shape) write_header_members(*wire.shape, error_value(wire, error), response.headers);
  response.body = "{";
  write_error_members(wire, error, response.body);
  response.body.push_back('}');
  return response;
}

}  // namespace codec
