#include "protocol/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/check.h"

namespace protocol {

Principal Principal::root(std::string account) {
  Principal p;
  p.type = Type::root;
  p.arn = "arn:aws:iam::" + account + ":root";
  p.user_id = account;
  p.account = std::move(account);
  return p;
}

Principal Principal::role_session(std::string_view role_arn, std::string_view session_name) {
  Principal p;
  p.type = Type::assumed_role;
  p.role_arn = role_arn;
  p.session_name = session_name;
  const auto arn = Arn::parse(role_arn);
  const std::string resource = arn ? arn->resource : "role/unknown";
  const std::string name = resource.substr(resource.rfind('/') + 1);
  p.account = arn ? arn->account : "";
  p.arn = fmt::format("arn:{}:sts::{}:assumed-role/{}/{}", arn ? arn->partition : "aws", p.account, name, session_name);
  return p;
}

Principal Principal::aws_service(std::string_view service, std::string_view account, std::string_view source_arn) {
  Principal p;
  p.type = Type::service;
  p.service = service;
  p.account = account;
  p.arn = service;
  p.source_arn = source_arn;
  return p;
}

std::string Call::arn(std::string_view resource) const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

Operation immediate(std::function<Result<json::Value>(const Call&)> answer,
                    std::function<std::vector<Need>(const Call&)> needs) {
  return {.handle = [answer = std::move(answer)](const Call& call, Reply reply) { reply(answer(call)); },
          .needs = std::move(needs)};
}

Registry::Registry(Loop& loop, Random& random) : loop_(loop), random_(random) {}

void Registry::add(std::string_view service, std::string_view operation, Operation what) {
  auto& operations = services_[std::string(service)];
  CHECK(operations.try_emplace(std::string(operation), std::move(what)).second, "an operation is offered once");
}

bool Registry::has_service(std::string_view service) const { return services_.contains(service); }

bool Registry::has(std::string_view service, std::string_view operation) const {
  const auto it = services_.find(service);
  return it != services_.end() && it->second.contains(operation);
}

bool Registry::reaches(std::string_view service, std::string_view operation) const {
  return has(service, operation) || (upstream_has_ && upstream_has_(service, operation));
}

Status Registry::authorise(const Call& call, const Need& need) {
  if (!authoriser_) return {};
  auto decision = authoriser_->authorise(call, need);
  if (decision) return decision;
  // spec/iam.md 4: how each protocol words a refusal.
  Error& error = decision.error();
  if (call.service == "sns") {
    error.code = "AuthorizationErrorException", error.http_status = 403;
  } else if (call.service == "ec2") {
    error.code = "UnauthorizedOperation", error.http_status = 403;
  } else if (call.service == "iam" || call.service == "sts" || call.service == "cloudformation") {
    error.code = "AccessDenied", error.http_status = 403;
  } else {
    error.code = "AccessDeniedException", error.http_status = 400;
  }
  return decision;
}

const Operation* Registry::find(std::string_view service, std::string_view operation) const {
  const auto operations = services_.find(service);
  if (operations == services_.end()) return nullptr;
  const auto it = operations->second.find(operation);
  return it == operations->second.end() ? nullptr : &it->second;
}

Status Registry::authorise(const Call& call, const Operation& operation) {
  if (!authoriser_) return {};
  const std::vector<Need> needs = operation.needs
                                      ? operation.needs(call)
                                      : std::vector<Need>{{.action = call.service + ":" + call.operation, .resources = {"*"}}};
  for (const Need& need : needs) TRY(authorise(call, need));
  return {};
}

Status Registry::allowed(const Call& call) {
  const Operation* operation = find(call.service, call.operation);
  return operation ? authorise(call, *operation) : Status{};
}

bool only_looks(std::string_view operation) {
  // Handing out work is a change, whatever it is called.
  if (operation == "GetActivityTask") return false;
  for (const std::string_view verb : {"Get", "List", "Describe", "Lookup", "Simulate", "Validate", "Test", "Filter", "Head", "Query", "Check", "Decode", "Estimate", "View"}) {
    if (operation.starts_with(verb)) return true;
  }
  return false;
}

bool makes_room(std::string_view operation) {
  static constexpr std::string_view kVerbs[] = {"Delete", "Stop", "Remove", "Untag", "Purge", "Deregister", "Cancel", "Terminate",
                                                "Disable", "Detach", "Unsubscribe", "SendTask", "Receive", "GetActivityTask"};
  return std::ranges::any_of(kVerbs, [&](std::string_view verb) { return operation.starts_with(verb); });
}

namespace {
constexpr std::string_view kNoDisk = "The disk takes no more for the moment: try again";
constexpr std::string_view kNoMemory = "The server's memory is used up for the moment: try again";
}  // namespace

Error no_room(Lack lack) { return {"ThrottlingException", std::string(lack == Lack::memory ? kNoMemory : kNoDisk), 400, {}}; }
bool is_no_room(const Error& error) { return error.message == kNoDisk || error.message == kNoMemory; }

Status Registry::room_for(const Call& call) const {
  if (call.internal || !room_) return {};
  const Lack lack = room_();
  if (lack == Lack::none || only_looks(call.operation) || (lack == Lack::memory && makes_room(call.operation))) return {};
  return std::unexpected(no_room(lack));
}

void Registry::call(const Call& call, Reply reply) {
  if (upstream_ && upstream_(call, reply)) return;
  const Operation* operation = find(call.service, call.operation);
  if (!operation) return reply(fail("UnknownOperationException", ""));
  if (auto may = authorise(call, *operation); !may) return reply(std::unexpected(std::move(may).error()));
  if (throttle_) {
    if (auto room = throttle_->admit(call.service, call.operation, call.account, call.region, call.at); !room) return reply(std::unexpected(std::move(room).error()));
  }
  if (validator_) {
    if (auto valid = validator_(call); !valid) return reply(std::unexpected(std::move(valid).error()));
  }
  if (auto room = room_for(call); !room) return reply(std::unexpected(std::move(room).error()));
  operation->handle(call, std::move(reply));
}

Call Registry::internal(Principal caller, std::string_view region, std::string_view service,
                        std::string_view operation, json::Value params) {
  Call call;
  call.account = caller.account;
  call.caller = std::move(caller);
  call.region = region;
  call.service = service;
  call.operation = operation;
  call.params = std::move(params);
  call.request_id = random_.uuid();
  call.at = loop_.clock().now();
  call.internal = true;
  call.user_agent = "gantry";
  return call;
}

}  // namespace protocol
