#include "protocol/codec/client_side.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <ctime>

#include "base/check.h"
#include "base/encoding.h"
#include "language/json/parse.h"

namespace client_side {
namespace {

using model::Member;
using model::Shape;
using model::Type;

json::Value number(const std::string& text) {
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") return text;
  return json::Value(std::stod(text));
}

json::Value read_time(std::string text) {
  std::tm tm{};
  double fraction = 0;
  if (const size_t dot = text.find('.');
      dot != std::string::npos && text.find('T') != std::string::npos) {
    size_t end = dot + 1;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    fraction = std::stod("0" + text.substr(dot, end - dot));
    text.erase(dot, end - dot);
  }
  long offset = 0;
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm) == nullptr) {
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end) return number(text);
    if (*end == '+' || *end == '-') {
      int hours = 0, minutes = 0;
      std::sscanf(end + 1, "%d:%d", &hours, &minutes);
      offset = (*end == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
    }
  }
  return static_cast<double>(timegm(&tm) - offset) + fraction;
}

json::Value from_text(const Shape& shape, const std::string& text) {
  switch (shape.type) {
    case Type::boolean:
      return text == "true";
    case Type::integer:
    case Type::long_integer:
    case Type::float_number:
    case Type::double_number:
      return number(text);
    case Type::timestamp:
      return read_time(text);
    default:
      return text;
  }
}

json::Value from_json(const Member& member, const json::Value& wire) {
  const Shape& shape = *member.shape;
  if (shape.type == Type::structure && !shape.document && wire.is_object()) {
    json::ObjectBuilder out;
    for (const Member& one : shape.members) {
      const json::Value* value = wire.find(one.json_name);
      if (value && !value->is_null()) out.add(one.name, from_json(one, *value));
    }
    return out.build();
  }
  if (shape.type == Type::list && wire.is_array()) {
    std::vector<json::Value> out;
    for (const json::Value& item : wire.items()) out.push_back(from_json(shape.item, item));
    return json::Value::array(std::move(out));
  }
  if (shape.type == Type::map && wire.is_object()) {
    json::ObjectBuilder out;
    for (const json::Member& one : wire.members())
      out.add(one.name, from_json(shape.item, one.value));
    return out.build();
  }
  if (shape.type == Type::timestamp && wire.is_string())
    return read_time(std::string(wire.as_string()));
  return wire;
}

json::Value structure_from_json(const Shape& shape, const json::Value& wire) {
  Member member;
  member.shape = &shape;
  return from_json(member, wire);
}

// XML.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out.push_back(text[i]);
      continue;
    }
    const size_t end = text.find(';', i);
    const std::string_view name = text.substr(i + 1, end - i - 1);
    if (name == "amp") out.push_back('&');
    if (name == "lt") out.push_back('<');
    if (name == "gt") out.push_back('>');
    if (name == "quot") out.push_back('"');
    if (name == "apos") out.push_back('\'');
    if (name.starts_with("#x"))
      append_utf8(out, static_cast<char32_t>(std::stoul(std::string(name.substr(2)), nullptr, 16)));
    i = end;
  }
  return out;
}

struct XmlParser {
  std::string_view text;
  size_t at = 0;

  void skip_to_element() {
    while (true) {
      at = text.find('<', at);
      CHECK(at != text.npos, "an element");
      if (text[at + 1] != '?') return;
      at = text.find("?>", at) + 2;
    }
  }
  Element element() {
    CHECK(text[at] == '<', "an element");
    Element out;
    const size_t end = text.find('>', at);
    std::string_view tag = text.substr(at + 1, end - at - 1);
    at = end + 1;
    const bool empty = tag.ends_with('/');
    if (empty) tag.remove_suffix(1);
    out.name = tag.substr(0, tag.find(' '));
    for (size_t space = tag.find(' '); space != tag.npos && space + 1 < tag.size();) {
      const size_t equals = tag.find('=', space);
      if (equals == tag.npos) break;
      const size_t close = tag.find(tag[equals + 1], equals + 2);
      out.attributes.emplace_back(tag.substr(space + 1, equals - space - 1),
                                  unescape(tag.substr(equals + 2, close - equals - 2)));
      space = tag.find(' ', close);
    }
    if (empty) return out;
    while (true) {
      const size_t next = text.find('<', at);
      CHECK(next != text.npos, "an end");
      out.text += unescape(text.substr(at, next - at));
      at = next;
      if (text[at + 1] == '/') {
        CHECK(text.substr(at + 2).starts_with(out.name + ">"), "ends match");
        at += out.name.size() + 3;
        if (!out.children.empty()) out.text.clear();
        return out;
      }
      out.children.push_back(element());
    }
  }
};

