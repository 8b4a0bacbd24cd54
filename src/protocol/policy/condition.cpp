#include "protocol/policy/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/encoding.h"
#include "base/time_text.h"

namespace policy {
namespace {

struct Named {
  std::string_view text;
  Operator op;
};
constexpr Named kOperators[] = {
    {"StringEquals", Operator::string_equals},
    {"StringNotEquals", Operator::string_not_equals},
    {"StringEqualsIgnoreCase", Operator::string_equals_ignore_case},
    {"StringNotEqualsIgnoreCase", Operator::string_not_equals_ignore_case},
    {"StringLike", Operator::string_like},
    {"StringNotLike", Operator::string_not_like},
    {"NumericEquals", Operator::numeric_equals},
    {"NumericNotEquals", Operator::numeric_not_equals},
    {"NumericLessThan", Operator::numeric_less},
    {"NumericLessThanEquals", Operator::numeric_less_equals},
    {"NumericGreaterThan", Operator::numeric_greater},
    {"NumericGreaterThanEquals", Operator::numeric_greater_equals},
    {"DateEquals", Operator::date_equals},
    {"DateNotEquals", Operator::date_not_equals},
    {"DateLessThan", Operator::date_less},
    {"DateLessThanEquals", Operator::date_less_equals},
    {"DateGreaterThan", Operator::date_greater},
    {"DateGreaterThanEquals", Operator::date_greater_equals},
    {"Bool", Operator::boolean},
    {"BinaryEquals", Operator::binary_equals},
    {"IpAddress", Operator::ip_address},
    {"NotIpAddress", Operator::not_ip_address},
    {"ArnEquals", Operator::arn_like},
    {"ArnLike", Operator::arn_like},
    {"ArnNotEquals", Operator::arn_not_like},
    {"ArnNotLike", Operator::arn_not_like},
    {"Null", Operator::null},
};

bool negated(Operator op) {
  switch (op) {
    case Operator::string_not_equals:
    case Operator::string_not_equals_ignore_case:
    case Operator::string_not_like:
    case Operator::numeric_not_equals:
    case Operator::date_not_equals:
    case Operator::not_ip_address:
    case Operator::arn_not_like:
      return true;
    default:
      return false;
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T>
bool compare(Operator op, const std::optional<T>& actual, const std::optional<T>& wanted) {
  if (!actual || !wanted) return false;
  switch (op) {
    case Operator::numeric_less:
    case Operator::date_less:
      return *actual < *wanted;
    case Operator::numeric_less_equals:
    case Operator::date_less_equals:
      return *actual <= *wanted;
    case Operator::numeric_greater:
    case Operator::date_greater:
      return *actual > *wanted;
    case Operator::numeric_greater_equals:
    case Operator::date_greater_equals:
      return *actual >= *wanted;
    default:
      return *actual == *wanted;
  }
}

// What the operator says without its negation, of one value of the request and one of the policy.
bool matches(Operator op, std::string_view actual, const Pattern& wanted, const Context& context) {
  switch (op) {
    case Operator::string_equals:
    case Operator::string_not_equals:
      return wanted.equals(actual, context);
    case Operator::string_equals_ignore_case:
    case Operator::string_not_equals_ignore_case:
      return wanted.equals(actual, context, Case::ignored);
    case Operator::string_like:
    case Operator::string_not_like:
      return wanted.matches(actual, context);
    case Operator::arn_like:
    case Operator::arn_not_like:
      return wanted.matches_arn(actual, context);
    case Operator::boolean:
      return wanted.equals(actual, context, Case::ignored);
    case Operator::binary_equals: {
      const auto a = base64_decode(actual), b = base64_decode(wanted.text());
      return a && b && *a == *b;
    }
    case Operator::ip_address:
    case Operator::not_ip_address:
      return address_in(actual, wanted.text());
    case Operator::date_equals:
    case Operator::date_not_equals:
    case Operator::date_less:
    case Operator::date_less_equals:
    case Operator::date_greater:
    case Operator::date_greater_equals:
      return compare(op, date_value(actual), date_value(wanted.text()));
    case Operator::null:
      return false;
    default:
      return compare(op, number(actual), number(wanted.text()));
  }
}
}  // namespace

std::optional<OperatorName> OperatorName::parse(std::string_view text) {
  OperatorName name;
  if (text.starts_with("ForAllValues:")) {
    name.quantifier = Quantifier::for_all;
    text.remove_prefix(13);
  } else if (text.starts_with("ForAnyValue:")) {
    name.quantifier = Quantifier::for_any;
    text.remove_prefix(12);
  }
  if (text.ends_with("IfExists")) {
    name.if_exists = true;
    text.remove_suffix(8);
  }
  const auto* found = std::ranges::find(kOperators, text, &Named::text);
  if (found == std::end(kOperators)) return std::nullopt;
  name.op = found->op;
  if (name.op == Operator::null && name.if_exists) return std::nullopt;
  return name;
}

// Whether one value of the request passes: it matches one of the policy's, or none when the
// operator is negated.
bool Condition::passes(std::string_view value, const Context& context) const {
  const bool any = std::ranges::any_of(
      values_, [&](const Pattern& one) { return matches(name_.op, value, one, context); });
  return any != negated(name_.op);
}

bool Condition::holds(const Context& context) const {
  const Context::Values* values = context.find(key_);
  const bool absent = !values || values->empty();
  if (name_.op == Operator::null) {
    return std::ranges::any_of(values_, [&](const Pattern& one) {
      return lower_case(one.text()) == (absent ? "true" : "false");
    });
  }
  if (absent) {
    if (name_.if_exists || name_.quantifier == Quantifier::for_all) return true;
    return name_.quantifier == Quantifier::none && negated(name_.op);
  }
  const auto one_passes = [&](const std::string& value) { return passes(value, context); };
  // Several values without a quantifier: one is enough, or none may match when the operator is
  // negated.
  if (name_.quantifier == Quantifier::for_all ||
      (name_.quantifier == Quantifier::none && negated(name_.op))) {
    return std::ranges::all_of(*values, one_passes);
  }
  return std::ranges::any_of(*values, one_passes);
}

std::optional<int64_t> date_value(std::string_view text) {
  const auto whole = [&](int64_t& out) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
    return fault == std::errc() && end == text.data() + text.size();
  };
  int64_t seconds = 0;
  // Four digits are a year, more (or fewer) are seconds since 1970.
  if (text.size() != 4 && whole(seconds)) {
    return std::clamp(seconds, INT64_MIN / 1000, INT64_MAX / 1000) * 1000;
  }
  std::string full(text);
  for (char& c : full) c = c == 't' ? 'T' : c == 'z' ? 'Z' : c;
  constexpr std::string_view kRest = "0000-01-01T00:00:00Z";
  const bool zone = full.find_first_of("Z+", 10 < full.size() ? 10 : full.size()) != full.npos ||
                    (full.size() > 19 && full.find('-', 19) != full.npos);
  if (full.size() == 4 || full.size() == 7 || full.size() == 10 || full.size() == 13 ||
      full.size() == 16) {
    full += kRest.substr(full.size());
  } else if (full.size() == 17 && full.ends_with('Z')) {
    full.replace(16, 1, ":00Z");
  } else if (!zone) {
    full += 'Z';
  }
  const auto at = parse_iso8601(full);
  return at ? std::optional(at->ms) : std::nullopt;
}

bool address_in(std::string_view address, std::string_view network) {
  const size_t slash = network.find('/');
  const std::string base(network.substr(0, slash)), one(address);
  for (const int family : {AF_INET, AF_INET6}) {
    unsigned char a[16] = {}, n[16] = {};
    if (inet_pton(family, one.c_str(), a) != 1 || inet_pton(family, base.c_str(), n) != 1) continue;
    int bits = family == AF_INET ? 32 : 128;
    if (slash != network.npos) {
      const std::string_view length = network.substr(slash + 1);
      int wanted = -1;
      const auto [end, fault] =
          std::from_chars(length.data(), length.data() + length.size(), wanted);
      if (fault != std::errc() || end != length.data() + length.size() || wanted < 0 ||
          wanted > bits)
        return false;
      bits = wanted;
    }
    if (std::memcmp(a, n, static_cast<size_t>(bits / 8)) != 0) return false;
    const int rest = bits % 8;
    return rest == 0 || ((a[bits / 8] ^ n[bits / 8]) >> (8 - rest)) == 0;
  }
  return false;
}

}  // namespace policy
