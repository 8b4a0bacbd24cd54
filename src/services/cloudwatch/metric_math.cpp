#include "services/cloudwatch/metric_math.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace cloudwatch {

struct Expression::Node {
  enum class Kind { number, text, name, negate, operation, call };
  Kind kind{};
  double number = 0;
  std::string text;  // the name, the operator, the function
  std::vector<std::shared_ptr<const Node>> parts;
};

namespace {

using Node = Expression::Node;
using NodePtr = std::shared_ptr<const Node>;
using Operand = Expression::Operand;

constexpr int kDepthMax = 50;

std::unexpected<Error> refuse(std::string why) { return fail("ValidationException", std::move(why)); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> parse() {
    NodePtr root = TRY(expression(0));
    skip();
    if (at_ < text_.size()) return refuse(fmt::format("Unexpected '{}' in the expression", text_.substr(at_, 20)));
    return root;
  }

 private:
  // From the loosest binding to the tightest.
  static constexpr std::string_view kLevels[][6] = {{"||", "OR"}, {"&&", "AND"}, {"==", "!=", ">=", "<=", ">", "<"}, {"+", "-"}, {"*", "/"}};

  Result<NodePtr> expression(size_t level) {
    if (++depth_ > kDepthMax * 6) return refuse("The expression is nested too deeply");
    if (level == std::size(kLevels)) {
      --depth_;
      return power();
    }
    NodePtr left = TRY(expression(level + 1));
    for (;;) {
      std::string_view found;
      for (const std::string_view op : kLevels[level]) {
        if (found.empty() && !op.empty() && looking_at(op)) found = op;
      }
      if (found.empty()) break;
      at_ += found.size();
      NodePtr right = TRY(expression(level + 1));
      left = std::make_shared<Node>(Node{Node::Kind::operation, 0, std::string(found), {left, right}});
    }
    --depth_;
    return left;
  }

  Result<NodePtr> power() {
    NodePtr base = TRY(unary());
    if (!looking_at("^")) return base;
    ++at_;
    if (++depth_ > kDepthMax * 6) return refuse("The expression is nested too deeply");
    NodePtr exponent = TRY(power());
    --depth_;
    return std::make_shared<Node>(Node{Node::Kind::operation, 0, "^", {base, exponent}});
  }

  Result<NodePtr> unary() {
    if (looking_at("-")) {
      ++at_;
      if (++depth_ > kDepthMax * 6) return refuse("The expression is nested too deeply");
      NodePtr inner = TRY(unary());
      --depth_;
      return std::make_shared<Node>(Node{Node::Kind::negate, 0, "", {inner}});
    }
    return primary();
  }

  Result<NodePtr> primary() {
    skip();
    if (at_ == text_.size()) return refuse("The expression ends where a value is expected");
    const char c = text_[at_];
    if (c == '(' || c == '[') {
      ++at_;
      std::vector<NodePtr> parts = TRY(list(c == '(' ? ')' : ']'));
      if (c == '(') {
        if (parts.size() != 1) return refuse("Parentheses hold one expression");
        return parts[0];
      }
      return std::make_shared<Node>(Node{Node::Kind::call, 0, "[]", std::move(parts)});
    }
    if (c == '"' || c == '\'') {
      const size_t end = text_.find(c, at_ + 1);
      if (end == text_.npos) return refuse("A text is not closed");
      auto node = std::make_shared<Node>(Node{Node::Kind::text, 0, std::string(text_.substr(at_ + 1, end - at_ - 1)), {}});
      at_ = end + 1;
      return node;
    }
    if ((c >= '0' && c <= '9') || c == '.') {
      double value = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (error != std::errc()) return refuse("A number cannot be read");
      at_ = static_cast<size_t>(end - text_.data());
      return std::make_shared<Node>(Node{Node::Kind::number, value, "", {}});
    }
    const auto is_letter = [](char l) { return (l >= 'a' && l <= 'z') || (l >= 'A' && l <= 'Z') || l == '_'; };
    if (!is_letter(c)) return refuse(fmt::format("Unexpected '{}' in the expression", c));
    const size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || (text_[at_] >= '0' && text_[at_] <= '9'))) ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (!looking_at("(")) return std::make_shared<Node>(Node{Node::Kind::name, 0, std::move(name), {}});
    ++at_;
    return std::make_shared<Node>(Node{Node::Kind::call, 0, std::move(name), TRY(list(')'))});
  }

  Result<std::vector<NodePtr>> list(char close) {
    std::vector<NodePtr> parts;
    skip();
    if (at_ < text_.size() && text_[at_] == close) return ++at_, parts;
    for (;;) {
      parts.push_back(TRY(expression(0)));
      skip();
      if (at_ == text_.size()) return refuse(fmt::format("'{}' is missing", close));
      const char c = text_[at_++];
      if (c == close) return parts;
      if (c != ',') return refuse(fmt::format("Unexpected '{}' in the expression", c));
    }
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool looking_at(std::string_view what) {
    skip();
    return text_.substr(at_).starts_with(what);
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

double apply(std::string_view op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "^") return std::pow(a, b);
  if (op == ">") return a > b;
  if (op == "<") return a < b;
  if (op == ">=") return a >= b;
  if (op == "<=") return a <= b;
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "&&" || op == "AND") return a != 0 && b != 0;
  return a != 0 || b != 0;
}