json::Value structure_from_xml(const Shape& shape, const Element& element);

json::Value from_xml(const Member& member, const Element& element) {
  const Shape& shape = *member.shape;
  if (shape.type == Type::structure) return structure_from_xml(shape, element);
  if (shape.type == Type::list) {
    std::vector<json::Value> out;
    for (const Element& child : element.children) out.push_back(from_xml(shape.item, child));
    return json::Value::array(std::move(out));
  }
  if (shape.type == Type::map) {
    json::ObjectBuilder out;
    for (const Element& entry : element.children) {
      out.add(entry.children.at(0).text, from_xml(shape.item, entry.children.at(1)));
    }
    return out.build();
  }
  return from_text(shape, element.text);
}

json::Value structure_from_xml(const Shape& shape, const Element& element) {
  json::ObjectBuilder out;
  for (const Member& member : shape.members) {
    if (member.xml_attribute) {
      for (const auto& [name, value] : element.attributes) {
        if (name == member.xml_name) out.add(member.name, from_text(*member.shape, value));
      }
      continue;
    }
    if (!member.flattened) {
      if (const Element* child = element.child(member.xml_name))
        out.add(member.name, from_xml(member, *child));
      continue;
    }
    // Each element of the name is one item or one entry.
    Element all;
    for (const Element& child : element.children) {
      if (child.name == member.xml_name) all.children.push_back(child);
    }
    if (!all.children.empty()) out.add(member.name, from_xml(member, all));
  }
  return out.build();
}

// CBOR, as RFC 8949 tells a reader.
struct CborReader {
  std::string_view bytes;
  size_t at = 0;

  uint8_t byte() {
    CHECK(at < bytes.size(), "enough bytes");
    return static_cast<uint8_t>(bytes[at++]);
  }
  uint64_t argument(uint8_t info) {
    if (info < 24) return info;
    uint64_t value = 0;
    for (int i = 0; i < 1 << (info - 24); ++i) value = value << 8 | byte();
    return value;
  }
  bool more(uint8_t info, uint64_t& left) {
    if (info != 31) return left-- > 0;
    if (static_cast<uint8_t>(bytes.at(at)) != 0xFF) return true;
    ++at;
    return false;
  }
  json::Value item() {
    const uint8_t first = byte();
    const uint8_t info = first & 31;
    switch (first >> 5) {
      case 0:
        return static_cast<int64_t>(argument(info));
      case 1:
        return -1 - static_cast<int64_t>(argument(info));
      case 2:
      case 3: {
        std::string text;
        if (info == 31) {
          for (uint64_t left = 0; more(31, left);) {
            const size_t size = argument(byte() & 31);
            text += bytes.substr(at, size);
            at += size;
          }
        } else {
          const size_t size = argument(info);
          text = bytes.substr(at, size);
          at += size;
        }
        return first >> 5 == 2 ? base64_encode(text) : text;
      }
      case 4: {
        std::vector<json::Value> out;
        for (uint64_t left = info == 31 ? 0 : argument(info); more(info, left);)
          out.push_back(item());
        return json::Value::array(std::move(out));
      }
      case 5: {
        json::ObjectBuilder out;
        for (uint64_t left = info == 31 ? 0 : argument(info); more(info, left);) {
          const json::Value name = item();
          out.set(name.as_string(), item());
        }
        return out.build();
      }
      case 6:
        argument(info);
        return item();
      default:
        break;
    }
    if (info == 20 || info == 21) return info == 21;
    if (info == 22 || info == 23) return nullptr;
    const uint64_t bits = argument(info);
    double value = 0;
    if (info == 27) std::memcpy(&value, &bits, sizeof value);
    if (info == 26) value = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (info == 25) {
      const auto exponent = static_cast<int>(bits >> 10 & 31);
      const double fraction = static_cast<double>(bits & 1023) / 1024;
      value = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
              : exponent == 0 ? std::ldexp(fraction, -14)
                              : std::ldexp(1 + fraction, exponent - 15);
      if (bits >> 15) value = -value;
    }
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
  }
};

std::vector<std::string> header_items(const Shape& item, std::string_view text) {
  std::vector<std::string> out;
  std::string current;
  bool quoted = false;
  int commas = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      current.push_back(text[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted && !(item.type == Type::timestamp && commas++ % 2 == 0)) {
      out.push_back(current);
      current.clear();
    } else if (c != ' ' || !current.empty()) {
      current.push_back(c);
    }
  }
  out.push_back(current);
  return out;
}

