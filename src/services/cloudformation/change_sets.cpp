// Change sets: what would happen, shown before it does.
#include <fmt/format.h>

#include <algorithm>

#include "services/cloudformation/change_set_diff.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

constexpr std::string_view kNoChanges = "The submitted information didn't contain changes. Submit different information to create a change set.";
constexpr size_t kChangeSetsMax = 1'000;  // of one stack
constexpr size_t kChangesPage = 500;      // of DescribeChangeSet: a template's resources

std::unexpected<Error> not_found(std::string_view name) {
  return fail("ChangeSetNotFoundException", fmt::format("ChangeSet [{}] does not exist", name), 404);
}

}  // namespace

void CloudFormation::create_change_set(const Call& call, Reply reply) {
  const std::string name(call.params.text("StackName"));
  const std::string_view type = call.params.text("ChangeSetType", "UPDATE"), set_name = call.params.text("ChangeSetName");
  const Stack* there = find(call, name);
  if (there && there->is_deleted()) there = nullptr;
  if (type == "IMPORT") return reply(invalid("ChangeSetType IMPORT is not supported: resources that exist cannot be imported"));
  if (type == "CREATE" && there && there->status != "REVIEW_IN_PROGRESS") {
    return reply(invalid(fmt::format("Stack [{}] already exists and cannot be created again with the changeSet [{}].", there->name, set_name)));
  }
  if (type == "UPDATE" && !there) return reply(invalid(fmt::format("Stack [{}] does not exist", name)));
  if (there && there->status != "REVIEW_IN_PROGRESS") {
    if (auto may = updatable(*there); !may) return reply(std::unexpected(may.error()));
  }
  if (there) {
    const ChangeSet* same = records_.change_set(*there, set_name);
    if (same && same->execution_status != "EXECUTE_COMPLETE" && same->execution_status != "EXECUTE_FAILED" && same->execution_status != "OBSOLETE") {
      return reply(fail("AlreadyExistsException", fmt::format("ChangeSet {} cannot be created due to a mismatch with existing attribute Template", same->id)));
    }
    if (records_.change_sets(*there).size() >= kChangeSetsMax) return reply(fail("LimitExceededException", "Limit for change sets has been exceeded"));
  }
  Result<Stack> stack = there ? Result<Stack>(*there) : new_stack(call, name);
  if (!stack) return reply(std::unexpected(std::move(stack).error()));
  const Pseudo pseudo = pseudo_of(*stack);
  const bool is_new = !there;
  prepare(call, there, pseudo, [this, call, is_new, stack = *std::move(stack), reply = std::move(reply)](Result<Prepared> prepared) mutable {
    if (!prepared) return reply(std::unexpected(std::move(prepared).error()));
    reply(create_change_set(call, std::move(stack), is_new, *std::move(prepared)));
  });
}

Result<Value> CloudFormation::create_change_set(const Call& call, Stack stack, bool is_new, Prepared prepared) {
  const Scope scope{call.account, call.region};
  if (is_new && find(call, stack.name)) return fail("AlreadyExistsException", fmt::format("Stack [{}] already exists", stack.name));
  if (!is_new && !find(call, stack.id)) return invalid(fmt::format("Stack [{}] does not exist", stack.name));
  ChangeSet made;
  made.name = call.params.text("ChangeSetName");
  made.id = fmt::format("arn:{}:cloudformation:{}:{}:changeSet/{}/{}", call.partition, call.region, call.account, made.name, kit_.random.uuid());
  made.stack_id = stack.id, made.stack_name = stack.name, made.type = call.params.text("ChangeSetType", "UPDATE");
  made.description = call.params.text("Description"), made.created = kit_.clock().now();
  made.include_nested = call.params["IncludeNestedStacks"] == Value(true);
  made.on_failure = call.params.text("OnStackFailure");
  made.revision = std::move(prepared.revision);
  if (is_new) {
    stack.status = "REVIEW_IN_PROGRESS", stack.reason = "User Initiated";
    store::Batch batch;
    records_.add_event(stack, batch);
    records_.put(stack, batch);
    records_.commit(std::move(batch));
  }
  const Changes changes = find_changes(stack, made.revision, prepared.plan, records_, catalog_);
  made.changes = changes.plain, made.valued_changes = changes.valued;
  const bool any = made.type == "CREATE" || stack.status == "REVIEW_IN_PROGRESS" || differs(stack, made.revision, prepared.plan, records_, catalog_);
  made.status = any ? "CREATE_COMPLETE" : "FAILED";
  made.execution_status = any ? "AVAILABLE" : "UNAVAILABLE";
  if (!any) made.reason = kNoChanges;
  records_.put(scope, made);
  return json::object({{"Id", made.id}, {"StackId", stack.id}});
}

