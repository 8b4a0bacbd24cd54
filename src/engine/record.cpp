#include "engine/record.h"

#include "base/bytes.h"

namespace engine {
namespace {
constexpr uint8_t kVersion = 3;  // 1 had neither redrive_token nor item_count; 1 and 2 told what follows from the ARN

// Name and machine follow from a Standard execution's ARN, unless it is a map run's: told as empty texts.
std::string name_of(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }
std::string machine_of(const std::string& arn) {
  constexpr std::string_view kExecution = ":execution:";
  std::string out = arn.substr(0, arn.rfind(':'));
  const size_t at = out.find(kExecution);
  return at == out.npos ? std::string() : out.replace(at, kExecution.size(), ":stateMachine:");
}
constexpr std::string_view kStatus[] = {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"};

void put(ByteWriter& out, const std::optional<std::string>& text) {
  out.u8(text ? 1 : 0);
  if (text) out.text(*text);
}

std::optional<std::string> get(ByteReader& in) {
  if (in.u8() == 0) return std::nullopt;
  return std::string(in.text());
}
}  // namespace

std::string_view status_text(Outcome outcome) { return kStatus[static_cast<size_t>(outcome)]; }

std::optional<Outcome> status_from(std::string_view text) {
  for (size_t i = 0; i < std::size(kStatus); ++i) {
    if (kStatus[i] == text) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::string Record::encode() const {
  std::string bytes;
  bytes.reserve(384 + input.size() + (output ? output->size() : 0));
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.text(arn);
  out.text(name == name_of(arn) ? std::string_view() : name);
  out.text(machine_arn == machine_of(arn) ? std::string_view() : machine_arn);
  for (const std::string* text : {&version_arn, &alias_arn, &definition, &role_arn, &input, &trace_header, &map_run_arn, &parent_arn}) {
    out.text(*text);
  }
  out.signed_number(start.ms);
  out.signed_number(stop.ms);
  out.u8(static_cast<uint8_t>(status));
  put(out, output);
  put(out, error);
  put(out, cause);
  out.number(events);
  out.number(order);
  out.number(static_cast<uint64_t>(redrive_count));
  out.signed_number(redrive.ms);
  out.u8(express ? 1 : 0);
  out.text(redrive_token);
  out.signed_number(item_count);
  return bytes;
}

std::optional<Record> Record::decode(std::string_view& bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.u8();
  if (version == 0 || version > kVersion) return std::nullopt;
  Record r;
  for (std::string* text : {&r.arn, &r.name, &r.machine_arn, &r.version_arn, &r.alias_arn, &r.definition, &r.role_arn,
                            &r.input, &r.trace_header, &r.map_run_arn, &r.parent_arn}) {
    *text = in.text();
  }
  if (version >= 3 && r.name.empty()) r.name = name_of(r.arn);
  if (version >= 3 && r.machine_arn.empty()) r.machine_arn = machine_of(r.arn);
  r.start.ms = in.signed_number();
  r.stop.ms = in.signed_number();
  const uint8_t status = in.u8();
  if (status >= std::size(kStatus)) return std::nullopt;
  r.status = static_cast<Outcome>(status);
  r.output = get(in);
  r.error = get(in);
  r.cause = get(in);
  r.events = in.number();
  r.order = in.number();
  r.redrive_count = static_cast<int>(in.number());
  r.redrive.ms = in.signed_number();
  r.express = in.u8() != 0;
  if (version >= 2) {
    r.redrive_token = in.text();
    r.item_count = in.signed_number();
  }
  if (!in.ok()) return std::nullopt;
  bytes = in.rest();
  return r;
}

}  // namespace engine
