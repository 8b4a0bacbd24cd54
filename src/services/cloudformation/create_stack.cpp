// Stacks are created, updated, deleted and rolled back; and what protects them.
#include <fmt/format.h>

#include <algorithm>

#include "services/cloudformation/change_set_diff.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/language_extensions.h"
#include "services/cloudformation/stack_policy.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;
using Phase = Operation::Phase;

namespace {

constexpr size_t kNameMax = 128;

std::unexpected<Error> does_not_exist(std::string_view name) { return invalid(fmt::format("Stack [{}] does not exist", name)); }

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text[0]) && std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

Status check_rollback_triggers(const Value& configuration) {
  const Value& triggers = configuration["RollbackTriggers"];
  if (!triggers.is_array()) return {};
  for (const Value& trigger : triggers.items()) {
    const std::string_view type = trigger.text("Type"), arn = trigger.text("Arn");
    if (type != "AWS::CloudWatch::Alarm" && type != "AWS::CloudWatch::CompositeAlarm") return invalid("Rollback Trigger Type not supported");
    const size_t colons = static_cast<size_t>(std::ranges::count(arn, ':'));
    if (!arn.starts_with("arn:") || colons < 6 || arn.find(":alarm:") == arn.npos) return invalid("RelativeId of a Rollback Trigger's ARN is incorrect");
  }
  return {};
}

// Templates that ask for macros or extensions are expanded before anything is shown; whoever skips the change
// set has to say that this is fine.
Status check_auto_expand(const protocol::Call& call, std::string_view text) {
  const auto body = parse_template(text);
  if (!body || !has_language_extensions(*body)) return {};
  const Value& given = call.params["Capabilities"];
  const bool may = given.is_array() && std::ranges::find(given.items(), Value("CAPABILITY_AUTO_EXPAND")) != given.items().end();
  if (may) return {};
  return fail("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
}

}  // namespace

Result<Stack> CloudFormation::new_stack(const Call& call, std::string_view name) {
  if (!is_name(name)) {
    return invalid(fmt::format("1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression "
                               "pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*", name));
  }
  if (name.size() > kNameMax) {
    return invalid(fmt::format("1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must have length less than or "
                               "equal to {}", name, kNameMax));
  }
  const auto& stacks = records_.stacks({call.account, call.region});
  const auto alive = std::ranges::count_if(stacks, [](const auto& one) { return !one.second.is_deleted(); });
  if (static_cast<size_t>(alive) >= kStacksMax) return fail("LimitExceededException", fmt::format("Limit for stack has been exceeded"));
  if (const std::string_view role = call.params.text("RoleARN"); !role.empty() && kit_.registry.has("sts", "AssumeRole")) {
    const protocol::Call assume = kit_.registry.internal(protocol::Principal::aws_service("cloudformation.amazonaws.com", call.account), call.region, "sts",
                                                         "AssumeRole", json::object({{"RoleArn", role}, {"RoleSessionName", "AWSCloudFormation"}}));
    if (!kit_.registry.allowed(assume)) return invalid(fmt::format("Role {} is invalid or cannot be assumed", role));
  }
  Stack stack;
  stack.name = name, stack.account = call.account, stack.region = call.region, stack.partition = call.partition;
  stack.id = fmt::format("arn:{}:cloudformation:{}:{}:stack/{}/{}", call.partition, call.region, call.account, name, kit_.random.uuid());
  stack.created = kit_.clock().now();
  stack.disable_rollback = call.params["DisableRollback"] == Value(true);
  stack.timeout_minutes = call.params["TimeoutInMinutes"].as_int64().value_or(0);
  stack.termination_protection = call.params["EnableTerminationProtection"] == Value(true);
  return stack;
}

