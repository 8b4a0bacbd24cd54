#pragma once
// What is known about a request beside who, what and on which resource: condition keys and their
// values.
//
// Keys are case-insensitive ("aws:SourceIp" is "AWS:sourceip"), values are texts whatever their
// type; the condition operators read them as numbers, times or addresses.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "language/json/value.h"

namespace policy {

class Context {
 public:
  using Values = std::vector<std::string>;

  // Replaces what the key had. A key without values counts as absent for ForAllValues and Null
  // alike.
  void set(std::string_view key, Values values) { keys_[lower_case(key)] = std::move(values); }
  void set(std::string_view key, std::string_view value) { set(key, Values{std::string(value)}); }
  // A JSON scalar as its text, an array as several values, null as nothing.
  void set_json(std::string_view key, const json::Value& value);

  // Null when the key is absent.
  const Values* find(std::string_view key) const;

 private:
  std::map<std::string, Values, std::less<>> keys_;
};

// A JSON scalar as a condition shows it: "true", "12", the text itself. Nothing else has a text.
std::string scalar_text(const json::Value& value);

}  // namespace policy
