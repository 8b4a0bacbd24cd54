#include "services/cloudwatch/alarm_rule.h"

#include <fmt/format.h>

#include <algorithm>

namespace cloudwatch {

struct AlarmRule::Node {
  enum class Kind { constant, state, no, both, either };
  Kind kind{};
  bool value = false;
  std::string state, alarm;
  std::vector<std::shared_ptr<const Node>> parts;
};

namespace {

using Node = AlarmRule::Node;
using NodePtr = std::shared_ptr<const Node>;

constexpr int kDepthMax = 50;

class Parser {
 public:
  Parser(std::string_view text, std::vector<std::string>& alarms) : text_(text), alarms_(alarms) {}

  Result<NodePtr> parse() {
    NodePtr root = TRY(either());
    skip();
    if (at_ < text_.size()) return wrong();
    return root;
  }

 private:
  std::unexpected<Error> wrong() const { return fail("ValidationException", fmt::format("AlarmRule must be a valid rule expression: unexpected token at position {}", at_)); }

  Result<NodePtr> either() {
    NodePtr left = TRY(both());
    while (word("OR")) left = std::make_shared<Node>(Node{.kind = Node::Kind::either, .parts = {left, TRY(both())}});
    return left;
  }
  Result<NodePtr> both() {
    NodePtr left = TRY(one());
    while (word("AND")) left = std::make_shared<Node>(Node{.kind = Node::Kind::both, .parts = {left, TRY(one())}});
    return left;
  }
  Result<NodePtr> one() {
    if (++depth_ > kDepthMax) return fail("ValidationException", "AlarmRule is nested too deeply");
    NodePtr node = TRY(bare());
    --depth_;
    return node;
  }
  Result<NodePtr> bare() {
    if (word("NOT")) return std::make_shared<Node>(Node{.kind = Node::Kind::no, .parts = {TRY(one())}});
    if (word("TRUE")) return std::make_shared<Node>(Node{.kind = Node::Kind::constant, .value = true});
    if (word("FALSE")) return std::make_shared<Node>(Node{.kind = Node::Kind::constant, .value = false});
    for (const std::string_view state : {"ALARM", "OK", "INSUFFICIENT_DATA"}) {
      if (!word(state)) continue;
      if (!character('(')) return wrong();
      skip();
      std::string alarm;
      if (at_ < text_.size() && text_[at_] == '"') {
        const size_t end = text_.find('"', at_ + 1);
        if (end == text_.npos) return wrong();
        alarm = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
      } else {
        while (at_ < text_.size() && std::string_view(" ()\t\n").find(text_[at_]) == std::string_view::npos) alarm += text_[at_++];
      }
      if (alarm.empty() || !character(')')) return wrong();
      if (std::ranges::find(alarms_, alarm) == alarms_.end()) alarms_.push_back(alarm);
      return std::make_shared<Node>(Node{.kind = Node::Kind::state, .state = std::string(state), .alarm = alarm});
    }
    if (!character('(')) return wrong();
    NodePtr inner = TRY(either());
    if (!character(')')) return wrong();
    return inner;
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool character(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view word) {
    skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    const size_t end = at_ + word.size();
    const char next = end < text_.size() ? text_[end] : ' ';
    if ((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || next == '_') return false;
    at_ = end;
    return true;
  }

  std::string_view text_;
  std::vector<std::string>& alarms_;
  size_t at_ = 0;
  int depth_ = 0;
};

bool evaluate(const Node& node, const std::function<std::string(const std::string&)>& state_of) {
  switch (node.kind) {
    case Node::Kind::constant: return node.value;
    case Node::Kind::state: return state_of(node.alarm) == node.state;
    case Node::Kind::no: return !evaluate(*node.parts[0], state_of);
    case Node::Kind::both: return evaluate(*node.parts[0], state_of) && evaluate(*node.parts[1], state_of);
    case Node::Kind::either: return evaluate(*node.parts[0], state_of) || evaluate(*node.parts[1], state_of);
  }
  return false;
}

}  // namespace

Result<AlarmRule> AlarmRule::parse(std::string_view text) {
  AlarmRule rule;
  rule.root_ = TRY(Parser(text, rule.alarms_).parse());
  return rule;
}

bool AlarmRule::holds(const std::function<std::string(const std::string&)>& state_of) const { return evaluate(*root_, state_of); }

}  // namespace cloudwatch