void CloudFormation::begin_create(Stack stack, const Call& call, std::string_view on_failure) {
  Operation operation;
  operation.kind = Operation::Kind::create, operation.phase = Phase::deploy;
  operation.id = kit_.random.uuid(), operation.token = call.params.text("ClientRequestToken");
  operation.caller = call.caller, operation.on_failure = on_failure;
  if (stack.timeout_minutes > 0) operation.deadline = kit_.clock().now() + stack.timeout_minutes * 60'000;
  stack.operation = std::move(operation);
  stack.description = stack.revision.body().text("Description");
  stack.status = "CREATE_IN_PROGRESS", stack.reason = "User Initiated";
  set_out(stack);
}

void CloudFormation::create_stack(const Call& call, Reply reply) {
  const std::string name(call.params.text("StackName"));
  if (const Stack* there = find(call, name)) {
    const std::string_view token = call.params.text("ClientRequestToken");
    if (!token.empty() && there->operation && there->operation->token == token) return reply(json::object({{"StackId", there->id}}));
    return reply(fail("AlreadyExistsException", fmt::format("Stack [{}] already exists", name)));
  }
  auto stack = new_stack(call, name);
  if (!stack) return reply(std::unexpected(std::move(stack).error()));
  if (call.params.find("DisableRollback") && call.params.find("OnFailure")) {
    return reply(invalid("You can specify either DisableRollback or OnFailure, but not both."));
  }
  if (auto fits = check_rollback_triggers(call.params["RollbackConfiguration"]); !fits) return reply(std::unexpected(fits.error()));
  if (call.params.find("StackPolicyBody")) {
    if (call.params.find("StackPolicyURL")) return reply(invalid("You cannot specify both StackPolicyURL and StackPolicyBody"));
    if (auto fits = check_stack_policy(call.params.text("StackPolicyBody")); !fits) return reply(std::unexpected(fits.error()));
    stack->policy = call.params.text("StackPolicyBody");
  }
  Pseudo pseudo = pseudo_of(*stack);
  const Value& arns = call.params["NotificationARNs"];
  for (const Value& arn : arns.is_array() ? arns.items() : std::span<const Value>()) pseudo.notification_arns.emplace_back(arn.as_string());
  prepare(call, nullptr, pseudo, [this, call, stack = *std::move(stack), reply = std::move(reply)](Result<Prepared> prepared) mutable {
    if (!prepared) return reply(std::unexpected(std::move(prepared).error()));
    if (auto may = check_auto_expand(call, prepared->revision.template_text); !may) return reply(std::unexpected(may.error()));
    if (find(call, stack.name)) return reply(fail("AlreadyExistsException", fmt::format("Stack [{}] already exists", stack.name)));
    stack.revision = std::move(prepared->revision);
    const std::string id = stack.id;
    const std::string_view on_failure = call.params.text("OnFailure", stack.disable_rollback ? "DO_NOTHING" : "ROLLBACK");
    if (on_failure == "DO_NOTHING") stack.disable_rollback = true;
    begin_create(std::move(stack), call, on_failure);
    reply(json::object({{"StackId", id}}));
  });
}

