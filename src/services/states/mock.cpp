#include "services/states/mock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "protocol/models/model.h"
#include "services/states/integrations/catalog.h"

namespace states {
namespace {

using json::Value;
using model::Type;

// "executionArn" is shown as "ExecutionArn".
std::string shown_name(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::optional<std::string> fault(std::string_view field, std::string_view what) { return fmt::format("Field '{}' {}", field, what); }

std::optional<std::string> check(const model::Shape& shape, const Value& value, std::string_view field, FieldValidation mode);

std::optional<std::string> check_members(const model::Shape& shape, const Value& value, FieldValidation mode) {
  for (const model::Member& member : shape.members) {
    const std::string name = shown_name(member.name);
    const Value* given = value.find(name);
    if (!given) {
      if (member.required && mode == FieldValidation::strict) return fmt::format("Required field '{}' is missing", name);
      continue;
    }
    if (given->is_null()) continue;
    if (auto found = check(*member.shape, *given, name, mode)) return found;
  }
  return std::nullopt;
}

std::optional<std::string> check_size(const model::Shape& shape, double size, std::string_view field) {
  if (shape.has_min && size < shape.min) return fault(field, "is smaller than the minimum length");
  if (shape.has_max && size > shape.max) return fault(field, "is larger than the maximum length");
  return std::nullopt;
}

std::optional<std::string> check(const model::Shape& shape, const Value& value, std::string_view field, FieldValidation mode) {
  if (shape.document) return std::nullopt;
  switch (shape.type) {
    case Type::structure:
      if (!value.is_object()) return fault(field, "must be an object");
      return check_members(shape, value, mode);
    case Type::list:
      if (!value.is_array()) return fault(field, "must be an array");
      if (auto found = check_size(shape, static_cast<double>(value.size()), field)) return found;
      for (const Value& item : value.items()) {
        if (auto found = check(*shape.item.shape, item, field, mode)) return found;
      }
      return std::nullopt;
    case Type::map:
      if (!value.is_object()) return fault(field, "must be an object");
      for (const json::Member& member : value.members()) {
        if (auto found = check(*shape.item.shape, member.value, member.name, mode)) return found;
      }
      return std::nullopt;
    case Type::string:
    case Type::blob:
    case Type::timestamp:
      if (!value.is_string()) return fault(field, "must be a string");
      if (shape.type == Type::timestamp) return std::nullopt;
      if (!shape.values.empty() && std::ranges::find(shape.values, value.as_string()) == shape.values.end()) return fault(field, "is not an expected value");
      return check_size(shape, static_cast<double>(value.as_string().size()), field);
    case Type::boolean:
      if (!value.is_bool()) return fault(field, "must be a boolean");
      return std::nullopt;
    case Type::integer:
    case Type::long_integer:
    case Type::float_number:
    case Type::double_number:
      if (!value.is_number()) return fault(field, "must be a number");
      if (shape.has_min && value.as_double() < shape.min) return fault(field, "is less than the minimum value");
      if (shape.has_max && value.as_double() > shape.max) return fault(field, "exceeds the maximum value");
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> mock_fault(const asl::Resource& resource, const Value& result, FieldValidation mode) {
  if (mode == FieldValidation::none || !result.is_object()) return std::nullopt;
  // A job's result is what it came to, which has no shape of its own.
  if (resource.pattern != asl::Resource::Pattern::request_response) return std::nullopt;
  const auto known = integration(resource);
  const model::Service* service = known ? model::find(known->service) : nullptr;
  const model::Operation* operation = service ? service->find(known->operation) : nullptr;
  if (!operation || !operation->output) return std::nullopt;
  Value checked = result;
  // Lambda's payload is parsed before anyone sees it.
  if (known->service == "lambda" && known->operation == "Invoke") checked = checked.without("Payload");
  return check_members(*operation->output, checked, mode);
}

std::optional<std::string> context_fault(const Value& context) {
  struct Part {
    std::string_view name;
    std::vector<std::string_view> texts, others;
  };
  static const std::vector<Part> kParts = {
      {"Execution", {"Id", "Name", "RoleArn", "StartTime", "RedriveTime"}, {"Input", "RedriveCount"}},
      {"State", {"EnteredTime", "Name"}, {"RetryCount"}},
      {"StateMachine", {"Id", "Name"}, {}},
      {"Task", {"Token"}, {}},
  };
  if (!context.is_object()) return "Context object must be a JSON object";
  for (const auto& [name, part] : context.members()) {
    if (name == "Map") return "'Map' field is not supported when mocking a Context object";
    const auto known = std::ranges::find(kParts, name.view(), &Part::name);
    if (known == kParts.end()) return fmt::format("Field '{}' is not allowed", name);
    if (!part.is_object()) return fmt::format("{} must be an object", name);
    for (const auto& [field, value] : part.members()) {
      const bool text = std::ranges::find(known->texts, field.view()) != known->texts.end();
      if (!text && std::ranges::find(known->others, field.view()) == known->others.end()) return fmt::format("Field '{}' is not allowed", field);
      if (text && !value.is_string()) return fmt::format("{}.{} must be a string", name, field);
      if (field.ends_with("Count") && !value.is_number()) return fmt::format("{}.{} must be a number", name, field);
    }
  }
  return std::nullopt;
}

}  // namespace states
