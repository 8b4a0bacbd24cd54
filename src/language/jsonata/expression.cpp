#include "language/jsonata/expression.h"

#include "language/jsonata/evaluation.h"
#include "language/jsonata/messages.h"

namespace jsonata {

Expression::Expression(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

std::expected<Expression, Fault> Expression::compile(std::string_view text) {
  auto code = parse(text);
  if (!code) return std::unexpected(std::move(code).error());
  return Expression(*std::move(code));
}

namespace {
// Tells what an evaluation took, however it ends.
struct Counted {
  const Meter& meter;
  uint64_t* spent;
  ~Counted() {
    if (spent) *spent += meter.spent();
  }
};
}  // namespace

std::expected<std::optional<json::Value>, Fault> Expression::evaluate(const std::optional<json::Value>& input,
                                                                      const std::vector<std::pair<std::string, json::Value>>& bindings,
                                                                      const Environment& environment) const {
  try {
    Evaluation evaluation(*code_, environment);
    const Counted counted{evaluation.meter, environment.spent};
    const Item result = evaluation.run(input ? Item(*input) : Item(), bindings);
    if (!result.defined()) return std::optional<json::Value>();
    Conversion conversion{.spell_out_numbers = environment.quote_infinity, .values_max = environment.limits.memory_bytes / sizeof(Item)};
    std::optional<json::Value> value = to_json(result, conversion);
    if (conversion.too_large) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
    if (!conversion.supported) return std::unexpected(Fault{.code = "", .message = "The result is not JSON", .position = 0, .token = "", .unsupported = true});
    return value;
  } catch (const Failure& failure) {
    return std::unexpected(Fault{failure.code, message_of(failure), failure.position.value_or(0), failure.token.value_or("")});
  }
}

std::vector<std::string> Expression::variables() const { return code_->free_variables; }
std::vector<std::string> Expression::top_level_references() const { return code_->references; }

}  // namespace jsonata
