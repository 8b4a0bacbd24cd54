#include "protocol/codec/cbor.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/encoding.h"
#include "protocol/codec/errors.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/scalar.h"

namespace codec {
namespace {
constexpr int kCborDepthMax = 200;
constexpr size_t kItemsMax = 1'000'000;  // of one body

// Major types of RFC 8949, 3.1.
enum Major : uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7
};

json::Value number_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

double half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const double fraction = bits & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent == 31) {
    value = fraction == 0 ? INFINITY : NAN;
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return bits & 0x8000 ? -value : value;
}

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  Result<json::Value> whole() {
    json::Value value = TRY(item(0));
    if (at_ != bytes_.size()) return malformed("data behind the end");
    return value;
  }

 private:
  struct Head {
    uint8_t major;
    uint8_t info;
    uint64_t argument;
    bool indefinite() const { return info == 31; }
  };

  static std::unexpected<Error> malformed(std::string_view what) {
    return fail("SerializationException", "Malformed CBOR: " + std::string(what));
  }

  Result<Head> head() {
    if (at_ == bytes_.size()) return malformed("unexpected end");
    const auto first = static_cast<uint8_t>(bytes_[at_++]);
    Head h{static_cast<uint8_t>(first >> 5), static_cast<uint8_t>(first & 31),
           static_cast<uint64_t>(first & 31)};
    if (h.info < 24) return h;
    if (h.info == 31) {
      if (h.major == kUnsigned || h.major == kNegative || h.major == kTag)
        return malformed("indefinite length");
      return h;
    }
    if (h.info > 27) return malformed("reserved length");
    const size_t size = size_t{1} << (h.info - 24);
    if (bytes_.size() - at_ < size) return malformed("unexpected end");
    h.argument = 0;
    for (size_t i = 0; i < size; ++i)
      h.argument = h.argument << 8 | static_cast<uint8_t>(bytes_[at_++]);
    return h;
  }

  bool at_break() {
    if (at_ >= bytes_.size() || static_cast<uint8_t>(bytes_[at_]) != 0xFF) return false;
    ++at_;
    return true;
  }

  Result<std::string> text(const Head& h) {
    std::string out;
    if (!h.indefinite()) {
      if (h.argument > bytes_.size() - at_) return malformed("unexpected end");
      out = bytes_.substr(at_, h.argument);
      at_ += h.argument;
    } else {
      while (!at_break()) {
        const Head chunk = TRY(head());
        if (chunk.major != h.major || chunk.indefinite()) return malformed("chunk of a string");
        out += TRY(text(chunk));
      }
    }
    if (h.major == kText && !is_utf8(out)) return malformed("text is not UTF-8");
    return out;
  }

  Result<json::Value> array(const Head& h, int depth) {
    std::vector<json::Value> out;
    if (!h.indefinite() && h.argument > bytes_.size() - at_) return malformed("unexpected end");
    for (uint64_t i = 0; h.indefinite() ? !at_break() : i < h.argument; ++i)
      out.push_back(TRY(item(depth + 1)));
    return json::Value::array(std::move(out));
  }

  Result<json::Value> map(const Head& h, int depth) {
    std::vector<json::Member> out;
    if (!h.indefinite() && h.argument > (bytes_.size() - at_) / 2)
      return malformed("unexpected end");
    for (uint64_t i = 0; h.indefinite() ? !at_break() : i < h.argument; ++i) {
      const Head key = TRY(head());
      if (key.major != kText) return malformed("map keys are texts");
      std::string name = TRY(text(key));
      out.push_back({std::move(name), TRY(item(depth + 1))});
    }
    return json::Value::object(std::move(out));
  }

  Result<json::Value> simple(const Head& h) {
    switch (h.info) {
      case 20:
        return json::Value(false);
      case 21:
        return json::Value(true);
      case 22:
      case 23:
        return json::Value();
      case 25:
        return number_value(half(static_cast<uint16_t>(h.argument)));
      case 26:
        return number_value(std::bit_cast<float>(static_cast<uint32_t>(h.argument)));
      case 27:
        return number_value(std::bit_cast<double>(h.argument));
      default:
        return malformed("unknown simple value");
    }
  }

  Result<json::Value> item(int depth) {
    if (depth > kCborDepthMax) return malformed("nested too deep");
    if (++items_ > kItemsMax) return malformed("too many items");
    const Head h = TRY(head());
    switch (h.major) {
      case kUnsigned:
        return json::Value(h.argument);
      case kNegative:
        if (h.argument > static_cast<uint64_t>(INT64_MAX)) return malformed("number out of range");
        return json::Value(-1 - static_cast<int64_t>(h.argument));
      case kBytes:
        return json::Value(base64_encode(TRY(text(h))));
      case kText:
        return json::Value(TRY(text(h)));
      case kArray:
        return array(h, depth);
      case kMap:
        return map(h, depth);
      case kTag:
        if (h.argument == 2 || h.argument == 3) return malformed("numbers of more than 64 bits");
        return item(depth + 1);  // 1 is a time, whose number is what handlers see
      default:
        return simple(h);
    }
  }

  std::string_view bytes_;
  size_t at_ = 0;
  size_t items_ = 0;
};

void append_big_endian(uint64_t value, int bytes, std::string& out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xFF));
}

void append_head(Major major, uint64_t argument, std::string& out) {
  const auto top = static_cast<uint8_t>(major << 5);
  if (argument < 24) {
    out.push_back(static_cast<char>(top | argument));
    return;
  }
  const int size_code = argument <= 0xFF         ? 0
                        : argument <= 0xFFFF     ? 1
                        : argument <= 0xFFFFFFFF ? 2
                                                 : 3;
  out.push_back(static_cast<char>(top | (24 + size_code)));
  append_big_endian(argument, 1 << size_code, out);
}

