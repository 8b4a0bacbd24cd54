#pragma once
// Event patterns: what EventBridge's rules and, in one form, SNS's filter policies ask of an event.
//
// A pattern is compiled once and asked many times. It is an object whose leaves are lists of alternatives;
// every key must be met, by any alternative, by any element of a list in the event (spec/eventbridge.md,
// "Pattern language"). What is malformed is told in AWS's words.
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"

namespace patterns {

class Pattern {
 public:
  struct Node;

  // The error's message is the reason alone: "\"a\" must be an object or an array", "Empty arrays are not allowed".
  static Result<Pattern> compile(const json::Value& document);
  bool matches(const json::Value& event) const;

 private:
  explicit Pattern(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace patterns
