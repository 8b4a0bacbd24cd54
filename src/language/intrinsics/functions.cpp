#include "language/intrinsics/functions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/fault_text.h"
#include "language/json/parse.h"
#include "language/jsonpath/java_text.h"

namespace intrinsics {

using json::Value;

namespace {

constexpr std::string_view kNames[] = {
    "States.Format",       "States.StringToJson", "States.JsonToString", "States.Array",        "States.ArrayPartition",
    "States.ArrayContains", "States.ArrayRange",  "States.ArrayGetItem", "States.ArrayLength",  "States.ArrayUnique",
    "States.Base64Encode", "States.Base64Decode", "States.Hash",         "States.JsonMerge",    "States.MathRandom",
    "States.MathAdd",      "States.StringSplit",  "States.UUID"};

using Arguments = std::span<const Value>;
// Nothing when the arguments are invalid.
using Maybe = std::optional<Value>;

template <typename Range, typename Wanted>
bool contains(const Range& range, const Wanted& wanted) {
  return std::find(range.begin(), range.end(), wanted) != range.end();
}

// Math.round: halves go up, also below zero.
std::optional<int64_t> rounded(const Value& value) {
  if (!value.is_number()) return std::nullopt;
  if (const auto whole = value.as_int64()) return whole;
  const double up = std::floor(value.as_double() + 0.5);
  if (!(std::abs(up) < 9.2e18)) return std::nullopt;
  return static_cast<int64_t>(up);
}

bool short_text(const Value& value) { return value.is_string() && utf16_units(value.as_string()) <= kTextMax; }

Maybe format(Arguments arguments) {
  if (arguments.empty() || !arguments[0].is_string()) return std::nullopt;
  const std::string_view pattern = arguments[0].as_string();
  std::string out;
  size_t next = 1;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = pattern.substr(i, 2);
    if (two == "{}") {
      if (next == arguments.size()) return std::nullopt;
      jsonpath::java_text(arguments[next++], out);
      ++i;
    } else if (two == "\\{" || two == "\\}") {
      out += two[1];
      ++i;
    } else {
      out += pattern[i];
    }
  }
  if (next != arguments.size()) return std::nullopt;
  return Value(out);
}

Maybe array_partition(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[0].is_array()) return std::nullopt;
  const auto size = rounded(arguments[1]);
  if (!size || *size <= 0) return std::nullopt;
  const auto items = arguments[0].items();
  std::vector<Value> chunks;
  for (size_t at = 0; at < items.size();) {
    const auto chunk = items.subspan(at, std::min<uint64_t>(static_cast<uint64_t>(*size), items.size() - at));
    chunks.push_back(Value::array({chunk.begin(), chunk.end()}));
    at += chunk.size();
  }
  return Value::array(std::move(chunks));
}

Maybe array_contains(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[0].is_array()) return std::nullopt;
  return Value(contains(arguments[0].items(), arguments[1]));
}

Maybe array_range(Arguments arguments) {
  if (arguments.size() != 3) return std::nullopt;
  const auto first = rounded(arguments[0]);
  const auto last = rounded(arguments[1]);
  const auto step = rounded(arguments[2]);
  if (!first || !last || !step || *step == 0) return std::nullopt;
  std::vector<Value> range;
  for (__int128 at = *first; at == *first || (*step > 0 ? at <= *last : at >= *last); at += *step) {
    if (*first != *last && (*step > 0) != (*first < *last)) break;  // it leads away
    if (std::ssize(range) == kRangeMax) return std::nullopt;
    range.emplace_back(static_cast<int64_t>(at));
  }
  return Value::array(std::move(range));
}

Maybe array_get_item(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[0].is_array()) return std::nullopt;
  const auto index = arguments[1].as_int64();
  const auto items = arguments[0].items();
  if (!index || *index < 0 || *index >= std::ssize(items)) return std::nullopt;
  return items[static_cast<size_t>(*index)];
}

// The same for equal values, whatever the order of an object's members.
uint64_t fingerprint(const Value& value) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  const auto mix = [](uint64_t seed, uint64_t more) { return (seed ^ more) * kOdd ^ (seed >> 29); };
  uint64_t out = static_cast<uint64_t>(value.kind()) + 1;
  switch (value.kind()) {
    case json::Kind::null:
      return out;
    case json::Kind::boolean:
      return mix(out, value.as_bool() ? 1 : 2);
    case json::Kind::number:
      return mix(out, std::hash<double>()(value.as_double()));
    case json::Kind::string:
      return mix(out, std::hash<std::string_view>()(value.as_string()));
    case json::Kind::array:
      for (const Value& item : value.items()) out = mix(out, fingerprint(item));
      return out;
    case json::Kind::object:
      for (const json::Member& member : value.members()) {
        out += mix(std::hash<std::string_view>()(member.name), fingerprint(member.value));
      }
  }
  return out;
}

