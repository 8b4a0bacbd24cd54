#include "protocol/codec/json_shape.h"

#include <fmt/format.h>

#include <cmath>

#include "base/encoding.h"
#include "language/json/number.h"
#include "language/json/parse.h"
#include "protocol/codec/scalar.h"

namespace codec {
namespace {

constexpr size_t kJsonDepthMax = 200;  // nested arrays and objects in a request

constexpr size_t kJsonElementsMax = 1'000'000;  // of arrays and objects: what a body may cost in memory

// Whether a text has more elements than a body may: each comma outside strings makes one more, each
// bracket the first of its own.
bool has_too_many_elements(std::string_view text) {
  if (text.size() <= kJsonElementsMax) return false;
  size_t elements = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == ',' || c == '[' || c == '{') {
      ++elements;
    }
  }
  return elements > kJsonElementsMax;
}

std::unexpected<Error> malformed(std::string message) {
  return fail("SerializationException", std::move(message));
}

// How AWS's framework names what it found.
std::string_view found(const json::Value& wire) {
  switch (wire.kind()) {
    case json::Kind::boolean:
      return wire.as_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::Kind::number:
      return wire.is_integer() ? "NUMBER_VALUE" : "DECIMAL_VALUE";
    case json::Kind::string:
      return "STRING_VALUE";
    default:
      return "NULL_VALUE";
  }
}

std::string_view wanted(model::Type type) {
  switch (type) {
    case model::Type::string:
      return "a String";
    case model::Type::boolean:
      return "a Boolean";
    case model::Type::integer:
      return "an Integer";
    case model::Type::long_integer:
      return "a Long";
    case model::Type::float_number:
      return "a Float";
    case model::Type::double_number:
      return "a Double";
    case model::Type::timestamp:
      return "milliseconds since epoch";
    case model::Type::blob:
      return "a Blob";
    default:
      return "";
  }
}

std::unexpected<Error> wrong_type(const model::Shape& shape, const json::Value& wire) {
  return std::unexpected(type_fault(shape, wire));
}

// Collects the members of an object that may come out unchanged: copies nothing until something
// differs.
class Rewriter {
 public:
  explicit Rewriter(const json::Value& wire) : wire_(wire) {}

  void keep(size_t index, std::string_view name, json::Value value) {
    const json::Member& old = wire_.members()[index];
    if (!changed_ && value.same(old.value) && name == old.name) return;
    start(index);
    out_.push_back({std::string(name), std::move(value)});
  }
  void drop(size_t index) { start(index); }
  json::Value done() { return changed_ ? json::Value::object(std::move(out_)) : wire_; }

 private:
  void start(size_t index) {
    if (changed_) return;
    changed_ = true;
    const auto members = wire_.members();
    out_.assign(members.begin(), members.begin() + static_cast<ptrdiff_t>(index));
  }

  const json::Value& wire_;
  std::vector<json::Member> out_;
  bool changed_ = false;
};

Result<json::Value> read_list(const model::Shape& shape, const json::Value& wire) {
  if (!wire.is_array()) return wrong_type(shape, wire);
  std::vector<json::Value> out;
  bool changed = false;
  const auto items = wire.items();
  for (size_t i = 0; i < items.size(); ++i) {
    json::Value value = items[i].is_null() ? items[i] : TRY(read_json(shape.item, items[i]));
    if (!changed && !value.same(items[i])) {
      changed = true;
      out.assign(items.begin(), items.begin() + static_cast<ptrdiff_t>(i));
    }
    if (changed) out.push_back(std::move(value));
  }
  return changed ? json::Value::array(std::move(out)) : wire;
}

Result<json::Value> read_map(const model::Shape& shape, const json::Value& wire) {
  if (!wire.is_object()) return wrong_type(shape, wire);
  Rewriter out(wire);
  const auto members = wire.members();
  for (size_t i = 0; i < members.size(); ++i) {
    const json::Value& value = members[i].value;
    out.keep(i, members[i].name, value.is_null() ? value : TRY(read_json(shape.item, value)));
  }
  return out.done();
}

// A whole number of the shape's size; its fraction is cut off, as AWS does.
Result<json::Value> read_whole_number(const model::Shape& shape, const json::Value& wire) {
  auto whole = wire.as_int64();
  if (!whole && !wire.is_integer() && std::abs(wire.as_double()) < 9.2e18)
    whole = static_cast<int64_t>(std::trunc(wire.as_double()));
  if (!whole || !fits_size(shape, *whole)) return wrong_type(shape, wire);
  return wire.is_integer() ? wire : json::Value(*whole);
}
}  // namespace

Result<json::Value> parse_json_body(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return json::Value::object();
  if (has_too_many_elements(body)) return malformed("The request body has too many elements.");
  auto parsed = json::parse(body, {.depth = kJsonDepthMax});
  if (!parsed) return fail("SerializationException", std::move(parsed.error().message));
  return parsed;
}

Result<json::Value> read_json_structure(const model::Shape& shape, const json::Value& wire) {
  if (!wire.is_object()) return wrong_type(shape, wire);
  Rewriter out(wire);
  size_t hint = 0;
  const auto members = wire.members();
  for (size_t i = 0; i < members.size(); ++i) {
    const model::Member* member =
        members[i].value.is_null() ? nullptr : shape.find_json(members[i].name, hint);
    if (!member) {
      out.drop(i);
    } else {
      out.keep(i, member->name, TRY(read_json(*member, members[i].value)));
    }
  }
  return out.done();
}

