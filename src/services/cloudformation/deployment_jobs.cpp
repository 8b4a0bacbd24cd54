// One resource's work: its handler is run, its calls are made and their answers kept, its end is told.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "language/json/parse.h"
#include "protocol/codec/errors.h"
#include "protocol/models/model.h"
#include "protocol/models/sdk_shape.h"
#include "services/cloudformation/deployment.h"
#include "services/cloudformation/dynamic_references.h"
#include "services/cloudformation/running.h"

namespace cloudformation {

using json::Value;
using Kind = Work::Kind;

namespace {

constexpr int kAttemptsMax = 6;
constexpr int64_t kRetryMs = 250;  // doubled each time

bool is_retryable(const Error& error) {
  return error.http_status >= 500 || error.code == "ThrottlingException" || error.code == "Throttling" || error.code == "ServiceUnavailable" ||
         error.code == "TooManyRequestsException";
}

bool removes(Kind kind) { return kind == Kind::remove || kind == Kind::remove_old; }

// CloudFormation's name for what kind of failure it was.
std::string_view handler_error(const Error& error) {
  const std::string& code = error.code;
  const auto has = [&](std::string_view part) { return code.find(part) != code.npos; };
  if (has("AccessDenied") || has("Unauthorized") || has("AuthorizationError") || has("NotAuthorized")) return "AccessDenied";
  if (has("AlreadyExists") || has("EntityAlreadyExists") || has("Duplicate")) return "AlreadyExists";
  if (has("NotFound") || has("NoSuch") || has("DoesNotExist") || has("NonExistent")) return "NotFound";
  if (has("LimitExceeded")) return "ServiceLimitExceeded";
  if (has("Throttl")) return "Throttling";
  if (error.http_status >= 500) return "ServiceInternalError";
  return "InvalidRequest";
}

}  // namespace

protocol::Principal Deployment::principal(const Stack& stack) const {
  if (!stack.revision.role_arn.empty()) return protocol::Principal::role_session(stack.revision.role_arn, "AWSCloudFormation");
  return stack.operation->caller;
}

void Deployment::record(const Stack& stack, Resource resource, std::string_view status, std::string_view reason, EventId event_ids) {
  resource.status = status, resource.reason = reason;
  resource.changed = world_.kit.clock().now();
  store::Batch batch;
  world_.records.add_event(stack, resource, resource.now, event_ids, batch);
  world_.records.put(stack, resource, batch);
  world_.records.commit(std::move(batch));
}

void Deployment::start(const Stack& stack, Resource resource, Kind kind, Value properties, std::string_view status, std::string_view reason, EventId event_ids) {
  resource.work = {.kind = kind, .properties = properties, .journal = {}, .token = world_.kit.random.uuid()};
  resource.status = status, resource.reason = reason;
  resource.changed = world_.kit.clock().now();
  const std::string& shown_id = kind == Kind::remove_old ? resource.old.front().id : resource.now.id;
  store::Batch batch;
  world_.records.add_event(stack, resource, Physical{shown_id, std::move(properties), {}}, event_ids, batch);
  world_.records.put(stack, resource, batch);
  world_.records.commit(std::move(batch));
  resume(stack, resource);
}

void Deployment::resume(const Stack& stack, const Resource& resource) {
  auto running = std::make_unique<Running>();
  running->id = resource.logical_id;
  running->serial = ++serials_;
  running->type = world_.catalog.find(resource.type);
  running->work = resource.work;
  // A call that was out when the process ended may or may not have been made.
  if (!running->work.journal.empty() && Job::is_asked(running->work.journal.back())) running->work.journal.back() = Job::uncertain_entry();
  running->event_ids = stack.operation->phase == Operation::Phase::deploy || stack.operation->phase == Operation::Phase::restore ||
                               stack.operation->phase == Operation::Phase::remove
                           ? EventId::by_status
                           : EventId::random;
  Job::Subject& subject = running->subject;
  subject.type = resource.type, subject.logical_id = resource.logical_id;
  subject.stack_name = stack.name, subject.stack_id = stack.id, subject.account = stack.account, subject.region = stack.region;
  subject.partition = stack.partition, subject.stack_tags = stack.revision.tags, subject.properties = resource.work.properties;
  subject.token = resource.work.token;
  subject.now = resource.work.kind == Kind::remove_old ? resource.old.front() : resource.now;
  // What is to be created has nothing there yet, whatever a first half before a crash has made.
  if (resource.work.kind == Kind::create || resource.work.kind == Kind::replace) subject.now = {};
  running_[running->id] = std::move(running);
  world_.kit.loop.post([this, id = resource.logical_id, alive = alive_] {
    if (*alive) run(id);
  });
}

void Deployment::run(const std::string& id) {
  const auto found = running_.find(id);
  if (found == running_.end() || ended_) return;
  Running& running = *found->second;
  Job::Subject subject = running.subject;
  Job job(subject, running.work.journal);
  const Kind kind = running.work.kind;
  const auto handled = [&]() -> Result<Physical> {
    if (!running.type) return fail("ValidationError", fmt::format("Unrecognized resource type: {}", subject.type));
    if (removes(kind)) {
      if (running.type->remove) TRY(running.type->remove(job));
      return Physical{};
    }
    std::vector<std::string> missing;
    for (const std::string_view name : running.type->required) {
      if (!subject.properties.find(name)) missing.push_back(fmt::format("The property {{/{}}} is required", name));
    }
    if (!missing.empty()) return fail("ValidationError", fmt::format("Property validation failure: [{}]", fmt::join(missing, ", ")));
    subject.properties = TRY(resolve_dynamic_references(job, subject.properties));
    const bool changes = (kind == Kind::update || kind == Kind::restore) && running.type->update;
    return changes ? running.type->update(job) : running.type->create(job);
  };
  Result<Physical> made = handled();
  // A handler that told of its resource has told so before it failed or waits.
  if (job.physical_made()) note_made(id, running.work, *job.physical_made());
  if (made) return succeeded(id, *std::move(made));
  if (!is_pending(made.error())) return failed(id, made.error());
  auto next = job.take_ask();
  CHECK(next, "a handler that is pending has asked for something");
  ask(running, *std::move(next));
}

void Deployment::ask(Running& running, Ask what) {
  const std::string id = running.id;
  const uint64_t serial = running.serial;
  if (what.service.empty()) {
    running.timer = world_.kit.loop.after(what.wait_ms, [this, id, serial] {
      const auto found = running_.find(id);
      if (found == running_.end() || found->second->serial != serial) return;
      found->second->timer = 0;
      found->second->work.journal.push_back(json::object({{"waited", true}}));
      run(id);
    });
    return;
  }
  const Stack* stack = this->stack();
  // That the call will be made is known before it is made.
  if (!running.asked) {
    running.asked = true;
    running.attempts = 0;
    Resource resource = *world_.records.resource(*stack, id);
    resource.work = running.work;
    resource.work.journal.push_back(Job::asked_entry());
    world_.records.put(*stack, resource);
  }
  ++running.attempts;
  protocol::Call call = world_.kit.registry.internal(principal(*stack), stack->region, what.service, what.operation, what.params);
  call.account = stack->account;
  call.partition = stack->partition;
  call.endpoint = world_.kit.endpoint;
  call.user_agent = "cloudformation.amazonaws.com";
  world_.kit.registry.call(call, [this, id, serial, asked = std::move(what), alive = alive_](Result<Value> answer) mutable {
    if (!*alive) return;
    // Always later: a handler must not be entered again from within its own call.
    world_.kit.loop.post([this, id, serial, asked = std::move(asked), answer = std::move(answer), alive]() mutable {
      if (*alive) answered(id, serial, asked, std::move(answer));
    });
  });
}

void Deployment::answered(const std::string& id, uint64_t serial, const Ask& asked, Result<Value> answer) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second->serial != serial) return;
  Running& running = *found->second;
  if (!answer && is_retryable(answer.error()) && running.attempts < kAttemptsMax) {
    running.timer = world_.kit.loop.after(kRetryMs << running.attempts, [this, id, serial, asked] {
      const auto again = running_.find(id);
      if (again == running_.end() || again->second->serial != serial) return;
      again->second->timer = 0;
      ask(*again->second, asked);
    });
    return;
  }
  running.asked = false;
  running.work.journal.push_back(Job::entry(answer));
  const Stack* stack = this->stack();
  Resource resource = *world_.records.resource(*stack, id);
  resource.work = running.work;
  world_.records.put(*stack, resource);
  run(id);
}

