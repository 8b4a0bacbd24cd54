#include "services/cloudformation/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

namespace cloudformation {

using json::Value;

namespace {

constexpr size_t kDepthMax = 200;

bool one_of(std::string_view text, std::initializer_list<std::string_view> among) {
  for (const std::string_view one : among) {
    if (text == one) return true;
  }
  return false;
}

std::optional<Value> integer(std::string_view text) {
  std::string digits;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  for (const char c : text) {
    if (c != '_') digits.push_back(c);
  }
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  int base = 10;
  std::string_view number = digits;
  if (number.starts_with("0x") || number.starts_with("0X")) {
    base = 16, number.remove_prefix(2);
  } else if (number.starts_with("0b")) {
    base = 2, number.remove_prefix(2);
  } else if (number.size() > 1 && number[0] == '0') {
    base = 8, number.remove_prefix(1);
  }
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, base);
  if (number.empty() || error != std::errc() || end != number.data() + number.size()) {
    return std::nullopt;
  }
  return Value(negative ? -value : value);
}

std::optional<Value> real(std::string_view text) {
  const std::string_view unsigned_part =
      !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
  if (unsigned_part.empty() || unsigned_part.find_first_not_of("0123456789.eE+-") != text.npos) {
    return std::nullopt;
  }
  if (unsigned_part.find('.') == text.npos || unsigned_part == ".") return std::nullopt;
  const std::string_view signless = text[0] == '+' ? text.substr(1) : text;
  double value = 0;
  const auto [end, error] =
      std::from_chars(signless.data(), signless.data() + signless.size(), value);
  if (error != std::errc() || end != signless.data() + signless.size()) return std::nullopt;
  const bool json_number = unsigned_part[0] != '.' && unsigned_part.back() != '.' &&
                           !(unsigned_part[0] == '0' && unsigned_part.size() > 1 &&
                             unsigned_part[1] != '.');
  return json_number ? Value::number(signless) : Value(value);
}

Value plain(const std::string& text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return {};
  if (one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
    return false;
  }
  if (auto number = integer(text)) return *number;
  if (auto number = real(text)) return *number;
  return text;
}

// "!Sub" is the function Fn::Sub; "!Ref" and "!Condition" have no prefix.
std::string function_of(std::string_view tag) {
  const std::string_view name = tag.substr(1);
  if (name == "Ref" || name == "Condition") return std::string(name);
  return fmt::format("Fn::{}", name);
}

bool is_short_tag(std::string_view tag) {
  return tag.size() > 1 && tag[0] == '!' && tag[1] != '!';
}

Value tagged(const std::string& tag, Value value) {
  if (!is_short_tag(tag)) return value;
  const std::string function = function_of(tag);
  if (function == "Fn::GetAtt" && value.is_string()) {
    const std::string_view text = value.as_string();
    const size_t dot = text.find('.');
    if (dot != text.npos) value = json::array({text.substr(0, dot), text.substr(dot + 1)});
  }
  return json::object({{function, value}});
}

// Builds the value out of the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Value take() { return std::move(root_); }
  bool documents_follow() const { return documents_ > 1; }

  void OnDocumentStart(const YAML::Mark&) override { ++documents_; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, {}, "null"); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw YAML::ParserException(mark, "alias");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    Value value = tag == "?" ? plain(text) : Value(text);
    if (tag.ends_with(":bool") || tag.ends_with(":int") || tag.ends_with(":float")) {
      value = plain(text);
    }
    add(mark, tagged(tag, std::move(value)), text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, true);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YAML::Mark mark;
    std::string tag;
    bool is_map = false;
    std::vector<Value> items;
    std::vector<json::Member> members;
    std::optional<std::string> key;
  };

  void open(const YAML::Mark& mark, const std::string& tag, bool is_map) {
    if (levels_.size() >= kDepthMax) throw YAML::ParserException(mark, "too deep");
    if (!levels_.empty() && levels_.back().is_map && !levels_.back().key) {
      throw YAML::ParserException(mark, "a key must be a text");
    }
    levels_.push_back({mark, tag, is_map, {}, {}, {}});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    Value value = level.is_map ? Value::object(std::move(level.members))
                               : Value::array(std::move(level.items));
    add(level.mark, tagged(level.tag, std::move(value)), "");
  }

  // `text` is how a key was written: keys are texts whatever they look like.
  void add(const YAML::Mark& mark, Value value, const std::string& text) {
    if (levels_.empty()) {
      if (documents_ == 1) root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (!level.is_map) {
      level.items.push_back(std::move(value));
    } else if (level.key) {
      level.members.push_back({*std::move(level.key), std::move(value)});
      level.key.reset();
    } else if (value.is_object() || value.is_array()) {
      throw YAML::ParserException(mark, "a key must be a text");
    } else {
      level.key = text;
    }
  }

  Value root_;
  int documents_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

Result<Value> parse_yaml(std::string_view text) {
  std::istringstream in{std::string(text)};
  Builder builder;
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
      if (builder.documents_follow()) break;
    }
  } catch (const YAML::Exception& fault) {
    if (fault.msg == "alias") {
      return fail("ValidationError",
                  "Template error: YAML aliases are not allowed in CloudFormation templates");
    }
    return fail("ValidationError",
                fmt::format("Template format error: YAML not well-formed. (line {}, column {})",
                            fault.mark.line + 1, fault.mark.column + 1));
  }
  return builder.take();
}

}  // namespace cloudformation
