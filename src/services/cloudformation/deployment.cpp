// The phases of an operation. What happens to a single resource is in deployment_jobs.cpp.
#include "services/cloudformation/deployment.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/cloudformation/running.h"
#include "services/cloudformation/stack_policy.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;
using Kind = Work::Kind;
using Phase = Operation::Phase;

namespace {

constexpr std::string_view kReplacing = "Requested update requires the creation of a new physical resource; hence creating one.";

bool contains(const std::vector<std::string>& list, std::string_view one) { return std::ranges::find(list, one) != list.end(); }

bool is_gone(const Resource& resource) { return resource.status == "DELETE_COMPLETE" || resource.status == "DELETE_SKIPPED"; }

// What of a resource is to go: a physical one that was replaced, or the resource itself.
bool has_old(const Resource& resource) { return !resource.old.empty(); }

Pseudo pseudo_of(const Stack& stack) {
  Pseudo out{stack.account, stack.region, stack.partition, stack.id, stack.name, {}};
  for (const Value& arn : stack.revision.notification_arns.items()) out.notification_arns.emplace_back(arn.as_string());
  return out;
}

}  // namespace

Deployment::Deployment(World world, services::Scope scope, std::string stack_id, Function<void()> finished)
    : world_(std::move(world)), scope_(std::move(scope)), stack_id_(std::move(stack_id)), finished_(std::move(finished)) {}

Deployment::~Deployment() {
  *alive_ = false;
  if (deadline_ != 0) world_.kit.loop.cancel(deadline_);
  for (const auto& [id, running] : running_) {
    if (running->timer != 0) world_.kit.loop.cancel(running->timer);
  }
}

void Deployment::later(void (Deployment::*what)()) {
  world_.kit.loop.post([this, what, alive = alive_] {
    if (*alive) (this->*what)();
  });
}

void Deployment::begin() {
  const Stack* stack = this->stack();
  if (stack->operation->deadline.ms != 0) {
    const int64_t left = std::max<int64_t>(0, stack->operation->deadline - world_.kit.clock().now());
    deadline_ = world_.kit.loop.after(left, [this] {
      deadline_ = 0;
      const Stack* late = this->stack();
      if (ended_ || !late->operation || late->operation->phase != Phase::deploy) return;
      Stack changed = *late;
      changed.operation->cause = "Stack creation time exceeded the specified timeout.";
      world_.records.put(changed);
      cancel_waiting("Resource creation cancelled");
      later(&Deployment::advance);
    });
  }
  // What was being done to resources when the process ended is taken up again.
  for (const Resource* resource : world_.records.resources(*stack)) {
    if (resource->work.kind != Kind::none) resume(*stack, *resource);
  }
  later(&Deployment::advance);
}

void Deployment::cancel() {
  Stack stack = *this->stack();
  stack.operation->cause = "User Initiated";
  world_.records.put(stack);
  cancel_waiting("Resource update cancelled");
  later(&Deployment::advance);
}

const Plan* Deployment::plan(const Stack& stack) {
  if (!plan_) {
    auto made = make_plan(stack.revision, pseudo_of(stack));
    if (!made) return nullptr;
    plan_ = *std::move(made);
  }
  return &*plan_;
}

Names Deployment::names(const Stack& stack, const Plan& made) {
  Names out = made.names;
  out.ref = [this, &stack](std::string_view id) -> Result<Value> {
    const Resource* resource = world_.records.resource(stack, id);
    if (!resource || resource->now.id.empty()) {
      return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", id));
    }
    const Value* special = resource->now.attributes.find("");
    return special ? *special : Value(resource->now.id);
  };
  out.attribute = [this, &stack](std::string_view id, std::string_view attribute) -> Result<Value> {
    const Resource* resource = world_.records.resource(stack, id);
    if (!resource || resource->now.id.empty()) {
      return invalid(fmt::format("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", id));
    }
    if (const Value* value = resource->now.attributes.find(attribute)) return *value;
    if (const Value* value = resource->now.properties.find(attribute)) return *value;
    const ResourceType* type = world_.catalog.find(resource->type);
    if (type && std::ranges::find(type->readable, attribute) != type->readable.end()) return Value("");
    return invalid(fmt::format("Resource type {} does not support attribute {{{}}}", resource->type, attribute));
  };
  out.imported = [this](std::string_view name) { return world_.imported(scope_, name); };
  return out;
}

