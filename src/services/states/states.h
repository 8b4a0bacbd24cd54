#pragma once
// Step Functions: the operations of AWS's API over the engine.
//
// One operation or one tight family a file; this class holds what they share. A state machine's tasks go out
// through integrations/dispatch.h, as the machine's role.
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/engine.h"
#include "services/service.h"
#include "services/states/feed.h"
#include "services/states/map_runs/map_runs.h"
#include "services/states/names.h"
#include "services/states/observe/watch.h"
#include "services/states/resources.h"
#include "services/table.h"

namespace states {

class Dispatch;

class States final : public services::Service, engine::Observer {
 public:
  struct Settings {
    int64_t retention_ms = 90 * int64_t{86'400'000};  // of finished executions; 0: for ever
    int64_t open_executions_max = 1'000'000;          // in an account and region
  };
  States(services::Kit& kit, Settings settings);
  ~States() override;

  void load() override;
  // EventBridge lives elsewhere (--upstream): it is told everything, since its rules are not known here.
  void tell_every_status() { tells_every_status_ = true; }
  void start() override;
  // Writes down the numbers that it counts, for /_gantry/metrics.
  void report(Exposition& out) const;
  // Spans of executions go to this OTLP collector (http://host:4318).
  void export_traces(const std::string& endpoint) { watch_.export_traces(endpoint); }
  engine::Engine& engine() { return engine_; }
  // Who hears of executions and who does their tasks, for one who stands between (cli/run.h: mocks, a picture).
  engine::Observer& observer() { return *this; }
  engine::ActionSink& tasks();
  Feed& feed() { return feed_; }

 private:
  friend class Dispatch;
  using Call = protocol::Call;
  using Value = json::Value;
  using Needs = std::vector<protocol::Need>;

  // create_state_machine.cpp, update_state_machine.cpp, state_machines.cpp
  void create_state_machine(const Call& call, protocol::Reply reply);
  void update_state_machine(const Call& call, protocol::Reply reply);
  Result<Value> describe_state_machine(const Call& call);
  Result<Value> describe_state_machine_for_execution(const Call& call);
  Result<Value> list_state_machines(const Call& call);
  Result<Value> delete_state_machine(const Call& call);
  Result<Value> validate_definition(const Call& call);
  // versions.cpp, aliases.cpp
  Result<Value> publish_version(const Call& call);
  Result<Value> list_versions(const Call& call);
  Result<Value> delete_version(const Call& call);
  Result<Value> create_alias(const Call& call);
  Result<Value> update_alias(const Call& call);
  Result<Value> describe_alias(const Call& call);
  Result<Value> list_aliases(const Call& call);
  Result<Value> delete_alias(const Call& call);
  // start_execution.cpp
  Result<Value> start_execution(const Call& call);
  void start_sync_execution(const Call& call, protocol::Reply reply);
  // Asynchronous Express executions run in memory, at least once: one that is not over when its start is answered is
  // written down, and begun again after a crash.
  void start_express(engine::Record&& record, Value input);
  void start_express_again();
  // test_state.cpp
  void test_state(const Call& call, protocol::Reply reply);
  // executions.cpp
  Result<Value> describe_execution(const Call& call);
  Result<Value> list_executions(const Call& call);
  Result<Value> stop_execution(const Call& call);
  Result<Value> get_execution_history(const Call& call);
  // redrive.cpp
  Result<Value> redrive_execution(const Call& call);
  struct Redrivable {
    std::string_view status;  // REDRIVABLE, NOT_REDRIVABLE, REDRIVABLE_BY_MAP_RUN
    std::string reason;
  };
  Redrivable redrivable_of(const engine::Record& record) const;
  // Whether one more execution may run, of this ARN.
  Status admit(const std::string& arn) const;
  // map_run_operations.cpp
  Result<Value> list_map_runs(const Call& call);
  Result<Value> describe_map_run(const Call& call);
  Result<Value> update_map_run(const Call& call);
  Result<const MapRun*> find_map_run(const Call& call);
  // activities.cpp, task_tokens.cpp
  Result<Value> create_activity(const Call& call);
  Result<Value> describe_activity(const Call& call);
  Result<Value> list_activities(const Call& call);
  Result<Value> delete_activity(const Call& call);
  void get_activity_task(const Call& call, protocol::Reply reply);
  Result<Value> send_task_success(const Call& call);
  Result<Value> send_task_failure(const Call& call);
  Result<Value> send_task_heartbeat(const Call& call);
  // tags.cpp
  Result<Value> tag_resource(const Call& call);
  Result<Value> untag_resource(const Call& call);
  Result<Value> list_tags(const Call& call);

  // --- shared by the operations ---
  void offer_state_machines();
  void offer_executions();
  void offer_tasks();

