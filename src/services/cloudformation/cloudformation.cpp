#include "services/cloudformation/cloudformation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "language/json/parse.h"
#include "protocol/pass_role.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;
using protocol::Need;

namespace {

// A call's right is wanted on the stack that it names; where it names none, on all.
std::vector<Need> needs_of(const protocol::Call& call) {
  Need need{.action = "cloudformation:" + call.operation, .resources = {}};
  const std::string_view name = call.params.text("StackName"), change_set = call.params.text("ChangeSetName");
  if (name.starts_with("arn:")) {
    need.resources.emplace_back(name);
  } else if (!name.empty()) {
    need.resources.push_back(call.arn(fmt::format("stack/{}/*", name)));
  } else if (change_set.starts_with("arn:")) {
    need.resources.emplace_back(change_set);
  } else {
    need.resources.emplace_back("*");
  }
  for (const auto& [param, key] : {std::pair{"RoleARN", "cloudformation:RoleArn"}, std::pair{"TemplateURL", "cloudformation:TemplateUrl"},
                                   std::pair{"ChangeSetName", "cloudformation:ChangeSetName"}}) {
    if (const std::string_view value = call.params.text(param); !value.empty()) need.context.push_back({key, value});
  }
  std::vector<Need> out{std::move(need)};
  if (const std::string_view role = call.params.text("RoleARN"); !role.empty()) out.push_back(protocol::pass_role(role, "cloudformation.amazonaws.com"));
  return out;
}

}  // namespace

CloudFormation::CloudFormation(services::Kit& kit) : kit_(kit), records_(kit) {
  records_.on_event = [this](const Stack& stack, const Value& event) { notify(stack, event); };
}

CloudFormation::~CloudFormation() = default;

void CloudFormation::load() {
  records_.load();
  const auto at_once = [&](std::string_view name, Answer answer) {
    kit_.registry.add("cloudformation", name, protocol::immediate([this, answer](const Call& call) { return (this->*answer)(call); }, needs_of));
  };
  const auto later = [&](std::string_view name, Later answer) {
    kit_.registry.add("cloudformation", name,
                      {.handle = [this, answer](const Call& call, Reply reply) { (this->*answer)(call, std::move(reply)); }, .needs = needs_of});
  };
  later("CreateStack", &CloudFormation::create_stack);
  later("UpdateStack", &CloudFormation::update_stack);
  at_once("DeleteStack", &CloudFormation::delete_stack);
  at_once("CancelUpdateStack", &CloudFormation::cancel_update);
  at_once("ContinueUpdateRollback", &CloudFormation::continue_rollback);
  at_once("RollbackStack", &CloudFormation::rollback_stack);
  at_once("UpdateTerminationProtection", &CloudFormation::update_termination_protection);
  at_once("SetStackPolicy", &CloudFormation::set_stack_policy);
  at_once("GetStackPolicy", &CloudFormation::get_stack_policy);
  at_once("DescribeStacks", &CloudFormation::describe_stacks);
  at_once("ListStacks", &CloudFormation::list_stacks);
  at_once("DescribeStackEvents", &CloudFormation::describe_events);
  at_once("DescribeStackResource", &CloudFormation::describe_resource);
  at_once("DescribeStackResources", &CloudFormation::describe_resources);
  at_once("ListStackResources", &CloudFormation::list_resources);
  at_once("ListExports", &CloudFormation::list_exports);
  at_once("ListImports", &CloudFormation::list_imports);
  at_once("GetTemplate", &CloudFormation::get_template);
  later("GetTemplateSummary", &CloudFormation::get_template_summary);
  later("ValidateTemplate", &CloudFormation::validate_template);
  at_once("EstimateTemplateCost", &CloudFormation::estimate_cost);
  at_once("DescribeAccountLimits", &CloudFormation::account_limits);
  later("CreateChangeSet", &CloudFormation::create_change_set);
  at_once("DescribeChangeSet", &CloudFormation::describe_change_set);
  at_once("ExecuteChangeSet", &CloudFormation::execute_change_set);
  at_once("DeleteChangeSet", &CloudFormation::delete_change_set);
  at_once("ListChangeSets", &CloudFormation::list_change_sets);
}

void CloudFormation::start() {
  for (const auto& [scope, stacks] : records_.scopes()) {
    for (const auto& [uuid, stack] : stacks) {
      if (stack.under_way()) launch(stack);
    }
  }
}

