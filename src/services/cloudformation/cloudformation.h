#pragma once
// CloudFormation: stacks of resources out of templates.
//
// A request's template is read, bound to its parameters and checked (prepare.cpp) before anything is kept; then
// a Deployment (deployment.h) carries the operation out, across restarts. Resources are made through the
// registry with the rights of the caller, or of the stack's role: never behind a service's back.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "services/cloudformation/deployment.h"
#include "services/cloudformation/plan.h"
#include "services/cloudformation/records.h"
#include "services/cloudformation/resources/resource_type.h"
#include "services/service.h"

namespace cloudformation {

class CloudFormation final : public services::Service {
 public:
  explicit CloudFormation(services::Kit& kit);
  ~CloudFormation() override;
  void load() override;
  void start() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Reply = protocol::Reply;
  using Scope = services::Scope;
  using Answer = Result<Value> (CloudFormation::*)(const Call&);
  using Later = void (CloudFormation::*)(const Call&, Reply);

  // A request's template with everything that it needs, ready to be carried out.
  struct Prepared {
    Revision revision;
    Plan plan;
  };
  using Ready = Function<void(Result<Prepared>)>;

  // create_stack.cpp
  void create_stack(const Call& call, Reply reply);
  void update_stack(const Call& call, Reply reply);
  Result<Value> delete_stack(const Call& call);
  Result<Value> cancel_update(const Call& call);
  Result<Value> continue_rollback(const Call& call);
  Result<Value> rollback_stack(const Call& call);
  Result<Value> update_termination_protection(const Call& call);
  Result<Value> set_stack_policy(const Call& call);
  Result<Value> get_stack_policy(const Call& call);
  Result<Stack> new_stack(const Call& call, std::string_view name);
  void begin_create(Stack stack, const Call& call, std::string_view on_failure);
  void begin_update(Stack stack, const Call& call, Revision revision);
  Status updatable(const Stack& stack) const;
  // describe_stacks.cpp
  Result<Value> describe_stacks(const Call& call);
  Result<Value> list_stacks(const Call& call);
  Result<Value> describe_events(const Call& call);
  Result<Value> describe_resource(const Call& call);
  Result<Value> describe_resources(const Call& call);
  Result<Value> list_resources(const Call& call);
  Result<Value> list_exports(const Call& call);
  Result<Value> list_imports(const Call& call);
  Result<Value> page(const Call& call, std::string_view member, const std::vector<Value>& list, size_t limit) const;
  // templates.cpp
  Result<Value> get_template(const Call& call);
  void get_template_summary(const Call& call, Reply reply);
  void validate_template(const Call& call, Reply reply);
  Result<Value> estimate_cost(const Call& call);
  Result<Value> account_limits(const Call& call);
  // change_sets.cpp
  void create_change_set(const Call& call, Reply reply);
  Result<Value> create_change_set(const Call& call, Stack stack, bool is_new, Prepared prepared);
  Result<Value> describe_change_set(const Call& call);
  Result<Value> execute_change_set(const Call& call);
  Result<Value> delete_change_set(const Call& call);
  Result<Value> list_change_sets(const Call& call);
  Result<ChangeSet> need_change_set(const Call& call) const;

  // prepare.cpp
  void prepare(const Call& call, const Stack* stack, const Pseudo& pseudo, Ready ready);
  // The text of TemplateBody, TemplateURL or, where it is asked for, of the stack's template.
  void template_text(const Call& call, const Stack* stack, Function<void(Result<std::string>)> then);
  void fetch(const Call& call, std::string_view url, Function<void(Result<std::string>)> then);
  void resolve_parameters(const Call& call, std::shared_ptr<Prepared> prepared, Function<void(Status)> then);
  void find_zones(const Call& call, std::shared_ptr<Prepared> prepared, Function<void()> then);
  Status check_types(const Call& call, const Plan& plan) const;
  Status check_capabilities(const Call& call, const Value& body, const std::vector<std::string>& resources) const;

  // cloudformation.cpp
  const Stack* find(const Call& call, std::string_view name_or_id) const { return records_.find({call.account, call.region}, name_or_id); }
  void launch(const Stack& stack);
  // Keeps the stack as it now stands, tells of it, and sets to work on it.
  void set_out(Stack& stack);
  Result<Value> exported(const Scope& scope, std::string_view name) const;
  std::optional<std::string> held_back(const Stack& stack) const;
  // The names of the exports that a stack imports.
  std::vector<std::string> imports_of(const Stack& stack) const;
  void notify(const Stack& stack, const Value& event);
  static Pseudo pseudo_of(const Stack& stack);

  services::Kit& kit_;
  Records records_;
  Catalog catalog_;
  std::map<std::string, std::unique_ptr<Deployment>> deployments_;  // by stack id
};

// The capabilities that templates with IAM resources and macros ask for, and which types are to blame.
struct NeededCapabilities {
  std::vector<std::string> capabilities;
  std::vector<std::string> types;
};
NeededCapabilities needed_capabilities(const json::Value& body, const std::vector<std::string>& resources, const Catalog& catalog);

}  // namespace cloudformation
