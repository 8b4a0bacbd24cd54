#pragma once
// ECS on Fargate: clusters, task definitions, tasks, over a container runtime.
//
// Resources are kept as the documents that Describe... shows, with members of our own beside them (their names
// begin with "_" and never leave). A task's life: RunTask makes it and answers; once that is durable the runtime
// launches it; what the runtime tells moves it through its states (lifecycle.cpp), each change stored and sent to
// EventBridge, which is how a state machine hears of its end.
#include <deque>
#include <map>
#include <set>
#include <string>

#include "containers/runtime.h"
#include "net/http.h"
#include "services/service.h"
#include "services/table.h"

namespace ecs {

struct Document {
  json::Value shown;
};
json::Value to_json(const Document& document);
Document from_json(const json::Value& value, std::type_identity<Document>);

// What clusters, families and containers may be called: 1 to 255 letters, digits, hyphens and underscores.
bool is_name(std::string_view name);

class Ecs final : public services::Service {
 public:
  Ecs(services::Kit& kit, containers::ContainerRuntime& runtime);
  void load() override;
  void start() override;

  // What a task asks of 169.254.170.2 (metadata.cpp): `path` begins behind the task's id. 404 for what is not there.
  void task_endpoint(const std::string& task_id, const std::string& path, Function<void(net::Response)> answer);
  // The last lines that a task's containers printed, oldest first, but for the `after` first ones of all:
  // {"lines": [{container, line}], "from": how many came before these, "next": how many there have been}.
  json::Value recent_output(const std::string& task_id, uint64_t after) const;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  // clusters.cpp
  Result<Value> create_cluster(const Call& call);
  Result<Value> describe_clusters(const Call& call);
  Result<Value> list_clusters(const Call& call);
  Result<Value> delete_cluster(const Call& call);
  Result<Value> update_cluster(const Call& call);
  Result<Value> put_capacity_providers(const Call& call);
  Result<Value> describe_capacity_providers(const Call& call);
  // task_definitions.cpp
  Result<Value> register_task_definition(const Call& call);
  Result<Value> describe_task_definition(const Call& call);
  Result<Value> list_task_definitions(const Call& call);
  Result<Value> list_families(const Call& call);
  Result<Value> deregister_task_definition(const Call& call);
  // run_task.cpp
  void run_task(const Call& call, protocol::Reply reply);
  // tasks.cpp
  Result<Value> describe_tasks(const Call& call);
  Result<Value> list_tasks(const Call& call);
  Result<Value> stop_task(const Call& call);
  // tags.cpp
  Result<Value> tag_resource(const Call& call);
  Result<Value> list_tags(const Call& call);
  Result<Value> account_settings(const Call& call);

  // --- shared ---
  const Value* find_cluster(const Scope& scope, std::string_view name_or_arn) const;
  // "family", "family:3" or an ARN; the newest active one of a family.
  const Value* find_definition(const Scope& scope, std::string_view text) const;
  const Value* find_task(const Scope& scope, std::string_view id_or_arn) const;
  std::vector<protocol::Need> run_task_needs(const Call& call);
  Result<std::pair<size_t, std::string>> page(const Call& call, size_t most) const;
  void next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const;
  size_t count_tasks(const Scope& scope, std::string_view cluster_arn, std::string_view status) const;
  Value cluster_shown(const Scope& scope, const Value& cluster, const Value& include) const;

  // --- lifecycle.cpp ---
  struct Where {
    Scope scope;
    std::string id;
  };
  // Stores a task that has changed and tells EventBridge.
  void changed(const Where& where, Value task, bool new_version);
  void launch(const Where& where, const Value& task);
  void runtime_event(const containers::Event& event);
  void task_started(const Where& where, Value task, Instant at);
  void task_stopped(const Where& where, Value task, Instant at);
  void drop_interface(const Where& where, const Value& task);
  void expire_tasks();
  containers::TaskSpec spec_of(const Where& where, const Value& task) const;

  // --- log_driver.cpp ---
  void take_output(const Where& where, const Value& task, const containers::Event& event);
  void flush_logs(const std::string& task_id);

  struct Pending {
    std::map<std::string, std::vector<Value>> lines;  // by container
    size_t count = 0, bytes = 0;                      // of all of them
    uint64_t sequence = 0;                            // of the last that is in it
    bool armed = false;
  };

  services::Kit& kit_;
  containers::ContainerRuntime& runtime_;
  services::Table<Document> clusters_, definitions_, families_, tasks_;
  std::map<std::string, Scope> where_;                       // task id -> scope
  std::map<std::string, std::string> tokens_;                // "account/region/clientToken" -> task id
  std::map<std::string, Pending> pending_logs_;
  struct Recent {
    uint64_t dropped = 0;                                    // lines that came before these
    std::deque<std::pair<std::string, std::string>> lines;   // (container, line)
  };
  std::map<std::string, Recent> recent_;                     // by task id
};

// The members of a document that clients see.
json::Value shown_only(const json::Value& document);
std::unexpected<Error> client_error(std::string message);
std::unexpected<Error> invalid_parameter(std::string message);
// The part behind the last '/'.
std::string last_part(std::string_view arn);

}  // namespace ecs
