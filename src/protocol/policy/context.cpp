#include "protocol/policy/context.h"

#include "base/encoding.h"

namespace policy {

std::string scalar_text(const json::Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return value.number_text();
  return {};
}

void Context::set_json(std::string_view key, const json::Value& value) {
  if (value.is_null()) return;
  Values values;
  if (value.is_array()) {
    for (const json::Value& item : value.items()) values.push_back(scalar_text(item));
  } else {
    values.push_back(scalar_text(value));
  }
  set(key, std::move(values));
}

const Context::Values* Context::find(std::string_view key) const {
  const auto it = keys_.find(lower_case(key));
  return it == keys_.end() ? nullptr : &it->second;
}

}  // namespace policy
