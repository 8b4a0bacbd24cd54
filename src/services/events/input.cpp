// What a target is given: the event itself, a part of it, a fixed text, or a template filled in.
#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/events/events.h"

namespace events {

using json::Value;

namespace {

// "$.detail.a", "$.resources[0]", "$['detail-type']": single nodes, which is all that AWS takes here.
const Value* at_path(const Value& event, std::string_view path) {
  if (!path.starts_with("$")) return nullptr;
  path.remove_prefix(1);
  const Value* at = &event;
  while (!path.empty()) {
    std::string key;
    if (path[0] == '.') {
      const size_t end = std::min(path.find_first_of(".[", 1), path.size());
      key = path.substr(1, end - 1);
      path.remove_prefix(end);
    } else if (path[0] == '[') {
      const size_t end = path.find(']');
      if (end == path.npos) return nullptr;
      std::string_view inner = path.substr(1, end - 1);
      path.remove_prefix(end + 1);
      if (!inner.empty() && (inner[0] == '\'' || inner[0] == '"')) {
        key = inner.substr(1, inner.size() - 2);
      } else {
        const size_t index = static_cast<size_t>(std::atoll(std::string(inner).c_str()));
        if (!at->is_array() || index >= at->size()) return nullptr;
        at = &(*at)[index];
        continue;
      }
    } else {
      return nullptr;
    }
    at = at->find(key);
    if (!at) return nullptr;
  }
  return at;
}

// Objects and lists in a text template lose their quotes.
void plain(const Value& value, std::string& out) {
  if (value.is_string()) {
    out.append(value.as_string());
  } else if (value.is_array()) {
    out.push_back('[');
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out.push_back(',');
      plain(value[i], out);
    }
    out.push_back(']');
  } else if (value.is_object()) {
    out.push_back('{');
    bool first = true;
    for (const auto& [name, member] : value.members()) {
      if (!std::exchange(first, false)) out.push_back(',');
      out.append(name).push_back(':');
      plain(member, out);
    }
    out.push_back('}');
  } else {
    out.append(json::write(value));
  }
}

}  // namespace

std::optional<std::string> unknown_placeholder(const Value& transformer) {
  constexpr std::string_view kKnown[] = {"aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event.json", "aws.events.event"};
  const std::string_view text = transformer.is_object() ? transformer.text("InputTemplate") : "";
  for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    const size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.", at + 1);
    if (end == text.npos || text[end] != '>' || end == at + 1) continue;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (std::ranges::find(kKnown, name) == std::end(kKnown) && !transformer["InputPathsMap"].find(name)) return std::string(name);
  }
  return std::nullopt;
}

std::optional<Value> target_input(const Value& target, const Value& event, std::string_view rule_arn, Instant now) {
  if (const Value* fixed = target.find("Input"); fixed && fixed->is_string()) {
    auto value = json::parse(fixed->as_string());
    return value ? *value : Value(fixed->as_string());
  }
  if (const Value* path = target.find("InputPath"); path && path->is_string()) {
    const Value* found = at_path(event, path->as_string());
    return found ? *found : Value();
  }
  const Value& transformer = target["InputTransformer"];
  if (!transformer.is_object()) return event;
  const std::string_view text = transformer.text("InputTemplate");
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_text = first != text.npos && text[first] == '"';
  std::string out;
  bool in_quotes = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) in_quotes = !in_quotes;
    const size_t end = text[i] == '<' ? text.find('>', i) : text.npos;
    if (end == text.npos) {
      out.push_back(text[i]);
      continue;
    }
    const std::string name(text.substr(i + 1, end - i - 1));
    Value value;
    bool known = true;
    if (name == "aws.events.rule-arn") {
      value = rule_arn;
    } else if (name == "aws.events.rule-name") {
      value = rule_arn.substr(rule_arn.rfind('/') + 1);
    } else if (name == "aws.events.event.ingestion-time") {
      value = iso8601_s(now);
    } else if (name == "aws.events.event.json" || name == "aws.events.event") {
      value = event;
    } else if (const Value* path = transformer["InputPathsMap"].find(name); path && path->is_string()) {
      const Value* found = at_path(event, path->as_string());
      value = found ? *found : Value("");
    } else {
      known = false;
    }
    if (!known) {
      out.push_back(text[i]);
      continue;
    }
    if (!in_quotes) {
      json::write(value, out);
    } else if (is_text) {
      plain(value, out);
    } else {
      std::string inner;
      plain(value, inner);
      std::string quoted;
      json::write_string(inner, quoted);
      out.append(quoted, 1, quoted.size() - 2);
    }
    i = end;
  }
  if (is_text) {
    // Lines, each in quotes of its own.
    std::string joined;
    size_t at = 0;
    while (at < out.size()) {
      const size_t line_end = std::min(out.find('\n', at), out.size());
      std::string line = out.substr(at, line_end - at);
      const size_t begin = line.find('"'), end = line.rfind('"');
      if (begin != line.npos && end > begin) line = line.substr(begin + 1, end - begin - 1);
      joined += (joined.empty() ? "" : "\n") + line;
      at = line_end + 1;
    }
    return Value(joined);
  }
  auto value = json::parse(out);
  if (!value) return std::nullopt;
  return *value;
}

}  // namespace events
