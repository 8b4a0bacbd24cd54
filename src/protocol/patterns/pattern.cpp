#include "protocol/patterns/pattern.h"

#include "base/encoding.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace patterns {

using json::Value;

namespace {

std::unexpected<Error> bad(std::string why) { return fail("InvalidEventPatternException", std::move(why)); }

// One alternative of a leaf, as a question to a value that is there.
using Test = std::function<bool(const Value&)>;

struct Alternative {
  Test test;
  std::optional<bool> exists;  // {"exists": x} asks about the key alone
};

// '*' is any run of characters, a backslash makes one plain.
bool wildcard(std::string_view text, const std::vector<std::string>& pieces) {
  if (pieces.size() == 1) return text == pieces[0];
  if (!text.starts_with(pieces.front())) return false;
  text.remove_prefix(pieces.front().size());
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t at = text.find(pieces[i]);
    if (at == text.npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return text.size() >= pieces.back().size() && text.ends_with(pieces.back());
}

Result<Test> compile_wildcard(const Value& value) {
  if (!value.is_string()) return bad("wildcard match pattern must be a string");
  const std::string_view text = value.as_string();
  std::vector<std::string> pieces(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\')) return bad(fmt::format("Invalid escape character at pos {}", i + 1));
      pieces.back().push_back(text[++i]);
    } else if (text[i] == '*') {
      if (i > 0 && text[i - 1] == '*') return bad(fmt::format("Consecutive wildcard characters at pos {}", i));
      pieces.emplace_back();
    } else {
      pieces.back().push_back(text[i]);
    }
  }
  return Test([pieces](const Value& v) { return v.is_string() && wildcard(v.as_string(), pieces); });
}

Result<Test> compile_affix(const Value& value, std::string_view kind) {
  const bool prefix = kind == "prefix";
  if (value.is_object() && value.size() == 1 && value.find("equals-ignore-case")) {
    const Value& inner = value["equals-ignore-case"];
    if (!inner.is_string()) return bad("equals-ignore-case match pattern must be a string");
    return Test([prefix, wanted = lower_case(inner.as_string())](const Value& v) {
      if (!v.is_string()) return false;
      const std::string text = lower_case(v.as_string());
      return prefix ? text.starts_with(wanted) : text.ends_with(wanted);
    });
  }
  if (!value.is_string()) return bad(fmt::format("{} match pattern must be a string", kind));
  return Test([prefix, wanted = std::string(value.as_string())](const Value& v) {
    return v.is_string() && (prefix ? v.as_string().starts_with(wanted) : v.as_string().ends_with(wanted));
  });
}

Result<Test> compile_numeric(const Value& value) {
  if (!value.is_array()) return bad("Value of numeric must be an array.");
  if (value.size() == 0 || !value[size_t{0}].is_string()) return bad("Invalid member in numeric match: " + std::string(value.size() == 0 ? "]" : "number"));
  constexpr double kMost = 5e9;
  double least = -kMost, most = kMost;
  bool least_open = false, most_open = false;
  const auto operand = [&](size_t i, std::string_view op) -> Result<double> {
    if (i >= value.size() || !value[i].is_number()) return bad(fmt::format("Value of {} must be numeric", op));
    const double number = value[i].as_double();
    if (number < -kMost || number > kMost) return bad(fmt::format("Value must be between {} and {}, inclusive", -kMost, kMost));
    return number;
  };
  const std::string_view op = value[size_t{0}].as_string();
  if (op == "=") {
    least = most = TRY(operand(1, op));
    if (value.size() > 2) return bad("Too many elements in numeric expression");
  } else if (op == ">" || op == ">=") {
    least = TRY(operand(1, op));
    least_open = op == ">";
    if (value.size() > 2) {
      if (!value[2].is_string()) return bad("Bad value in numeric range: " + value[2].number_text());
      const std::string_view upper = value[2].as_string();
      if (upper != "<" && upper != "<=") return bad(fmt::format("Bad numeric range operator: {}", upper));
      most = TRY(operand(3, upper));
      most_open = upper == "<";
      if (value.size() > 4) return bad("Too many terms in numeric range expression");
      if (!(least < most)) return bad("Bottom must be less than top");
    }
  } else if (op == "<" || op == "<=") {
    most = TRY(operand(1, op));
    most_open = op == "<";
    if (value.size() > 2) return bad("Too many terms in numeric range expression");
  } else {
    return bad(fmt::format("Unrecognized numeric range operator: {}", op));
  }
  return Test([=](const Value& v) {
    if (!v.is_number()) return false;
    const double number = v.as_double();
    return (least_open ? number > least : number >= least) && (most_open ? number < most : number <= most);
  });
}

Result<Test> compile_cidr(const Value& value) {
  if (!value.is_string()) return bad("prefix match pattern must be a string");
  const std::string text(value.as_string());
  const size_t slash = text.find('/');
  if (slash == text.npos || text.find('/', slash + 1) != text.npos) return bad("Malformed CIDR, one '/' required");
  const std::string bits_text = text.substr(slash + 1), address_text = text.substr(0, slash);
  if (bits_text.empty() || bits_text.find_first_not_of("0123456789") != bits_text.npos) return bad("Malformed CIDR, mask bits must be an integer");
  const int bits = std::atoi(bits_text.c_str());
  std::array<unsigned char, 16> base{};
  const int family = address_text.find(':') != address_text.npos ? AF_INET6 : AF_INET;
  if (inet_pton(family, address_text.c_str(), base.data()) != 1) return bad(fmt::format("Nonstandard IP address: {}", address_text));
  if (bits < 0 || bits > (family == AF_INET ? 32 : 128)) return bad("Malformed CIDR, mask bits must be an integer");
  return Test([=](const Value& v) {
    if (!v.is_string()) return false;
    std::array<unsigned char, 16> address{};
    if (inet_pton(family, std::string(v.as_string()).c_str(), address.data()) != 1) return false;
    for (int bit = 0; bit < bits; ++bit) {
      const int mask = 0x80 >> (bit % 8);
      if ((address[static_cast<size_t>(bit / 8)] & mask) != (base[static_cast<size_t>(bit / 8)] & mask)) return false;
    }
    return true;
  });
}

bool equal_scalar(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  return a.kind() == b.kind() && !a.is_array() && !a.is_object() && a == b;
}

Result<Test> compile_anything_but(const Value& value) {
  if (value.is_object()) {
    if (value.size() != 1) return bad("Only one key allowed in match expression");
    const auto& [kind, inner] = value.members()[0];
    std::vector<Value> alternatives = {inner};
    if (inner.is_array()) alternatives.assign(inner.items().begin(), inner.items().end());
    if (alternatives.empty()) return bad("Empty arrays are not allowed");
    std::vector<Test> tests;
    for (const Value& one : alternatives) {
      if (inner.is_array() && !one.is_string()) return bad(fmt::format("Inside anything-but/{} list, number|start|null|boolean is not supported.", kind));
      if (kind == "prefix" || kind == "suffix") {
        if (one.is_string() && one.as_string().empty()) return bad("Null prefix/suffix not allowed");
        if (!one.is_string()) return bad("prefix/suffix match pattern must be a string");
        tests.push_back(TRY(compile_affix(one, kind)));
      } else if (kind == "wildcard") {
        tests.push_back(TRY(compile_wildcard(one)));
      } else if (kind == "equals-ignore-case") {
        if (!one.is_string()) return bad("equals-ignore-case match pattern must be a string");
        tests.push_back([wanted = lower_case(one.as_string())](const Value& v) { return v.is_string() && lower_case(v.as_string()) == wanted; });
      } else {
        return bad(fmt::format("Unsupported anything-but pattern: {}", kind));
      }
    }
    return Test([tests](const Value& v) { return std::ranges::none_of(tests, [&](const Test& t) { return t(v); }); });
  }
  std::vector<Value> refused = {value};
  if (value.is_array()) refused.assign(value.items().begin(), value.items().end());
  if (value.is_array() && refused.empty()) return bad("Empty arrays are not allowed");
  for (const Value& one : refused) {
    if (one.is_string() || one.is_number()) {
      if (one.kind() != refused[0].kind()) return bad("Inside anything but list, either all values are number or string, mixed type is not supported");
      continue;
    }
    return bad(value.is_array() ? "Inside anything but list, start|null|boolean is not supported." : "Value of anything-but must be an array or single string/number value.");
  }
  return Test([refused](const Value& v) { return std::ranges::none_of(refused, [&](const Value& r) { return equal_scalar(r, v); }); });
}

Result<Alternative> compile_alternative(const Value& value) {
  if (value.is_array()) return bad("Match value must be String, number, true, false, or null");
  if (!value.is_object()) return Alternative{[value](const Value& v) { return equal_scalar(value, v); }, std::nullopt};
  if (value.size() != 1) return bad("Only one key allowed in match expression");
  const auto& [kind, operand] = value.members()[0];
  if (kind == "exists") {
    if (!operand.is_bool()) return bad("exists match pattern must be either true or false.");
    return Alternative{nullptr, operand.as_bool()};
  }
  if (kind == "prefix" || kind == "suffix") return Alternative{TRY(compile_affix(operand, kind)), std::nullopt};
  if (kind == "equals-ignore-case") {
    if (!operand.is_string()) return bad("equals-ignore-case match pattern must be a string");
    return Alternative{[wanted = lower_case(operand.as_string())](const Value& v) { return v.is_string() && lower_case(v.as_string()) == wanted; }, std::nullopt};
  }
  if (kind == "wildcard") return Alternative{TRY(compile_wildcard(operand)), std::nullopt};
  if (kind == "numeric") return Alternative{TRY(compile_numeric(operand)), std::nullopt};
  if (kind == "cidr") return Alternative{TRY(compile_cidr(operand)), std::nullopt};
  if (kind == "anything-but") return Alternative{TRY(compile_anything_but(operand)), std::nullopt};
  return bad(fmt::format("Unrecognized match type {}", kind));
}

}  // namespace