void append_text(std::string_view text, std::string& out) {
  append_head(kText, text.size(), out);
  out += text;
}

void append_double(double value, std::string& out) {
  out.push_back(static_cast<char>(0xFB));
  append_big_endian(std::bit_cast<uint64_t>(value), 8, out);
}

void append_number(const json::Value& value, std::string& out) {
  if (const auto whole = value.as_int64(); whole && value.is_integer()) {
    if (*whole >= 0) return append_head(kUnsigned, static_cast<uint64_t>(*whole), out);
    return append_head(kNegative, static_cast<uint64_t>(-1 - *whole), out);
  }
  append_double(value.as_double(), out);
}

// A value that no shape describes.
void append_any(const json::Value& value, std::string& out) {
  switch (value.kind()) {
    case json::Kind::null:
      out.push_back(static_cast<char>(0xF6));
      break;
    case json::Kind::boolean:
      out.push_back(static_cast<char>(value.as_bool() ? 0xF5 : 0xF4));
      break;
    case json::Kind::number:
      append_number(value, out);
      break;
    case json::Kind::string:
      append_text(value.as_string(), out);
      break;
    case json::Kind::array:
      append_head(kArray, value.size(), out);
      for (const json::Value& item : value.items()) append_any(item, out);
      break;
    case json::Kind::object:
      append_head(kMap, value.size(), out);
      for (const json::Member& member : value.members()) {
        append_text(member.name, out);
        append_any(member.value, out);
      }
      break;
  }
}

net::Response response(int status, std::string body, std::string_view request_id) {
  net::Response out{.status = status, .headers = {}, .body = std::move(body)};
  out.headers.add("smithy-protocol", "rpc-v2-cbor");
  out.headers.add("x-amzn-RequestId", request_id);
  out.headers.add("Content-Type", "application/cbor");
  return out;
}
}  // namespace

Result<json::Value> parse_cbor(std::string_view bytes) { return Parser(bytes).whole(); }

Result<json::Value> read_cbor(const model::Shape& shape, std::string_view bytes) {
  return read_json_structure(shape, TRY(parse_cbor(bytes)));
}

void write_cbor_structure(const model::Shape& shape, const json::Value& value, std::string& out) {
  std::vector<std::pair<const model::Member*, const json::Value*>> members;
  size_t hint = 0;
  if (value.is_object()) {
    for (const json::Member& one : value.members()) {
      if (one.value.is_null()) continue;
      if (const model::Member* member = shape.find(one.name, hint))
        members.emplace_back(member, &one.value);
    }
  }
  append_head(kMap, members.size(), out);
  for (const auto& [member, item] : members) {
    append_text(member->json_name, out);
    write_cbor(*member, *item, out);
  }
}

void write_cbor(const model::Member& member, const json::Value& value, std::string& out) {
  const model::Shape& shape = *member.shape;
  switch (shape.type) {
    case model::Type::structure:
      if (shape.document || !value.is_object()) break;
      return write_cbor_structure(shape, value, out);
    case model::Type::list:
      if (!value.is_array()) break;
      append_head(kArray, value.size(), out);
      for (const json::Value& item : value.items()) write_cbor(shape.item, item, out);
      return;
    case model::Type::map:
      if (!value.is_object()) break;
      append_head(kMap, value.size(), out);
      for (const json::Member& one : value.members()) {
        append_text(one.name, out);
        write_cbor(shape.item, one.value, out);
      }
      return;
    case model::Type::timestamp:
      if (!value.is_number()) break;
      append_head(kTag, 1, out);
      return append_number(value, out);
    case model::Type::blob:
      if (value.is_string()) {
        if (const auto bytes = base64_decode(value.as_string())) {
          append_head(kBytes, bytes->size(), out);
          out += *bytes;
          return;
        }
      }
      break;
    case model::Type::float_number:
    case model::Type::double_number:
      if (value.is_number()) return append_double(value.as_double(), out);
      if (value.is_string() && is_special_number(value.as_string())) {
        const std::string_view text = value.as_string();
        return append_double(text == "NaN" ? NAN : text == "Infinity" ? INFINITY : -INFINITY, out);
      }
      break;
    default:
      break;
  }
  append_any(value, out);
}

net::Response cbor_result(const Dialect& dialect, const json::Value& result,
                          std::string_view request_id) {
  std::string body;
  if (dialect.operation && dialect.operation->output) {
    write_cbor_structure(*dialect.operation->output, result, body);
  } else {
    append_head(kMap, 0, body);
  }
  return response(200, std::move(body), request_id);
}

net::Response cbor_error(const Dialect& dialect, const Error& error, std::string_view request_id) {
  const WireError wire = wire_error(dialect, error);
  const json::Value value = error_value(wire, error);
  std::string body;
  append_head(kMap, value.size() + 1, body);
  append_text("__type", body);
  append_text(wire.name, body);
  for (const json::Member& one : value.members()) {
    const model::Member* member = wire.shape ? wire.shape->find(one.name) : nullptr;
    append_text(member ? member->json_name : std::string_view(one.name), body);
    if (member) {
      write_cbor(*member, one.value, body);
    } else {
      append_any(one.value, body);
    }
  }
  net::Response out = response(wire.status, std::move(body), request_id);
  if (dialect.service && dialect.service->metadata().query_compatible) {
    out.headers.add("x-amzn-query-error", wire.code + (wire.sender ? ";Sender" : ";Receiver"));
  }
  return out;
}

}  // namespace codec
