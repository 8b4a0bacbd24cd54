#include "services/cloudformation/resources/params.h"

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/scalar.h"
#include "protocol/models/model.h"
#include "services/cloudformation/functions.h"

namespace cloudformation {

using json::Value;

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

Value bent(const model::Member& member, const Value& given);

Value structure(const model::Shape& shape, const Value& given) {
  if (!given.is_object()) return given;
  json::ObjectBuilder out;
  for (const json::Member& one : given.members()) {
    const auto member = std::ranges::find_if(shape.members, [&](const model::Member& m) { return same_name(m.name, one.name); });
    if (member != shape.members.end() && !one.value.is_null()) out.set(member->name, bent(*member, one.value));
  }
  return out.build();
}

Value bent(const model::Member& member, const Value& given) {
  const model::Shape& shape = *member.shape;
  if (shape.document) return given;
  switch (shape.type) {
    case model::Type::structure:
      return structure(shape, given);
    case model::Type::list: {
      std::vector<Value> out;
      // A list of one may be written without its brackets.
      if (!given.is_array()) return json::array({bent(shape.item, given)});
      for (const Value& item : given.items()) out.push_back(bent(shape.item, item));
      return Value::array(std::move(out));
    }
    case model::Type::map: {
      if (!given.is_object()) return given;
      std::vector<json::Member> out;
      for (const json::Member& one : given.members()) out.push_back({one.name, bent(shape.item, one.value)});
      return Value::object(std::move(out));
    }
    case model::Type::string:
      return json_text(given);
    case model::Type::blob:
      return base64_encode(json_text(given));
    default:
      break;
  }
  if (!given.is_string()) return given;
  auto scalar = codec::parse_scalar(shape, given.as_string());
  return scalar ? *std::move(scalar) : given;
}

}  // namespace

std::string json_text(const Value& value) {
  if (auto text = scalar_text(value)) return *std::move(text);
  return json::write(value);
}

Value to_params(std::string_view service, std::string_view operation, const Value& properties) {
  const model::Service* known = model::find(service);
  const model::Operation* described = known ? known->find(operation) : nullptr;
  return described && described->input ? structure(*described->input, properties) : properties;
}

Value to_params(std::string_view service, std::string_view operation, const Value& properties, std::initializer_list<std::string_view> only) {
  json::ObjectBuilder chosen;
  for (const std::string_view name : only) {
    if (const Value* value = properties.find(name)) chosen.add(name, *value);
  }
  return to_params(service, operation, chosen.build());
}

Value renamed_tags(const Value& tags, std::string_view key, std::string_view value) {
  std::vector<Value> out;
  for (const Value& tag : tags.items()) out.push_back(json::object({{key, tag["Key"]}, {value, tag["Value"]}}));
  return Value::array(std::move(out));
}

}  // namespace cloudformation
