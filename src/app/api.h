#pragma once
// The calls below /_gantry/api/: what the console needs and AWS has no API for (docs/api.md). Each says whom it is for: a
// caller is authenticated like any other and needs the rights that the like of it needs on AWS.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/change_feed.h"
#include "engine/store/store.h"
#include "net/http_server.h"
#include "protocol/auth/authenticate.h"
#include "protocol/codec/form.h"
#include "protocol/origin.h"
#include "protocol/registry.h"

namespace ecs {
class Ecs;
}
namespace iam {
class Iam;
}
namespace sns {
class Sns;
}
namespace states {
class States;
}

namespace app {

class Snapshots;

class Api {
 public:
  struct Parts {
    Loop& loop;
    store::Store& store;
    Random& random;
    protocol::Registry& registry;
    auth::Authenticator& authenticator;
    const protocol::OriginPolicy& origins;
    states::States& states;
    ecs::Ecs& ecs;
    iam::Iam& iam;
    sns::Sns& sns;
    Snapshots& snapshots;
    std::string account;  // the default one
    std::string data_dir, images;  // folders; no data directory when nothing is kept
  };
  explicit Api(Parts parts) : parts_(std::move(parts)), feed_(parts_.loop, parts_.store, parts_.random) {}

  static constexpr std::string_view kPrefix = "/_gantry/api/";
  void handle(const net::Request& request, net::HttpServer::Respond respond);

 private:
  struct Asked {
    const net::Request& request;
    codec::Form query;
    protocol::Principal caller;
    std::string region;
  };
  using Answer = Result<net::Response>;

  void send_durable(net::Response response, net::HttpServer::Respond respond);
  Answer answer(const net::Request& request, std::string_view path);
  Result<auth::Identity> identify(const net::Request& request);
  // Answers that take a while: snapshots of the store. False when the path is another.
  bool answer_later(const net::Request& request, std::string_view path, Function<void(Answer)>& done);
  Status allowed(const Asked& asked, std::string_view service, std::string_view action, std::string_view resource);
  // The ARN in the query's member, of the caller's account; checked for the right to `action`.
  Result<std::string> arn(const Asked& asked, std::string_view member, std::string_view service, std::string_view action);

  Answer server(const Asked& asked);
  bool is_owner(const protocol::Principal& caller) const;
  Answer follow_execution(const Asked& asked);
  Answer follow_changes(const Asked& asked);
  Answer count_executions(const Asked& asked);
  Answer search_executions(const Asked& asked);
  Answer task_output(const Asked& asked, std::string_view task_id);
  Answer topic_messages(const Asked& asked);
  Answer decisions(const Asked& asked);

  Parts parts_;
  ChangeFeed feed_;
};

}  // namespace app