Result<json::Value> read_json(const model::Member& member, const json::Value& wire) {
  const model::Shape& shape = *member.shape;
  if (shape.document) return wire;
  switch (shape.type) {
    case model::Type::structure:
      return read_json_structure(shape, wire);
    case model::Type::list:
      return read_list(shape, wire);
    case model::Type::map:
      return read_map(shape, wire);
    case model::Type::timestamp:
      if (wire.is_string()) {
        if (auto time = parse_time(wire.as_string())) return *std::move(time);
      }
      break;
    default:
      break;
  }
  if (is_wrong_type(shape, wire)) return wrong_type(shape, wire);
  if (shape.type == model::Type::integer || shape.type == model::Type::long_integer)
    return read_whole_number(shape, wire);
  if (shape.type == model::Type::blob && !base64_decode(wire.as_string()))
    return malformed("Invalid base64 encoding");
  return wire;
}

bool is_wrong_type(const model::Shape& shape, const json::Value& value) {
  switch (shape.type) {
    case model::Type::structure:
      return !shape.document && !value.is_object();
    case model::Type::list:
      return !value.is_array();
    case model::Type::map:
      return !value.is_object();
    case model::Type::string:
    case model::Type::blob:
      return !value.is_string();
    case model::Type::boolean:
      return !value.is_bool();
    case model::Type::float_number:
    case model::Type::double_number:
      return !value.is_number() && !(value.is_string() && is_special_number(value.as_string()));
    case model::Type::integer:
    case model::Type::long_integer:
    case model::Type::timestamp:
      return !value.is_number();
  }
  return false;
}

Error type_fault(const model::Shape& shape, const json::Value& value) {
  std::string text;
  if (value.is_array()) {
    text = "Start of list found where not expected";
  } else if (value.is_object()) {
    text = "Start of structure or map found where not expected.";
  } else if (wanted(shape.type).empty()) {
    text = "Unexpected field type";
  } else {
    text =
        std::string(found(value)) + " can not be converted to " + std::string(wanted(shape.type));
  }
  return {"SerializationException", std::move(text), 400, {}};
}

// "1.23E9" of the digits of a number, the first `point` of which stand before its point.
static void append_scientific(std::string_view digits, size_t point, std::string& out) {
  while (digits.size() > 2 && digits.ends_with('0')) digits.remove_suffix(1);
  out.append(digits, 0, 1).append(".").append(digits, 1).append("E");
  const fmt::format_int exponent(point - 1);
  out.append(exponent.data(), exponent.size());
}

// Seconds as Java writes a double, 1.700000000123E9: AWS's answers have them so, and their
// Content-Length shows it.
static void append_seconds(const json::Value& value, std::string& out) {
  constexpr double kScientificFrom = 1e7;
  const double seconds = value.as_double();
  if (!(seconds >= kScientificFrom && seconds < 1e15)) return json::write(value, out);
  // Whole milliseconds, as nearly all are, need no search for the shortest text: up to 15 digits it is their own.
  if (const double ms = std::round(seconds * 1000); ms < 1e15 && ms / 1000 == seconds) {
    const fmt::format_int whole(static_cast<int64_t>(ms));
    return append_scientific({whole.data(), whole.size()}, whole.size() - 3, out);
  }
  std::string digits = json::double_text(seconds);
  const size_t point = std::min(digits.find('.'), digits.size());
  if (point < digits.size()) digits.erase(point, 1);
  append_scientific(digits, point, out);
}

void write_json_structure(const model::Shape& shape, const json::Value& value, Members which,
                          std::string& out) {
  out.push_back('{');
  bool first = true;
  size_t hint = 0;
  if (value.is_object()) {
    for (const json::Member& one : value.members()) {
      if (one.value.is_null()) continue;
      const model::Member* member = shape.find(one.name, hint);
      if (!member || (which == Members::body_only && member->location != model::Location::body))
        continue;
      out.append(member->json_key.substr(first ? 1 : 0));
      first = false;
      write_json(*member, one.value, out);
    }
  }
  out.push_back('}');
}

void write_json(const model::Member& member, const json::Value& value, std::string& out) {
  const model::Shape& shape = *member.shape;
  if (shape.type == model::Type::structure && !shape.document && value.is_object()) {
    return write_json_structure(shape, value, Members::all, out);
  }
  if (shape.type == model::Type::list && value.is_array()) {
    out.push_back('[');
    bool first = true;
    for (const json::Value& item : value.items()) {
      if (!first) out.push_back(',');
      first = false;
      write_json(shape.item, item, out);
    }
    out.push_back(']');
    return;
  }
  if (shape.type == model::Type::map && value.is_object()) {
    out.push_back('{');
    bool first = true;
    for (const json::Member& one : value.members()) {
      if (!first) out.push_back(',');
      first = false;
      json::write_string(one.name, out);
      out.push_back(':');
      write_json(shape.item, one.value, out);
    }
    out.push_back('}');
    return;
  }
  if (shape.type == model::Type::timestamp && value.is_number()) {
    if (member.time_format == model::TimeFormat::unset ||
        member.time_format == model::TimeFormat::epoch_seconds) {
      return append_seconds(value, out);
    }
    return json::write_string(time_text(value, member.time_format), out);
  }
  json::write(value, out);
}

}  // namespace codec