Pseudo CloudFormation::pseudo_of(const Stack& stack) {
  Pseudo out{stack.account, stack.region, stack.partition, stack.id, stack.name, {}};
  for (const Value& arn : stack.revision.notification_arns.items()) out.notification_arns.emplace_back(arn.as_string());
  return out;
}

void CloudFormation::set_out(Stack& stack) {
  store::Batch batch;
  records_.add_event(stack, batch);
  records_.put(stack, batch);
  records_.commit(std::move(batch));
  launch(stack);
}

void CloudFormation::launch(const Stack& stack) {
  Deployment::World world{.kit = kit_,
                          .records = records_,
                          .catalog = catalog_,
                          .imported = [this](const Scope& scope, std::string_view name) { return exported(scope, name); },
                          .held_back = [this](const Stack& one) { return held_back(one); }};
  auto& slot = deployments_[stack.id];
  slot = std::make_unique<Deployment>(std::move(world), Scope{stack.account, stack.region}, stack.id, [this, id = stack.id] { deployments_.erase(id); });
  slot->begin();
}

Result<Value> CloudFormation::exported(const Scope& scope, std::string_view name) const {
  for (const auto& [uuid, stack] : records_.stacks(scope)) {
    if (stack.is_deleted()) continue;
    for (const Value& output : stack.outputs.items()) {
      if (output.text("ExportName") == name) return output["OutputValue"];
    }
  }
  return invalid(fmt::format("No export named {} found.", name));
}

std::vector<std::string> CloudFormation::imports_of(const Stack& stack) const {
  std::vector<std::string> out;
  if (stack.is_deleted() || stack.status == "REVIEW_IN_PROGRESS") return out;
  auto plan = make_plan(stack.revision, pseudo_of(stack));
  if (!plan) return out;
  Names names = plan->names;
  names.ref = [](std::string_view) -> Result<Value> { return Value(kKnownAfterApply); };
  names.attribute = [](std::string_view, std::string_view) -> Result<Value> { return Value(kKnownAfterApply); };
  names.imported = [&](std::string_view name) -> Result<Value> {
    out.emplace_back(name);
    return Value(name);
  };
  for (const std::string& id : plan->resources) (void)evaluate(plan->resource(id)["Properties"], names);
  if (plan->body["Outputs"].is_object()) {
    for (const json::Member& output : plan->body["Outputs"].members()) {
      if (plan->has_output(output.value)) (void)evaluate(output.value["Value"], names);
    }
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::optional<std::string> CloudFormation::held_back(const Stack& stack) const {
  for (const Value& output : stack.outputs.items()) {
    const std::string_view name = output.text("ExportName");
    if (name.empty()) continue;
    for (const auto& [uuid, other] : records_.stacks({stack.account, stack.region})) {
      if (other.id == stack.id) continue;
      const std::vector<std::string> imported = imports_of(other);
      if (std::ranges::find(imported, name) == imported.end()) continue;
      return fmt::format("Export {} cannot be deleted as it is in use by {}", name, other.name);
    }
  }
  return std::nullopt;
}

// An event goes to the stack's topics as lines of Name='value', once it is durable.
void CloudFormation::notify(const Stack& stack, const Value& event) {
  std::string message;
  for (const json::Member& member : event.members()) {
    const std::string text = member.value.is_string() ? std::string(member.value.as_string()) : iso8601_ms({static_cast<int64_t>(member.value.as_double() * 1000)});
    message += fmt::format("{}='{}'\n", member.name, text);
  }
  const protocol::Principal sender = protocol::Principal::aws_service("cloudformation.amazonaws.com", stack.account, stack.id);
  for (const Value& arn : stack.revision.notification_arns.items()) {
    protocol::Call call = kit_.registry.internal(sender, stack.region, "sns", "Publish",
                                                 json::object({{"TopicArn", arn}, {"Subject", "AWS CloudFormation Notification"}, {"Message", message}}));
    call.account = stack.account;
    // Posted: the commit that tells of the event comes first.
    kit_.loop.post([this, call] {
      kit_.store.when_durable(kit_.store.head(), [this, call] { kit_.registry.call(call, [](Result<Value>) {}); });
    });
  }
}

}  // namespace cloudformation
