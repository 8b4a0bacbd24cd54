// Policies that are part of a role, a user or a group: PutRolePolicy and its like.
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

// All of one identity's inline policies together, without white space.
constexpr size_t size_limit(Kind kind) {
  return kind == Kind::role ? 10'240 : kind == Kind::user ? 2'048 : 5'120;
}

std::string name_member(Kind kind) {
  return kind == Kind::role ? "RoleName" : kind == Kind::user ? "UserName" : "GroupName";
}

std::unexpected<Error> no_such_policy(Kind kind, std::string_view name) {
  return no_such_entity(
      fmt::format("The {} policy with name {} cannot be found.", noun(kind), name));
}

}  // namespace

Iam::Answer Iam::put_inline_policy(const Call& call) {
  const Kind kind = kind_of(call);
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  PolicyText text = TRY(policy_in(call.params.text("PolicyDocument"), policy::Kind::identity));
  one.inline_policies[std::string(call.params.text("PolicyName"))] = std::move(text);
  size_t total = 0;
  for (const auto& [name, policy] : one.inline_policies) total += policy_size(policy.text);
  if (total > size_limit(kind)) {
    return limit_exceeded(fmt::format("Maximum policy size of {} bytes exceeded for {} {}",
                                      size_limit(kind), noun(kind), one.name));
  }
  save(call, kind, std::move(one));
  return Value::object();
}

Iam::Answer Iam::get_inline_policy(const Call& call) {
  const Kind kind = kind_of(call);
  const Identity& one = *TRY(identity(call));
  const std::string name(call.params.text("PolicyName"));
  const auto it = one.inline_policies.find(name);
  if (it == one.inline_policies.end()) return no_such_policy(kind, name);
  return json::object({{name_member(kind), one.name},
                       {"PolicyName", name},
                       {"PolicyDocument", document_value(it->second)}});
}

Iam::Answer Iam::delete_inline_policy(const Call& call) {
  const Kind kind = kind_of(call);
  Identity one = *TRY(identity(call));
  TRY(check_modifiable(one));
  const std::string name(call.params.text("PolicyName"));
  if (one.inline_policies.erase(name) == 0) return no_such_policy(kind, name);
  save(call, kind, std::move(one));
  return Value::object();
}

Iam::Answer Iam::list_inline_policies(const Call& call) {
  std::vector<std::pair<std::string, Value>> items;
  for (const auto& [name, policy] : TRY(identity(call))->inline_policies)
    items.emplace_back(name, name);
  return page(call, "PolicyNames", items);
}

}  // namespace iam
