#include "services/cloudformation/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "services/cloudformation/functions.h"

namespace cloudformation {

using json::Value;

namespace {
constexpr std::string_view kPending = "Pending";
}

bool is_pending(const Error& error) { return error.code == kPending; }

Value Job::entry(const Result<Value>& answer) {
  if (answer) return json::object({{"ok", *answer}});
  const Error& error = answer.error();
  return json::object({{"error", json::object({{"code", error.code}, {"message", error.message}, {"status", error.http_status}})}});
}

Value Job::uncertain_entry() { return json::object({{"uncertain", true}}); }
Value Job::asked_entry() { return json::object({{"asked", true}}); }
bool Job::is_asked(const Value& entry) { return entry.find("asked") != nullptr; }

std::string Job::text(std::string_view name, std::string_view otherwise) const {
  return scalar_text(property(name)).value_or(std::string(otherwise));
}

bool Job::uncertain() {
  if (at_ >= journal_.size() || !journal_[at_].find("uncertain")) return false;
  ++at_;
  return true;
}

Result<Value> Job::call(std::string_view service, std::string_view operation, Value params) {
  while (at_ < journal_.size() && journal_[at_].find("uncertain")) ++at_;
  if (at_ < journal_.size() && !is_asked(journal_[at_])) {
    const Value& entry = journal_[at_++];
    if (const Value* answer = entry.find("ok")) return *answer;
    const Value& error = entry["error"];
    Error out{std::string(error.text("code")), std::string(error.text("message")), static_cast<int>(error["status"].as_int64().value_or(400)), {}};
    // Who words the failure needs to know whose it is.
    out.members.emplace_back("service", service);
    return std::unexpected(std::move(out));
  }
  ask_ = Ask{std::string(service), std::string(operation), std::move(params)};
  return fail(std::string(kPending), "");
}

Result<Value> Job::call_unless(std::string_view service, std::string_view operation, Value params, std::initializer_list<std::string_view> fine) {
  auto answer = call(service, operation, std::move(params));
  if (!answer && std::ranges::find(fine, answer.error().code) != fine.end()) return Value();
  return answer;
}

Result<Value> Job::create(std::string_view service, std::string_view operation, Value params, std::string_view already) {
  const bool repeated = uncertain();
  auto answer = call(service, operation, std::move(params));
  if (!answer && repeated && answer.error().code == already) return Value();
  return answer;
}

Status Job::wait(int64_t ms) {
  while (at_ < journal_.size() && journal_[at_].find("uncertain")) ++at_;
  if (at_ < journal_.size() && !is_asked(journal_[at_])) {
    ++at_;
    return {};
  }
  ask_ = Ask{.service = {}, .operation = {}, .params = {}, .wait_ms = ms};
  return fail(std::string(kPending), "");
}

std::string Job::letters(size_t count, bool mixed_case) const {
  static constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static constexpr std::string_view kMixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string_view alphabet = mixed_case ? kMixed : kUpper;
  const std::string digest = sha256(subject_.token + "\n" + subject_.logical_id);
  std::string out;
  for (size_t i = 0; i < count; ++i) out.push_back(alphabet[static_cast<unsigned char>(digest[i]) % alphabet.size()]);
  return out;
}

std::string Job::generated_name(size_t length_max) const {
  std::string stack = subject_.stack_name, logical = subject_.logical_id;
  // Recorded: room for 13 letters and two dashes stays, the rest is halved.
  const size_t room = length_max - 15;
  if (stack.size() + logical.size() > room) {
    const size_t half = room / 2, larger_half = room - half;
    if (logical.size() <= half) {
      stack.resize(room - logical.size());
    } else if (stack.size() <= larger_half) {
      logical.resize(room - stack.size());
    } else {
      stack.resize(larger_half), logical.resize(half);
    }
  }
  return fmt::format("{}-{}-{}", stack, logical, letters(12, false));
}

std::string Job::generated_short_name(size_t length_max) const {
  return fmt::format("{}-{}", std::string_view(subject_.logical_id).substr(0, length_max - 13), letters(12, true));
}

std::string Job::name(std::string_view property_name, size_t length_max) const {
  std::string given = text(property_name);
  return given.empty() ? generated_name(length_max) : given;
}

Value Job::tags(SystemTags system, std::string_view property_name) const {
  std::vector<Value> out;
  const auto add = [&](std::string_view key, std::string value) {
    std::erase_if(out, [&](const Value& tag) { return tag.text("Key") == key; });
    out.push_back(json::object({{"Key", key}, {"Value", std::move(value)}}));
  };
  for (const Value& tag : subject_.stack_tags.is_array() ? subject_.stack_tags.items() : std::span<const Value>()) {
    add(tag.text("Key"), std::string(tag.text("Value")));
  }
  const Value& own = property(property_name);
  if (own.is_array()) {
    for (const Value& tag : own.items()) add(scalar_text(tag["Key"]).value_or(""), scalar_text(tag["Value"]).value_or(""));
  } else if (own.is_object()) {
    for (const json::Member& member : own.members()) add(member.name, scalar_text(member.value).value_or(""));
  }
  if (system == SystemTags::yes) {
    add("aws:cloudformation:stack-name", subject_.stack_name);
    add("aws:cloudformation:stack-id", subject_.stack_id);
    add("aws:cloudformation:logical-id", subject_.logical_id);
  }
  return Value::array(std::move(out));
}

Value Job::tag_map(SystemTags system, std::string_view property_name) const {
  json::ObjectBuilder out;
  for (const Value& tag : tags(system, property_name).items()) out.set(tag.text("Key"), tag["Value"]);
  return out.build();
}

}  // namespace cloudformation
