#include "protocol/policy/document.h"

#include <algorithm>

#include "language/json/parse.h"

namespace policy {
namespace {

std::unexpected<Error> malformed(std::string message) {
  return fail("MalformedPolicyDocumentException", std::move(message));
}

std::vector<Pattern> patterns(const json::Value& scalar_or_list, Variables variables) {
  std::vector<Pattern> out;
  for (const std::string_view text : detail::texts(scalar_or_list))
    out.emplace_back(text, variables);
  return out;
}

Principals read_principals(const json::Value& value) {
  Principals out;
  if (value.is_string()) {
    out.aws.emplace_back(value.as_string());
    return out;
  }
  const auto take = [&](std::string_view name, std::vector<std::string>& into) {
    for (const std::string_view text : detail::texts(value[name])) into.emplace_back(text);
  };
  take("AWS", out.aws);
  take("Service", out.services);
  take("Federated", out.federated);
  take("CanonicalUser", out.canonical_users);
  return out;
}

// Fails on an operator that there is not: to leave it out would widen what the statement says.
Result<std::vector<Condition>> read_conditions(const json::Value& block, Variables variables) {
  std::vector<Condition> out;
  if (!block.is_object()) return out;
  for (const json::Member& test : block.members()) {
    const auto name = OperatorName::parse(test.name);
    if (!name && test.value.size() > 0) return malformed("Syntax errors in policy.");
    if (!name || !test.value.is_object()) continue;
    for (const json::Member& key : test.value.members()) {
      std::vector<Pattern> values;
      if (key.value.is_array()) {
        for (const json::Value& item : key.value.items())
          values.emplace_back(scalar_text(item), variables);
      } else {
        values.emplace_back(scalar_text(key.value), variables);
      }
      out.emplace_back(*name, std::string(key.name), std::move(values));
    }
  }
  return out;
}

Result<Statement> read_statement(const json::Value& value, Variables variables) {
  if (!value.is_object()) return malformed("Syntax errors in policy.");
  Statement out;
  out.sid = value.text("Sid");
  const std::string effect = lower_case(value.text("Effect"));
  if (effect != "allow" && effect != "deny") return malformed("Syntax errors in policy.");
  out.effect = effect == "allow" ? Effect::allow : Effect::deny;
  out.not_actions = value.find("NotAction");
  out.actions = patterns(value[out.not_actions ? "NotAction" : "Action"], Variables::literal);
  out.not_resources = value.find("NotResource");
  out.has_resources = out.not_resources || value.find("Resource");
  out.resources = patterns(value[out.not_resources ? "NotResource" : "Resource"], variables);
  out.not_principals = value.find("NotPrincipal");
  if (const json::Value* who = value.find(out.not_principals ? "NotPrincipal" : "Principal"))
    out.principals = read_principals(*who);
  out.conditions = TRY(read_conditions(value["Condition"], variables));
  out.needs_context =
      !out.conditions.empty() || std::ranges::any_of(out.resources, &Pattern::has_variables);
  return out;
}
}  // namespace

namespace detail {

std::vector<std::string_view> texts(const json::Value& scalar_or_list) {
  std::vector<std::string_view> out;
  if (scalar_or_list.is_string()) out.push_back(scalar_or_list.as_string());
  if (!scalar_or_list.is_array()) return out;
  for (const json::Value& item : scalar_or_list.items()) {
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}
}  // namespace detail

Result<std::shared_ptr<const Document>> read(const json::Value& value) {
  if (!value.is_object()) return malformed("Syntax errors in policy.");
  auto document = std::make_shared<Document>();
  document->version = value.text("Version");
  document->id = value.text("Id");
  // Version 2008-10-17, which is also what a missing one means, has no variables.
  const Variables variables =
      document->version == "2012-10-17" ? Variables::expanded : Variables::literal;
  const json::Value& statements = value["Statement"];
  if (statements.is_array()) {
    for (const json::Value& one : statements.items())
      document->statements.push_back(TRY(read_statement(one, variables)));
  } else {
    document->statements.push_back(TRY(read_statement(statements, variables)));
  }
  return document;
}

Result<std::shared_ptr<const Document>> parse(std::string_view text, Kind kind) {
  const bool classic = kind == Kind::managed || kind == Kind::identity;
  const auto value = json::parse(text, {.depth = 32});
  if (!value || !value->is_object())
    return malformed(classic ? "Syntax errors in policy." : "This policy contains invalid Json");
  const detail::Outline outline = detail::outline(text);
  if (outline.duplicate_names)
    return malformed(classic ? "Syntax errors in policy." : "This policy contains invalid Json");
  TRY(classic               ? detail::validate_identity(*value, kind)
      : kind == Kind::trust ? detail::validate_trust(*value)
                            : detail::validate_resource(*value));
  auto document = std::make_shared<Document>(*TRY(read(*value)));
  for (size_t i = 0; i < document->statements.size() && i < outline.statements.size(); ++i) {
    std::tie(document->statements[i].start, document->statements[i].end) = outline.statements[i];
  }
  return document;
}

std::vector<std::string> context_keys(const Document& document) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& key) {
    const auto same = [&](const std::string& known) {
      return lower_case(known) == lower_case(key);
    };
    if (std::ranges::none_of(out, same)) out.push_back(key);
  };
  for (const Statement& statement : document.statements) {
    for (const Pattern& resource : statement.resources) std::ranges::for_each(resource.keys(), add);
    for (const Condition& condition : statement.conditions) {
      add(condition.key());
      for (const Pattern& value : condition.values()) std::ranges::for_each(value.keys(), add);
    }
  }
  return out;
}

}  // namespace policy
