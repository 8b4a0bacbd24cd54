#include "engine/keys.h"

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

std::string history_key(std::string_view arn, uint64_t first_event) {
  std::string key(arn);
  key.push_back('\0');
  return key.append(big_endian(first_event));
}

std::string list_prefix(std::string_view machine_arn, std::optional<Outcome> status) {
  std::string key = status ? "s" : "m";
  key.append(machine_arn).push_back('\0');
  if (status) key.push_back(static_cast<char>('0' + static_cast<int>(*status)));
  return key;
}

std::string list_key(const Record& record, std::optional<Outcome> status) {
  // Of a Map Run's children the run takes the machine's place.
  const std::string& owner = record.map_run_arn.empty() ? record.machine_arn : record.map_run_arn;
  return list_prefix(owner, status) + big_endian(~static_cast<uint64_t>(record.start.ms)) + big_endian(~record.order);
}

std::string open_key(std::string_view arn) { return std::string(kOpenPrefix).append(arn); }

std::string definition_key(std::string_view key) { return std::string("definition/").append(key); }

}  // namespace engine
