#pragma once
// A result is a value or the reason why there is none.
//
// Anything that can fail while the program is healthy (bad input, a conflict, a remote failure) returns
// `Result<T>`. An `Error` names AWS's own code and message, since sooner or later a client reads it.
// Broken invariants are not errors: they are CHECKs (base/check.h).
#include <expected>
#include <string>
#include <utility>
#include <vector>

struct Error {
  // AWS's short error code: "ValidationException", "NotFound", "InvalidParameterException" ...
  // For errors inside the program that never reach a client: a CamelCase name of our own.
  std::string code;
  std::string message;
  int http_status = 400;
  // Further members that the error's shape has on the wire ("resourceName", "reason"), name and text.
  std::vector<std::pair<std::string, std::string>> members = {};
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(std::string code, std::string message, int http_status = 400) {
  return std::unexpected(Error{std::move(code), std::move(message), http_status, {}});
}

// TRY(expression) is the expression's value, or returns its error from the enclosing function. One may stand in another.
#define TRY(...) TRY_AS(TRY_JOIN(try_result_, __COUNTER__), __VA_ARGS__)
#define TRY_JOIN(name, number) TRY_JOIN_EXPANDED(name, number)
#define TRY_JOIN_EXPANDED(name, number) name##number
#define TRY_AS(result, ...)                                       \
  ({                                                              \
    auto result = (__VA_ARGS__);                                  \
    if (!result) return std::unexpected(std::move(result).error()); \
    result_detail::take(std::move(result));                       \
  })

namespace result_detail {
template <typename T>
T take(Result<T>&& r) {
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}
}  // namespace result_detail