Result<ChangeSet> CloudFormation::need_change_set(const Call& call) const {
  const std::string_view name = call.params.text("ChangeSetName"), stack_name = call.params.text("StackName");
  const ChangeSet* found = nullptr;
  if (name.starts_with("arn:")) {
    found = records_.change_set(Scope{call.account, call.region}, name);
  } else {
    if (stack_name.empty()) return invalid("StackName must be specified if ChangeSetName is not specified as an ARN.");
    const Stack* stack = find(call, stack_name);
    if (!stack) return invalid(fmt::format("Stack [{}] does not exist", stack_name));
    found = records_.change_set(*stack, name);
  }
  if (!found) return not_found(name);
  return *found;
}

Result<Value> CloudFormation::describe_change_set(const Call& call) {
  const ChangeSet found = TRY(need_change_set(call));
  const Value& changes = call.params["IncludePropertyValues"] == Value(true) ? found.valued_changes : found.changes;
  const Value shown = TRY(page(call, "Changes", std::vector<Value>(changes.items().begin(), changes.items().end()), kChangesPage));
  json::ObjectBuilder out;
  out.add("ChangeSetName", found.name).add("ChangeSetId", found.id).add("StackId", found.stack_id).add("StackName", found.stack_name);
  out.add_text("Description", found.description);
  if (!found.revision.parameters.empty()) out.add("Parameters", shown_parameters(found.revision.parameters));
  out.add("CreationTime", found.created.seconds()).add("ExecutionStatus", found.execution_status).add("Status", found.status);
  out.add_text("StatusReason", found.reason).add("NotificationARNs", found.revision.notification_arns);
  out.add("RollbackConfiguration", found.revision.rollback_configuration).add("Capabilities", found.revision.capabilities);
  if (found.revision.tags.size() > 0) out.add("Tags", found.revision.tags);
  out.add("Changes", shown["Changes"]);
  if (shown.find("NextToken")) out.add("NextToken", shown["NextToken"]);
  out.add("IncludeNestedStacks", found.include_nested).add_text("OnStackFailure", found.on_failure);
  return out.build();
}

Result<Value> CloudFormation::execute_change_set(const Call& call) {
  const Scope scope{call.account, call.region};
  ChangeSet set = TRY(need_change_set(call));
  const Stack* found = find(call, set.stack_id);
  if (!found || found->is_deleted()) return invalid(fmt::format("Stack [{}] does not exist", set.stack_name));
  if (set.execution_status != "AVAILABLE") {
    return fail("InvalidChangeSetStatusException", fmt::format("ChangeSet [{}] cannot be executed in its current status of [{}]", set.id, set.status));
  }
  Stack stack = *found;
  const bool creates = stack.status == "REVIEW_IN_PROGRESS";
  if (!creates) TRY(updatable(stack));
  set.execution_status = "EXECUTE_COMPLETE";
  set.revision.change_set_id = set.id;
  records_.put(scope, set);
  // What else was proposed was proposed of a stack that is no more.
  for (const ChangeSet* other : records_.change_sets(stack)) {
    if (other->id == set.id || other->execution_status != "AVAILABLE") continue;
    ChangeSet obsolete = *other;
    obsolete.execution_status = "OBSOLETE";
    records_.put(scope, obsolete);
  }
  if (creates) {
    stack.updated = kit_.clock().now();
    stack.revision = set.revision;
    stack.disable_rollback = call.params["DisableRollback"] == Value(true);
    const std::string_view on_failure = !set.on_failure.empty() ? std::string_view(set.on_failure) : stack.disable_rollback ? "DO_NOTHING" : "ROLLBACK";
    begin_create(std::move(stack), call, on_failure);
  } else {
    begin_update(std::move(stack), call, set.revision);
  }
  return Value::object();
}

Result<Value> CloudFormation::delete_change_set(const Call& call) {
  const auto set = need_change_set(call);
  // AWS quirk: to delete a change set that is not there succeeds, as long as its stack is.
  if (!set) {
    if (set.error().code == "ChangeSetNotFoundException") return Value::object();
    return std::unexpected(set.error());
  }
  if (set->execution_status == "EXECUTE_IN_PROGRESS") {
    return fail("InvalidChangeSetStatusException", fmt::format("An operation on this ChangeSet is currently in progress."));
  }
  records_.erase({call.account, call.region}, *set);
  return Value::object();
}

Result<Value> CloudFormation::list_change_sets(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* stack = find(call, name);
  if (!stack) return invalid(fmt::format("Stack [{}] does not exist", name));
  std::vector<Value> shown;
  for (const ChangeSet* one : records_.change_sets(*stack)) {
    if (one->execution_status == "EXECUTE_COMPLETE") continue;
    json::ObjectBuilder out;
    out.add("StackId", one->stack_id).add("StackName", one->stack_name).add("ChangeSetId", one->id).add("ChangeSetName", one->name);
    out.add("ExecutionStatus", one->execution_status).add("Status", one->status).add_text("StatusReason", one->reason);
    out.add("CreationTime", one->created.seconds()).add_text("Description", one->description).add("IncludeNestedStacks", one->include_nested);
    shown.push_back(out.build());
  }
  return page(call, "Summaries", shown, 100);
}

}  // namespace cloudformation
