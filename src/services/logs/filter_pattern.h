#pragma once
// Filter patterns of CloudWatch Logs, by which events are searched and counted: terms, "phrases", -excluded ones,
// ?alternatives, and of messages that are JSON objects { $.a.b = "x" && $.c > 3 }. An empty pattern takes every message;
// patterns for fields parted by spaces ([a, b]) are taken as terms.
#include <optional>
#include <string_view>

#include "language/json/value.h"

namespace logs {

// An event's text, read as JSON at most once however many patterns look at it. Views the text.
class Message {
 public:
  Message(std::string_view text) : text_(text) {}
  std::string_view text() const { return text_; }
  // The JSON object that it is; null when it is none.
  const json::Value& document() const;

 private:
  std::string_view text_;
  mutable std::optional<json::Value> document_;
};

bool passes_filter(std::string_view pattern, const Message& message);

// The value at "$.a.b" of a JSON object; nullptr when it is not there or the path is no such path.
const json::Value* at_selector(const json::Value& document, std::string_view selector);

}  // namespace logs
