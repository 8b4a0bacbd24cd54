#include "services/sts/sts.h"

#include <fmt/format.h>

#include "protocol/policy/principal_id.h"

namespace sts {
namespace {

using protocol::Principal;

constexpr int64_t kTwelveHours = 43'200;
constexpr int64_t kHour = 3'600;

// What only lasting credentials may ask for.
Status check_lasting(const protocol::Call& call) {
  const bool lasting =
      call.caller.type == Principal::Type::user || call.caller.type == Principal::Type::root;
  if (lasting && !call.caller.access_key_id.starts_with("ASIA")) return {};
  return fail("AccessDenied",
              fmt::format("Cannot call {} with session credentials", call.operation), 403);
}

int64_t seconds_of(const protocol::Call& call) {
  const int64_t asked = call.params["DurationSeconds"].as_int64().value_or(kTwelveHours);
  return call.caller.type == Principal::Type::root ? std::min(asked, kHour) : asked;
}
}  // namespace

Sts::Sts(services::Kit& kit) : kit_(kit), sessions_(kit.store, "sts/session") {}

Sts::Answer Sts::get_caller_identity(const Call& call) {
  const Principal& caller = call.caller;
  std::string user_id = caller.user_id;
  if (user_id.empty() && caller.type == Principal::Type::assumed_role) user_id = user_id_of(caller);
  return json::object({{"UserId", user_id}, {"Account", caller.account}, {"Arn", caller.arn}});
}

std::string Sts::user_id_of(const Principal& session) {
  const Value known = role(session.role_arn);
  const std::string id(known.is_object() ? known.text("RoleId") : id_of_unknown_role(session.role_arn));
  return fmt::format("{}:{}", id, session.session_name);
}

Sts::Answer Sts::get_session_token(const Call& call) {
  TRY(check_lasting(call));
  const Session session = TRY(issue(call.caller, seconds_of(call), {}, Keeping::kept));
  return json::object({{"Credentials", credentials_value(session)}});
}

Sts::Answer Sts::get_federation_token(const Call& call) {
  TRY(check_lasting(call));
  const std::string name(call.params.text("Name"));
  int64_t packed = 0;
  Principal who;
  who.type = Principal::Type::federated_user;
  who.account = call.account;
  who.arn = fmt::format("arn:{}:sts::{}:federated-user/{}", call.partition, call.account, name);
  who.user_id = fmt::format("{}:{}", call.account, name);
  who.role_arn = call.caller.arn;
  who.session_name = name;
  who.session_policy = TRY(session_policy(call, call.account, packed));
  if (call.params["Tags"].is_array()) {
    for (const Value& tag : call.params["Tags"].items())
      who.session_tags.push_back({std::string(tag.text("Key")), tag.text("Value")});
  }
  const Session session = TRY(issue(who, seconds_of(call), {}, Keeping::kept));
  return json::object(
      {{"Credentials", credentials_value(session)},
       {"FederatedUser", json::object({{"FederatedUserId", who.user_id}, {"Arn", who.arn}})},
       {"PackedPolicySize", packed}});
}

Sts::Answer Sts::get_access_key_info(const Call& call) {
  const std::string_view id = call.params.text("AccessKeyId");
  const auto account = policy::account_of_access_key(id);
  if (!account) return fail("ValidationError", fmt::format("Invalid access key id: {}", id));
  return json::object({{"Account", *account}});
}

// Denials are told in plain words here, so there is no encoded message that this server has given
// out.
Sts::Answer Sts::decode_authorization_message(const Call&) {
  return fail("InvalidAuthorizationMessageException", "Message is not valid");
}

}  // namespace sts