struct Pattern::Node {
  std::vector<std::pair<std::string, std::shared_ptr<Node>>> keys;
  std::vector<Alternative> alternatives;                         // of a leaf
  std::vector<std::vector<std::shared_ptr<Node>>> any_of;        // each $or: one of them must hold
  bool leaf = false;
};

namespace {

using NodePtr = std::shared_ptr<Pattern::Node>;

Result<NodePtr> compile_node(const Value& document, int depth) {
  if (depth > 50) return bad("Pattern is nested too deeply");
  auto node = std::make_shared<Pattern::Node>();
  for (const auto& [key, value] : document.members()) {
    // "$or" is an operator where it holds a list of at least two patterns, else a key like any other.
    const bool is_or = key == "$or" && value.is_array() && value.size() >= 2 && std::ranges::all_of(value.items(), [](const Value& v) { return v.is_object() && v.size() > 0; });
    if (is_or) {
      std::vector<NodePtr> choices;
      for (const Value& choice : value.items()) choices.push_back(TRY(compile_node(choice, depth + 1)));
      node->any_of.push_back(std::move(choices));
      continue;
    }
    NodePtr child;
    if (value.is_object()) {
      if (value.size() == 0) return bad("Empty objects are not allowed");
      child = TRY(compile_node(value, depth + 1));
    } else if (value.is_array()) {
      if (value.size() == 0) return bad("Empty arrays are not allowed");
      child = std::make_shared<Pattern::Node>();
      child->leaf = true;
      for (const Value& one : value.items()) child->alternatives.push_back(TRY(compile_alternative(one)));
    } else {
      return bad(fmt::format("\"{}\" must be an object or an array", key));
    }
    // A dotted key is a path.
    std::string_view path = key;
    NodePtr holder = node;
    for (size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
      auto inner = std::make_shared<Pattern::Node>();
      holder->keys.emplace_back(std::string(path.substr(0, dot)), inner);
      holder = inner;
      path.remove_prefix(dot + 1);
    }
    holder->keys.emplace_back(std::string(path), std::move(child));
  }
  return node;
}

// Where in the event's lists a choice has been made: an element chosen for one key holds for every other key of
// the pattern that goes through the same list.
using Choices = std::map<std::string, size_t>;

// A leaf of the event reached by a path, with the choices made on the way.
struct Found {
  Value value;
  Choices choices;
};

void collect(const Value& at, const std::vector<std::string>& path, size_t step, const std::string& prefix, const Choices& choices, std::vector<Found>& out) {
  if (at.is_array()) {
    for (size_t i = 0; i < at.size(); ++i) {
      Choices next = choices;
      // A list of plain values binds nobody: any of its elements may answer each key.
      if (at[i].is_object() || at[i].is_array()) next[prefix] = i;
      collect(at[i], path, step, prefix + "[]", next, out);
    }
    return;
  }
  if (step == path.size()) {
    if (!at.is_object()) out.push_back({at, choices});
    return;
  }
  if (!at.is_object()) return;
  // A key of the event may itself hold dots.
  std::string joined;
  for (size_t end = step; end < path.size(); ++end) {
    joined += (end == step ? "" : ".") + path[end];
    if (const Value* inner = at.find(joined)) collect(*inner, path, end + 1, prefix + "/" + joined, choices, out);
  }
}

struct Leaf {
  std::vector<std::string> path;
  const Pattern::Node* node;
};

// Every way in which $or can be resolved, each a list of leaves that all must hold.
void expand(const Pattern::Node& node, std::vector<std::string>& path, std::vector<std::vector<Leaf>>& ways) {
  for (const auto& [key, child] : node.keys) {
    path.push_back(key);
    if (child->leaf) {
      for (auto& way : ways) way.push_back({path, child.get()});
    } else {
      expand(*child, path, ways);
    }
    path.pop_back();
  }
  for (const auto& choices : node.any_of) {
    std::vector<std::vector<Leaf>> all;
    for (const auto& choice : choices) {
      auto branch = ways;
      expand(*choice, path, branch);
      all.insert(all.end(), branch.begin(), branch.end());
      if (all.size() > 1'000) break;
    }
    ways = std::move(all);
  }
}

bool consistent(const Choices& a, const Choices& b) {
  return std::ranges::all_of(a, [&](const auto& choice) {
    const auto it = b.find(choice.first);
    return it == b.end() || it->second == choice.second;
  });
}

bool holds(const std::vector<Leaf>& leaves, size_t at, const Choices& choices, const Value& event, int& budget) {
  if (at == leaves.size()) return true;
  if (--budget < 0) return false;
  const Leaf& leaf = leaves[at];
  std::vector<Found> found;
  collect(event, leaf.path, 0, "", {}, found);
  for (const Alternative& alternative : leaf.node->alternatives) {
    // Absent is what the elements chosen so far do not have; what others have does not count.
    const bool absent = alternative.exists == false && std::ranges::none_of(found, [&](const Found& one) { return consistent(one.choices, choices); });
    if (absent && holds(leaves, at + 1, choices, event, budget)) return true;
    for (const Found& one : found) {
      if (alternative.exists == false) break;
      if (!consistent(one.choices, choices) || (!alternative.exists && !alternative.test(one.value))) continue;
      Choices merged = choices;
      merged.insert(one.choices.begin(), one.choices.end());
      if (holds(leaves, at + 1, merged, event, budget)) return true;
    }
  }
  return false;
}

}  // namespace

Result<Pattern> Pattern::compile(const Value& document) {
  if (!document.is_object()) return bad("Filter is not an object");
  if (document.size() == 0) return bad("Empty objects are not allowed");
  return Pattern(TRY(compile_node(document, 0)));
}

bool Pattern::matches(const Value& event) const {
  std::vector<std::vector<Leaf>> ways(1);
  std::vector<std::string> path;
  expand(*root_, path, ways);
  int budget = 100'000;
  return std::ranges::any_of(ways, [&](const auto& leaves) { return holds(leaves, 0, {}, event, budget); });
}

}  // namespace patterns
