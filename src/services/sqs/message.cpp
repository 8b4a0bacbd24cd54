#include "services/sqs/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/sqs/errors.h"

namespace sqs {

using json::Value;

// --- records -------------------------------------------------------------------------------------

namespace {
constexpr std::string_view kPrefix = "sqs/";
}

std::string records_prefix(std::string_view queue_id) {
  return fmt::format("{}{}/", kPrefix, queue_id);
}

std::string record_key(std::string_view queue_id, Record kind, uint64_t sequence) {
  return fmt::format("{}{}/{}{:016x}", kPrefix, queue_id, static_cast<char>(kind), sequence);
}

std::optional<RecordKey> parse_record_key(std::string_view key) {
  key.remove_prefix(std::min(kPrefix.size(), key.size()));
  const size_t slash = key.find('/');
  if (slash == key.npos || key.size() != slash + 18) return std::nullopt;
  RecordKey out{key.substr(0, slash), static_cast<Record>(key[slash + 1]), 0};
  const char* end = key.data() + key.size();
  const auto read = std::from_chars(key.data() + slash + 2, end, out.sequence, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

std::string write_message(const Held& held, const Message& m) {
  std::string out;
  ByteWriter bytes(out);
  bytes.number(held.sequence);
  bytes.signed_number(held.sent.ms);
  bytes.signed_number(held.visible.ms);
  bytes.text(held.group);
  json::write(json::object({{"id", m.id},
                            {"body", m.body},
                            {"attributes", m.attributes},
                            {"system", m.system_attributes},
                            {"sender", m.sender},
                            {"dedup", m.deduplication},
                            {"source", m.source_arn}}),
              out);
  return out;
}

namespace {
Held read_front(ByteReader& in) {
  Held held;
  held.sequence = in.number();
  held.sent = {in.signed_number()};
  held.visible = {in.signed_number()};
  held.group = in.text();
  return held;
}
}  // namespace

std::optional<Held> read_held(std::string_view record) {
  ByteReader in(record);
  Held held = read_front(in);
  if (!in.ok()) return std::nullopt;
  return held;
}

std::optional<Message> read_message(std::string_view record) {
  ByteReader in(record);
  read_front(in);
  const auto d = json::parse(in.rest());
  if (!in.ok() || !d) return std::nullopt;
  return Message{.id = std::string(d->text("id")),
                 .body = std::string(d->text("body")),
                 .attributes = (*d)["attributes"],
                 .system_attributes = (*d)["system"],
                 .sender = std::string(d->text("sender")),
                 .deduplication = std::string(d->text("dedup")),
                 .source_arn = std::string(d->text("source"))};
}

std::string write_state(const Held& held) {
  std::string out;
  ByteWriter bytes(out);
  bytes.signed_number(held.visible.ms);
  bytes.signed_number(held.first_received.ms);
  bytes.number(static_cast<uint64_t>(held.receives));
  return out;
}

bool read_state(std::string_view record, Held& held) {
  ByteReader in(record);
  held.visible = {in.signed_number()};
  held.first_received = {in.signed_number()};
  held.receives = static_cast<int>(in.number());
  held.in_flight = true;
  return in.ok();
}

std::string write_seen(const Seen& seen) {
  std::string out;
  ByteWriter bytes(out);
  bytes.signed_number(seen.at.ms);
  bytes.number(seen.sequence);
  bytes.text(seen.key);
  bytes.text(seen.message_id);
  return out;
}

std::optional<Seen> read_seen(std::string_view record) {
  ByteReader in(record);
  Seen seen;
  seen.at = {in.signed_number()};
  seen.sequence = in.number();
  seen.key = in.text();
  seen.message_id = in.text();
  if (!in.ok()) return std::nullopt;
  return seen;
}

// --- checks --------------------------------------------------------------------------------------

Status check_body(std::string_view body) {
  for (size_t at = 0; at < body.size();) {
    const char32_t c = next_code_point(body, at);
    if ((c < 0x20 && c != 9 && c != 10 && c != 13) || c == 0xFFFE || c == 0xFFFF) {
      return fail("InvalidMessageContents",
                  "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 "
                  "to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
    }
  }
  return {};
}

namespace {

constexpr size_t kAttributesMax = 10;

bool is_number(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

Status check_attribute(std::string_view name, const Value& attribute) {
  const std::string_view type = attribute.text("DataType");
  if (type.empty()) {
    return invalid_value(fmt::format(
        "The message attribute '{}' must contain a non-empty message attribute type.", name));
  }
  const std::string_view base = type.substr(0, type.find('.'));
  const bool binary = base == "Binary";
  if (base != "String" && base != "Number" && !binary) {
    return invalid_value(
        fmt::format("The type of message (user) attribute '{}' is invalid. You must use only the "
                    "following supported type prefixes: Binary, Number, String.",
                    name));
  }
  const Value* value = attribute.find(binary ? "BinaryValue" : "StringValue");
  if (!value || !value->is_string()) {
    return invalid_value(
        fmt::format("The message attribute '{}' with type '{}' must use field '{}'.", name, base,
                    binary ? "Binary" : "String"));
  }
  if (value->as_string().empty()) {
    return invalid_value(fmt::format(
        "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name, base));
  }
  if (base == "Number" && !is_number(value->as_string())) {
    return invalid_value(
        fmt::format("Can't cast the value of message (user) attribute '{}' to a number.", name));
  }
  return {};
}

}  // namespace

Status check_attributes(const Value& attributes) {
  if (!attributes.is_object()) return {};
  if (attributes.size() > kAttributesMax) {
    return invalid_value(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                    attributes.size(), kAttributesMax));
  }
  for (const auto& [name, attribute] : attributes.members()) TRY(check_attribute(name, attribute));
  return {};
}

// --- sizes and digests ---------------------------------------------------------------------------

namespace {

// An attribute's value as bytes, and which of the two it is.
std::string value_bytes(const Value& attribute, bool& binary) {
  const Value* bytes = attribute.find("BinaryValue");
  binary = bytes && bytes->is_string();
  if (binary) return base64_decode(bytes->as_string()).value_or("");
  return std::string(attribute.text("StringValue"));
}

void append_part(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  out.append(text);
}

}  // namespace

size_t message_bytes(std::string_view body, const Value& attributes) {
  size_t bytes = body.size();
  if (!attributes.is_object()) return bytes;
  for (const auto& [name, attribute] : attributes.members()) {
    bool binary = false;
    bytes +=
        name.size() + attribute.text("DataType").size() + value_bytes(attribute, binary).size();
  }
  return bytes;
}

std::string attributes_md5(const Value& attributes) {
  if (!attributes.is_object() || attributes.size() == 0) return "";
  std::vector<const json::Member*> sorted;
  for (const auto& member : attributes.members()) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const json::Member* member) { return member->name; });
  std::string bytes;
  for (const json::Member* member : sorted) {
    bool binary = false;
    const std::string value = value_bytes(member->value, binary);
    append_part(bytes, member->name);
    append_part(bytes, member->value.text("DataType"));
    bytes.push_back(binary ? 2 : 1);
    append_part(bytes, value);
  }
  return hex_encode(md5(bytes));
}

}  // namespace sqs
