// What there is: stacks, their events and resources, exports and who imports them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "language/json/parse.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

constexpr size_t kStacksPage = 100, kEventsPage = 100, kResourcesPage = 100, kExportsPage = 100;

std::unexpected<Error> no_such_id(std::string_view name) { return invalid(fmt::format("Stack with id {} does not exist", name)); }

const Value kNotChecked = json::object({{"StackDriftStatus", "NOT_CHECKED"}});
const Value kResourceNotChecked = json::object({{"StackResourceDriftStatus", "NOT_CHECKED"}});

Value shown_stack(const Stack& stack) {
  const Revision& revision = stack.revision;
  json::ObjectBuilder out;
  out.add("StackId", stack.id).add("StackName", stack.name).add_text("ChangeSetId", revision.change_set_id);
  if (stack.status != "REVIEW_IN_PROGRESS") out.add_text("Description", stack.description);
  if (!revision.parameters.empty() && stack.status != "REVIEW_IN_PROGRESS") out.add("Parameters", shown_parameters(revision.parameters));
  out.add("CreationTime", stack.created.seconds());
  if (stack.deleted.ms != 0) out.add("DeletionTime", stack.deleted.seconds());
  if (stack.updated.ms != 0) out.add("LastUpdatedTime", stack.updated.seconds());
  out.add("RollbackConfiguration", revision.rollback_configuration).add("StackStatus", stack.status).add_text("StackStatusReason", stack.reason);
  out.add("DisableRollback", stack.disable_rollback).add("NotificationARNs", revision.notification_arns);
  if (stack.timeout_minutes > 0) out.add("TimeoutInMinutes", stack.timeout_minutes);
  if (revision.capabilities.size() > 0) out.add("Capabilities", revision.capabilities);
  if (stack.outputs.size() > 0) out.add("Outputs", stack.outputs);
  out.add_text("RoleARN", revision.role_arn).add("Tags", revision.tags);
  if (!stack.is_deleted()) out.add("EnableTerminationProtection", stack.termination_protection);
  return out.add("DriftInformation", kNotChecked).build();
}

Value shown_resource(const Stack& stack, const Resource& resource, std::string_view time_member, bool with_stack) {
  json::ObjectBuilder out;
  if (with_stack) out.add("StackName", stack.name).add("StackId", stack.id);
  out.add("LogicalResourceId", resource.logical_id).add_text("PhysicalResourceId", resource.now.id).add("ResourceType", resource.type);
  out.add(time_member, resource.changed.seconds()).add("ResourceStatus", resource.status).add_text("ResourceStatusReason", resource.reason);
  return out.add("DriftInformation", kResourceNotChecked).build();
}

}  // namespace

Result<Value> CloudFormation::page(const Call& call, std::string_view member, const std::vector<Value>& list, size_t limit) const {
  const std::string purpose = fmt::format("cloudformation:{}:{}:{}:{}", call.operation, call.account, call.region, call.params.text("StackName"));
  size_t from = 0;
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    const auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return invalid("Token is invalid");
    std::from_chars(opened->data(), opened->data() + opened->size(), from);
  }
  from = std::min(from, list.size());
  const size_t to = std::min(list.size(), from + limit);
  json::ObjectBuilder out;
  out.add(member, Value::array(std::vector<Value>(list.begin() + static_cast<ptrdiff_t>(from), list.begin() + static_cast<ptrdiff_t>(to))));
  if (to < list.size()) out.add("NextToken", kit_.sealer.seal(purpose, std::to_string(to)));
  return out.build();
}

Result<Value> CloudFormation::describe_stacks(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  if (!name.empty()) {
    const Stack* stack = find(call, name);
    if (!stack) return no_such_id(name);
    return json::object({{"Stacks", json::array({shown_stack(*stack)})}});
  }
  std::vector<const Stack*> stacks;
  for (const auto& [uuid, stack] : records_.stacks({call.account, call.region})) {
    if (!stack.is_deleted()) stacks.push_back(&stack);
  }
  std::ranges::sort(stacks, [](const Stack* a, const Stack* b) { return a->created != b->created ? a->created > b->created : a->id < b->id; });
  std::vector<Value> shown;
  for (const Stack* stack : stacks) shown.push_back(shown_stack(*stack));
  return page(call, "Stacks", shown, kStacksPage);
}

