// User names and passwords for the few services that take them (CodeCommit, Keyspaces).
#include <algorithm>

#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

constexpr std::string_view kServices[] = {"bedrock.amazonaws.com", "cassandra.amazonaws.com",
                                          "codecommit.amazonaws.com"};

Status check_service(std::string_view service) {
  if (std::ranges::find(kServices, service) != std::end(kServices)) return {};
  return no_such_entity(
      fmt::format("No such service {} is supported for Service Specific Credentials", service));
}

json::Value credential_value(const Identity& user, const ServiceCredential& one,
                             bool with_password) {
  json::ObjectBuilder out;
  out.add("CreateDate", time_value(one.created))
      .add("ServiceName", one.service)
      .add("ServiceUserName", one.service_user);
  if (with_password) out.add("ServicePassword", one.password);
  return out.add("ServiceSpecificCredentialId", one.id)
      .add("UserName", user.name)
      .add("Status", one.active ? "Active" : "Inactive")
      .build();
}

std::string new_password(Random& random) {
  return random.text(42, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") + "=";
}
}  // namespace

Iam::Answer Iam::create_service_credential(const Call& call) {
  Identity user = *TRY(identity(call, Kind::user));
  const std::string service(call.params.text("ServiceName"));
  TRY(check_service(service));
  const auto of_service =
      std::ranges::count(user.service_credentials, service, &ServiceCredential::service);
  if (of_service >= 2) return over_quota("ServiceSpecificCredentialsPerUser", 2);
  ServiceCredential one{.id = policy::unique_id(kit_.random, "ACCA"),
                        .service = service,
                        .service_user = fmt::format("{}-at-{}", user.name, call.account),
                        .password = new_password(kit_.random),
                        .created = now()};
  // The second of a service needs a name of its own.
  if (of_service > 0) one.service_user = fmt::format("{}+1-at-{}", user.name, call.account);
  const Value shown = credential_value(user, one, true);
  user.service_credentials.push_back(std::move(one));
  save(call, Kind::user, std::move(user));
  return json::object({{"ServiceSpecificCredential", shown}});
}

Iam::Answer Iam::list_service_credentials(const Call& call) {
  const Identity& user = *TRY(identity(call, Kind::user));
  const std::string_view service = call.params.text("ServiceName");
  if (!service.empty()) TRY(check_service(service));
  std::vector<Value> items;
  for (const ServiceCredential& one : user.service_credentials) {
    if (service.empty() || one.service == service)
      items.push_back(credential_value(user, one, false));
  }
  return json::object({{"ServiceSpecificCredentials", Value::array(std::move(items))}});
}

// Changes the credential that the call names and, with `shown`, tells what it then is.
Iam::Answer Iam::change_service_credential(
    const Call& call, const std::function<void(std::vector<ServiceCredential>&, size_t)>& change,
    Value* shown) {
  const std::string name = TRY(user_meant(call));
  const Identity* found = users_.find({call.account, ""}, folded(name));
  if (!found) return no_such_identity(Kind::user, name);
  Identity user = *found;
  const std::string_view id = call.params.text("ServiceSpecificCredentialId");
  const auto it = std::ranges::find(user.service_credentials, id, &ServiceCredential::id);
  if (it == user.service_credentials.end())
    return no_such_entity(fmt::format("No such credential {} exists", id));
  const auto at = static_cast<size_t>(it - user.service_credentials.begin());
  change(user.service_credentials, at);
  if (shown) *shown = credential_value(user, user.service_credentials[at], true);
  save(call, Kind::user, std::move(user));
  return Value::object();
}

Iam::Answer Iam::update_service_credential(const Call& call) {
  return change_service_credential(
      call,
      [&](std::vector<ServiceCredential>& all, size_t at) {
        all[at].active = call.params.text("Status") == "Active";
      },
      nullptr);
}

Iam::Answer Iam::reset_service_credential(const Call& call) {
  Value shown;
  TRY(change_service_credential(
      call,
      [&](std::vector<ServiceCredential>& all, size_t at) {
        all[at].password = new_password(kit_.random);
      },
      &shown));
  return json::object({{"ServiceSpecificCredential", shown}});
}

Iam::Answer Iam::delete_service_credential(const Call& call) {
  return change_service_credential(
      call,
      [](std::vector<ServiceCredential>& all, size_t at) {
        all.erase(all.begin() + static_cast<ptrdiff_t>(at));
      },
      nullptr);
}

}  // namespace iam