void Deployment::note_made(const std::string& id, const Work& work, const std::string& physical_id) {
  const Stack* stack = this->stack();
  Resource resource = *world_.records.resource(*stack, id);
  const Kind kind = work.kind;
  if ((kind != Kind::create && kind != Kind::replace) || resource.now.id == physical_id) return;
  if (kind == Kind::replace && !resource.now.id.empty()) resource.old.push_back(resource.now);
  resource.now = {physical_id, work.properties, Value::object()};
  record(*stack, std::move(resource), kind == Kind::create ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "Resource creation Initiated", EventId::by_status);
}

void Deployment::succeeded(const std::string& id, Physical made) {
  const auto node = running_.extract(id);
  const Running& running = *node.mapped();
  const Kind kind = running.work.kind;
  const Stack* stack = this->stack();
  if (!removes(kind)) note_made(id, running.work, made.id);
  Resource resource = *world_.records.resource(*stack, id);
  resource.work = {};
  if (removes(kind)) {
    const Physical target = kind == Kind::remove_old ? resource.old.front() : resource.now;
    const std::string status = resource.status;
    resource.status = "DELETE_COMPLETE", resource.reason.clear();
    resource.changed = world_.kit.clock().now();
    store::Batch batch;
    world_.records.add_event(*stack, resource, target, running.event_ids, batch);
    if (kind == Kind::remove_old) {
      resource.old.erase(resource.old.begin());
      const Plan* made_plan = plan(*stack);
      const bool stays = stack->operation->phase != Operation::Phase::remove && made_plan && made_plan->has(id);
      if (stays) resource.status = "UPDATE_COMPLETE";
    }
    world_.records.put(*stack, resource, batch);
    world_.records.commit(std::move(batch));
    return later(&Deployment::advance);
  }
  // An update may not name the resource again.
  if (made.id.empty()) made.id = resource.now.id;
  if (made.attributes.is_null()) made.attributes = resource.now.attributes;
  made.properties = running.work.properties;
  resource.now = std::move(made);
  resource.done = true;
  record(*stack, std::move(resource), kind == Kind::create ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", "", EventId::by_status);
  later(&Deployment::advance);
}

void Deployment::failed(const std::string& id, const Error& error) {
  const Stack* stack = this->stack();
  Resource resource = *world_.records.resource(*stack, id);
  const Kind kind = running_.find(id)->second->work.kind;
  // What an update that failed has left is somewhere between: going back starts from what was wanted.
  if (kind == Kind::update) resource.now.properties = resource.work.properties;
  running_.erase(id);
  std::string reason = told(error, resource);
  fail_resource(*stack, std::move(resource), std::move(reason));
}

void Deployment::fail_resource(const Stack& stack, Resource resource, std::string reason) {
  const Kind kind = resource.work.kind;
  const bool removing = removes(kind) || stack.operation->phase == Operation::Phase::remove || stack.operation->phase == Operation::Phase::cleanup ||
                        stack.operation->phase == Operation::Phase::restore_cleanup;
  std::string_view status = resource.added && stack.operation->kind != Operation::Kind::remove ? "CREATE_FAILED" : "UPDATE_FAILED";
  if (removing) status = "DELETE_FAILED";
  resource.work = {};
  Stack changed = stack;
  const bool first = changed.operation->failed.empty();
  changed.operation->failed.push_back(resource.logical_id);
  world_.records.put(changed);
  record(changed, std::move(resource), status, reason, EventId::by_status);
  if (first && changed.operation->phase == Operation::Phase::deploy) {
    cancel_waiting(changed.operation->kind == Operation::Kind::create ? "Resource creation cancelled" : "Resource update cancelled");
  }
  later(&Deployment::advance);
}

// Lets go what only waits. What has a call out comes to its end first, lest something be made that nobody knows.
void Deployment::cancel_waiting(std::string_view reason) {
  std::vector<std::string> ids;
  for (const auto& [id, running] : running_) {
    if (running->timer != 0 && !running->asked) ids.push_back(id);
  }
  for (const std::string& id : ids) {
    world_.kit.loop.cancel(running_[id]->timer);
    running_.erase(id);
    const Stack* stack = this->stack();
    fail_resource(*stack, *world_.records.resource(*stack, id), std::string(reason));
  }
}

std::string Deployment::told(const Error& error, const Resource& resource) const {
  const auto service = std::ranges::find(error.members, "service", &std::pair<std::string, std::string>::first);
  if (service == error.members.end()) return error.message;
  const std::string_view kind = handler_error(error);
  const ResourceType* type = world_.catalog.find(resource.type);
  if (kind == "AlreadyExists" && type && !type->name_property.empty()) {
    const Value name = resource.work.properties[type->name_property];
    if (!name.is_null()) {
      return fmt::format("Resource handler returned message: \"Resource of type '{}' with identifier '{}' already exists.\" (RequestToken: {}, HandlerErrorCode: AlreadyExists)",
                         resource.type, json::write(json::object({{fmt::format("/properties/{}", type->name_property), name}})), resource.work.token);
    }
  }
  const model::Service* known = model::find(service->second);
  codec::Dialect dialect{.service = known};
  if (known && !known->metadata().protocols.empty()) dialect.protocol = known->metadata().protocols[0];
  const codec::WireError wire = codec::wire_error(dialect, error);
  const std::string message = error.code == "UnknownOperationException" && error.message.empty() ? "The service is not there" : error.message;
  return fmt::format("Resource handler returned message: \"{} (Service: {}, Status Code: {}, Request ID: {})\" (RequestToken: {}, HandlerErrorCode: {})", message,
                     known ? model::sdk_error_prefix(known->metadata()) : service->second, wire.status, world_.kit.random.uuid(), resource.work.token, kind);
}

}  // namespace cloudformation