Result<Value> CloudFormation::list_stacks(const Call& call) {
  const Value& filter = call.params["StackStatusFilter"];
  std::vector<const Stack*> stacks;
  for (const auto& [uuid, stack] : records_.stacks({call.account, call.region})) {
    const bool wanted = filter.size() == 0 || std::ranges::find(filter.items(), Value(stack.status)) != filter.items().end();
    if (wanted) stacks.push_back(&stack);
  }
  std::ranges::sort(stacks, [](const Stack* a, const Stack* b) { return a->created != b->created ? a->created > b->created : a->id < b->id; });
  std::vector<Value> shown;
  for (const Stack* stack : stacks) {
    json::ObjectBuilder out;
    out.add("StackId", stack->id).add("StackName", stack->name).add_text("TemplateDescription", stack->description);
    out.add("CreationTime", stack->created.seconds());
    if (stack->updated.ms != 0) out.add("LastUpdatedTime", stack->updated.seconds());
    if (stack->deleted.ms != 0) out.add("DeletionTime", stack->deleted.seconds());
    out.add("StackStatus", stack->status).add_text("StackStatusReason", stack->reason).add("DriftInformation", kNotChecked);
    shown.push_back(out.build());
  }
  return page(call, "StackSummaries", shown, kStacksPage);
}

Result<Value> CloudFormation::describe_events(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* stack = find(call, name);
  if (!stack) return invalid(fmt::format("Stack [{}] does not exist", name));
  std::vector<Value> shown;
  for (const Event* event : records_.events(*stack)) shown.push_back(event->shown);
  return page(call, "StackEvents", shown, kEventsPage);
}

Result<Value> CloudFormation::describe_resource(const Call& call) {
  const std::string_view name = call.params.text("StackName"), id = call.params.text("LogicalResourceId");
  const Stack* stack = find(call, name);
  if (!stack) return invalid(fmt::format("Stack '{}' does not exist", name));
  const Resource* resource = records_.resource(*stack, id);
  if (!resource) return invalid(fmt::format("Resource {} does not exist for stack {}", id, stack->name));
  const Value metadata = resource->metadata.is_object() ? resource->metadata : Value::object();
  return json::object({{"StackResourceDetail", shown_resource(*stack, *resource, "LastUpdatedTimestamp", true).with("Metadata", json::write(metadata))}});
}

Result<Value> CloudFormation::describe_resources(const Call& call) {
  const std::string_view name = call.params.text("StackName"), physical = call.params.text("PhysicalResourceId"), logical = call.params.text("LogicalResourceId");
  const Stack* stack = name.empty() ? nullptr : find(call, name);
  if (name.empty() && physical.empty()) return invalid("One of stackName or physicalResourceId must be specified");
  if (!name.empty() && !physical.empty()) return invalid("Only one of stackName and physicalResourceId may be specified");
  if (!name.empty() && !stack) return no_such_id(name);
  if (!stack) {
    for (const auto& [uuid, one] : records_.stacks({call.account, call.region})) {
      if (one.is_deleted()) continue;
      for (const Resource* resource : records_.resources(one)) {
        if (resource->now.id == physical) stack = &one;
      }
    }
    if (!stack) return invalid(fmt::format("Stack for {} does not exist", physical));
  }
  std::vector<Value> shown;
  for (const Resource* resource : records_.resources(*stack)) {
    if (logical.empty() || resource->logical_id == logical) shown.push_back(shown_resource(*stack, *resource, "Timestamp", true));
  }
  return json::object({{"StackResources", Value::array(std::move(shown))}});
}

Result<Value> CloudFormation::list_resources(const Call& call) {
  const std::string_view name = call.params.text("StackName");
  const Stack* stack = find(call, name);
  if (!stack) return no_such_id(name);
  std::vector<Value> shown;
  for (const Resource* resource : records_.resources(*stack)) shown.push_back(shown_resource(*stack, *resource, "LastUpdatedTimestamp", false));
  return page(call, "StackResourceSummaries", shown, kResourcesPage);
}

Result<Value> CloudFormation::list_exports(const Call& call) {
  std::vector<Value> shown;
  for (const auto& [uuid, stack] : records_.stacks({call.account, call.region})) {
    if (stack.is_deleted()) continue;
    for (const Value& output : stack.outputs.items()) {
      if (!output.find("ExportName")) continue;
      shown.push_back(json::object({{"ExportingStackId", stack.id}, {"Name", output["ExportName"]}, {"Value", output["OutputValue"]}}));
    }
  }
  std::ranges::sort(shown, {}, [](const Value& one) { return one.text("Name"); });
  return page(call, "Exports", shown, kExportsPage);
}

Result<Value> CloudFormation::list_imports(const Call& call) {
  const std::string_view name = call.params.text("ExportName");
  TRY(exported({call.account, call.region}, name));
  std::vector<Value> shown;
  for (const auto& [uuid, stack] : records_.stacks({call.account, call.region})) {
    const std::vector<std::string> imported = imports_of(stack);
    if (std::ranges::find(imported, name) != imported.end()) shown.emplace_back(stack.name);
  }
  if (shown.empty()) return invalid(fmt::format("Export '{}' is not imported by any stack.", name));
  return page(call, "Imports", shown, kExportsPage);
}

}  // namespace cloudformation