Series combine(std::string_view op, const Series& a, const Series& b) {
  Series out{.period = std::max(a.period, b.period)};
  for (const auto& [at, value] : a.points) {
    const auto other = b.points.find(at);
    if (other == b.points.end()) continue;
    const double result = apply(op, value, other->second);
    if (std::isfinite(result)) out.points[at] = result;
  }
  return out;
}

template <typename F>
Series each(const Series& series, F f) {
  Series out = series;
  out.points.clear();
  for (const auto& [at, value] : series.points) {
    const double result = f(value);
    if (std::isfinite(result)) out.points[at] = result;
  }
  return out;
}

template <typename F>
Operand each(const Operand& operand, F f) {
  if (const auto* number = std::get_if<double>(&operand)) return f(*number);
  if (const auto* series = std::get_if<Series>(&operand)) return each(*series, f);
  std::vector<Series> out;
  for (const Series& one : std::get<std::vector<Series>>(operand)) out.push_back(each(one, f));
  return out;
}

Result<Operand> operate(std::string_view op, const Operand& a, const Operand& b) {
  if (const auto* x = std::get_if<double>(&a)) return each(b, [&](double y) { return apply(op, *x, y); });
  if (const auto* y = std::get_if<double>(&b)) return each(a, [&](double x) { return apply(op, x, *y); });
  const auto* left = std::get_if<Series>(&a);
  const auto* right = std::get_if<Series>(&b);
  if (left && right) return combine(op, *left, *right);
  std::vector<Series> out;
  if (left || right) {
    for (const Series& one : std::get<std::vector<Series>>(left ? b : a)) out.push_back(left ? combine(op, *left, one) : combine(op, one, *right));
    return out;
  }
  const auto& lefts = std::get<std::vector<Series>>(a);
  const auto& rights = std::get<std::vector<Series>>(b);
  if (lefts.size() != rights.size()) return refuse("Two lists of different lengths cannot be combined");
  for (size_t i = 0; i < lefts.size(); ++i) out.push_back(combine(op, lefts[i], rights[i]));
  return out;
}

using Numbers = std::vector<double>;

