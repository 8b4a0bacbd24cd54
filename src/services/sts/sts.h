#pragma once
// STS: who am I, and temporary credentials for roles, users and federated users.
//
// Sessions are kept with their ends and found again after a restart; a day after its end a session
// is forgotten (until then its key is told to have expired). Roles are IAM's: they are asked for by
// iam:GetRole. A service of ours that assumes a role (states.amazonaws.com) goes on to act as
// Principal::role_session; it is lent keys only when something is to be signed, and they are kept in memory alone;
// ecs-tasks.amazonaws.com hands the keys to containers.
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/auth/credentials.h"
#include "services/service.h"
#include "services/sts/session.h"
#include "services/table.h"

namespace sts {

class Sts final : public services::Service, public auth::CredentialSource {
 public:
  static constexpr size_t kSessionsMax = 200'000;

  explicit Sts(services::Kit& kit);

  void load() override;
  void start() override;
  std::optional<auth::Credential> find(std::string_view access_key_id) override;
  auth::CredentialSource& credentials() { return *this; }

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Answer = Result<json::Value>;

  // assume_role.cpp
  Answer assume_role(const Call& call);
  std::vector<protocol::Need> assume_role_needs(const Call& call);
  // What IAM tells of a role: the members of GetRole's Role, or null.
  Value role(std::string_view role_arn);

  // sts.cpp
  Answer get_caller_identity(const Call& call);
  Answer get_session_token(const Call& call);
  Answer get_federation_token(const Call& call);
  Answer get_access_key_info(const Call& call);
  Answer decode_authorization_message(const Call& call);

  // sessions.cpp
  // What a role's session of ours signs with (protocol/session_key.h): made on first need, kept in memory.
  Answer role_session_credentials(const Call& call);
  void forget_lent();
  // "AROA...:session", of a role that IAM knows or not.
  std::string user_id_of(const protocol::Principal& session);
  enum class Keeping : uint8_t { kept, forgotten };
  Result<Session> issue(protocol::Principal principal, int64_t seconds, Session extras,
                        Keeping keeping);
  // The session policy that Policy and PolicyArns make together: a document, or null without
  // either. `packed` is how much of what fits is used, in percent.
  Result<Value> session_policy(const Call& call, const std::string& account, int64_t& packed);
  Answer ask_iam(const std::string& account, std::string_view operation, Value params);
  void forget_expired();
  void wait_for_next();

  struct Lent {
    Session session;
    std::string who;  // role and session name
  };

  services::Kit& kit_;
  services::Table<Session> sessions_;
  std::multimap<Instant, std::pair<std::string, std::string>> ends_;  // account and key
  Loop::TimerId timer_ = 0;
  std::map<std::string, Lent, std::less<>> lent_;  // by access key
  std::map<std::string, std::string> lent_to_;     // who -> access key
  std::deque<std::string> lent_in_order_;
};

// The id that a role would have, for one that was never made (modes off and audit).
std::string id_of_unknown_role(std::string_view role_arn);

}  // namespace sts
