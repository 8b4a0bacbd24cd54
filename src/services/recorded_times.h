#pragma once
// For tests: a recorded call's params as an SDK sends them, where a time is a number of seconds.
#include <string>
#include <vector>

#include "base/time_text.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace recorded::detail {

// Params as an SDK sends them: a time that is given as a text is a number of seconds.
inline json::Value with_times(const model::Shape* shape, const json::Value& value) {
  if (!shape) return value;
  if (shape->type == model::Type::timestamp && value.is_string()) {
    std::string text(value.as_string());
    if (text.find_first_of("Z+", 10) == text.npos) text += "Z";
    const auto at = parse_iso8601(text);
    return at ? json::Value(at->seconds()) : value;
  }
  if (shape->type == model::Type::list && value.is_array()) {
    std::vector<json::Value> items;
    for (const json::Value& item : value.items()) items.push_back(with_times(shape->item.shape, item));
    return json::Value::array(std::move(items));
  }
  if (shape->type != model::Type::structure || !value.is_object()) return value;
  json::ObjectBuilder out;
  for (const json::Member& member : value.members()) {
    const model::Member* known = shape->find(member.name);
    out.add(member.name, known ? with_times(known->shape, member.value) : member.value);
  }
  return out.build();
}

inline json::Value with_times(std::string_view service, std::string_view operation, const json::Value& params) {
  const model::Service* model = model::find(service);
  const model::Operation* known = model ? model->find(operation) : nullptr;
  return known ? with_times(known->input, params) : params;
}

}  // namespace recorded::detail
