#pragma once
// JSONPath as Jayway JsonPath has it, which is what Step Functions uses (spec/asl.md 3).
//
// A definite path gives one value or fails; an indefinite one (`..`, `*`, a filter, a slice, a union of more
// than one) gives an array, empty where nothing matched. Order in deep scans is Jayway's.
//
// Bounds: 4096 steps, filters and brackets nested 64 deep (else the path is invalid); an evaluation that
// visits more than four million nodes fails.
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"

namespace jsonpath {

struct Fault {
  enum class Kind : uint8_t { invalid_path, not_found, function } kind{};
  std::string message;  // Jayway's: "No results for path: $['a']", "Missing property in path $['a']"
  // The definite path led into an array, but past its end. AWS takes that for null in a payload template
  // (spec/asl.md 4), though not in an intrinsic function.
  bool past_end = false;
};

class Path {
 public:
  struct Code;

  // `text` begins with `$`. What begins a context path (`$$`) or a variable (`$name`) is told apart by the
  // caller, who passes the rest as `$...` with the right document.
  static std::expected<Path, Fault> compile(std::string_view text);

  bool definite() const;
  // A reference path: single nodes only, `$.a['b'][0]`.
  bool reference() const;
  const std::string& text() const;

  std::expected<json::Value, Fault> evaluate(const json::Value& document) const;

  // The node of a path of single steps (every reference path), without copying it; nullptr when there is
  // none, and for other paths.
  const json::Value* find(const json::Value& document) const;

  // Only for reference paths: `document` with the node replaced, missing objects made on the way. Nothing
  // when it would have to write through something that is neither object nor array, or past an array's end.
  std::optional<json::Value> write(const json::Value& document, const json::Value& value) const;

 private:
  explicit Path(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
  std::shared_ptr<const Code> code_;
};

}  // namespace jsonpath
