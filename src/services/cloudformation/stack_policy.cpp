#include "services/cloudformation/stack_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/json/parse.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

std::vector<Value> list_of(const Value& value) {
  if (value.is_array()) return {value.items().begin(), value.items().end()};
  return value.is_null() ? std::vector<Value>() : std::vector<Value>{value};
}

// '*' at the end, or anywhere, stands for any run of characters.
bool like(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = pattern.npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t, ++p;
    } else if (star != pattern.npos) {
      p = star + 1, t = ++mark;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

bool any_like(const Value& patterns, std::string_view text) {
  return std::ranges::any_of(list_of(patterns), [&](const Value& one) { return one.is_string() && like(text, one.as_string()); });
}

bool applies(const Value& statement, std::string_view action, const std::string& resource, std::string_view type) {
  const bool acts = statement.find("NotAction") ? !any_like(statement["NotAction"], action) : any_like(statement["Action"], action);
  const bool here = statement.find("NotResource") ? !any_like(statement["NotResource"], resource)
                                                  : !statement.find("Resource") || any_like(statement["Resource"], resource);
  if (!acts || !here) return false;
  const Value& condition = statement["Condition"];
  if (!condition.is_object()) return true;
  return std::ranges::all_of(condition.members(), [&](const json::Member& test) { return any_like(test.value["ResourceType"], type); });
}

}  // namespace

Status check_stack_policy(std::string_view policy) {
  const auto fault = [] { return invalid("Error validating stack policy: Invalid stack policy"); };
  const auto parsed = json::parse(policy);
  if (!parsed || !parsed->is_object()) return fault();
  for (const json::Member& member : parsed->members()) {
    if (member.name != "Statement" && member.name != "Version" && member.name != "Id") return fault();
  }
  for (const Value& statement : list_of((*parsed)["Statement"])) {
    const std::string_view effect = statement.text("Effect");
    if (!statement.is_object() || (effect != "Allow" && effect != "Deny")) return fault();
    for (const std::string_view member : {"Action", "NotAction"}) {
      for (const Value& action : list_of(statement[member])) {
        if (!action.is_string()) return fault();
        const std::string_view text = action.as_string();
        if (text != "*" && text != "Update:*" && text != "Update:Modify" && text != "Update:Replace" && text != "Update:Delete") return fault();
      }
    }
    if (!statement.find("Action") && !statement.find("NotAction")) return fault();
    // Everybody is the only principal there is.
    if (statement.find("Principal") && !(statement["Principal"] == Value("*"))) return fault();
    if (!statement.find("Resource") && !statement.find("NotResource")) return fault();
  }
  return {};
}

std::optional<std::string> stack_policy_refusal(std::string_view policy, std::string_view action, std::string_view logical_id, std::string_view resource_type) {
  const auto parsed = json::parse(policy);
  if (!parsed || parsed->size() == 0) return std::nullopt;
  const std::string resource = fmt::format("LogicalResourceId/{}", logical_id);
  bool allowed = false;
  size_t number = 0;
  for (const Value& statement : list_of((*parsed)["Statement"])) {
    ++number;
    if (!applies(statement, action, resource, resource_type)) continue;
    if (statement.text("Effect") == "Deny") {
      return fmt::format("Action denied by stack policy: Statement [#{}] does not allow [{}] for resource [{}];", number, action, resource);
    }
    allowed = true;
  }
  if (allowed) return std::nullopt;
  return fmt::format("Action denied by stack policy: no statement allows [{}] for resource [{}];", action, resource);
}

}  // namespace cloudformation
