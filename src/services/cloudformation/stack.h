#pragma once
// What is kept of a stack: its revisions, its resources, the operation under way, its change sets.
//
// A stack is one record and each resource another, so that a resource's progress is a small commit. While an
// operation runs, each record holds what is needed to go on after a crash: Operation in the stack, Work in a
// resource. deployment.h drives them.
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"
#include "protocol/operation.h"
#include "services/cloudformation/parameters.h"

namespace cloudformation {

// What a stack is, or is to be, made of.
struct Revision {
  std::string template_text;  // as it was given
  std::vector<Parameter> parameters;
  json::Value tags = json::Value::array();          // [{Key, Value}]
  json::Value capabilities = json::Value::array();  // texts
  json::Value notification_arns = json::Value::array();
  json::Value rollback_configuration = json::Value::object();
  std::string role_arn;
  std::string change_set_id;
  std::vector<std::string> zones;  // for Fn::GetAZs

  // The template, parsed and with its language extensions expanded; text that was checked before.
  const json::Value& body() const;

 private:
  mutable json::Value body_;
};
json::Value to_json(const Revision& revision);
Revision from_json(const json::Value& value, std::type_identity<Revision>);

// The facts of a physical resource.
struct Physical {
  std::string id;
  json::Value properties;  // evaluated
  json::Value attributes;  // for Fn::GetAtt; "" is what Ref gives where that is not the id
  bool operator==(const Physical&) const = default;
};
json::Value to_json(const Physical& physical);
Physical physical_from_json(const json::Value& value);

// What is being done to a resource now, from its first event to its last.
struct Work {
  enum class Kind : uint8_t { none, create, update, replace, restore, remove, remove_old };
  Kind kind = Kind::none;
  json::Value properties;            // that it is to have
  std::vector<json::Value> journal;  // what the handler's calls have answered: job.h
  std::string token;                 // for idempotent calls; letters for names are drawn from it
};

struct Resource {
  std::string logical_id, type;
  Physical now;                // its id is empty until there is one
  std::string status, reason;  // "CREATE_COMPLETE"; empty: not begun
  Instant changed;
  json::Value metadata;
  std::string deletion_policy, update_replace_policy;
  std::vector<std::string> depends;  // logical ids that must be there as long as this one is

  // --- of the operation under way ---
  Work work;
  bool done = false;               // this phase has nothing more to do with it
  bool added = false;              // was not there before
  std::optional<Physical> before;  // what a rollback goes back to
  std::vector<Physical> old;       // to be deleted once the operation has succeeded (or been undone)
};
json::Value to_json(const Resource& resource);
Resource from_json(const json::Value& value, std::type_identity<Resource>);

struct Operation {
  enum class Kind : uint8_t { create, update, remove };
  // deploy: resources are made and changed. cleanup: what nothing needs any more goes. restore and
  // restore_cleanup: an update is undone. remove: everything goes.
  enum class Phase : uint8_t { deploy, cleanup, restore, restore_cleanup, remove };
  Kind kind = Kind::create;
  Phase phase = Phase::deploy;
  std::string id;     // uuid: the RequestToken in messages
  std::string token;  // ClientRequestToken
  protocol::Principal caller;
  std::optional<Revision> previous;   // of an update
  std::string on_failure;             // "ROLLBACK", "DELETE", "DO_NOTHING"
  Instant deadline;                   // ms 0: none
  std::vector<std::string> failed;    // logical ids, the root cause first
  std::vector<std::string> retained;  // RetainResources of DeleteStack
  std::string cause;                  // why it is being undone, when no resource is to blame
};

struct Stack {
  std::string id, name, region, account, partition;
  std::string status, reason;
  Instant created, updated, deleted;  // ms 0: never
  Revision revision;
  std::string description;
  json::Value outputs = json::Value::array();  // [{OutputKey, OutputValue, Description, ExportName}]
  bool disable_rollback = false;
  int64_t timeout_minutes = 0;
  bool termination_protection = false;
  std::string policy;  // stack policy
  std::optional<Operation> operation;

  std::string_view uuid() const;
  // An operation that has stopped short (UPDATE_ROLLBACK_FAILED) is kept, but not under way.
  bool under_way() const { return operation && status.ends_with("_IN_PROGRESS"); }
  bool is_deleted() const { return status == "DELETE_COMPLETE"; }
};
json::Value to_json(const Stack& stack);
Stack from_json(const json::Value& value, std::type_identity<Stack>);

struct ChangeSet {
  std::string id, name, stack_id, stack_name, type;  // "CREATE", "UPDATE"
  std::string status, reason, execution_status, description;
  Instant created;
  Revision revision;
  json::Value changes;         // as DescribeChangeSet shows them
  json::Value valued_changes;  // the same with IncludePropertyValues
  bool include_nested = false;
  std::string on_failure;  // OnStackFailure
};
json::Value to_json(const ChangeSet& change_set);
ChangeSet from_json(const json::Value& value, std::type_identity<ChangeSet>);

// An event, as DescribeStackEvents shows it.
struct Event {
  json::Value shown;
};
json::Value to_json(const Event& event);
Event from_json(const json::Value& value, std::type_identity<Event>);

}  // namespace cloudformation