json::Value rest_members(const Shape& shape, const net::Response& response) {
  json::ObjectBuilder out;
  json::Value body = json::Value::object();
  if (!shape.payload && !response.body.empty())
    body = structure_from_json(shape, json::parse(response.body).value());
  for (const Member& member : shape.members) {
    const Shape& type = *member.shape;
    if (&member == shape.payload) {
      if (response.body.empty()) continue;
      if (type.type == Type::blob) {
        out.add(member.name, base64_encode(response.body));
      } else if (type.type == Type::string) {
        out.add(member.name, response.body);
      } else {
        out.add(member.name, from_json(member, json::parse(response.body).value()));
      }
    } else if (member.location == model::Location::header) {
      if (!response.headers.has(member.json_name)) continue;
      const std::string text(response.headers.get(member.json_name));
      if (type.type == Type::list) {
        std::vector<json::Value> items;
        for (const std::string& item : header_items(*type.item.shape, text))
          items.push_back(from_text(*type.item.shape, item));
        out.add(member.name, json::Value::array(std::move(items)));
      } else if (member.json_text) {
        out.add(member.name, base64_decode(text).value());
      } else {
        out.add(member.name, from_text(type, text));
      }
    } else if (member.location == model::Location::headers) {
      json::ObjectBuilder map;
      const std::string_view prefix = member.named ? member.json_name : "";
      for (const net::Header& header : response.headers.list) {
        if (header.name.starts_with(prefix))
          map.set(header.name.substr(prefix.size()), header.value);
      }
      if (!map.empty()) out.add(member.name, map.build());
    } else if (member.location == model::Location::status_code) {
      out.add(member.name, response.status);
    } else if (const json::Value* value = body.find(member.name)) {
      out.add(member.name, *value);
    }
  }
  return out.build();
}

// "aws.tests#FooError:http://..." is FooError.
std::string plain_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const size_t hash = code.find('#'); hash != code.npos) code.remove_prefix(hash + 1);
  return std::string(code);
}

std::string_view message_of(const json::Value& members) {
  return members.text("message", members.text("Message"));
}
}  // namespace

const Element* Element::child(std::string_view child_name) const {
  for (const Element& one : children) {
    if (one.name == child_name) return &one;
  }
  return nullptr;
}

Element parse_xml(std::string_view text) {
  XmlParser parser{text};
  parser.skip_to_element();
  return parser.element();
}

json::Value read_result(model::Protocol protocol, const model::Operation& operation,
                        const net::Response& response) {
  if (!operation.output) return json::Value::object();
  const Shape& output = *operation.output;
  switch (protocol) {
    case model::Protocol::json:
      return structure_from_json(output, json::parse(response.body).value());
    case model::Protocol::cbor:
      if (response.body.empty()) return json::Value::object();
      return structure_from_json(output, CborReader{response.body}.item());
    case model::Protocol::query: {
      if (response.body.empty()) return json::Value::object();
      const Element root = parse_xml(response.body);
      const Element* result = root.child(operation.result_wrapper);
      return result ? structure_from_xml(output, *result) : json::Value::object();
    }
    case model::Protocol::ec2:
      return structure_from_xml(output, parse_xml(response.body));
    case model::Protocol::rest_json:
      return rest_members(output, response);
    case model::Protocol::rest_xml:
      break;
  }
  return {};
}

ReadError read_error(model::Protocol protocol, const model::Service& service,
                     const net::Response& response) {
  ReadError out;
  if (protocol == model::Protocol::query || protocol == model::Protocol::ec2) {
    const Element root = parse_xml(response.body);
    const Element* error = protocol == model::Protocol::query
                               ? root.child("Error")
                               : root.child("Errors")->child("Error");
    out.code = error->child("Code")->text;
    if (const Element* message = error->child("Message")) out.message = message->text;
    if (const Shape* shape = service.error(out.code))
      out.members = structure_from_xml(*shape, *error);
    return out;
  }
  json::Value body = json::Value::object();
  if (protocol == model::Protocol::cbor) {
    body = CborReader{response.body}.item();
  } else if (!response.body.empty()) {
    body = json::parse(response.body).value();
  }
  std::string_view code = response.headers.get("x-amzn-ErrorType");
  if (code.empty()) code = body.text("__type", body.text("code"));
  const Shape* shape = service.error(plain_code(code));
  if (shape)
    out.members = protocol == model::Protocol::rest_json ? rest_members(*shape, response)
                                                         : structure_from_json(*shape, body);
  out.message = message_of(body);
  const std::string_view query_error = response.headers.get("x-amzn-query-error");
  out.code = query_error.empty() ? plain_code(code)
                                 : std::string(query_error.substr(0, query_error.find(';')));
  return out;
}

}  // namespace client_side