std::optional<double> aggregate(std::string_view function, const Numbers& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += value;
  const double average = sum / static_cast<double>(values.size());
  if (function == "SUM") return sum;
  if (function == "AVG") return average;
  if (function == "MIN") return std::ranges::min(values);
  if (function == "MAX") return std::ranges::max(values);
  if (function != "STDDEV") return std::nullopt;
  double squares = 0;
  for (const double value : values) squares += (value - average) * (value - average);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

bool aggregates(std::string_view name) { return name == "SUM" || name == "AVG" || name == "MIN" || name == "MAX" || name == "STDDEV"; }

Numbers numbers(const Series& series) {
  Numbers out;
  for (const auto& [at, value] : series.points) out.push_back(value);
  return out;
}

class Evaluation {
 public:
  explicit Evaluation(const Expression::Context& context) : context_(context) {}

  Result<Operand> of(const Node& node) {
    switch (node.kind) {
      case Node::Kind::number: return node.number;
      case Node::Kind::text: return refuse("A text may stand only as the argument of a function");
      case Node::Kind::name: {
        const auto it = context_.known.find(node.text);
        if (it == context_.known.end()) return refuse(fmt::format("Unknown metric id '{}'", node.text));
        return it->second;
      }
      case Node::Kind::negate: return each(TRY(of(*node.parts[0])), [](double x) { return -x; });
      case Node::Kind::operation: {
        const Operand left = TRY(of(*node.parts[0]));
        return operate(node.text, left, TRY(of(*node.parts[1])));
      }
      case Node::Kind::call: return call(node);
    }
    return refuse("The expression cannot be evaluated");
  }

 private:
  Result<Operand> call(const Node& node) {
    const std::string& name = node.text;
    const auto wants = [&](size_t least, size_t most) -> Status {
      if (node.parts.size() >= least && node.parts.size() <= most) return {};
      return refuse(fmt::format("The function {} does not take {} arguments", name, node.parts.size()));
    };
    if (name == "METRICS") return metrics(node);
    if (name == "FILL") {
      TRY(wants(2, 2));
      return fill(node);
    }
    std::vector<Operand> args;
    for (const NodePtr& part : node.parts) args.push_back(TRY(of(*part)));
    if (name == "[]") {
      std::vector<Series> all;
      for (const Operand& arg : args) {
        if (const auto* one = std::get_if<Series>(&arg)) all.push_back(*one);
        if (const auto* many = std::get_if<std::vector<Series>>(&arg)) all.insert(all.end(), many->begin(), many->end());
      }
      return all;
    }
    if (name == "IF") {
      TRY(wants(3, 3));
      return choose(args[0], args[1], args[2]);
    }
    TRY(wants(1, 1));
    if (aggregates(name)) return across(name, args[0]);
    if (name == "ABS") return each(args[0], [](double x) { return std::abs(x); });
    if (name == "CEIL") return each(args[0], [](double x) { return std::ceil(x); });
    if (name == "FLOOR") return each(args[0], [](double x) { return std::floor(x); });
    if (name == "LOG") return each(args[0], [](double x) { return std::log(x); });
    if (name == "LOG10") return each(args[0], [](double x) { return std::log10(x); });
    if (const auto* series = std::get_if<Series>(&args[0])) {
      if (auto result = along(name, *series)) return *std::move(result);
    } else if (const auto* many = std::get_if<std::vector<Series>>(&args[0])) {
      std::vector<Series> out;
      for (const Series& one : *many) {
        auto result = along(name, one);
        if (!result || !std::holds_alternative<Series>(*result)) return refuse(fmt::format("The function {} is not known for a list", name));
        out.push_back(std::get<Series>(*std::move(result)));
      }
      return out;
    } else if (name == "TIME_SERIES") {
      return constant(std::get<double>(args[0]));
    }
    return refuse(fmt::format("The function {} is not offered here", name));
  }

  // Functions of one series.
  std::optional<Operand> along(std::string_view name, const Series& series) {
    if (name == "PERIOD") return static_cast<double>(series.period);
    if (name == "DATAPOINT_COUNT") return static_cast<double>(series.points.size());
    if (name == "FIRST" || name == "LAST") {
      if (series.points.empty()) return std::nan("");
      return name == "FIRST" ? series.points.begin()->second : series.points.rbegin()->second;
    }
    if (name == "TIME_SERIES") return series;
    if (name != "RATE" && name != "DIFF" && name != "DIFF_TIME" && name != "RUNNING_SUM") return std::nullopt;
    Series out{.period = series.period};
    double sum = 0;
    const std::pair<const int64_t, double>* before = nullptr;
    for (const auto& point : series.points) {
      const auto& [at, value] = point;
      sum += value;
      if (name == "RUNNING_SUM") out.points[at] = sum;
      if (before) {
        const auto seconds = static_cast<double>(at - before->first);
        if (name == "RATE") out.points[at] = (value - before->second) / seconds;
        if (name == "DIFF") out.points[at] = value - before->second;
        if (name == "DIFF_TIME") out.points[at] = seconds;
      }
      before = &point;
    }
    return out;
  }

  // Of a series one number; of a list one series across all, instant by instant.
  Result<Operand> across(const std::string& name, const Operand& operand) {
    if (std::holds_alternative<double>(operand)) return operand;
    if (const auto* series = std::get_if<Series>(&operand)) return aggregate(name, numbers(*series)).value_or(std::nan(""));
    std::map<int64_t, Numbers> columns;
    Series out;
    for (const Series& one : std::get<std::vector<Series>>(operand)) {
      out.period = std::max(out.period, one.period);
      for (const auto& [at, value] : one.points) columns[at].push_back(value);
    }
    for (const auto& [at, column] : columns) out.points[at] = *aggregate(name, column);
    return out;
  }

  Result<Operand> metrics(const Node& node) {
    std::string filter;
    if (node.parts.size() > 1) return refuse("The function METRICS takes at most one argument");
    if (node.parts.size() == 1) {
      if (node.parts[0]->kind != Node::Kind::text) return refuse("The argument of METRICS is a text");
      filter = node.parts[0]->text;
    }
    std::vector<Series> all;
    for (const auto& [id, operand] : context_.known) {
      const auto* series = std::get_if<Series>(&operand);
      if (series && id.find(filter) != id.npos) all.push_back(*series);
    }
    return all;
  }

  Result<Operand> fill(const Node& node) {
    const Operand what = TRY(of(*node.parts[0]));
    const Node& with = *node.parts[1];
    Operand filler = 0.0;
    const bool repeats = with.kind == Node::Kind::name && with.text == "REPEAT";
    const bool linear = with.kind == Node::Kind::name && with.text == "LINEAR";
    if (!repeats && !linear) filler = TRY(of(with));
    const auto* value = std::get_if<double>(&filler);
    const auto* other = std::get_if<Series>(&filler);
    const auto one = [&](const Series& series) {
      Series out = series;
      const int64_t first = context_.from - context_.from % series.period;
      for (int64_t at = first; at < context_.to; at += series.period) {
        if (series.points.contains(at)) continue;
        const auto next = series.points.upper_bound(at);
        const bool has_before = next != series.points.begin(), has_after = next != series.points.end();
        if (value && !repeats && !linear) {
          out.points[at] = *value;
        } else if (other) {
          if (const auto it = other->points.find(at); it != other->points.end()) out.points[at] = it->second;
        } else if (has_before && repeats) {
          out.points[at] = std::prev(next)->second;
        } else if (has_before && has_after) {
          const auto& [t0, v0] = *std::prev(next);
          out.points[at] = v0 + (next->second - v0) * static_cast<double>(at - t0) / static_cast<double>(next->first - t0);
        }
      }
      return out;
    };
    if (const auto* series = std::get_if<Series>(&what)) return one(*series);
    if (std::holds_alternative<double>(what)) return what;
    std::vector<Series> out;
    for (const Series& series : std::get<std::vector<Series>>(what)) out.push_back(one(series));
    return out;
  }

  Result<Operand> choose(const Operand& condition, const Operand& yes, const Operand& no) {
    if (const auto* number = std::get_if<double>(&condition)) return *number != 0 ? yes : no;
    const auto* series = std::get_if<Series>(&condition);
    if (!series || std::holds_alternative<std::vector<Series>>(yes) || std::holds_alternative<std::vector<Series>>(no)) {
      return refuse("The function IF takes numbers and series, no lists");
    }
    Series out{.period = series->period};
    for (const auto& [at, value] : series->points) {
      const Operand& from = value != 0 ? yes : no;
      if (const auto* number = std::get_if<double>(&from)) {
        out.points[at] = *number;
      } else if (const auto it = std::get<Series>(from).points.find(at); it != std::get<Series>(from).points.end()) {
        out.points[at] = it->second;
      }
    }
    return out;
  }

  Series constant(double value) {
    int64_t period = 60;
    for (const auto& [id, operand] : context_.known) {
      if (const auto* series = std::get_if<Series>(&operand)) period = std::max(period, series->period);
    }
    Series out{.period = period};
    for (int64_t at = context_.from - context_.from % period; at < context_.to; at += period) out.points[at] = value;
    return out;
  }

  const Expression::Context& context_;
};

void collect(const Node& node, std::set<std::string>& names, bool& metrics) {
  const bool keyword = node.text == "REPEAT" || node.text == "LINEAR";
  if (node.kind == Node::Kind::name && !keyword) names.insert(node.text);
  if (node.kind == Node::Kind::call && node.text == "METRICS") metrics = true;
  for (const NodePtr& part : node.parts) collect(*part, names, metrics);
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text) { return Expression(TRY(Parser(text).parse())); }

std::vector<std::string> Expression::references() const {
  std::set<std::string> names;
  bool metrics = false;
  collect(*root_, names, metrics);
  return {names.begin(), names.end()};
}

bool Expression::refers_to_metrics() const {
  std::set<std::string> names;
  bool metrics = false;
  collect(*root_, names, metrics);
  return metrics;
}

Result<Expression::Operand> Expression::evaluate(const Context& context) const { return Evaluation(context).of(*root_); }

}  // namespace cloudwatch
