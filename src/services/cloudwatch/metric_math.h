#pragma once
// Metric math: the Expression of a metric data query, over the results of the other queries.
//
//   auto e = Expression::parse("100 * errors / FILL(requests, 1)");   // or an Error for the client
//   auto series = e->evaluate(context);
//
// A value is a number, a time series or a list of series, as AWS has it: arithmetic works on each datapoint that both sides have,
// a function of a list works across its series. Functions that need what is not kept here (SEARCH, ANOMALY_DETECTION_BAND, SELECT ...) are refused.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace cloudwatch {

struct Series {
  std::string id, label;
  int64_t period = 60;                // seconds
  std::map<int64_t, double> points;   // by the start of their period
  bool returned = true;
};

class Expression {
 public:
  struct Node;
  using Operand = std::variant<double, Series, std::vector<Series>>;
  struct Context {
    const std::map<std::string, Operand>& known;  // results of queries by id
    int64_t from, to;                             // the range asked for
  };

  static Result<Expression> parse(std::string_view text);
  // The ids that it refers to. METRICS() refers to every metric: `all`.
  std::vector<std::string> references() const;
  bool refers_to_metrics() const;
  Result<Operand> evaluate(const Context& context) const;

 private:
  explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace cloudwatch
