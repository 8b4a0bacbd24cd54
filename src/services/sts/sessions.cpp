// How temporary credentials are made, kept, found and forgotten.
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/policy/document.h"
#include "protocol/policy/principal_id.h"
#include "services/sts/sts.h"

namespace sts {
namespace {

constexpr int64_t kKeptBeyondEndMs = 86'400'000;
constexpr size_t kPolicyCharactersMax = 2'048;
// Sessions of our own that sign what goes out: of memory alone, and renewed before they end.
constexpr size_t kLentMax = 10'000;
constexpr int64_t kLentSeconds = 3'600;
constexpr int64_t kRenewedBeforeEndMs = 300'000;
constexpr size_t kPackedCharactersMax = 4'096;  // policies, their ARNs and tags together
constexpr size_t kPolicyArnsMax = 10;

// As long as AWS's tokens are, and of their letters.
std::string session_token(Random& random) {
  return "IQoJb3JpZ2luX2Vj" +
         random.text(332, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") +
         "==";
}
}  // namespace

void Sts::load() {
  sessions_.load();
  for (const auto& [scope, sessions] : sessions_.scopes()) {
    for (const auto& [id, session] : sessions)
      ends_.emplace(session.expires, std::pair(scope.account, id));
  }
  const auto add = [this](std::string_view name, Answer (Sts::*run)(const Call&),
                          std::function<std::vector<protocol::Need>(const Call&)> needs) {
    kit_.registry.add(
        "sts", name,
        protocol::immediate([this, run](const Call& call) { return (this->*run)(call); },
                            std::move(needs)));
  };
  const auto none = [](const Call&) { return std::vector<protocol::Need>{}; };
  add("AssumeRole", &Sts::assume_role,
      [this](const Call& call) { return assume_role_needs(call); });
  add("GetCallerIdentity", &Sts::get_caller_identity, none);
  add("GetSessionToken", &Sts::get_session_token, none);
  add("GetFederationToken", &Sts::get_federation_token, [](const Call& call) {
    const std::string who = fmt::format("arn:{}:sts::{}:federated-user/{}", call.partition,
                                        call.account, call.params.text("Name"));
    return std::vector<protocol::Need>{{.action = "sts:GetFederationToken", .resources = {who}}};
  });
  add("RoleSessionCredentials", &Sts::role_session_credentials, none);
  add("GetAccessKeyInfo", &Sts::get_access_key_info, nullptr);
  add("DecodeAuthorizationMessage", &Sts::decode_authorization_message, nullptr);
}

void Sts::start() { forget_expired(); }

std::optional<auth::Credential> Sts::find(std::string_view access_key_id) {
  const auto account = policy::account_of_access_key(access_key_id);
  const Session* session = account ? sessions_.find({*account, ""}, access_key_id) : nullptr;
  if (const auto lent = lent_.find(access_key_id); lent != lent_.end()) session = &lent->second.session;
  if (!session) return std::nullopt;
  return auth::Credential{.secret_access_key = session->secret,
                          .principal = session->principal,
                          .session_token = session->token,
                          .expires = session->expires};
}

Result<Session> Sts::issue(protocol::Principal principal, int64_t seconds, Session extras,
                           Keeping keeping) {
  if (keeping == Keeping::kept && ends_.size() >= kSessionsMax)
    return fail("ThrottlingException", "Rate exceeded");
  Session session = std::move(extras);
  session.issued = {kit_.clock().now().ms / 1000 * 1000};
  session.expires = session.issued + seconds * 1000;
  session.access_key_id = policy::access_key_id(kit_.random, "ASIA", principal.account);
  session.secret = policy::secret_access_key(kit_.random);
  session.token = session_token(kit_.random);
  session.principal = std::move(principal);
  session.principal.access_key_id = session.access_key_id;
  session.principal.token_issued = session.issued;
  if (keeping == Keeping::forgotten) return session;
  // The key tells its account, so that is the scope where it is looked for.
  ends_.emplace(session.expires, std::pair(session.principal.account, session.access_key_id));
  sessions_.put({session.principal.account, ""}, session.access_key_id, session);
  if (timer_ == 0) wait_for_next();
  return session;
}

Sts::Answer Sts::role_session_credentials(const Call& call) {
  const protocol::Principal& caller = call.caller;
  if (!call.internal || caller.type != protocol::Principal::Type::assumed_role) return fail("UnknownOperationException", "");
  const Instant good_until = kit_.clock().now() + kRenewedBeforeEndMs;
  // A client's session goes on as itself.
  if (const Session* own = sessions_.find({caller.account, ""}, caller.access_key_id); own && own->expires > kit_.clock().now()) return credentials_value(*own);
  const std::string who = caller.role_arn + " " + caller.session_name;
  if (const auto it = lent_to_.find(who); it != lent_to_.end()) {
    const Session& there = lent_.find(it->second)->second.session;
    if (there.expires > good_until) return credentials_value(there);
  }
  auto principal = protocol::Principal::role_session(caller.role_arn, caller.session_name);
  principal.user_id = user_id_of(principal);
  Session session = TRY(issue(std::move(principal), kLentSeconds, {}, Keeping::forgotten));
  const Value answer = credentials_value(session);
  const std::string key = session.access_key_id;
  lent_to_[who] = key;
  lent_in_order_.push_back(key);
  lent_.emplace(key, Lent{std::move(session), who});
  forget_lent();
  return answer;
}

// All last equally long, so the first that was lent ends first.
void Sts::forget_lent() {
  while (!lent_in_order_.empty()) {
    const auto oldest = lent_.find(lent_in_order_.front());
    if (lent_.size() <= kLentMax && oldest->second.session.expires > kit_.clock().now()) return;
    const auto holder = lent_to_.find(oldest->second.who);
    if (holder != lent_to_.end() && holder->second == oldest->first) lent_to_.erase(holder);
    lent_.erase(oldest);
    lent_in_order_.pop_front();
  }
}

void Sts::forget_expired() {
  timer_ = 0;
  const Instant now = kit_.clock().now();
  store::Batch batch;
  while (!ends_.empty() && ends_.begin()->first + kKeptBeyondEndMs <= now) {
    const auto& [account, id] = ends_.begin()->second;
    sessions_.erase({account, ""}, id, batch);
    ends_.erase(ends_.begin());
  }
  if (!batch.empty()) kit_.store.commit(std::move(batch));
  wait_for_next();
}

// At most once a minute, so that many sessions go together.
void Sts::wait_for_next() {
  if (ends_.empty()) return;
  const int64_t wait = (ends_.begin()->first + kKeptBeyondEndMs) - kit_.clock().now();
  timer_ = kit_.loop.after(std::max<int64_t>(wait, 60'000), [this] { forget_expired(); });
}

Result<json::Value> Sts::ask_iam(const std::string& account, std::string_view operation,
                                 Value params) {
  if (!kit_.registry.has("iam", operation)) return fail("NoSuchEntityException", "");
  auto call = kit_.registry.internal(protocol::Principal::root(account), kit_.default_region, "iam",
                                     operation, std::move(params));
  Answer answer = fail("ServiceUnavailableException", "IAM did not answer.");
  // IAM answers at once.
  kit_.registry.call(call, [&answer](Answer result) { answer = std::move(result); });
  return answer;
}

Result<json::Value> Sts::session_policy(const Call& call, const std::string& account,
                                        int64_t& packed) {
  std::vector<Value> statements;
  size_t characters = 0;
  const auto take = [&](const Value& document) {
    const Value& own = document["Statement"];
    if (own.is_array())
      statements.insert(statements.end(), own.items().begin(), own.items().end());
    else
      statements.push_back(own);
  };
  const Value& inline_policy = call.params["Policy"];
  if (inline_policy.is_string()) {
    if (inline_policy.as_string().size() > kPolicyCharactersMax) {
      return fail(
          "ValidationError",
          fmt::format(
              "1 validation error detected: Value at 'policy' failed to satisfy constraint: "
              "Member must have length less than or equal to {}",
              kPolicyCharactersMax));
    }
    TRY(policy::parse(inline_policy.as_string(), policy::Kind::identity));
    characters += inline_policy.as_string().size();
    take(*json::parse(inline_policy.as_string()));
  }
  const Value& arns = call.params["PolicyArns"];
  if (arns.size() > kPolicyArnsMax) {
    return fail("ValidationError",
                fmt::format("The number of managed session policies exceeds the limit of {}.",
                            kPolicyArnsMax));
  }
  for (const Value& one : arns.is_array() ? arns.items() : std::span<const Value>()) {
    const std::string arn(one.text("arn"));
    characters += arn.size();
    const Answer policy = ask_iam(account, "GetPolicy", json::object({{"PolicyArn", arn}}));
    if (!policy)
      return fail("ValidationError",
                  fmt::format("Policy {} does not exist or is not attachable.", arn));
    const Answer version =
        ask_iam(account, "GetPolicyVersion",
                json::object({{"PolicyArn", arn},
                              {"VersionId", (*policy)["Policy"].text("DefaultVersionId")}}));
    const auto text =
        version ? percent_decode((*version)["PolicyVersion"].text("Document")) : std::nullopt;
    const auto document = text ? json::parse(*text) : fail("JsonParse", "");
    if (!document)
      return fail("ValidationError",
                  fmt::format("Policy {} does not exist or is not attachable.", arn));
    take(*document);
  }
  for (const Value& tag :
       call.params["Tags"].is_array() ? call.params["Tags"].items() : std::span<const Value>()) {
    characters += tag.text("Key").size() + tag.text("Value").size();
  }
  // AWS packs policies and tags; how well is not told, so this counts what is packed.
  packed = characters == 0 ? 0
                           : std::max<int64_t>(
                                 1, static_cast<int64_t>(characters * 100 / kPackedCharactersMax));
  if (packed > 100) {
    return fail(
        "PackedPolicyTooLargeException",
        fmt::format("Packed policy consumes {}% of allotted space, please use smaller policy.",
                    packed));
  }
  if (statements.empty()) return Value();
  return json::object(
      {{"Version", "2012-10-17"}, {"Statement", Value::array(std::move(statements))}});
}

}  // namespace sts
