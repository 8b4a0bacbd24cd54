#include "engine/keys.h"

#include <algorithm>

#include "base/bytes.h"

namespace engine {

std::string big_endian(uint64_t value) {
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}

uint64_t from_big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes.substr(0, 8)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

std::string_view account_of(std::string_view arn) {
  for (int i = 0; i < 4; ++i) arn.remove_prefix(std::min(arn.find(':'), arn.size() - 1) + 1);
  return arn.substr(0, arn.find(':'));
}

std::string_view scope_of(std::string_view arn) {
  const std::string_view account = account_of(arn);
  return arn.substr(0, static_cast<size_t>(account.data() - arn.data()) + account.size());
}

std::string row_of(uint64_t order) { return big_endian(order); }

std::string history_key(std::string_view row, uint64_t first_event) {
  std::string key(row);
  key.push_back('\0');
  return key.append(big_endian(first_event));
}

std::string list_prefix(Group group, std::string_view owner, Outcome status) {
  std::string key(1, static_cast<char>(group));
  key.append(owner).push_back('\0');
  key.push_back(static_cast<char>('0' + static_cast<int>(status)));
  return key;
}

std::vector<std::string> list_keys(const Record& record) {
  const std::string place = big_endian(~static_cast<uint64_t>(record.start.ms)) + big_endian(~record.order);
  std::vector<std::string> keys;
  // Of a Map Run's children the run takes the machine's place.
  for (const std::string* owner : {record.map_run_arn.empty() ? &record.machine_arn : &record.map_run_arn, &record.version_arn, &record.alias_arn}) {
    if (owner->empty()) continue;
    keys.push_back(list_prefix(Group::all, *owner, record.status) + place);
    if (record.redrive_count > 0) keys.push_back(list_prefix(Group::redriven, *owner, record.status) + place);
  }
  return keys;
}

std::string open_key(std::string_view row) { return std::string(kOpenPrefix).append(row); }

Open open_from(std::string_view key, std::string_view value) {
  key.remove_prefix(kOpenPrefix.size());
  return {std::string(key), std::string(value.empty() ? key : value)};
}

std::string ended_key(Instant stop, std::string_view row) {
  return std::string(kEndedPrefix).append(big_endian(static_cast<uint64_t>(stop.ms))).append(row);
}

std::string encode_chunks(const std::optional<std::vector<uint64_t>>& first_events) {
  std::string bytes;
  if (!first_events) return bytes;
  ByteWriter out(bytes);
  for (const uint64_t first : *first_events) out.number(first);
  return bytes;
}

std::optional<std::vector<uint64_t>> decode_chunks(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  ByteReader in(bytes);
  std::vector<uint64_t> first_events;
  while (in.ok() && !in.at_end()) first_events.push_back(in.number());
  if (!in.ok()) return std::nullopt;
  return first_events;
}

Ended ended_from(std::string_view key) {
  key.remove_prefix(kEndedPrefix.size());
  return {{static_cast<int64_t>(from_big_endian(key))}, key.substr(8)};
}

std::string definition_key(std::string_view key) { return std::string("definition/").append(key); }

namespace {
constexpr uint8_t kListedVersion = 1;
}

std::string encode_listed(const Record& r) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kListedVersion);
  for (const std::string* text : {&r.arn, &r.version_arn, &r.alias_arn, &r.map_run_arn}) out.text(*text);
  out.u8(static_cast<uint8_t>(r.status));
  for (const Instant at : {r.start, r.stop, r.redrive}) out.signed_number(at.ms);
  out.number(static_cast<uint64_t>(r.redrive_count));
  out.signed_number(r.item_count);
  return bytes;
}

std::optional<Listed> decode_listed(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kListedVersion) return std::nullopt;
  Listed out;
  for (std::string* text : {&out.arn, &out.version_arn, &out.alias_arn, &out.map_run_arn}) *text = in.text();
  const uint8_t status = in.u8();
  if (status > static_cast<uint8_t>(Outcome::aborted)) return std::nullopt;
  out.status = static_cast<Outcome>(status);
  for (Instant* at : {&out.start, &out.stop, &out.redrive}) at->ms = in.signed_number();
  out.redrive_count = static_cast<int>(in.number());
  out.item_count = in.signed_number();
  if (!in.ok()) return std::nullopt;
  return out;
}

std::string_view Listed::name() const { return std::string_view(arn).substr(arn.rfind(':') + 1); }

std::string Listed::machine_arn() const {
  constexpr std::string_view kExecution = ":execution:";
  std::string out = arn.substr(0, arn.rfind(':'));
  if (const size_t at = out.find(kExecution); at != std::string::npos) out.replace(at, kExecution.size(), ":stateMachine:");
  return out;
}

}  // namespace engine
