#pragma once
// Query requests: Action=Publish&Tags.member.1.Key=a ..., from a form body or a URL's query.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace codec {

// The decoded pairs of a form, sorted by name. Bounds: 100,000 pairs, names of 1,000 bytes and 40
// dots.
class Form {
 public:
  // `text` is application/x-www-form-urlencoded; several may be added before sort().
  Status add(std::string_view text);
  void sort();
  // The value of that very name, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view text(std::string_view name) const { return find(name).value_or(""); }

  struct Pair {
    std::string name;
    std::string value;
  };
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  std::vector<Pair> pairs_;
};

// The params of an operation's input: model names, times as seconds. EC2's lists are always
// flattened.
enum class FormStyle : uint8_t { query, ec2 };
Result<json::Value> read_form(const model::Shape& input, const Form& form, FormStyle style);

}  // namespace codec