  static services::Scope scope_of(const Name& name) { return {name.parts.account, name.parts.region}; }
  // A client reaches its own account and Region alone: nothing that an ARN names elsewhere exists for it.
  static bool reaches(const Call& call, const Name& name);
  // Where `call` looks for what `name` speaks of; of what it does not reach, a scope that holds nothing.
  static services::Scope scope_for(const Call& call, const Name& name) { return reaches(call, name) ? scope_of(name) : services::Scope{}; }
  // The machine that `name` speaks of, or StateMachineDoesNotExist with the ARN as it was given.
  Result<const StateMachine*> find_machine(const Call& call, const Name& name) const;
  std::optional<engine::Record> find_execution(const Call& call, const Name& name);
  // Saves a copy of the machine with changes made.
  const StateMachine& save(StateMachine machine);
  std::string definition_text(const Revision& revision);
  std::shared_ptr<const asl::Machine> compiled(const Revision& revision);
  // Compiles; an Error of InvalidDefinition with AWS's list of findings.
  Result<std::shared_ptr<const asl::Machine>> compile(std::string_view definition, bool express) const;
  // Makes the managed rules that a machine's .sync tasks need, as its role; then goes on.
  void ensure_managed_rules(const Call& call, std::string role_arn, const asl::Machine& machine,
                            Function<void(Status)> then);
  // Whether the role may log, and the group is there (observe/log_destination.cpp).
  std::optional<Value> logging_of(const engine::Record& execution) const;
  void check_log_destination(const std::string& role_arn, const Value& logging, Function<void(Status)> then);
  // Gives the version for the revision, the one that there is already if nothing changed.
  // With another description that is another version or not: UpdateStateMachine makes one (as moto's tests saw on AWS).
  enum class Redescribed : uint8_t { is_the_same, is_another };
  uint64_t publish(StateMachine& machine, const std::string& description, Redescribed redescribed = Redescribed::is_the_same);
  // Whether a machine with the versions that it would then have may be saved.
  static Status check_versions(const StateMachine& machine);
  std::string version_arn(const StateMachine& machine, uint64_t number) const;

  // Pages: `maxResults` (0 means the default) and the token's text.
  struct PageAsked {
    size_t limit;
    std::string from;
  };
  Result<PageAsked> page_asked(const Call& call) const;
  std::string page_purpose(const Call& call) const;
  void add_next_token(json::ObjectBuilder& out, const Call& call, std::string_view from) const;

  // What an ARN given to StartExecution leads to: machine, revision, version and alias.
  struct Target {
    const StateMachine* machine;
    const Revision* revision;
    std::string version_arn, alias_arn;
  };
  Result<Target> resolve(const Call& call, const Name& name);

  // A task's token: execution ARN and task number under the seal.
  std::string task_token(std::string_view execution_arn, uint64_t task) const;
  struct TaskName {
    std::string execution;
    uint64_t task;
  };
  Result<TaskName> open_token(const Call& call) const;

  // Observer: status-change events go to EventBridge (status_events.cpp).
  bool has_listeners(const services::Scope& scope);
  void status_changed(const engine::Record& execution) override;
  void progressed(const engine::Record& execution, const std::vector<asl::Event>& events) override;
  void forgotten(const std::string& arn) override;

  // Work that waits for GetActivityTask, and the pollers that wait for work, per activity.
  struct ActivityWork {
    std::string execution;
    uint64_t task;
    std::string token;
    std::string input;
  };
  struct Poller {
    uint64_t id;
    std::string worker;
    protocol::Reply reply;
    Loop::TimerId timeout;
    std::shared_ptr<bool> gone;  // the connection has ended
  };
  // There while there is either.
  struct ActivityQueue {
    std::map<int64_t, ActivityWork> work;                  // by its place in line
    std::unordered_map<std::string, int64_t> places;       // by execution and task
    std::deque<Poller> pollers;
    void add(int64_t place, ActivityWork one);
    ActivityWork take(std::map<int64_t, ActivityWork>::iterator it);
  };
  bool has_activity(std::string_view arn) const;
  void offer_activity_work(const std::string& activity_arn, ActivityWork work);
  // Nobody waits for the task any more.
  void withdraw_activity_work(const std::string& activity_arn, const std::string& execution, uint64_t task);
  void hand_over(const std::string& activity_arn);
  // Nothing came for it, or it is there no more.
  void end_poll(const std::string& activity_arn, uint64_t poller);

  services::Kit& kit_;
  const Settings settings_;
  services::Table<StateMachine> machines_;
  services::Table<Activity> activities_;
  services::Table<ExpressStart> express_;
  Watch watch_;
  engine::Engine engine_;
  Feed feed_;
  MapRuns map_runs_;
  std::unique_ptr<Dispatch> dispatch_;
  std::unordered_map<std::string, ActivityQueue> activity_queues_;
  uint64_t poller_count_ = 0;
  bool tells_every_status_ = false;
  std::map<services::Scope, Call> asks_for_listeners_;  // "would anybody take our events?", a call for each scope
  struct {
    services::Scope scope;
    store::Position at = 0;
    bool heard = false;
  } heard_;  // the last answer, and of which commit
};

}  // namespace states