// Of equal elements the first stays.
Maybe array_unique(Arguments arguments) {
  if (arguments.size() != 1 || !arguments[0].is_array()) return std::nullopt;
  std::unordered_map<uint64_t, std::vector<size_t>> seen;
  std::vector<Value> unique;
  for (const Value& item : arguments[0].items()) {
    std::vector<size_t>& alike = seen[fingerprint(item)];
    if (std::ranges::any_of(alike, [&](size_t index) { return unique[index] == item; })) continue;
    alike.push_back(unique.size());
    unique.push_back(item);
  }
  return Value::array(std::move(unique));
}

// A Java String of these bytes: what is no UTF-8 becomes U+FFFD.
std::string as_text(std::string bytes) {
  if (is_utf8(bytes)) return bytes;
  std::string out;
  for (size_t at = 0; at < bytes.size();) append_utf8(out, next_code_point(bytes, at));
  return out;
}

Maybe base64_encode_text(Arguments arguments) {
  if (arguments.size() != 1 || !short_text(arguments[0])) return std::nullopt;
  return Value(base64_encode(arguments[0].as_string()));
}

Maybe base64_decode_text(Arguments arguments) {
  if (arguments.size() != 1 || !short_text(arguments[0])) return std::nullopt;
  // Java does not ask for padding, but where it begins it must be whole.
  std::string text(arguments[0].as_string());
  if (!text.contains('=') && text.size() % 4 > 1) text.append(4 - text.size() % 4, '=');
  auto bytes = base64_decode(text);
  if (!bytes) return std::nullopt;
  return Value(as_text(*std::move(bytes)));
}

Maybe hash(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[1].is_string()) return std::nullopt;
  const std::string data = arguments[0].is_string() ? std::string(arguments[0].as_string()) : json::write(arguments[0]);
  if (utf16_units(data) > kTextMax) return std::nullopt;
  const std::string_view algorithm = arguments[1].as_string();
  if (algorithm == "MD5") return Value(hex_encode(md5(data)));
  if (algorithm == "SHA-1") return Value(hex_encode(sha1(data)));
  if (algorithm == "SHA-256") return Value(hex_encode(sha256(data)));
  if (algorithm == "SHA-384") return Value(hex_encode(sha384(data)));
  if (algorithm == "SHA-512") return Value(hex_encode(sha512(data)));
  return std::nullopt;
}

// AWS quirk (recorded): the members come in the order of a java.util.HashMap.
Maybe json_merge(Arguments arguments) {
  if (arguments.size() != 3 || !arguments[0].is_object() || !arguments[1].is_object()) return std::nullopt;
  if (!arguments[2].is_bool() || arguments[2].as_bool()) return std::nullopt;  // only the shallow mode exists
  std::vector<json::Member> all(arguments[0].members().begin(), arguments[0].members().end());
  all.insert(all.end(), arguments[1].members().begin(), arguments[1].members().end());
  const Value merged = Value::object(std::move(all));
  std::vector<std::string> names;
  for (const json::Member& member : merged.members()) names.emplace_back(member.name);
  std::vector<json::Member> ordered;
  for (const size_t index : json::java_hash_order(names)) ordered.push_back(merged.members()[index]);
  return Value::object(std::move(ordered));
}

Maybe math_random(Arguments arguments, Random& random) {
  if (arguments.size() != 2 && arguments.size() != 3) return std::nullopt;
  const auto start = rounded(arguments[0]);
  const auto end = rounded(arguments[1]);
  int64_t bound = 0;
  if (!start || !end || *start >= *end || __builtin_sub_overflow(*end, *start, &bound)) return std::nullopt;
  if (arguments.size() == 2) return Value(*start + static_cast<int64_t>(random.below(static_cast<uint64_t>(bound))));
  const auto seed = rounded(arguments[2]);
  if (!seed) return std::nullopt;
  return Value(*start + java_random(*seed, bound));
}

