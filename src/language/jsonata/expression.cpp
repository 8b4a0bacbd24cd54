#include "language/jsonata/expression.h"

// The engine for JSONata comes with a later release. Until then no expression compiles, so that a definition
// which needs one is refused when it is created, with a message that says so, and nothing runs half way.
namespace jsonata {

struct Expression::Code {};

Expression::Expression(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

std::expected<Expression, Fault> Expression::compile(std::string_view text) {
  return std::unexpected(Fault{.code = "S0500", .message = "JSONata expressions are not part of this release of Gantry: use JSONPath", .position = 0, .token = std::string(text.substr(0, 80))});
}

std::expected<std::optional<json::Value>, Fault> Expression::evaluate(const std::optional<json::Value>&, const std::vector<std::pair<std::string, json::Value>>&,
                                                                      const Environment&) const {
  return std::unexpected(Fault{.code = "S0500", .message = "JSONata expressions are not part of this release of Gantry", .position = 0, .token = ""});
}

std::vector<std::string> Expression::variables() const { return {}; }
std::vector<std::string> Expression::top_level_references() const { return {}; }

}  // namespace jsonata
