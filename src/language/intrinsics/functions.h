#pragma once
// What each intrinsic function does with its arguments (spec/asl.md 4). Internal.
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "language/json/value.h"

namespace intrinsics {

enum class Function : uint8_t {
  format, string_to_json, json_to_string, array, array_partition, array_contains, array_range, array_get_item,
  array_length, array_unique, base64_encode, base64_decode, hash, json_merge, math_random, math_add, string_split, uuid
};

// "States.Format" and the like, case-sensitive.
std::optional<Function> function_of(std::string_view name);
std::string_view name_of(Function function);

// The bound on texts for hashing and base64, in UTF-16 units, and on the length of a range.
inline constexpr size_t kTextMax = 10'000;
inline constexpr int64_t kRangeMax = 1'000;

// The value, or the detail of the fault: "Invalid arguments in States.Format". In a template, `{}` is a place
// and a backslash keeps a brace from being one.
std::expected<json::Value, std::string> apply(Function function, std::span<const json::Value> arguments, Random& random);

// java.util.Random from a seed: its first nextInt(bound), or for larger bounds what nextLong gives. bound > 0.
int64_t java_random(int64_t seed, int64_t bound);

}  // namespace intrinsics
