#pragma once
// One test of a Condition block: an operator, a key, values (spec/iam.md 3).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/policy/context.h"
#include "protocol/policy/pattern.h"

namespace policy {

enum class Operator : uint8_t {
  string_equals,
  string_not_equals,
  string_equals_ignore_case,
  string_not_equals_ignore_case,
  string_like,
  string_not_like,
  numeric_equals,
  numeric_not_equals,
  numeric_less,
  numeric_less_equals,
  numeric_greater,
  numeric_greater_equals,
  date_equals,
  date_not_equals,
  date_less,
  date_less_equals,
  date_greater,
  date_greater_equals,
  boolean,
  binary_equals,
  ip_address,
  not_ip_address,
  arn_like,
  arn_not_like,
  null,
};

// Which of a key's several values must pass.
enum class Quantifier : uint8_t { none, for_all, for_any };

struct OperatorName {
  Operator op = Operator::string_equals;
  Quantifier quantifier = Quantifier::none;
  bool if_exists = false;

  // "ForAnyValue:StringLikeIfExists". Nothing for a name that AWS does not have.
  static std::optional<OperatorName> parse(std::string_view text);
};

class Condition {
 public:
  Condition(OperatorName name, std::string key, std::vector<Pattern> values)
      : name_(name), key_(std::move(key)), values_(std::move(values)) {}

  const std::string& key() const { return key_; }
  const std::vector<Pattern>& values() const { return values_; }
  bool holds(const Context& context) const;

 private:
  bool passes(std::string_view value, const Context& context) const;

  OperatorName name_;
  std::string key_;
  std::vector<Pattern> values_;
};

// Milliseconds since 1970 of what the Date operators take: ISO 8601 down to the year alone, or
// seconds since 1970. Nothing for anything else.
std::optional<int64_t> date_value(std::string_view text);

// Whether an address lies in a network: "203.0.113.0/24", "2001:db8::/32", or one address.
bool address_in(std::string_view address, std::string_view network);

}  // namespace policy