Maybe math_add(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const auto a = rounded(arguments[0]);
  const auto b = rounded(arguments[1]);
  int64_t sum = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum)) return std::nullopt;
  return Value(sum);
}

// Every character of the second text separates; pieces without text are dropped.
Maybe string_split(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[0].is_string() || !arguments[1].is_string()) return std::nullopt;
  const std::string_view text = arguments[0].as_string();
  std::vector<char32_t> separators;
  for (size_t at = 0; at < arguments[1].as_string().size();) {
    separators.push_back(next_code_point(arguments[1].as_string(), at));
  }
  std::vector<Value> pieces;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t here = at;
    const bool end = at == text.size();
    if (!end && !contains(separators, next_code_point(text, at))) continue;
    if (here > begin) pieces.emplace_back(text.substr(begin, here - begin));
    begin = at;
    if (end) break;
  }
  return Value::array(std::move(pieces));
}

std::expected<Value, std::string> string_to_json(Arguments arguments) {
  const std::string invalid = "Invalid arguments in States.StringToJson";
  if (arguments.size() != 1 || !arguments[0].is_string()) return std::unexpected(invalid);
  const std::string_view text = arguments[0].as_string();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Value();
  auto value = json::parse_detailed(text);
  if (value) return *std::move(value);
  return std::unexpected("Cannot convert String to Json in States.StringToJson, caused by: " + json::fault_text(value.error()));
}

Maybe apply_plain(Function function, Arguments arguments, Random& random) {
  switch (function) {
    case Function::format:
      return format(arguments);
    case Function::json_to_string:
      return arguments.size() == 1 ? Maybe(Value(json::write(arguments[0]))) : std::nullopt;
    case Function::array:
      return Value::array({arguments.begin(), arguments.end()});
    case Function::array_partition:
      return array_partition(arguments);
    case Function::array_contains:
      return array_contains(arguments);
    case Function::array_range:
      return array_range(arguments);
    case Function::array_get_item:
      return array_get_item(arguments);
    case Function::array_length:
      if (arguments.size() != 1 || !arguments[0].is_array()) return std::nullopt;
      return Value(static_cast<int64_t>(arguments[0].size()));
    case Function::array_unique:
      return array_unique(arguments);
    case Function::base64_encode:
      return base64_encode_text(arguments);
    case Function::base64_decode:
      return base64_decode_text(arguments);
    case Function::hash:
      return hash(arguments);
    case Function::json_merge:
      return json_merge(arguments);
    case Function::math_random:
      return math_random(arguments, random);
    case Function::math_add:
      return math_add(arguments);
    case Function::string_split:
      return string_split(arguments);
    case Function::uuid:
      return arguments.empty() ? Maybe(Value(random.uuid())) : std::nullopt;
    case Function::string_to_json:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Function> function_of(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Function>(found - std::begin(kNames));
}

std::string_view name_of(Function function) { return kNames[static_cast<size_t>(function)]; }

std::expected<Value, std::string> apply(Function function, Arguments arguments, Random& random) {
  if (function == Function::string_to_json) return string_to_json(arguments);
  auto value = apply_plain(function, arguments, random);
  if (value) return *std::move(value);
  return std::unexpected("Invalid arguments in " + std::string(name_of(function)));
}

int64_t java_random(int64_t seed, int64_t bound) {
  constexpr uint64_t kMask = (1ULL << 48) - 1;
  uint64_t state = (static_cast<uint64_t>(seed) ^ 0x5DEECE66DULL) & kMask;
  const auto next = [&](int bits) {
    state = (state * 0x5DEECE66DULL + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<int64_t>(state) >> (48 - bits));
  };
  if (bound > INT32_MAX) {
    const auto high = static_cast<uint64_t>(static_cast<int64_t>(next(32))) << 32;
    const uint64_t bits = high + static_cast<uint64_t>(static_cast<int64_t>(next(32)));
    return static_cast<int64_t>((bits >> 1) % static_cast<uint64_t>(bound));
  }
  const auto limit = static_cast<int32_t>(bound);
  if ((limit & (limit - 1)) == 0) return (static_cast<int64_t>(limit) * next(31)) >> 31;
  while (true) {
    const int32_t bits = next(31);
    const int32_t value = bits % limit;
    // The last, unfinished stretch of the 31 bits would favour small values.
    if (static_cast<int64_t>(bits) - value + (limit - 1) <= INT32_MAX) return value;
  }
}

}  // namespace intrinsics
