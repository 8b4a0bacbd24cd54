#include "services/iam/entities.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/policy/context.h"

namespace iam {
namespace {

using json::Value;

Value texts(const std::vector<std::string>& list) {
  std::vector<Value> out(list.begin(), list.end());
  return Value::array(std::move(out));
}
std::vector<std::string> texts(const Value& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Value& one : list.items()) out.emplace_back(one.as_string());
  return out;
}
Instant instant(const Value& value) { return {value.as_int64().value_or(0)}; }
Tags tags(const Value& list) {
  Tags out;
  if (!list.is_array()) return out;
  for (const Value& one : list.items()) {
    const Tag tag{std::string(one.text("Key")), std::string(one.text("Value"))};
    out[lower_case(tag.key)] = tag;
  }
  return out;
}
}  // namespace

PolicyText policy_text(std::string_view text) {
  static const auto kSilent = std::make_shared<const policy::Document>();
  const auto value = json::parse(text);
  const auto document = value ? policy::read(*value) : fail("JsonParse", "");
  return {std::string(text), document ? *document : kSilent};
}

Value tag_list(const Tags& list) {
  std::vector<Value> out;
  for (const auto& [folded, tag] : list)
    out.push_back(json::object({{"Key", tag.key}, {"Value", tag.value}}));
  return Value::array(std::move(out));
}

const PolicyVersion* ManagedPolicy::version(std::string_view version_id) const {
  const auto it = std::ranges::find(versions, version_id, &PolicyVersion::id);
  return it == versions.end() ? nullptr : &*it;
}

const PolicyVersion& ManagedPolicy::in_force() const {
  const PolicyVersion* found = version(default_version);
  CHECK(found, "a managed policy has its default version");
  return *found;
}

Value to_json(const Identity& one) {
  json::ObjectBuilder policies;
  for (const auto& [name, policy] : one.inline_policies) policies.add(name, policy.text);
  std::vector<Value> credentials;
  for (const ServiceCredential& c : one.service_credentials) {
    credentials.push_back(json::object({{"id", c.id},
                                        {"service", c.service},
                                        {"user", c.service_user},
                                        {"password", c.password},
                                        {"created", c.created.ms},
                                        {"active", c.active}}));
  }
  return json::object({{"name", one.name},
                       {"path", one.path},
                       {"id", one.id},
                       {"arn", one.arn},
                       {"created", one.created.ms},
                       {"inline", policies.build()},
                       {"attached", texts(one.attached)},
                       {"boundary", one.boundary},
                       {"tags", tag_list(one.tags)},
                       {"trust", one.trust.text},
                       {"description", one.description},
                       {"maxSession", one.max_session_seconds},
                       {"linkedService", one.linked_service},
                       {"groups", texts(one.groups)},
                       {"credentials", Value::array(std::move(credentials))}});
}

Identity from_json(const Value& v, std::type_identity<Identity>) {
  Identity out;
  out.name = v.text("name"), out.path = v.text("path"), out.id = v.text("id"),
  out.arn = v.text("arn");
  out.created = instant(v["created"]);
  for (const json::Member& member : v["inline"].members())
    out.inline_policies.emplace(member.name, policy_text(member.value.as_string()));
  out.attached = texts(v["attached"]);
  out.boundary = v.text("boundary");
  out.tags = tags(v["tags"]);
  if (!v.text("trust").empty()) out.trust = policy_text(v.text("trust"));
  out.description = v.text("description");
  out.max_session_seconds = v["maxSession"].as_int64().value_or(3600);
  out.linked_service = v.text("linkedService");
  out.groups = texts(v["groups"]);
  for (const Value& c : v["credentials"].items()) {
    out.service_credentials.push_back({std::string(c.text("id")), std::string(c.text("service")),
                                       std::string(c.text("user")), std::string(c.text("password")),
                                       instant(c["created"]), c["active"] == Value(true)});
  }
  return out;
}

Value to_json(const ManagedPolicy& one) {
  std::vector<Value> versions;
  for (const PolicyVersion& v : one.versions) {
    versions.push_back(
        json::object({{"id", v.id}, {"text", v.policy.text}, {"created", v.created.ms}}));
  }
  return json::object({{"name", one.name},
                       {"path", one.path},
                       {"id", one.id},
                       {"arn", one.arn},
                       {"description", one.description},
                       {"created", one.created.ms},
                       {"updated", one.updated.ms},
                       {"versions", Value::array(std::move(versions))},
                       {"default", one.default_version},
                       {"next", one.next_version},
                       {"tags", tag_list(one.tags)}});
}

ManagedPolicy from_json(const Value& v, std::type_identity<ManagedPolicy>) {
  ManagedPolicy out;
  out.name = v.text("name"), out.path = v.text("path"), out.id = v.text("id"),
  out.arn = v.text("arn");
  out.description = v.text("description"), out.default_version = v.text("default");
  out.created = instant(v["created"]), out.updated = instant(v["updated"]);
  out.next_version = v["next"].as_int64().value_or(2);
  out.tags = tags(v["tags"]);
  for (const Value& one : v["versions"].items()) {
    out.versions.push_back(
        {std::string(one.text("id")), policy_text(one.text("text")), instant(one["created"])});
  }
  return out;
}

Value to_json(const AccessKey& one) {
  return json::object({{"id", one.id},
                       {"secret", one.secret},
                       {"user", one.user},
                       {"created", one.created.ms},
                       {"active", one.active}});
}

AccessKey from_json(const Value& v, std::type_identity<AccessKey>) {
  return {std::string(v.text("id")), std::string(v.text("secret")), std::string(v.text("user")),
          instant(v["created"]), v["active"] == Value(true)};
}

Value to_json(const InstanceProfile& one) {
  return json::object({{"name", one.name},
                       {"path", one.path},
                       {"id", one.id},
                       {"arn", one.arn},
                       {"created", one.created.ms},
                       {"roles", texts(one.roles)},
                       {"tags", tag_list(one.tags)}});
}

InstanceProfile from_json(const Value& v, std::type_identity<InstanceProfile>) {
  return {std::string(v.text("name")),
          std::string(v.text("path")),
          std::string(v.text("id")),
          std::string(v.text("arn")),
          instant(v["created"]),
          texts(v["roles"]),
          tags(v["tags"])};
}

Value to_json(const Account& one) {
  return json::object({{"alias", one.alias},
                       {"passwordPolicy", one.password_policy},
                       {"deletionTasks", texts(one.deletion_tasks)}});
}

Account from_json(const Value& v, std::type_identity<Account>) {
  Account out;
  out.alias = v.text("alias");
  out.password_policy = v["passwordPolicy"];
  out.deletion_tasks = texts(v["deletionTasks"]);
  return out;
}

}  // namespace iam