void Deployment::advance() {
  if (ended_) return;
  const Stack* stack = this->stack();
  if (!stack || !stack->under_way()) return;
  switch (stack->operation->phase) {
    case Phase::deploy:
      return deploy(*stack);
    case Phase::cleanup:
    case Phase::restore_cleanup:
      return clean_up(*stack);
    case Phase::restore:
      return restore(*stack);
    case Phase::remove:
      return remove(*stack);
  }
}

// --- deploy ----------------------------------------------------------------------------------------------

namespace {

// The path of a Fn::GetAtt that its resource's type does not have, with the reason; searched depth first.
std::optional<std::string> bad_attribute(const Value& value, const std::string& path, const Plan& plan, const Catalog& catalog) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      if (auto found = bad_attribute(value[i], fmt::format("{}/{}", path, i), plan, catalog)) return found;
    }
    return std::nullopt;
  }
  if (!value.is_object()) return std::nullopt;
  if (const FunctionCall call = as_function(value); call && call.name == "Fn::GetAtt") {
    std::optional<std::string> out;
    visit_references(value, [&](const Reference& reference) {
      if (reference.kind != Reference::Kind::attribute || reference.attribute.empty() || !plan.has(reference.name)) return;
      const Value& resource = plan.resource(reference.name);
      const ResourceType* type = catalog.find(resource.text("Type"));
      if (!type || resource["Properties"].find(reference.attribute)) return;
      for (const auto* list : {&type->attributes, &type->readable}) {
        for (const std::string_view known : *list) {
          if (known == reference.attribute || (known.ends_with(".*") && reference.attribute.starts_with(known.substr(0, known.size() - 1)))) return;
        }
      }
      out = fmt::format("[Error] {}/Fn::GetAtt: Resource type {} does not support attribute {{{}}}.", path, type->name, reference.attribute);
    });
    return out;
  }
  for (const json::Member& member : value.members()) {
    if (auto found = bad_attribute(member.value, fmt::format("{}/{}", path, member.name), plan, catalog)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Deployment::unknown_attribute(const Plan& made) const {
  for (const std::string& id : made.resources) {
    const Value chosen = choose_branches(made.resource(id)["Properties"], made.names.conditions);
    if (auto found = bad_attribute(chosen, fmt::format("/Resources/{}/Properties", id), made, world_.catalog)) return found;
  }
  if (!made.body["Outputs"].is_object()) return std::nullopt;
  for (const auto& [name, output] : made.body["Outputs"].members()) {
    if (!made.has_output(output)) continue;
    if (auto found = bad_attribute(output["Value"], fmt::format("/Outputs/{}/Value", name), made, world_.catalog)) return found;
  }
  return std::nullopt;
}

void Deployment::deploy(const Stack& stack) {
  const bool first = !plan_;
  const Plan* made = plan(stack);
  if (first && stack.operation->cause.empty()) {
    std::optional<std::string> cause;
    if (!made) {
      cause = make_plan(stack.revision, pseudo_of(stack)).error().message;
    } else {
      cause = unknown_attribute(*made);
    }
    if (cause) {
      Stack changed = stack;
      changed.operation->cause = *cause;
      world_.records.put(changed);
    }
  }
  const auto failing = [&] { return !stack.operation->failed.empty() || !stack.operation->cause.empty(); };
  bool all_done = true;
  for (const std::string& id : made ? made->resources : std::vector<std::string>()) {
    const auto is_done = [&](const std::string& other) {
      const Resource* resource = world_.records.resource(stack, other);
      return resource && resource->done;
    };
    if (is_done(id)) continue;
    all_done = false;
    if (failing() || running_.contains(id) || running_.size() >= kRunningMax) continue;
    if (std::ranges::all_of(made->depends.find(id)->second, is_done)) deploy_one(stack, id);
  }
  if (failing()) {
    if (running_.empty()) undo(stack);
  } else if (all_done) {
    deployed(stack);
  } else if (running_.empty()) {
    // Something was done on the spot; what waited for it may go on.
    later(&Deployment::advance);
  }
}

void Deployment::deploy_one(const Stack& stack, const std::string& id) {
  const Plan& made = *plan_;
  const Value& declared = made.resource(id);
  const Resource* there = world_.records.resource(stack, id);
  Resource resource;
  if (there && !is_gone(*there)) {
    resource = *there;
  } else {
    resource.added = true;
  }
  resource.logical_id = id;
  resource.type = declared.text("Type");
  const ResourceType* type = world_.catalog.find(resource.type);
  const Names known = names(stack, made);
  resource.depends.assign(made.depends.find(id)->second.begin(), made.depends.find(id)->second.end());

  Result<Value> properties = evaluate_value(declared.find("Properties") ? declared["Properties"] : Value::object(), known);
  if (!properties) return fail_resource(stack, std::move(resource), properties.error().message);
  if (properties->is_null()) properties = Value::object();
  const auto text = [&](std::string_view member) -> std::string {
    auto value = evaluate_value(declared[member], known);
    return value ? scalar_text(*value).value_or("") : "";
  };
  resource.deletion_policy = text("DeletionPolicy"), resource.update_replace_policy = text("UpdateReplacePolicy");
  if (auto metadata = evaluate_value(declared["Metadata"], known)) resource.metadata = *std::move(metadata);
  if (!type) return fail_resource(stack, std::move(resource), fmt::format("Unrecognized resource type: {}", resource.type));

  if (resource.added) {
    return start(stack, std::move(resource), Kind::create, *std::move(properties), "CREATE_IN_PROGRESS", "", EventId::by_status);
  }
  const Value before = with_texts(resource.now.properties), after = with_texts(*properties);
  const bool new_tags = type->taggable && stack.operation->previous && !(stack.operation->previous->tags == stack.revision.tags);
  if (before == after && !new_tags) {
    resource.done = true;
    return world_.records.put(stack, resource);
  }
  bool replaces = false;
  std::vector<std::string_view> names_changed;
  for (const Value* side : {&before, &after}) {
    for (const json::Member& member : side->members()) {
      if (!(before[member.name] == after[member.name])) replaces = replaces || type->replaces(member.name);
    }
  }
  if (!resource.before) resource.before = resource.now;
  if (auto refusal = policy_refusal(stack, resource, replaces ? Kind::replace : Kind::update)) {
    return fail_resource(stack, std::move(resource), *std::move(refusal));
  }
  if (!replaces) {
    return start(stack, std::move(resource), Kind::update, *std::move(properties), "UPDATE_IN_PROGRESS", "", EventId::by_status);
  }
  const Value* name = type->name_property.empty() ? nullptr : after.find(type->name_property);
  if (name && *name == before[type->name_property]) {
    const std::string reason = fmt::format(
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update the stack again.", resource.now.id);
    return fail_resource(stack, std::move(resource), reason);
  }
  start(stack, std::move(resource), Kind::replace, *std::move(properties), "UPDATE_IN_PROGRESS", kReplacing, EventId::by_status);
}

Result<Value> Deployment::outputs(const Stack& stack, const Plan& made) {
  std::vector<Value> out;
  const Value& declared = made.body["Outputs"];
  if (!declared.is_object()) return Value::array();
  const Names known = names(stack, made);
  for (const auto& [key, output] : declared.members()) {
    if (!made.has_output(output)) continue;
    const Value value = TRY(evaluate_value(output["Value"], known));
    const auto text = scalar_text(value);
    if (!text) {
      return invalid(fmt::format("Template format error: Output {} is malformed. The Value field of every Outputs member must evaluate to a String.", key));
    }
    json::ObjectBuilder shown;
    shown.add("OutputKey", key).add("OutputValue", *text).add_text("Description", output.text("Description"));
    if (const Value* name = output["Export"].find("Name")) {
      const auto exported = scalar_text(TRY(evaluate_value(*name, known)));
      if (!exported) return invalid(fmt::format("Template format error: Output {} has a malformed export name", key));
      for (const auto& [uuid, other] : world_.records.stacks(scope_)) {
        if (other.id == stack.id || other.is_deleted()) continue;
        for (const Value& theirs : other.outputs.items()) {
          if (theirs.text("ExportName") == *exported) return invalid(fmt::format("Export with name {} is already exported by stack {}.", *exported, other.name));
        }
      }
      shown.add("ExportName", *exported);
    }
    out.push_back(shown.build());
  }
  std::ranges::sort(out, {}, [](const Value& one) { return one.text("OutputKey"); });
  return Value::array(std::move(out));
}

void Deployment::deployed(Stack stack) {
  auto made = outputs(stack, *plan_);
  if (!made) {
    stack.operation->cause = made.error().message;
    world_.records.put(stack);
    return undo(std::move(stack));
  }
  stack.outputs = *std::move(made);
  stack.description = plan_->body.text("Description");
  if (stack.operation->kind == Operation::Kind::create) return end(std::move(stack), "CREATE_COMPLETE", "");
  stack.operation->phase = Phase::cleanup;
  set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "");
  later(&Deployment::advance);
}

// --- undo ------------------------------------------------------------------------------------------------

void Deployment::undo(Stack stack) {
  Operation& operation = *stack.operation;
  std::vector<std::string> creations, changes;
  for (const std::string& id : operation.failed) {
    const Resource* resource = world_.records.resource(stack, id);
    (resource && resource->status.starts_with("UPDATE") ? changes : creations).push_back(id);
  }
  std::string reason;
  if (!creations.empty()) reason += fmt::format("The following resource(s) failed to create: [{}]. ", fmt::join(creations, ", "));
  if (!changes.empty()) reason += fmt::format("The following resource(s) failed to update: [{}]. ", fmt::join(changes, ", "));
  if (reason.empty()) reason = operation.cause + (operation.cause.ends_with(".") ? " " : ". ");
  operation.failed.clear();
  plan_.reset();

  if (operation.kind == Operation::Kind::update) {
    if (operation.cause == "User Initiated") reason = "User Initiated";
    if (stack.disable_rollback && operation.cause != "User Initiated") return end(std::move(stack), "UPDATE_FAILED", reason);
    operation.phase = Phase::restore;
    stack.revision = *operation.previous;
    const Plan* made = plan(stack);
    for (const Resource* one : world_.records.resources(stack)) {
      Resource resource = *one;
      resource.done = false;
      if (made && made->has(one->logical_id)) {
        const auto& needs = made->depends.find(one->logical_id)->second;
        resource.depends.assign(needs.begin(), needs.end());
      }
      world_.records.put(stack, resource);
    }
    set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
    return later(&Deployment::advance);
  }
  if (operation.on_failure == "DO_NOTHING") return end(std::move(stack), "CREATE_FAILED", reason);
  operation.phase = Phase::remove;
  stack.deleted = world_.kit.clock().now();
  stack.revision.change_set_id.clear();
  const bool deletes = operation.on_failure == "DELETE";
  if (operation.cause == "User Initiated") {
    // DeleteStack came while the stack was being made.
    set_status(stack, "DELETE_IN_PROGRESS", operation.cause);
    return later(&Deployment::advance);
  }
  set_status(stack, deletes ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS", reason + (deletes ? "Delete requested by user." : "Rollback requested by user."));
  later(&Deployment::advance);
}

void Deployment::restore(const Stack& stack) {
  bool all_done = true;
  const auto waits = [&](const Resource& resource) { return resource.before && !resource.done; };
  for (const Resource* one : world_.records.resources(stack)) {
    if (!waits(*one) || running_.contains(one->logical_id) || contains(stack.operation->failed, one->logical_id)) {
      all_done = all_done && !running_.contains(one->logical_id);
      continue;
    }
    const bool ready = std::ranges::none_of(one->depends, [&](const std::string& other) {
      const Resource* needed = world_.records.resource(stack, other);
      return needed && waits(*needed) && !contains(stack.operation->failed, other);
    });
    all_done = false;
    if (!ready || running_.size() >= kRunningMax) continue;
    Resource resource = *one;
    const Physical before = *resource.before;
    if (resource.now.id != before.id) {
      std::erase_if(resource.old, [&](const Physical& old) { return old.id == before.id; });
      if (!resource.now.id.empty()) resource.old.push_back(resource.now);
      resource.now = before;
      resource.done = true;
      record(stack, std::move(resource), "UPDATE_COMPLETE", "", EventId::by_status);
    } else if (with_texts(resource.now.properties) == with_texts(before.properties)) {
      resource.done = true;
      world_.records.put(stack, resource);
    } else {
      start(stack, std::move(resource), Kind::restore, before.properties, "UPDATE_IN_PROGRESS", "", EventId::by_status);
      continue;
    }
    later(&Deployment::advance);
  }
  if (!all_done || !running_.empty()) return;
  Stack changed = stack;
  if (!stack.operation->failed.empty()) {
    return end(std::move(changed), "UPDATE_ROLLBACK_FAILED",
               fmt::format("The following resource(s) failed to update: [{}]. ", fmt::join(stack.operation->failed, ", ")));
  }
  changed.operation->phase = Phase::restore_cleanup;
  set_status(changed, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "");
  later(&Deployment::advance);
}

// --- removing --------------------------------------------------------------------------------------------

void Deployment::clean_up(const Stack& stack) {
  const Plan* made = plan(stack);
  std::vector<std::string> ids;
  for (const Resource* one : world_.records.resources(stack)) {
    const bool goes = !made || !made->has(one->logical_id);
    if ((goes && !is_gone(*one)) || has_old(*one)) ids.push_back(one->logical_id);
  }
  if (remove_next(stack, ids, EventId::random)) return;
  // Whatever could not be deleted is no part of the stack any more.
  std::vector<std::string> gone;
  for (const Resource* one : world_.records.resources(stack)) {
    if (!made || !made->has(one->logical_id)) gone.push_back(one->logical_id);
  }
  for (const std::string& id : gone) world_.records.erase(stack, id);
  const bool undone = stack.operation->phase == Phase::restore_cleanup;
  end(stack, undone ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE", "");
}

void Deployment::remove(const Stack& stack) {
  if (stack.operation->kind == Operation::Kind::remove && running_.empty()) {
    if (auto holder = world_.held_back(stack)) return end(stack, "DELETE_FAILED", *holder);
  }
  std::vector<std::string> ids;
  for (const Resource* one : world_.records.resources(stack)) {
    if (!is_gone(*one) || has_old(*one)) ids.push_back(one->logical_id);
  }
  if (!remove_next(stack, ids, EventId::by_status)) removed(stack);
}

void Deployment::removed(Stack stack) {
  const Operation& operation = *stack.operation;
  const bool rolled_back = operation.kind == Operation::Kind::create && operation.on_failure != "DELETE";
  if (!operation.failed.empty()) {
    const std::string reason = fmt::format("The following resource(s) failed to delete: [{}]. ", fmt::join(operation.failed, ", "));
    return end(std::move(stack), rolled_back ? "ROLLBACK_FAILED" : "DELETE_FAILED", reason);
  }
  if (rolled_back) return end(std::move(stack), "ROLLBACK_COMPLETE", "");
  stack.outputs = Value::array();
  end(std::move(stack), "DELETE_COMPLETE", "");
}

// Starts what may go; false when nothing of `ids` is being removed or can be.
bool Deployment::remove_next(const Stack& stack, const std::vector<std::string>& ids, EventId event_ids) {
  bool progress = false;
  for (const std::string& id : ids) {
    const Resource* resource = world_.records.resource(stack, id);
    if (!resource || running_.contains(id) || contains(stack.operation->failed, id) || running_.size() >= kRunningMax) continue;
    const bool needed = std::ranges::any_of(ids, [&](const std::string& other) {
      const Resource* dependent = other == id ? nullptr : world_.records.resource(stack, other);
      return dependent && contains(dependent->depends, id) && (!is_gone(*dependent) || has_old(*dependent));
    });
    if (needed) continue;
    progress = remove_one(stack, *resource, event_ids) || progress;
  }
  if (progress) later(&Deployment::advance);
  return progress || !running_.empty();
}

// True when it was done on the spot.
bool Deployment::remove_one(const Stack& stack, Resource resource, EventId event_ids) {
  const bool old = has_old(resource);
  const std::string& policy = old ? resource.update_replace_policy : resource.deletion_policy;
  const bool deletes_stack = stack.operation->kind == Operation::Kind::remove;
  bool keeps = policy == "Retain" || (policy == "RetainExceptOnCreate" && (deletes_stack || !resource.added));
  keeps = keeps || contains(stack.operation->retained, resource.logical_id);
  // What a failed update made and nobody has seen goes in any case.
  if (old && stack.operation->phase == Phase::restore_cleanup) keeps = false;
  const Physical target = old ? resource.old.front() : resource.now;
  if (!keeps && !target.id.empty()) {
    if (!old && stack.operation->phase == Phase::cleanup) {
      if (auto refusal = policy_refusal(stack, resource, Kind::remove)) {
        fail_resource(stack, std::move(resource), *std::move(refusal));
        return true;
      }
    }
    start(stack, std::move(resource), old ? Kind::remove_old : Kind::remove, target.properties, "DELETE_IN_PROGRESS", "", event_ids);
    return false;
  }
  const std::string status = resource.status;
  resource.status = keeps ? "DELETE_SKIPPED" : "DELETE_COMPLETE";
  resource.reason.clear();
  resource.changed = world_.kit.clock().now();
  store::Batch batch;
  world_.records.add_event(stack, resource, target, event_ids, batch);
  if (old) {
    resource.old.erase(resource.old.begin());
    resource.status = status;
  }
  world_.records.put(stack, resource, batch);
  world_.records.commit(std::move(batch));
  return true;
}

// --- endings ---------------------------------------------------------------------------------------------

void Deployment::set_status(Stack& stack, std::string status, std::string reason) {
  stack.status = std::move(status), stack.reason = std::move(reason);
  store::Batch batch;
  world_.records.add_event(stack, batch);
  world_.records.put(stack, batch);
  world_.records.commit(std::move(batch));
}

void Deployment::end(Stack stack, std::string status, std::string reason) {
  ended_ = true;
  // These can be taken up again: what went before is kept.
  const bool parked = status == "CREATE_FAILED" || status == "UPDATE_FAILED" || status == "UPDATE_ROLLBACK_FAILED";
  if (status == "DELETE_COMPLETE") stack.deleted = world_.kit.clock().now();
  stack.status = std::move(status), stack.reason = std::move(reason);
  store::Batch batch;
  for (const Resource* one : world_.records.resources(stack)) {
    if (!one->done && !one->added && !one->before && one->old.empty() && one->work.kind == Kind::none) continue;
    Resource resource = *one;
    resource.done = false;
    if (!parked) resource.added = false, resource.before.reset(), resource.old.clear();
    resource.work = {};
    world_.records.put(stack, resource, batch);
  }
  world_.records.add_event(stack, batch);
  if (!parked) stack.operation.reset();
  world_.records.put(stack, batch);
  world_.records.commit(std::move(batch));
  later(&Deployment::finish);
}

void Deployment::finish() {
  // It may take this object away.
  auto finished = std::move(finished_);
  finished();
}

std::optional<std::string> Deployment::policy_refusal(const Stack& stack, const Resource& resource, Kind kind) const {
  if (stack.policy.empty() || stack.operation->kind != Operation::Kind::update || stack.operation->phase == Phase::restore_cleanup) return std::nullopt;
  const std::string_view action = kind == Kind::remove ? "Update:Delete" : kind == Kind::replace ? "Update:Replace" : "Update:Modify";
  return stack_policy_refusal(stack.policy, action, resource.logical_id, resource.type);
}

}  // namespace cloudformation
