#include "services/sts/session.h"

namespace sts {

using json::Value;
using protocol::Principal;

Value credentials_value(const Session& one) {
  return json::object({{"AccessKeyId", one.access_key_id},
                       {"SecretAccessKey", one.secret},
                       {"SessionToken", one.token},
                       {"Expiration", one.expires.ms / 1000}});
}

Value to_json(const Session& one) {
  const Principal& p = one.principal;
  std::vector<Value> transitive(one.transitive_tags.begin(), one.transitive_tags.end());
  return json::object({{"key", one.access_key_id},
                       {"secret", one.secret},
                       {"token", one.token},
                       {"issued", one.issued.ms},
                       {"expires", one.expires.ms},
                       {"type", static_cast<int>(p.type)},
                       {"account", p.account},
                       {"arn", p.arn},
                       {"userId", p.user_id},
                       {"role", p.role_arn},
                       {"session", p.session_name},
                       {"policy", p.session_policy},
                       {"tags", Value::object(p.session_tags)},
                       {"transitive", Value::array(std::move(transitive))},
                       {"sourceIdentity", one.source_identity}});
}

Session from_json(const Value& v, std::type_identity<Session>) {
  Session out;
  out.access_key_id = v.text("key"), out.secret = v.text("secret"), out.token = v.text("token");
  out.issued = {v["issued"].as_int64().value_or(0)},
  out.expires = {v["expires"].as_int64().value_or(0)};
  Principal& p = out.principal;
  p.type = static_cast<Principal::Type>(v["type"].as_int64().value_or(0));
  p.account = v.text("account"), p.arn = v.text("arn"), p.user_id = v.text("userId");
  p.role_arn = v.text("role"), p.session_name = v.text("session");
  p.access_key_id = out.access_key_id;
  p.session_policy = v["policy"];
  p.session_tags.assign(v["tags"].members().begin(), v["tags"].members().end());
  p.token_issued = out.issued;
  for (const Value& key : v["transitive"].items())
    out.transitive_tags.emplace_back(key.as_string());
  out.source_identity = v.text("sourceIdentity");
  return out;
}

}  // namespace sts