Status CloudFormation::updatable(const Stack& stack) const {
  static constexpr std::string_view kFit[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", "CREATE_FAILED", "IMPORT_COMPLETE"};
  if (std::ranges::find(kFit, stack.status) != std::end(kFit)) return {};
  return invalid(fmt::format("Stack:{} is in {} state and can not be updated.", stack.id, stack.status));
}

void CloudFormation::begin_update(Stack stack, const Call& call, Revision revision) {
  Operation operation;
  operation.kind = Operation::Kind::update, operation.phase = Phase::deploy;
  operation.id = kit_.random.uuid(), operation.token = call.params.text("ClientRequestToken");
  operation.caller = call.caller;
  // After an update that failed and was left so, what a rollback goes back to is still what was before it.
  operation.previous = stack.operation && stack.operation->previous ? stack.operation->previous : std::optional(stack.revision);
  stack.revision = std::move(revision);
  stack.operation = std::move(operation);
  stack.disable_rollback = call.params["DisableRollback"] == Value(true);
  stack.updated = kit_.clock().now();
  stack.status = "UPDATE_IN_PROGRESS", stack.reason = "User Initiated";
  set_out(stack);
}

void CloudFormation::update_stack(const Call& call, Reply reply) {
  const std::string name(call.params.text("StackName"));
  const Stack* stack = find(call, name);
  if (!stack) return reply(does_not_exist(name));
  if (auto may = updatable(*stack); !may) return reply(std::unexpected(may.error()));
  if (auto fits = check_rollback_triggers(call.params["RollbackConfiguration"]); !fits) return reply(std::unexpected(fits.error()));
  prepare(call, stack, pseudo_of(*stack), [this, call, id = stack->id, reply = std::move(reply)](Result<Prepared> prepared) mutable {
    if (!prepared) return reply(std::unexpected(std::move(prepared).error()));
    const Stack* now = find(call, id);
    if (!now) return reply(does_not_exist(id));
    if (auto may = updatable(*now); !may) return reply(std::unexpected(may.error()));
    if (auto may = check_auto_expand(call, prepared->revision.template_text); !may) return reply(std::unexpected(may.error()));
    for (const std::string& resource : prepared->plan.resources) {
      const Resource* there = records_.resource(*now, resource);
      if (there && there->type != prepared->plan.resource(resource).text("Type")) {
        return reply(invalid(fmt::format("Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]", resource)));
      }
    }
    const bool retries = now->status == "UPDATE_FAILED" || now->status == "CREATE_FAILED";
    if (!retries && !differs(*now, prepared->revision, prepared->plan, records_, catalog_)) return reply(invalid("No updates are to be performed."));
    const std::string stack_id = now->id;
    begin_update(*now, call, std::move(prepared->revision));
    reply(json::object({{"StackId", stack_id}}));
  });
}

Result<Value> CloudFormation::delete_stack(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* found = find(call, name);
  // AWS quirk: deleting what is not there succeeds.
  if (!found || found->is_deleted() || found->status == "DELETE_IN_PROGRESS") return Value::object();
  Stack stack = *found;
  if (stack.termination_protection) {
    return invalid(fmt::format("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name));
  }
  if (stack.under_way() && stack.operation->kind == Operation::Kind::create && stack.operation->phase == Phase::deploy) {
    stack.operation->on_failure = "DELETE";
    records_.put(stack);
    deployments_[stack.id]->cancel();
    return Value::object();
  }
  if (stack.under_way()) return invalid(fmt::format("Stack [{}] cannot be deleted while in status {}", stack.id, stack.status));
  Operation operation;
  operation.kind = Operation::Kind::remove, operation.phase = Phase::remove;
  operation.id = kit_.random.uuid(), operation.token = call.params.text("ClientRequestToken");
  operation.caller = call.caller;
  if (call.params["RetainResources"].is_array()) {
    for (const Value& id : call.params["RetainResources"].items()) {
      if (!records_.resource(stack, id.as_string())) {
        return invalid(fmt::format("Invalid RetainResources: [{}] does not exist in the stack", id.as_string()));
      }
      operation.retained.emplace_back(id.as_string());
    }
  }
  if (call.params.text("DeletionMode") == "FORCE_DELETE_STACK" && stack.status == "DELETE_FAILED") {
    for (const Resource* one : records_.resources(stack)) {
      if (one->status == "DELETE_FAILED") operation.retained.push_back(one->logical_id);
    }
  }
  stack.operation = std::move(operation);
  if (const std::string_view role = call.params.text("RoleARN"); !role.empty()) stack.revision.role_arn = role;
  stack.revision.change_set_id.clear();
  stack.deleted = kit_.clock().now();
  stack.status = "DELETE_IN_PROGRESS", stack.reason = "User Initiated";
  set_out(stack);
  return Value::object();
}

Result<Value> CloudFormation::cancel_update(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* stack = find(call, name);
  if (!stack) return does_not_exist(name);
  const auto deployment = deployments_.find(stack->id);
  if (stack->status != "UPDATE_IN_PROGRESS" || deployment == deployments_.end()) {
    return invalid(fmt::format("CancelUpdateStack cannot be called from current stack status"));
  }
  deployment->second->cancel();
  return Value::object();
}

Result<Value> CloudFormation::continue_rollback(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* found = find(call, name);
  if (!found) return does_not_exist(name);
  Stack stack = *found;
  if (stack.status != "UPDATE_ROLLBACK_FAILED" || !stack.operation) {
    return invalid(fmt::format("Stack:{} is in {} state and can not continue rollback.", stack.id, stack.status));
  }
  const Value& skipped = call.params["ResourcesToSkip"];
  for (const Value& id : skipped.is_array() ? skipped.items() : std::span<const Value>()) {
    const Resource* one = records_.resource(stack, id.as_string());
    if (!one || one->status != "UPDATE_FAILED") {
      return invalid(fmt::format("Resource [{}] can not be skipped since it is not in UPDATE_FAILED state", id.as_string()));
    }
    Resource resource = *one;
    resource.done = true, resource.status = "UPDATE_COMPLETE", resource.reason = "Resource skipped during rollback";
    records_.put(stack, resource);
  }
  stack.operation->failed.clear();
  stack.operation->token = call.params.text("ClientRequestToken");
  if (const std::string_view role = call.params.text("RoleARN"); !role.empty()) stack.revision.role_arn = role;
  stack.status = "UPDATE_ROLLBACK_IN_PROGRESS", stack.reason = "User Initiated";
  set_out(stack);
  return Value::object();
}

Result<Value> CloudFormation::rollback_stack(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* found = find(call, name);
  if (!found) return does_not_exist(name);
  Stack stack = *found;
  if ((stack.status != "CREATE_FAILED" && stack.status != "UPDATE_FAILED") || !stack.operation) {
    return invalid(fmt::format("Stack:{} is in {} state and can not be rolled back.", stack.id, stack.status));
  }
  Operation& operation = *stack.operation;
  operation.failed.clear();
  operation.caller = call.caller, operation.token = call.params.text("ClientRequestToken");
  if (const std::string_view role = call.params.text("RoleARN"); !role.empty()) stack.revision.role_arn = role;
  const bool creation = operation.kind == Operation::Kind::create;
  if (creation) {
    operation.phase = Phase::remove, operation.on_failure = "ROLLBACK";
    stack.deleted = kit_.clock().now();
  } else {
    operation.phase = Phase::restore;
    stack.revision = *operation.previous;
  }
  stack.status = creation ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS", stack.reason = "User Initiated";
  set_out(stack);
  return json::object({{"StackId", stack.id}});
}

Result<Value> CloudFormation::update_termination_protection(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* found = find(call, name);
  if (!found || found->is_deleted()) return does_not_exist(name);
  Stack stack = *found;
  stack.termination_protection = call.params["EnableTerminationProtection"] == Value(true);
  records_.put(stack);
  return json::object({{"StackId", stack.id}});
}

Result<Value> CloudFormation::set_stack_policy(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const bool body = call.params.find("StackPolicyBody"), url = call.params.find("StackPolicyURL");
  if (body && url) return invalid("You cannot specify both StackPolicyURL and StackPolicyBody");
  const Stack* found = find(call, name);
  if (!found || found->is_deleted()) return does_not_exist(name);
  if (url) return invalid("StackPolicyURL is not supported: give the policy as StackPolicyBody");
  const std::string_view policy = call.params.text("StackPolicyBody");
  TRY(check_stack_policy(policy));
  Stack stack = *found;
  stack.policy = policy;
  records_.put(stack);
  return Value::object();
}

Result<Value> CloudFormation::get_stack_policy(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* stack = find(call, name);
  if (!stack) return does_not_exist(name);
  return stack->policy.empty() ? Value::object() : json::object({{"StackPolicyBody", stack->policy}});
}

}  // namespace cloudformation
