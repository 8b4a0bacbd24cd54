#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

std::string_view status(bool active) { return active ? "Active" : "Inactive"; }

std::unexpected<Error> no_such_key(std::string_view id) {
  return no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}
}  // namespace

void Iam::set_root_credentials(std::string access_key_id, std::string secret) {
  root_key_ = std::move(access_key_id);
  root_secret_ = std::move(secret);
}

std::optional<auth::Credential> Iam::find(std::string_view access_key_id) {
  if (!root_key_.empty() && access_key_id == root_key_) {
    auth::Credential root{.secret_access_key = root_secret_,
                          .principal = protocol::Principal::root(kit_.default_account)};
    root.principal.access_key_id = root_key_;
    return root;
  }
  const auto account = account_of_key_.find(std::string(access_key_id));
  if (account == account_of_key_.end())
    return other_source_ ? other_source_->find(access_key_id) : std::nullopt;
  const services::Scope scope{account->second, ""};
  const AccessKey* key = keys_.find(scope, access_key_id);
  const Identity* user = key ? users_.find(scope, folded(key->user)) : nullptr;
  if (!user) return std::nullopt;
  auth::Credential out{.secret_access_key = key->secret, .active = key->active};
  out.principal.type = protocol::Principal::Type::user;
  out.principal.account = scope.account;
  out.principal.arn = user->arn;
  out.principal.user_id = user->id;
  out.principal.access_key_id = key->id;
  return out;
}

std::vector<const AccessKey*> Iam::keys_of(const services::Scope& scope, std::string_view user) {
  std::vector<const AccessKey*> out;
  for (const auto& [id, key] : keys_.all(scope)) {
    if (key.user == user) out.push_back(&key);
  }
  std::ranges::sort(out, {}, [](const AccessKey* key) { return std::pair(key->created, key->id); });
  return out;
}

Iam::Answer Iam::create_access_key(const Call& call) {
  const std::string name = TRY(user_meant(call));
  const services::Scope scope{call.account, ""};
  const Identity* user = users_.find(scope, folded(name));
  // The root's pair comes with the server's settings; more of them there are not.
  if (name.empty())
    return validation_error(
        "Must specify userName: the keys of the root are given by the server's settings.");
  if (!user) return no_such_identity(Kind::user, name);
  if (keys_of(scope, user->name).size() >= 2) return over_quota("AccessKeysPerUser", 2);
  AccessKey key{.id = policy::access_key_id(kit_.random, "AKIA", call.account),
                .secret = policy::secret_access_key(kit_.random),
                .user = user->name,
                .created = now()};
  const Value shown = json::object({{"UserName", key.user},
                                    {"AccessKeyId", key.id},
                                    {"Status", status(true)},
                                    {"SecretAccessKey", key.secret},
                                    {"CreateDate", time_value(key.created)}});
  account_of_key_[key.id] = call.account;
  const std::string id = key.id;
  keys_.put(scope, id, std::move(key));
  return json::object({{"AccessKey", shown}});
}

Iam::Answer Iam::list_access_keys(const Call& call) {
  const std::string name = TRY(user_meant(call));
  const services::Scope scope{call.account, ""};
  std::vector<std::pair<std::string, Value>> items;
  if (!name.empty()) {
    const Identity* user = users_.find(scope, folded(name));
    if (!user) return no_such_identity(Kind::user, name);
    for (const AccessKey* key : keys_of(scope, user->name)) {
      items.emplace_back(fmt::format("{:02}", items.size()),
                         json::object({{"UserName", key->user},
                                       {"AccessKeyId", key->id},
                                       {"Status", status(key->active)},
                                       {"CreateDate", time_value(key->created)}}));
    }
  }
  return page(call, "AccessKeyMetadata", items);
}

// The key an operation names; when it names a user too, of that user.
Result<const AccessKey*> Iam::key_meant(const Call& call) {
  const std::string_view id = call.params.text("AccessKeyId"), user = call.params.text("UserName");
  const services::Scope scope{call.account, ""};
  if (!user.empty()) TRY(identity(call, Kind::user));
  const AccessKey* key = keys_.find(scope, id);
  if (!key || (!user.empty() && folded(key->user) != folded(user))) return no_such_key(id);
  return key;
}

Iam::Answer Iam::update_access_key(const Call& call) {
  AccessKey key = *TRY(key_meant(call));
  key.active = call.params.text("Status") == "Active";
  const std::string id = key.id;
  keys_.put({call.account, ""}, id, std::move(key));
  return Value::object();
}

Iam::Answer Iam::delete_access_key(const Call& call) {
  const std::string id = TRY(key_meant(call))->id;
  keys_.erase({call.account, ""}, id);
  account_of_key_.erase(id);
  last_use_.erase(id);
  return Value::object();
}

Iam::Answer Iam::get_access_key_last_used(const Call& call) {
  const std::string id(call.params.text("AccessKeyId"));
  const AccessKey* key = keys_.find({call.account, ""}, id);
  if (!key) return no_such_key(id);
  Value used = json::object({{"ServiceName", "N/A"}, {"Region", "N/A"}});
  if (const auto it = last_use_.find(id); it != last_use_.end()) {
    used = json::object({{"LastUsedDate", time_value(it->second.at)},
                         {"ServiceName", it->second.service},
                         {"Region", it->second.region}});
  }
  return json::object({{"UserName", key->user}, {"AccessKeyLastUsed", used}});
}

}  // namespace iam
